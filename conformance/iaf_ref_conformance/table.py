"""What a person reads: a table of clauses, then the numbers and the verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from iaf_ref.clauses import CLAUSES

from .checks.outcome import FAILED, PASSED, UNSUPPORTED
from .results import CONFORMS, FAILS, INCOMPLETE, Result, Run
from .summary import ratio, summary

_LEAST = 12
"""Columns that a sentence needs to say anything; with less room, there is none."""
_WIDEST = 1000
"""Columns in which a table is measured."""
STYLES = {CONFORMS: "bold green", FAILS: "bold red", INCOMPLETE: "bold yellow"}
_MOST_REASONS = 20
"""Failures that are written out; the JSON report has them all."""


@dataclass(frozen=True)
class Row:
    """One clause: how its cases ended."""

    clause: str
    cases: int
    passed: int
    failed: int
    unsupported: int
    worst: float | None
    note: str = ""


def rows(run: Run) -> Iterator[Row]:
    """Yield the clauses that some case of a run tests, in the order of the specification."""
    for clause in CLAUSES:
        own = [r.outcome for r in run.results if clause in r.clauses]
        if clause in run.uncovered:
            yield Row(clause, 0, 0, 0, 0, None, f"unsupported: {run.uncovered[clause]}")
        elif own:
            by = {s: sum(o.status == s for o in own) for s in (PASSED, FAILED, UNSUPPORTED)}
            worst = max((o.ratio for o in own if o.ratio is not None), default=None)
            yield Row(clause, len(own), by[PASSED], by[FAILED], by[UNSUPPORTED], worst)


def show(console: Console, run: Run, quiet: bool, selected: bool) -> None:
    """Print one run.

    Parameters
    ----------
    console : rich.console.Console
    run : Run
    quiet : bool
        Only failures and the verdict.
    selected : bool
        Whether fewer cases than all were asked for.
    """
    title = f"{run.subject} on {run.device}, {run.dtype}, held to {run.profile}"
    *numbers, verdict = summary(run, selected)
    if not quiet:
        _print(console, title, "bold")
        _print_table(console, run)
    for line in [*reasons(run), *([] if quiet else numbers)]:
        _print(console, line)
    _print(console, verdict, STYLES[run.verdict])
    if not quiet:
        console.print()


def _print(console: Console, line: str, style: str = "") -> None:
    """Print a line as it is: no markup, no wrapping."""
    console.print(Text(line, style=style), soft_wrap=True)


def _print_table(console: Console, run: Run) -> None:
    """Print the table of clauses."""
    print_fitting(console, partial(_table, run))


def print_fitting(console: Console, table: Callable[[int], Table], most: int = _WIDEST) -> None:
    """Print a table; where there is little room, it is the sentences that give way.

    Parameters
    ----------
    console : rich.console.Console
    table : callable
        Makes it, with sentences of at most so many columns; 0: without sentences.
    most : int
        Columns that a sentence takes where there is more room.
    """
    wide = console.options.update(width=_WIDEST)
    bare = console.measure(table(0), options=wide).maximum
    room = console.width - bare - 2  # 2: between columns
    if room < _LEAST:
        narrow, console.width = console.width, max(bare, console.width)
        console.print(table(0))
        console.width = narrow
    else:
        console.print(table(min(room, most)))


def _table(run: Run, longest: int) -> Table:
    """One line for each clause; with sentences of at most so many columns, or without."""
    table = Table(box=None, pad_edge=False)
    table.add_column("clause", no_wrap=True)
    if longest:
        table.add_column("what it says", no_wrap=True)
    for name in ("cases", "passed", "failed", "unsupported", "error/bound"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows(run):
        counts = [str(row.cases), str(row.passed), _count(row.failed), _count(row.unsupported)]
        style = "red" if row.failed else None
        if row.note:
            counts = ["-", "-", "-", "-"]
        sentence = [escape(shorten(row.note or CLAUSES[row.clause], longest))] if longest else []
        table.add_row(row.clause, *sentence, *counts, ratio(row.worst), style=style)
    return table


def _count(number: int) -> str:
    """Write a number that one hopes is 0."""
    return str(number) if number else "-"


def shorten(sentence: str, longest: int) -> str:
    """Cut a sentence at a word."""
    if len(sentence) <= longest:
        return sentence
    return sentence[: longest - 3].rpartition(" ")[0].rstrip(",;:") + " ..."


def reasons(run: Run) -> Iterator[str]:
    """Yield the failures, one sentence each, and the distinct reasons of what is unsupported.

    Not of what a subject need not have: its clause has a note in the table, and in the verdict.
    """
    failed = [r for r in run.results if r.outcome.status == FAILED]
    for result in failed[:_MOST_REASONS]:
        yield f"FAILED {result.id} [{run.dtype}] {result.outcome.reason}"
    if len(failed) > _MOST_REASONS:
        yield f"... and {len(failed) - _MOST_REASONS} more failures: see --json"
    optional = {result.id for result in run.left_out}
    lacking = [r for r in run.results if r.outcome.status == UNSUPPORTED and r.id not in optional]
    yield from _unsupported(lacking)


def _unsupported(results: Sequence[Result]) -> Iterator[str]:
    """Group what is unsupported by its reason."""
    counted: dict[str, int] = {}
    for result in results:
        counted[result.outcome.reason] = counted.get(result.outcome.reason, 0) + 1
    for reason, number in counted.items():
        yield f"unsupported, {number} cases: {reason}"
