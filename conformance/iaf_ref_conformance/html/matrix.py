"""Subjects by clauses, and subjects by subjects, as tables to be filled in by the template."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from iaf_ref.clauses import CLAUSES

from ..agreement import Agreement
from ..agreement_distance import Distance, greatest
from ..agreement_table import written
from ..results import Run
from ..table import Row, rows
from .failures import Failure


@dataclass(frozen=True)
class Cell:
    """How the cases of a clause ended in one run, and where the first failure is told."""

    row: Row
    anchor: str


@dataclass(frozen=True)
class Line:
    """One clause: its cells, None where a run has no case of it."""

    clause: str
    sentence: str
    cells: tuple[Cell | None, ...]


def matrix(runs: Sequence[Run], failed: Sequence[Sequence[Failure]]) -> list[Line]:
    """Return a line for each clause that some run has a case of.

    Parameters
    ----------
    runs : sequence of Run
    failed : sequence of sequences of Failure
        Of each run.

    Returns
    -------
    list of Line
        In the order of the specification.
    """
    columns = [{row.clause: row for row in rows(run)} for run in runs]
    first = [_first(each) for each in failed]
    return [
        Line(
            clause,
            sentence,
            tuple(
                Cell(own[clause], anchors.get(clause, "")) if clause in own else None
                for own, anchors in zip(columns, first, strict=True)
            ),
        )
        for clause, sentence in CLAUSES.items()
        if any(clause in own for own in columns)
    ]


def _first(failed: Sequence[Failure]) -> dict[str, str]:
    """Clause -> anchor of its first failure."""
    return {clause: each.anchor for each in reversed(failed) for clause in each.clauses}


@dataclass(frozen=True)
class Pairs:
    """Agreement in one dtype.

    Attributes
    ----------
    dtype : str
    columns : tuple of str
    lines : tuple of (name, cells)
        A cell is a text and whether it is within both bounds; None: no such pair.
    differing : tuple of (clause, text, within, pair)
        Clauses in which bits differ, with the pair that is furthest apart.
    """

    dtype: str
    columns: tuple[str, ...]
    lines: tuple[tuple[str, tuple[tuple[str, bool] | None, ...]], ...]
    differing: tuple[tuple[str, str, bool, str], ...]


def pairs(document: Mapping[str, Any]) -> Iterator[Pairs]:
    """Yield how subjects agree, dtype by dtype; nothing where there is one subject."""
    found = [_agreement(each) for each in document["agreement"]]
    for dtype in dict.fromkeys(each.dtype for each in found):
        own = [each for each in found if each.dtype == dtype]
        columns = tuple(dict.fromkeys(each.b for each in own))
        lines = tuple(
            (a, tuple(_cell([e for e in own if (e.a, e.b) == (a, b)]) for b in columns))
            for a in dict.fromkeys(each.a for each in own)
        )
        yield Pairs(dtype, columns, lines, tuple(_differing(own)))


def _agreement(data: Mapping[str, Any]) -> Agreement:
    """One line of a report, where infinities are null."""
    within, units = data["within"], data["bound_units"]
    distance = Distance(
        data["bitwise"],
        math.inf if data["ulps"] is None else data["ulps"],
        math.inf if units is None and not within else units,
    )
    return Agreement(data["a"], data["b"], data["dtype"], data["clause"], data["cases"], distance)


def _cell(found: Sequence[Agreement]) -> tuple[str, bool] | None:
    """The worst over all clauses of one pair."""
    if not found:
        return None
    return written(greatest(e.distance for e in found)), all(e.within for e in found)


def _differing(found: Sequence[Agreement]) -> Iterator[tuple[str, str, bool, str]]:
    """Yield the clauses in which bits differ, with the pair that is furthest apart."""
    for clause in CLAUSES:
        own = [e for e in found if e.clause == clause and not e.distance.bitwise]
        if own:
            worst = max(own, key=lambda e: (e.distance.units or 0.0, e.distance.ulps))
            pair = f"{worst.a}, {worst.b}"
            yield clause, written(worst.distance), all(e.within for e in own), pair
