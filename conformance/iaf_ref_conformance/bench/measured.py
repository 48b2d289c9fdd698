"""What a run measured: its timings, and the rows that are filled from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .entry import Entry
from .row import Row
from .statistics import HOW, Spread, spread
from .timing import Timing


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
    """What a run found: timings of each table, the rows, and entries that could not be timed.

    ``stopped`` names the tables that an interrupt left without timings; their rows are missing.
    """

    tables: Mapping[str, Sequence[Timing]]
    rows: Sequence[Measured]
    failed: Mapping[Entry, str]
    stopped: Sequence[str] = ()


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
