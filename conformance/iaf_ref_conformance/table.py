"""What a person reads: a table of clauses, then the numbers and the verdict."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from iaf_ref.clauses import CLAUSES
from iaf_ref_backends import profiles

from .checks.compare import coarsest
from .checks.outcome import FAILED, PASSED, UNSUPPORTED
from .run import CONFORMS, FAILS, INCOMPLETE, Result, Run

_NUMBERS = 60
"""Columns that the table needs beside the sentences of the clauses."""
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


def rows(run: Run) -> Iterator[Row]:
    """Yield the clauses that some case of a run tests, in the order of the specification."""
    for clause in CLAUSES:
        own = [r.outcome for r in run.results if clause in r.clauses]
        if own:
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
        console.print(_table(run, max(console.width - _NUMBERS, 20)))
    for line in [*reasons(run), *([] if quiet else numbers)]:
        _print(console, line)
    _print(console, verdict, STYLES[run.verdict])
    if not quiet:
        console.print()


def _print(console: Console, line: str, style: str = "") -> None:
    """Print a line as it is: no markup, no wrapping."""
    console.print(Text(line, style=style), soft_wrap=True)


def _table(run: Run, longest: int) -> Table:
    """One line for each clause."""
    table = Table(box=None, pad_edge=False)
    table.add_column("clause", no_wrap=True)
    table.add_column("what it says", no_wrap=True)
    for name in ("cases", "passed", "failed", "unsupported", "error/bound"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows(run):
        counts = [str(row.cases), str(row.passed), _count(row.failed), _count(row.unsupported)]
        style = "red" if row.failed else None
        sentence = escape(shorten(CLAUSES[row.clause], longest))
        table.add_row(row.clause, sentence, *counts, ratio(row.worst), style=style)
    return table


def _count(number: int) -> str:
    """Write a number that one hopes is 0."""
    return str(number) if number else "-"


def shorten(sentence: str, longest: int) -> str:
    """Cut a sentence at a word."""
    if len(sentence) <= longest:
        return sentence
    return sentence[: longest - 3].rpartition(" ")[0].rstrip(",;:") + " ..."


def ratio(number: float | None) -> str:
    """Write error / bound, if it was measured."""
    return "-" if number is None else f"{number:.3g}"


def reasons(run: Run) -> Iterator[str]:
    """Yield the failures, one sentence each, and the distinct reasons of what is unsupported."""
    failed = [r for r in run.results if r.outcome.status == FAILED]
    for result in failed[:_MOST_REASONS]:
        yield f"FAILED {result.id} [{run.dtype}] {result.outcome.reason}"
    if len(failed) > _MOST_REASONS:
        yield f"... and {len(failed) - _MOST_REASONS} more failures: see --json"
    yield from _unsupported([r for r in run.results if r.outcome.status == UNSUPPORTED])


def _unsupported(results: Sequence[Result]) -> Iterator[str]:
    """Group what is unsupported by its reason."""
    counted: dict[str, int] = {}
    for result in results:
        counted[result.outcome.reason] = counted.get(result.outcome.reason, 0) + 1
    for reason, number in counted.items():
        yield f"unsupported, {number} cases: {reason}"


def summary(run: Run, selected: bool) -> list[str]:
    """Return the numbers and, last, the verdict."""
    counts, of = run.counts, "selected" if selected else "of the manifest"
    u = coarsest(profiles.load(run.profile))
    effective = run.effective_precision
    cases = (
        f"{counts['run']} run and {counts['unsupported']} unsupported, {counts['expected']} {of}"
    )
    return [
        f"cases      {cases}; {counts['passed']} passed, {counts['failed']} failed",
        f"rounding   worst error {ratio(run.worst_ratio)} of the derived bound",
        f"precision  effective {power(effective)}; unit roundoff of {run.profile} {power(u)}",
        _verdict(run, selected),
    ]


def _verdict(run: Run, selected: bool) -> str:
    """Return the verdict as a sentence."""
    counts, name = run.counts, f"{run.subject} {run.dtype}"
    if run.diagnosis is not None:
        number = f"{counts['failed']} of {counts['run']} cases failed{_silent(run)}"
        return f"{name} {run.diagnosis.sentence} ({number})"
    if run.verdict == FAILS:
        return f"{name} fails {run.profile}: {counts['failed']} of {counts['run']} cases failed"
    if run.verdict == CONFORMS:
        part = f" in the {counts['expected']} cases selected" if selected else ""
        less = f", {counts['unsupported']} cases unsupported" if counts["unsupported"] else ""
        return f"{name} conforms to {run.profile}{part}{less}"
    got = counts["run"] + counts["unsupported"]
    if got != counts["expected"]:
        return f"{name} is incomplete: expected {counts['expected']} cases, got {got}"
    return f"{name} is incomplete: expected a case that passes, got none"


def _silent(run: Run) -> str:
    """Say how many cases have no bound at the profile that is named."""
    found = run.diagnosis
    if found is None or not found.skipped:
        return ""
    return f"; {found.skipped} have no bound at {found.profile}"


def power(number: float | None) -> str:
    """Write a number as a power of two."""
    return f"2^{math.log2(number):.1f}" if number else "not measured"
