"""What is timed: a call without arguments that ends when its result is there, and its answer."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

import iaf_ref as ir
from iaf_ref.describe import describe

from ..cases import Case, Floats
from .entry import CHAINED, FLOWS, LAYERS, Entry, Size

Answer = tuple[Floats, Floats]


@dataclass(frozen=True)
class Job:
    """One contestant, ready to run.

    Attributes
    ----------
    entry : Entry
    call : callable
        Runs once, waits for the result, returns it in arrays of its library.
    fetch : callable, optional
        From what ``call`` returned to the answer on the host; None: there is none to verify.
    itemsize : int
        Bytes of a number.
    """

    entry: Entry
    call: Callable[[], Any]
    fetch: Callable[[Any], Answer] | None
    itemsize: int
    repeats = True

    def sample(self, loops: int) -> float:
        """Return the mean time of some calls, one right after the other."""
        start = time.perf_counter()
        for _ in range(loops):
            self.call()
        return (time.perf_counter() - start) / loops


class MemoryJob(Job):
    """One whose samples are the bytes that a call allocates at its peak, what it returns included.

    NumPy reports its arrays to ``tracemalloc``. What an earlier call has left behind, a plan or
    weights in another order, is not counted: it is there when the count begins.
    """

    repeats = False

    def sample(self, loops: int) -> float:
        """Return the greatest number of bytes in use at once, less those in use before."""
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            tracemalloc.reset_peak()
            self.call()
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        return float(peak - before)


@cache
def posed(size: Size, flow: str, dtype: str) -> Case:
    """Return a random flow as a case: weights of seed 0, natural order, relu; base N(0, 1)."""
    text, tensors = describe(
        _step(size, flow, dtype, 0)
        if flow != "chain"
        else ir.Chain([_step(size, flow, dtype, k) for k in range(CHAINED)])
    )
    return Case(
        id=f"bench {size} {flow}",
        check="inverse",
        clauses=("INV-1",),
        reason="to be timed",
        dtype=dtype,
        text=text,
        tensors=tensors,
        base_text={"kind": "diagonal"},
        stored={"base.loc": np.zeros(size.dim), "base.scale_diag": np.ones(size.dim)},
        options={},
        expected={},
        bounds={},
    )


def _step(size: Size, flow: str, dtype: str, number: int) -> ir.AffineAutoregressive:
    """Step of a flow; the order of every second one is reversed, and its seed is its number."""
    scale, rule = FLOWS[flow]
    order = range(size.dim)[::-1] if number % 2 else None
    degrees = ir.made_degrees(size.dim, (size.width,) * LAYERS, order=order, strategy=rule)
    net = ir.AutoregressiveNetwork.init(degrees, seed=number, dtype=dtype)
    return ir.AffineAutoregressive(net, scale)


@cache
def points(size: Size, flow: str, dtype: str) -> tuple[Floats, Floats]:
    """Return x, normal of seed 0, and the y that the flow makes of it on NumPy: (batch, D) each."""
    x = np.random.default_rng(0).normal(size=(size.batch, size.dim)).astype(dtype)
    return x, posed(size, flow, dtype).flow.forward(x)[0]


def forget() -> None:
    """Let go of the flows of a table."""
    posed.cache_clear()
    points.cache_clear()
