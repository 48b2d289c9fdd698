"""The whole hunt as pieces of work, done in one process or in several."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from functools import partial
from multiprocessing import active_children, get_context
from signal import SIG_IGN, SIGINT, signal

from .hunt import CHUNK, Subject, Verdict, cases_in, on_some, until_refused
from .kinds import Mutant, Variant

Task = Callable[[], list[Verdict]]


def tasks(
    mutants: Sequence[Mutant], variants: Sequence[Variant], dtypes: Sequence[str], full: bool
) -> Iterator[Task]:
    """Yield the work: to the last case for who is to pass, and for all where ``full``."""
    for dtype in dtypes:
        hunted = [m for m in mutants if dtype in m.dtypes and not full]
        thorough: list[Subject] = [*variants, *(m for m in mutants if m not in hunted)]
        if thorough:
            for start in range(0, len(cases_in(dtype)), CHUNK):
                yield partial(on_some, thorough, dtype, start)
        for mutant in hunted:
            yield partial(until_refused, mutant, dtype)


def hunt(
    work: Sequence[Task], jobs: int = 1, advance: Callable[[], None] | None = None
) -> dict[tuple[str, str], Verdict]:
    """Do the work, in several processes where asked to.

    Parameters
    ----------
    work : sequence of Task
    jobs : int
        Number of processes; 1: this one.
    advance : callable, optional
        Called after each task.

    Returns
    -------
    dict
        (id, dtype) -> Verdict, the parts of one put together in the order of the work.
    """
    found: dict[tuple[str, str], Verdict] = {}
    for part in _done(work, jobs, advance or (lambda: None)):
        for verdict in part:
            key = (verdict.id, verdict.dtype)
            before = found.get(key, Verdict(*key, (), 0))
            refusals = before.refusals + verdict.refusals
            found[key] = Verdict(*key, refusals, before.asked + verdict.asked)
    return found


def _done(work: Sequence[Task], jobs: int, advance: Callable[[], None]) -> Iterator[list[Verdict]]:
    """What the tasks return, in their order."""
    if jobs == 1:
        for task in work:
            yield task()
            advance()
        return
    others = set(active_children())
    # spawned, as a process with threads (that of the progress bar) is not to be forked; deaf to an
    # interrupt, which a terminal sends to all: this process says what follows
    pool = ProcessPoolExecutor(jobs, get_context("spawn"), signal, (SIGINT, SIG_IGN))
    with pool:
        try:
            futures: list[Future[list[Verdict]]] = [pool.submit(task) for task in work]
            for _ in as_completed(futures):
                advance()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for child in set(active_children()) - others:
                child.terminate()  # a task that has begun may take minutes
            raise
        for future in futures:
            yield future.result()
