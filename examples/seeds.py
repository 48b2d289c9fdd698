"""Several seeds, trained in processes of their own, and what their differences amount to."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.progress import track


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
