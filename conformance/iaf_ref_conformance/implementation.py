"""All cases put to a subject in one call, for a project's own tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from iaf_ref_backends import profiles

from .checks.outcome import FAILED, PASSED, UNSUPPORTED
from .checks.patience import SECONDS, patient
from .corpus import load
from .diagnosis import diagnosed
from .expected_failures import Outcomes, unkept
from .results import Run
from .run import run
from .subjects.find import checked

_MOST = 20
"""Failures that are written out."""


def check_implementation(
    subject: Any,
    expected_failures: Mapping[str, str] | None = None,
    *,
    dtypes: Sequence[str] = (),
    clauses: Sequence[str] = (),
    cases: Sequence[str] = (),
    profile: str | None = None,
    complete: bool = False,
    timeout: float = SECONDS,
) -> tuple[Run, ...]:
    """Put cases to a subject; assert that it passes each that it supports.

    Parameters
    ----------
    subject : Subject
        An object with ``name``, ``dtypes``, ``profile`` and some of the methods ``masks``,
        ``forward``, ``inverse``, ``log_scale``, ``log_prob``, or a class of such.
    expected_failures : mapping of str to str, optional
        Id of a case -> why it is known to fail. The id may be a pattern as of :mod:`fnmatch`, and
        may name one dtype: ``"dens-event-*[float32]"``. Each has to fail: one that passes, is
        unsupported, or is there no more, is an error, so that the list never outlives its reasons.
    dtypes : sequence of str
        Default: all that the subject has.
    clauses, cases : sequence of str
        Patterns; default: all.
    profile : str, optional
        To be held to; default: what the subject declares for the dtype.
    complete : bool
        A case that the subject does not support is an error too.
    timeout : float
        Seconds for one answer; ``math.inf`` sets no limit.

    Returns
    -------
    tuple of Run
        One for each dtype, with every result.

    Raises
    ------
    AssertionError
        A case fails that is not expected to; an expectation is not kept; a case is unsupported and
        ``complete`` is asked for; or nothing has passed at all, unless every case is one that is
        expected to fail.
    TypeError
        ``expected_failures`` gives no reasons: it is no mapping.
    ValueError
        The object is no subject, a dtype, a pattern or a profile is unknown, or the timeout is not
        above 0.
    CorpusError
        A file of the corpus is missing or damaged.
    """
    if not isinstance(expected_failures, Mapping | None):
        got = type(expected_failures).__name__
        raise TypeError(f"expected_failures: expected a mapping of ids to reasons, got {got}")
    judged = checked(subject() if isinstance(subject, type) else subject, "subject")
    whole = load()
    corpus = whole.select(cases, clauses) if cases or clauses else whole
    runs = []
    with patient(timeout):
        for dtype in _chosen(judged, dtypes):
            held_to = profiles.load(profile or judged.profile[dtype])
            found = run(judged, corpus.cases(dtype), dtype, held_to, len(corpus), judged=clauses)
            runs.append(diagnosed(found, corpus.case))
    problems = _problems(runs, expected_failures or {}, complete)
    if problems:
        raise AssertionError("\n".join([f"{judged.name} does not conform:", *problems]))
    return tuple(runs)


def _chosen(subject: Any, dtypes: Sequence[str]) -> Sequence[str]:
    """Dtypes to be judged in."""
    for dtype in dtypes:
        if dtype not in subject.dtypes:
            raise ValueError(f"dtype: expected one of {', '.join(subject.dtypes)}, got {dtype!r}")
    return dtypes or tuple(subject.dtypes)


def _problems(runs: Sequence[Run], expected: Mapping[str, str], complete: bool) -> list[str]:
    """Everything that is not as it should be, a sentence each."""
    outcomes: Outcomes = {(r.id, run.dtype): r.outcome for run in runs for r in run.results}
    excused, broken = unkept(expected, outcomes)
    failed = [
        f"FAILED {name} [{dtype}] {outcome.reason}"
        for (name, dtype), outcome in outcomes.items()
        if outcome.status == FAILED and (name, dtype) not in excused
    ]
    problems = [*failed[:_MOST], *broken]
    if len(failed) > _MOST:
        problems.insert(_MOST, f"... and {len(failed) - _MOST} more failures")
    if failed:
        problems += [f"{run.dtype}: {run.diagnosis.sentence}" for run in runs if run.diagnosis]
    if complete:
        silent = [key for key, outcome in outcomes.items() if outcome.status == UNSUPPORTED]
        problems += [f"unsupported: {name} [{dtype}]" for name, dtype in silent]
    passed = any(outcome.status == PASSED for outcome in outcomes.values())
    if not passed and not outcomes.keys() <= excused:
        problems.append("expected a case that passes, got none")
    return problems
