"""Parts of a page: a section for each run, and the places where runs took place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..checks.outcome import UNSUPPORTED
from ..explanation import MOST
from ..results import Run
from ..summary import beyond_precision, precision, verdict
from .failures import Failure, failures
from .pictures import Histogram, histogram
from .scale import Scale, scale

SWITCH = "switch "
"""What names of precision switches in an environment begin with."""


def _nothing(case: str) -> str:
    """Know no reason."""
    return ""


@dataclass(frozen=True)
class Told:
    """What a page says beside what is in the report.

    Attributes
    ----------
    why : callable
        Id of a case -> why it exists, empty where that is not known.
    registered : collection of str
        Subjects that the command line takes by the names that they have in reports.
    date : str
        Of the run; empty: not known, and not said.
    """

    why: Callable[[str], str] = _nothing
    registered: Collection[str] = ()
    date: str = ""


@dataclass(frozen=True)
class Section:
    """One run as the page shows it.

    Attributes
    ----------
    anchor : str
        Its id in the page.
    run : Run
    verdict, says, precision : str
        The verdict in one word and in a sentence, and what is said of the precision.
    mistakes : mapping
        Known mistake -> failures that look like it, of those that were ``looked`` at.
    looked : int
    histogram : Histogram
    scale : Scale
    failures : tuple of Failure
    unsupported : mapping
        Reason -> cases.
    """

    anchor: str
    run: Run
    verdict: str
    says: str
    precision: str
    mistakes: Mapping[str, int]
    looked: int
    histogram: Histogram
    scale: Scale
    failures: tuple[Failure, ...]
    unsupported: Mapping[str, int]


@dataclass(frozen=True)
class Place:
    """Where runs took place: their names, what is known of it, and the precision switches."""

    names: tuple[str, ...]
    environment: Mapping[str, str]
    switches: Mapping[str, str]


def section(run: Run, data: Mapping[str, Any], anchor: str, selected: bool, told: Told) -> Section:
    """Return the section of one run.

    Parameters
    ----------
    run : Run
    data : mapping
        The same as it stands in the report: its precision and its mistakes are taken from there.
    anchor : str
        Its id in the page.
    selected : bool
        Whether fewer cases than all were asked for.
    told : Told

    Returns
    -------
    Section
    """
    shown = data["effective_precision"]
    unsupported = [r.outcome.reason for r in run.results if r.outcome.status == UNSUPPORTED]
    return Section(
        anchor,
        run,
        run.verdict,
        verdict(run, selected),
        precision(run, shown),
        data.get("mistakes", {}),
        min(run.counts["failed"], MOST),
        histogram(run),
        scale(run.profile, shown, beyond_precision(run)),
        failures(run, anchor, told.why, told.registered),
        dict(Counter(unsupported).most_common()),
    )


def places_of(runs: Sequence[Run]) -> list[Place]:
    """Return environments, each once, with the runs that took place there."""
    found: list[tuple[dict[str, str], list[str]]] = []
    for run in runs:
        said = {**run.environment, "device": run.device}
        names = next((names for other, names in found if other == said), None)
        if names is None:
            found.append((said, names := []))
        names.append(f"{run.subject} {run.dtype}")
    return [
        Place(
            tuple(names),
            {k: v for k, v in said.items() if not k.startswith(SWITCH)},
            {k.removeprefix(SWITCH): v for k, v in said.items() if k.startswith(SWITCH)},
        )
        for said, names in found
    ]
