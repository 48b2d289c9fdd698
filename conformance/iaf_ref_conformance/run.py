"""One run: a subject, a dtype, a profile, all cases."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from iaf_ref_backends.profiles import Profile

from .answers import COMPARED, Recorder
from .cases import Case
from .checks import CHECKS, Outcome
from .checks.asking import raised
from .checks.outcome import FAILED
from .covered import counted, uncovered
from .diagnosis_precision import ratios
from .environment import environment_of
from .explanation import MOST, explained
from .results import CONFORMS, FAILS, INCOMPLETE, Result, Run
from .subject import Subject
from .subjects.switching import switch_context

__all__ = ["CONFORMS", "FAILS", "INCOMPLETE", "Result", "Run", "judge", "run"]


def run(
    subject: Subject,
    cases: Iterable[Case],
    dtype: str,
    profile: Profile,
    expected: int,
    advance: Callable[[Result], None] | None = None,
    as_is: bool = False,
    judged: Sequence[str] = (),
) -> Run:
    """Put every case to a subject.

    Parameters
    ----------
    subject : Subject
    cases : iterable of Case
        In ``dtype``.
    dtype : str
    profile : Profile
        Whose bounds the subject is held to.
    expected : int
        Number of cases that there have to be.
    advance : callable, optional
        Called with each result as it comes.
    as_is : bool
        Leave the precision switches of libraries as they are; else they stand at IEEE arithmetic.
    judged : sequence of str
        Patterns of the clauses that the verdict is on; none: all.

    Returns
    -------
    Run
    """
    results: list[Result] = []
    clauses, recorder = set[str](), Recorder(subject)
    with switch_context(subject, as_is):
        for case in cases:
            clauses.update(case.clauses)
            failed = sum(r.outcome.status == FAILED for r in results)
            results.append(_result(case, recorder, profile, failed < MOST))
            if advance is not None:
                advance(results[-1])
        environment = environment_of(subject)
    device = str(getattr(subject, "device", "cpu"))
    found = (subject.name, device, dtype, profile.name, environment, expected, tuple(results))
    return Run(*found, judged=tuple(judged), uncovered=uncovered(clauses, subject))


def _result(case: Case, recorder: Recorder, profile: Profile, explain: bool) -> Result:
    """Put one case, and keep the answers that others may be held against."""
    outcome, answers = judge(case, recorder, profile), recorder.take()
    if explain:
        outcome = explained(case, recorder, outcome, profile)
        recorder.take()  # what it was asked for the explanation only
    kept = answers if case.check in COMPARED else ()
    clauses = counted(case, recorder)
    return Result(case.id, clauses, case.check, outcome, kept, ratios(case, kept))


def judge(case: Case, subject: Any, profile: Profile) -> Outcome:
    """Put one case to a subject; whatever happens, the run goes on.

    Parameters
    ----------
    case : Case
    subject : Subject
    profile : Profile

    Returns
    -------
    Outcome
        Failed, and so for lack of a verdict, if the check itself could not be completed.
    """
    check = CHECKS.get(case.check)
    if check is None:
        return Outcome(
            FAILED, reason=f"check: expected one of {', '.join(CHECKS)}, got {case.check!r}"
        )
    try:
        return check(case, subject, profile)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - an answer that the check cannot digest
        return Outcome(FAILED, reason=f"the check could not be completed: {raised(error)}")
