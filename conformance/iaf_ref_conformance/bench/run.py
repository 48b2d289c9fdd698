"""A whole run: contestants found, tables timed one after the other, rows filled."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ..checks.asking import raised
from .entry import Entry
from .jobs import Job, forget
from .row import Row
from .statistics import HOW, Spread, spread
from .timing import PAUSE, SAMPLE, Effort, Timing, Warm, interleaved, samples, seconds
from .verify import verified

FULL, QUICK = Effort(4.0, 5, 20), Effort(1.0, 3, 24)
"""Of a contestant in a table; few rounds of what takes seconds, many of what does not.

The most is the least times a power of two, so that the slowest need no more than the least.
"""
LONG = {"growth": Effort(2.0, 3, 24), "gradient": Effort(4.0, 3, 24)}
"""Tables with calls that take longest."""


class Maker(Protocol):
    """Who makes the entries of one name ready to run."""

    def job(self, entry: Entry) -> Job:
        """Make an entry ready."""


class Watch(Protocol):
    """Who is told how far a run is."""

    def expect(self, steps: int) -> None:
        """More steps are to come."""

    def advance(self, what: str) -> None:
        """The next step begins."""


@dataclass(frozen=True)
class Measured:
    """What came out of a row.

    Attributes
    ----------
    row : Row
    group : tuple of Entry
        The one whose number it is: the worst for the goal. Empty where none could be measured.
    spread : Spread or None
    reached : bool or None
        None: there is no goal, or no number.
    reason : str
        Who could not be timed, and why.
    """

    row: Row
    group: tuple[Entry, ...]
    spread: Spread | None
    reached: bool | None
    reason: str


@dataclass(frozen=True)
class Outcome:
    """What a run found: timings of each table, the rows, and entries that could not be timed."""

    tables: Mapping[str, Sequence[Timing]]
    rows: Sequence[Measured]
    failed: Mapping[Entry, str]


def run(
    rows: Sequence[Row], makers: Mapping[str, Maker], dtype: str, quick: bool, watch: Watch
) -> Outcome:
    """Time all tables that the rows need, and fill the rows.

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
    """
    tables: dict[str, list[Timing]] = {}
    failed: dict[Entry, str] = {}
    for table in dict.fromkeys(row.table for row in rows):
        entries = entries_of(row for row in rows if row.table == table)
        effort = QUICK if quick else LONG.get(table, FULL)
        tables[table] = _timed(entries, makers, dtype, effort, (watch, failed))
    by_entry = {(t, each.entry): each for t, found in tables.items() for each in found}
    filled = [
        measured(row, {e: t for (name, e), t in by_entry.items() if name == row.table}, failed)
        for row in rows
    ]
    return Outcome(tables, filled, failed)


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

    The second is still slow where a call is short: of the short, the least of a few is taken, so
    that a sample is as long as it is to be.

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
    taken = seconds(job.call)
    if taken < SAMPLE:
        taken = min(taken, *(seconds(job.call) for _ in range(3)))
    return Warm(job, first, taken, error)


def measured(row: Row, timings: Mapping[Entry, Timing], failed: Mapping[Entry, str]) -> Measured:
    """Fill a row from the timings of its table.

    Parameters
    ----------
    row : Row
    timings : mapping
        Of the entries that were timed.
    failed : mapping
        Of the others, why not.

    Returns
    -------
    Measured
    """
    whole = [group for group in row.groups if all(entry in timings for entry in group)]
    lost = dict.fromkeys(e for group in row.groups for e in group if e not in timings)
    reason = "; ".join(f"{entry.name}: {failed[entry]}" for entry in lost)
    if not whole:
        return Measured(row, (), None, None, reason)
    spreads = [spread(HOW[row.how]([timings[entry] for entry in group])) for group in whole]
    medians = [each.median for each in spreads]
    k = 0 if row.goal is None else row.goal.worst(medians)
    reached = None if row.goal is None else row.goal.reached(medians[k])
    return Measured(row, whole[k], spreads[k], reached, reason)
