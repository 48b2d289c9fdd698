"""The measurements behind the constants of the blocked inverse and of the bands.

    python docs/speed_constants.py

For float32 on NumPy, it prints the inverse and the step in bands as ratios to the dense step of the
same run, each taken in turn with it, for several values of each constant: medians of pairs, never
absolute times. `docs/speed.md` says what they were on one machine, and what follows.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable, Iterable
from statistics import median
from typing import Any

import click
import numpy as np

import iaf_ref as ir
from iaf_ref import blocked, schedule

SIZES = {"784 of 1024+1024": (784, (1024, 1024)), "256 of 512+512": (256, (512, 512)),
         "64 of 256+256": (64, (256, 256))}  # fmt: skip


def flow_of(dim: int, widths: tuple[int, ...]) -> ir.AffineAutoregressive:
    """A flow of random weights."""
    degrees = ir.made_degrees(dim, widths)
    return ir.AffineAutoregressive(ir.AutoregressiveNetwork.init(degrees, dtype="float32"))


def events(flow: ir.AffineAutoregressive, batch: int) -> Any:
    """Standard normal rows."""
    return np.random.default_rng(0).standard_normal((batch, flow.dim), dtype=np.float32)


def ratio(call: Callable[[], Any], base: Callable[[], Any], rounds: int) -> float:
    """Median over rounds of the time of a call over that of the one that is its measure."""
    call(), base()
    return median(seconds(call) / seconds(base) for _ in range(rounds))


def seconds(call: Callable[[], Any]) -> float:
    """Time of one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def peak(call: Callable[[], Any]) -> int:
    """Most memory that NumPy holds at a time during a call, in bytes."""
    tracemalloc.start()
    call()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def parts(batch: int, rounds: int) -> Iterable[str]:
    """WIDEST_PART: units of a part that is not cut; the plan cuts down to half of it."""
    was = (schedule.WIDEST_PART, blocked.WIDEST_PART, blocked.FEW_EVENTS)
    for width in (5, 10, 20, 40):
        schedule.WIDEST_PART = 2 * width  # type: ignore[misc]
        blocked.WIDEST_PART, blocked.FEW_EVENTS = width, batch  # type: ignore[misc]
        flow = flow_of(*SIZES["784 of 1024+1024"])
        inverse, dense = on(flow, events(flow, batch))
        yield f"parts of {width} units, batch {batch}: {ratio(inverse, dense, rounds):.2f}"
    schedule.WIDEST_PART, blocked.WIDEST_PART, blocked.FEW_EVENTS = was  # type: ignore[misc]


def on(flow: ir.AffineAutoregressive, y: Any) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """Return the inverse and the dense step at some rows."""
    return lambda: flow.inverse(y), lambda: flow.forward(y, method="dense")


def numbers(batch: int, rounds: int) -> Iterable[str]:
    """Numbers that an elementwise map needs: made once, in the shape of a row, or otherwise."""
    was = blocked.activation_of, blocked.bound
    flow = flow_of(*SIZES["784 of 1024+1024"])
    y = events(flow, batch)

    def other(activation_of: Any, bound: Any) -> Callable[[], Any]:
        def inverse() -> Any:
            blocked.activation_of, blocked.bound = activation_of, bound
            try:
                return flow.inverse(y)
            finally:
                blocked.activation_of, blocked.bound = was

        return inverse

    looked_up = other(lambda name, *_: ir.ACTIVATIONS[name].value, lambda scale, *_: scale)
    single = other(
        lambda name, like, _: was[0](name, like), lambda scale, like, _: was[1](scale, like)
    )
    for what, inverse in (("looked up at each call", looked_up), ("one number", single)):
        found = ratio(lambda: flow.inverse(y), inverse, rounds)
        yield f"numbers made once in the shape of a row / {what}, batch {batch}: {found:.2f}"


def contributions(batch: int, rounds: int) -> Iterable[str]:
    """LARGEST: units of a part that takes contributions."""
    flow = flow_of(*SIZES["784 of 1024+1024"])
    inverse, dense = on(flow, events(flow, batch))
    was = blocked.LARGEST
    activations = 4 * batch * (sum(flow.degrees.widths) + 2 * flow.dim)
    for width in (64, 128, 256, 1024):
        blocked.LARGEST = width  # type: ignore[misc]
        found, memory = ratio(inverse, dense, rounds), peak(inverse) / activations
        yield (
            f"contributions to {width} units, batch {batch}: inverse / dense {found:.2f}, "
            f"peak memory / activations {memory:.1f}"
        )
    blocked.LARGEST = was  # type: ignore[misc]


def bands(batch: int, rounds: int) -> Iterable[str]:
    """BANDS, and WORTH: products of a dense step from which on bands save time."""
    was = schedule.BANDS
    for name, size in SIZES.items():
        for number in (4, 8, 16):
            schedule.BANDS = number  # type: ignore[misc]
            flow = flow_of(*size)
            x = events(flow, batch)
            dense, banded = (
                lambda flow=flow, x=x, m=m: flow.forward(x, method=m)
                for m in ("dense", "triangular")
            )
            products = batch * sum(W.size for W in (flow.network.hidden[0][0],
                                                    flow.network.hidden[1][0],
                                                    flow.network.output[0]))  # fmt: skip
            found = ratio(banded, dense, rounds)
            yield f"{number} bands, {name}, batch {batch}, {products:.1e} products: {found:.2f}"
    schedule.BANDS = was  # type: ignore[misc]


def large(rounds: int) -> Iterable[str]:
    """PER_VALUE: products for each value from which on bands save time at many events."""
    for dim, width in ((64, 128), (256, 512), (512, 512), (256, 1024), (784, 1024)):
        flow = flow_of(dim, (width, width))
        per_value = (3 * dim * width + width * width) // (2 * width + 2 * dim)
        for batch in (1000, 10000):
            x = events(flow, batch)
            dense, banded = (
                lambda flow=flow, x=x, m=m: flow.forward(x, method=m)
                for m in ("dense", "triangular")
            )
            found = ratio(banded, dense, min(rounds, 15))
            size = f"{dim} of {width}+{width}, {per_value} products a value, batch {batch}"
            yield f"8 bands, {size}: {found:.2f}"


@click.command()
@click.option("--rounds", default=15, show_default=True, type=click.IntRange(1))
def main(rounds: int) -> None:
    """Print the ratios for several values of each constant."""
    for measure in (parts, numbers, contributions, bands):
        for batch in (100, 1000):
            for line in measure(batch, rounds):
                click.echo(line)
    for line in large(rounds):
        click.echo(line)


if __name__ == "__main__":
    main()
