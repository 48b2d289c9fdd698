"""A whole run: contestants found, tables timed one after the other, rows filled."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from ..checks.asking import raised
from .entry import Entry
from .jobs import Job, forget
from .measured import Outcome, measured
from .row import Row
from .timing import PAUSE, Effort, Timing, Warm, calibrated, interleaved, samples, seconds
from .verify import verified

FULL, QUICK = Effort(4.0, 4, 16), Effort(1.0, 4, 16)
"""Of a contestant in a table; few rounds of what takes seconds, many of what does not.

Powers of two: where somebody takes the most, the slowest need no more than the least, and as many
rounds go forwards as backwards.
"""
OTHERS = {"growth": Effort(2.0, 4, 16)}
"""Tables with calls that take longest."""


class Maker(Protocol):
    """Who makes the entries of one name ready to run."""

    def job(self, entry: Entry) -> Job:
        """Make an entry ready."""


class Watch(Protocol):
    """Who is told how far a run is."""

    def begin(self, table: str, contestants: int, number: int, tables: int) -> None:
        """The table of this number begins."""

    def expect(self, steps: int) -> None:
        """More steps are to come."""

    def advance(self, what: str) -> None:
        """The next step begins."""


def run(
    rows: Sequence[Row], makers: Mapping[str, Maker], dtype: str, quick: bool, watch: Watch
) -> Outcome:
    """Time all tables that the rows need, and fill the rows.

    An interrupt ends it after the tables that are whole.

    Parameters
    ----------
    rows : sequence of Row
    makers : mapping
        By the name that an entry has in ``who``.
    dtype : str
    quick : bool
        Few rounds.
    watch : Watch

    Returns
    -------
    Outcome

    Raises
    ------
    KeyboardInterrupt
        It came before a table was whole.
    """
    tables: dict[str, list[Timing]] = {}
    failed: dict[Entry, str] = {}
    names = list(dict.fromkeys(row.table for row in rows))
    for k, table in enumerate(names, 1):
        entries = entries_of(row for row in rows if row.table == table)
        effort = QUICK if quick else OTHERS.get(table, FULL)
        broken: dict[Entry, str] = {}  # here: in another table it may have the memory that it lacks
        try:
            watch.begin(table, len(entries), k, len(names))
            tables[table] = _timed(entries, makers, dtype, effort, (watch, broken))
        except KeyboardInterrupt:
            if not tables:
                raise
            break
        failed |= broken
    by_entry = {(t, each.entry): each for t, found in tables.items() for each in found}
    filled = [
        measured(row, {e: t for (name, e), t in by_entry.items() if name == row.table}, failed)
        for row in rows
        if row.table in tables
    ]
    return Outcome(tables, filled, failed, names[len(tables) :])


def entries_of(rows: Iterable[Row]) -> list[Entry]:
    """Return the entries of some rows, each once, in their order."""
    return list(dict.fromkeys(e for row in rows for group in row.groups for e in group))


def _timed(
    entries: Sequence[Entry],
    makers: Mapping[str, Maker],
    dtype: str,
    effort: Effort,
    told: tuple[Watch, dict[Entry, str]],
) -> list[Timing]:
    """Time one table; what fails is noted and left out."""
    watch, failed = told
    warm: list[Warm] = []
    watch.expect(len(entries))
    for entry in entries:
        watch.advance(f"{entry.name} (first calls)")
        try:
            warm.append(warmed(makers[entry.who].job(entry), dtype))
        except Exception as error:  # noqa: BLE001 - a stranger's code; the others go on
            failed[entry] = f"it {raised(error)}"
    found: list[Timing] = []
    if warm:
        watch.expect(samples(warm, effort))
        found = interleaved(warm, effort, watch.advance, failed)
    warm.clear()
    forget()
    gc.collect()  # graphs and compiled functions hold the weights in cycles
    return found


def warmed(job: Job, dtype: str) -> Warm:
    """Call a job after a pause: the first call compiles and is verified, all are timed.

    Raises
    ------
    WrongAnswerError
        It computes something else.
    """
    answers: list[Any] = []
    time.sleep(PAUSE)
    first = seconds(lambda: answers.append(job.call()))
    error = None if job.fetch is None else verified(job.entry, job.fetch(answers[0]), dtype)
    answers.clear()
    return Warm(job, first, calibrated(job), error)
