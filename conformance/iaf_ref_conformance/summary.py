"""What a run comes to, in a few lines: cases, rounding, precision, mistake, verdict."""

from __future__ import annotations

import math

from iaf_ref_backends import profiles

from .answers import NUMERIC
from .checks.compare import coarsest
from .checks.outcome import FAILED, UNSUPPORTED
from .explanation import MOST
from .results import CONFORMS, FAILS, Run


def summary(run: Run, selected: bool) -> list[str]:
    """Return the numbers and, last, the verdict."""
    counts, of = run.counts, "selected" if selected else "of the manifest"
    cases = (
        f"{counts['run']} run and {counts['unsupported']} unsupported, {counts['expected']} {of}"
    )
    return [
        f"cases      {cases}; {counts['passed']} passed, {counts['failed']} failed",
        f"rounding   {_rounding(run)}",
        f"precision  {precision(run, run.effective_precision)}",
        *_mistake(run),
        verdict(run, selected),
    ]


def _rounding(run: Run) -> str:
    """Say how far off numbers were; a case that failed by its shape, say, was not measured."""
    judged = [r for r in run.results if r.check in NUMERIC and r.outcome.status != UNSUPPORTED]
    lost = sum(r.outcome.ratio is None for r in judged)
    if not judged or lost == len(judged):
        return "not measured"
    text = f"worst error {ratio(run.worst_ratio)} of the derived bound"
    return f"{text}; {lost} cases failed before they were measured" if lost else text


def precision(run: Run, shown: float | None) -> str:
    """Say which unit roundoff the errors stand for, if they stand for any.

    Parameters
    ----------
    run : Run
    shown : float or None
        Its effective precision; a run that is read from a report has it there.

    Returns
    -------
    str
    """
    u = f"unit roundoff of {run.profile} {power(coarsest(profiles.load(run.profile)))}"
    if beyond_precision(run):
        return f"not a matter of precision: no profile explains the failures; {u}"
    return f"effective {power(shown)}; {u}"


def beyond_precision(run: Run) -> bool:
    """Whether numbers are wrong by something else than rounding, however coarse."""
    failed = any(r.check in NUMERIC and r.outcome.status == FAILED for r in run.results)
    return failed and run.diagnosis is not None and run.diagnosis.profile is None


def _mistake(run: Run) -> list[str]:
    """Say which known mistake most failures look like: one failure alone may have many causes."""
    if not run.mistakes:
        return []
    mistake, votes = run.mistakes.most_common(1)[0]
    explained = min(run.counts["failed"], MOST)
    if 2 * votes <= explained:
        return []
    return [f"mistake    looks like: {mistake}; so do {votes} of {explained} failures looked at"]


def verdict(run: Run, selected: bool) -> str:
    """Return the verdict as a sentence.

    Parameters
    ----------
    run : Run
    selected : bool
        Whether fewer cases than all were asked for.

    Returns
    -------
    str
    """
    counts, name = run.counts, f"{run.subject} {run.dtype}"
    if run.diagnosis is not None:
        number = f"{counts['failed']} of {counts['run']} cases failed{_silent(run)}"
        return f"{name} {run.diagnosis.sentence} ({number})"
    if run.verdict == FAILS:
        return f"{name} fails {run.profile}: {counts['failed']} of {counts['run']} cases failed"
    if run.verdict == CONFORMS:
        return f"{name} conforms to {run.profile}{_part(run, selected)}{_without(run)}"
    got = counts["run"] + counts["unsupported"]
    if got != counts["expected"]:
        return f"{name} is incomplete: expected {counts['expected']} cases, got {got}"
    if not run.tested:
        lacking = ", ".join(dict.fromkeys(run.uncovered.values())) or "none"
        return f"{name} is incomplete: expected a case that counts for it, got {lacking}"
    return (
        f"{name} is incomplete: expected a case of each clause that passes, "
        f"got none for {', '.join(run.unshown)}; --clause judges a part"
    )


def _part(run: Run, selected: bool) -> str:
    """Say in which cases, if not in all that count."""
    counts = run.counts
    counting = counts["expected"] - len(run.left_out)
    if counts["run"] < counting:
        of = f"{counting} {'selected' if selected else 'cases'}"
        return f" in the {counts['run']} cases that it supports, of {of}"
    noun = "case" if counting == 1 else "cases"
    return f" in the {counting} {noun} selected" if selected else ""


def _without(run: Run) -> str:
    """Name the clauses whose cases were left out, and what the subject lacks for them."""
    clauses = {clause for result in run.left_out for clause in result.clauses}
    found = [f"{clause} ({run.uncovered[clause]})" for clause in sorted(clauses)]
    return f" without {', '.join(found)}" if found else ""


def _silent(run: Run) -> str:
    """Say how many cases have no bound at the profile that is named."""
    found = run.diagnosis
    if found is None or not found.skipped:
        return ""
    return f"; {found.skipped} have no bound at {found.profile}"


def power(number: float | None) -> str:
    """Write a number as a power of two."""
    return f"2^{math.log2(number):.1f}" if number else "not measured"


def ratio(number: float | None) -> str:
    """Write error / bound, if it was measured."""
    return "-" if number is None else f"{number:.3g}"
