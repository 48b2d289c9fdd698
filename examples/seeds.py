"""Several seeds, trained in processes of their own, and what their differences amount to."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any, Protocol

import numpy as np
import torch
from rich.console import Console
from rich.progress import track


class Run(Protocol):
    """What became of one training: its task, which has a seed, and the bounds L and L_K, nats."""

    @property
    def task(self) -> Any:
        """What was trained."""

    @property
    def bound(self) -> float:
        """L."""

    @property
    def tighter(self) -> float:
        """L_K."""


Pairs = Sequence[tuple[Run, Run]]
"""Of each seed, what was trained without the flow and with it."""


def one_thread() -> None:
    """Compute on one thread: small products are no faster on more, and processes would compete."""
    torch.set_num_threads(1)


def each(work: Callable[[Any], Any], tasks: Sequence[Any], workers: int) -> list[Any]:
    """Do every task, with a progress bar; the results are in the order of the tasks.

    Parameters
    ----------
    work : callable
        Of a module, so that another process finds it; it takes a task.
    tasks : sequence
    workers : int
        Processes; 1: this one.
    """
    console = Console(stderr=True)
    if workers == 1:
        one_thread()
        return [work(task) for task in track(tasks, "training", console=console)]
    # a process that is forked would inherit the threads of PyTorch in an unknown state
    context = multiprocessing.get_context("spawn")
    workers = min(workers, len(tasks))
    with ProcessPoolExecutor(workers, mp_context=context, initializer=one_thread) as pool:
        done = track(pool.map(work, tasks), "training", len(tasks), console=console)
        return list(done)


def spread(values: Sequence[float]) -> str:
    """Mean and standard deviation over seeds (n - 1 in its denominator; of one seed there is none).

    Examples
    --------
    >>> spread([1.0, 3.0])
    '   2.000 +- 1.414'
    """
    deviation = f"{np.std(values, ddof=1):5.3f}" if len(values) > 1 else "    -"
    return f"{np.mean(values):8.3f} +- {deviation}"


def bounds(pairs: Pairs, plain: str) -> list[str]:
    """Bounds of every seed, below a heading that names what IAF is compared with."""
    names = (f"L {plain}", "L IAF", "gain", f"L_K {plain}", "L_K IAF", "gain")
    rows = [("seed", *names)]
    for one, two in pairs:
        of_one = (one.bound, two.bound, two.bound - one.bound)
        of_many = (one.tighter, two.tighter, two.tighter - one.tighter)
        rows.append((str(one.task.seed), *(f"{n:.3f}" for n in (*of_one, *of_many))))
    widths = (14, 11, 9, 14, 11, 9)
    return [
        " ".join([f"{seed:<4}", *(f"{n:>{w}}" for n, w in zip(numbers, widths, strict=True))])
        for seed, *numbers in rows
    ]


def gains(pairs: Pairs, width: int) -> list[str]:
    """Means over seeds of the differences seed by seed, after names of so many characters."""
    found = [two.bound - one.bound for one, two in pairs]
    tighter = [two.tighter - one.tighter for one, two in pairs]
    seeds = f"{len(found)} seed{'s' if len(found) > 1 else ''}"
    higher = f"higher in {sum(gain > 0 for gain in found)} of {seeds}"
    return [
        f"{'L,   gain of IAF':<{width}} {spread(found)} nats, {higher}",
        f"{'L_K, gain of IAF':<{width}} {spread(tighter)} nats",
    ]
