"""Two million densities on a small cluster: lazily, in little memory, and equal to NumPy's.

Rows of 64 numbers are drawn chunk by chunk where they are needed, and scored by a flow with two
hidden layers of 2 D units. As an array they are 1 GB in float64, and nobody ever holds it: the
workers, of one thread and 1 GiB each, hold a few chunks, this process one.

``maf`` scores by one evaluation of the network: ``q.log_prob(y)`` of a Dask array, some twenty
tasks per chunk. ``iaf`` inverts, by the default of ``flow.inverse``, degree by degree, which as one
graph would be thousands of tasks per chunk, so that each chunk is one task:
``iaf_ref_backends.dask_.per_block``.

Then NumPy draws and scores every chunk again, in this process; the densities have to be equal bit
for bit. Exit code 0: they are, and each worker kept to its memory; 1: not so; 2: a mistake in the
command, or Dask is missing.

Run it: ``python examples/dask_two_million_rows.py``.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import click
import numpy as np

import iaf_ref as ir

Array = Any

try:
    import array_api_compat.dask.array as dask_namespace
    import dask.array
    from dask.distributed import Client, KilledWorker, LocalCluster, as_completed, futures_of
    from dask.utils import format_bytes, parse_bytes

    from iaf_ref_backends.dask_ import per_block
except ImportError as missing:
    click.echo(f'expected Dask (pip install "iaf-ref[dask]"), got: {missing}', err=True)
    sys.exit(2)

SMALLEST = "256MiB"
"""What a worker needs by itself, with room for a small chunk."""


def make_density(direction: str, dim: int, xp: Any = np) -> ir.TransformedDistribution:
    """Score by one evaluation of the network (MAF) or by an inverse (IAF), with the same weights.

    Its intermediates are what a chunk needs memory for: arrays of (rows, 2 D), 20 MB each at the
    defaults, of which a worker was measured to hold about a dozen.
    """
    degrees = ir.made_degrees(dim, hidden=(2 * dim, 2 * dim))
    network = ir.AutoregressiveNetwork.init(degrees, seed=64, activation="elu", xp=xp)
    iaf = ir.AffineAutoregressive(network)
    zeros, ones = xp.zeros(dim, dtype=xp.float64), xp.ones(dim, dtype=xp.float64)
    base = ir.Independent(ir.Normal(zeros, ones))
    return ir.TransformedDistribution(base, [ir.Inverse(iaf) if direction == "maf" else iaf])


def draw(chunk: int, shape: tuple[int, int]) -> Array:
    """Draw the rows of one chunk, standard normal, the same wherever they are drawn."""
    return np.random.Generator(np.random.PCG64([64, chunk])).standard_normal(shape)


def draw_block(block_info: Any = None) -> Array:
    """As Dask asks for it."""
    here = block_info[None]
    return draw(here["chunk-location"][0], here["chunk-shape"])


def written_down(direction: str, rows: int, dim: int, chunk: int) -> Array:
    """Write the densities of all rows as a Dask array; whoever computes meanwhile is refused."""

    def refuse(*graph: object, **options: object) -> None:
        raise RuntimeError("expected a lazy density, got a computation")

    sizes = [min(chunk, rows - start) for start in range(0, rows, chunk)]
    with dask.config.set(scheduler=refuse):
        y = dask.array.map_blocks(
            draw_block, chunks=(tuple(sizes), (dim,)), dtype="float64", meta=np.empty((0, 0))
        )
        if direction == "maf":
            return make_density("maf", dim, dask_namespace).log_prob(y)
        return per_block(make_density("iaf", dim).log_prob, y)


@contextmanager
def cluster(workers: int, memory: str) -> Iterator[Client]:
    """Start workers of one thread each; loopback only, any free ports, nothing left behind."""
    with (
        tempfile.TemporaryDirectory() as folder,
        dask.config.set({"temporary-directory": folder}),
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            memory_limit=memory,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",  # any free port; None would be 8787, taken or not
            worker_dashboard_address="127.0.0.1:0",
        ) as local,
        Client(local) as client,
    ):
        yield client


def process() -> tuple[int, int]:
    """Id of this process, and the most memory that it has had resident, in bytes."""
    try:
        import resource
    except ImportError:  # Windows
        import psutil

        return os.getpid(), int(psutil.Process().memory_info().peak_wset)
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, KiB elsewhere
    return os.getpid(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def watched(what: str, items: Iterable[Any], total: int) -> Iterator[Any]:
    """Pass items on, with a progress bar; in a log it is one line at the end."""
    from rich.console import Console
    from rich.progress import track

    yield from track(items, what, total, console=Console(stderr=True))


def score(client: Client, densities: Array) -> list[Array]:
    """Compute the densities, chunk by chunk in the order of the rows."""
    futures = futures_of(client.persist(densities))
    order = {future.key: k for k, future in enumerate(futures)}
    found: list[Array] = [None] * len(futures)
    done = as_completed(futures, with_results=True)
    for future, result in watched("scoring by Dask ", done, len(futures)):
        found[order[future.key]] = result
    return found


def compare(direction: str, dim: int, found: list[Array]) -> tuple[int, float]:
    """Score by NumPy what Dask scored: how many chunks are equal, and the worst difference."""
    q = make_density(direction, dim)
    equal, worst = 0, 0.0
    for k, got in enumerate(watched("scoring by NumPy", found, len(found))):
        expected = q.log_prob(draw(k, (len(got), dim)))
        equal += bool(np.array_equal(got, expected))
        worst = max(worst, float(np.max(np.abs(got - expected))))
    return equal, worst


def tell_graph(densities: Array, seconds: float) -> None:
    """Say how many tasks there are, as written down and as Dask fuses them."""
    (fused,) = dask.optimize(densities)
    written, left = len(densities.__dask_graph__()), len(fused.__dask_graph__())
    click.echo(
        f"graph    {densities.npartitions} chunks, {written} tasks, {left} when fused; "
        f"written down in {seconds:.2f} s, nothing computed"
    )


def tell_scores(densities: Array, workers: int, memory: str) -> tuple[list[Array], bool]:
    """Score on a cluster; say how long it took, and whether each worker kept to its memory."""
    with cluster(workers, memory) as client:
        at_first, start = client.run(process), time.perf_counter()
        found = score(client, densities)
        took, at_last = time.perf_counter() - start, client.run(process)
    rate = sum(map(len, found)) / took
    click.echo(f"scored   in {took:.1f} s, {rate:.0f} rows a second; workers: {workers}")
    # a worker that outgrows its memory is ended and replaced by Dask; its peak is lost with it
    lost = {pid for pid, _ in at_first.values()} - {pid for pid, _ in at_last.values()}
    peaks, limit = sorted(peak for _, peak in at_last.values()), parse_bytes(memory)
    click.echo(
        f"memory   peak of each worker {', '.join(map(format_bytes, peaks))}; "
        f"limit {format_bytes(limit)}; workers lost: {len(lost)}"
    )
    return found, not lost and peaks[-1] < limit


def tell_equality(direction: str, dim: int, found: list[Array]) -> bool:
    """Say how many chunks are as NumPy has them; return whether all are."""
    start = time.perf_counter()
    equal, worst = compare(direction, dim, found)
    click.echo(
        f"NumPy    {equal} of {len(found)} chunks equal bit for bit; worst difference {worst:g}; "
        f"in {time.perf_counter() - start:.1f} s"
    )
    return equal == len(found)


def _memory(context: click.Context, parameter: click.Parameter, value: str) -> str:
    """Refuse what is no amount of memory, or too little for a worker."""
    try:
        enough = parse_bytes(value) >= parse_bytes(SMALLEST)
    except ValueError:
        enough = False
    if not enough:
        raise click.BadParameter(f"expected at least {SMALLEST}, got {value!r}")
    return value


NUMBER = click.IntRange(min=1)


@click.command(help=(__doc__ or "").partition("\n")[0])
@click.option("--rows", type=NUMBER, default=2_000_000, show_default=True)
@click.option("--dim", type=NUMBER, default=64, show_default=True, help="Numbers in a row, D.")
@click.option("--chunk", type=NUMBER, default=20_000, show_default=True, help="Rows in a chunk.")
@click.option("--workers", type=NUMBER, default=2, show_default=True)
@click.option("--memory", default="1GiB", show_default=True, callback=_memory, help="Per worker.")
@click.option("--direction", type=click.Choice(["maf", "iaf"]), default="maf", show_default=True)
def main(rows: int, dim: int, chunk: int, workers: int, memory: str, direction: str) -> None:
    """Score, compare, and say what it took."""
    size, width = format_bytes(rows * dim * 8), 2 * dim
    click.echo(f"rows     {rows} of {dim} numbers, {size} in float64, {chunk} in a chunk")
    click.echo(f"density  {direction}, hidden layers of {width} and {width} units")
    start = time.perf_counter()
    densities = written_down(direction, rows, dim, chunk)
    tell_graph(densities, time.perf_counter() - start)
    try:
        found, fits = tell_scores(densities, workers, memory)
    except KilledWorker:
        click.echo(f"--chunk: expected rows that fit into {memory}, got {chunk}", err=True)
        sys.exit(1)
    equal = tell_equality(direction, dim, found)
    sys.exit(0 if equal and fits else 1)


if __name__ == "__main__":
    main()
