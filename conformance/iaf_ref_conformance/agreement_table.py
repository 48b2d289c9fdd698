"""Agreement as a person reads it: a matrix of subjects, then the clauses in which bits differ."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import partial

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from iaf_ref.clauses import CLAUSES

from .agreement import Agreement
from .agreement_distance import Distance, greatest
from .table import print_fitting, shorten

_SENTENCE = 40
"""Columns that a clause's sentence may take; with little room they are fewer, or none."""


def show_agreement(console: Console, found: Sequence[Agreement], every: bool = False) -> None:
    """Print how subjects agree, dtype by dtype.

    Parameters
    ----------
    console : rich.console.Console
    found : sequence of Agreement
    every : bool
        A line for every pair and clause, not only for the worst pair of each clause.
    """
    for dtype in dict.fromkeys(each.dtype for each in found):
        own = [each for each in found if each.dtype == dtype]
        console.print(
            f"agreement, {dtype}: =, or the greatest distance in ulps | in units of both bounds",
            style="bold",
            soft_wrap=True,
        )
        print_fitting(console, partial(_matrix, own))
        console.print()
        differing = [each for each in own if not each.distance.bitwise]
        if differing:
            print_fitting(console, partial(_clauses, differing, every), _SENTENCE)
            console.print()
        _print_same(console, own, differing)


def _print_same(
    console: Console, found: Sequence[Agreement], differing: Sequence[Agreement]
) -> None:
    """Name the clauses in which no two subjects differ in a bit."""
    other = {each.clause for each in differing}
    same = [c for c in CLAUSES if c not in other and any(each.clause == c for each in found)]
    if same:
        console.print(f"bit for bit the same: {', '.join(same)}", soft_wrap=True)
        console.print()


def _matrix(found: Sequence[Agreement], _: int) -> Table:
    """Subjects against subjects, each cell the worst over all clauses; there is no sentence."""
    rows = list(dict.fromkeys(each.a for each in found))
    columns = list(dict.fromkeys(each.b for each in found))
    table = Table(box=None, pad_edge=False)
    table.add_column("", no_wrap=True)
    for name in columns:
        table.add_column(escape(name), justify="right", no_wrap=True)
    for a in rows:
        cells = []
        for b in columns:
            own = [each for each in found if (each.a, each.b) == (a, b)]
            cells.append(_cell(own))
        table.add_row(escape(a), *cells)
    return table


def _cell(found: Sequence[Agreement]) -> str:
    """One pair."""
    if not found:
        return ""
    text = written(greatest(each.distance for each in found))
    return text if all(each.within for each in found) else f"[red]{text}[/red]"


def _clauses(found: Sequence[Agreement], every: bool, longest: int) -> Table:
    """One line for each clause, or for each pair and clause, where bits differ."""
    table = Table(box=None, pad_edge=False)
    says = ["what it says"] if longest else []
    for name in ("clause", *says, "pairs" if not every else "pair"):
        table.add_column(name, no_wrap=True)
    for name in ("cases", "ulps", "units"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("" if every else "worst pair", no_wrap=True)
    for clause in CLAUSES:
        own = [each for each in found if each.clause == clause]
        sentence = [escape(shorten(CLAUSES[clause], longest))] if longest else []
        for row in _rows(own, every):
            table.add_row(clause, *sentence, *row)
    return table


def _rows(found: Sequence[Agreement], every: bool) -> Iterator[list[str]]:
    """Yield the cells of a clause after its sentence."""
    if every:
        for each in found:
            pair = escape(f"{each.a}, {each.b}")
            yield [pair, str(each.cases), *_numbers(each.distance), ""]
    elif found:
        worst = max(found, key=lambda each: (each.distance.units or 0.0, each.distance.ulps))
        total = greatest(each.distance for each in found)
        cases = max(each.cases for each in found)
        pair = escape(f"{worst.a}, {worst.b}")
        yield [str(len(found)), str(cases), *_numbers(total), pair]


def written(distance: Distance) -> str:
    """Write a distance in one cell: ``=``, or ulps and units."""
    return "=" if distance.bitwise else " | ".join(_numbers(distance))


def _numbers(distance: Distance) -> tuple[str, str]:
    """Ulps and units."""
    units = distance.units
    return _number(distance.ulps), "no bound" if units is None else _number(units)


def _number(value: float) -> str:
    """Write a number with three digits."""
    if math.isinf(value):
        return "inf"
    return f"{value:.0f}" if value >= 100.0 else f"{value:.3g}"
