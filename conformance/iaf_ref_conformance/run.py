"""One run: a subject, a dtype, a profile, all cases; and what follows from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from iaf_ref_backends.profiles import Profile

from .answers import COMPARED, Answer, Recorder
from .cases import Case
from .checks import CHECKS, Outcome
from .checks.asking import raised
from .checks.outcome import FAILED, PASSED, UNSUPPORTED
from .diagnosis_precision import effective, ratios
from .environment import environment_of
from .subject import Subject
from .subjects.switching import switch_context

if TYPE_CHECKING:
    from .diagnosis import Diagnosis

CONFORMS, FAILS, INCOMPLETE = "conforms", "fails", "incomplete"


@dataclass(frozen=True)
class Result:
    """Outcome of one case.

    Attributes
    ----------
    id, clauses, check
        Of the case.
    outcome : Outcome
    answers : tuple of Answer
        What the subject said, where it can be compared with what another says.
    ratios : mapping
        Name of a profile -> worst error / bound, for every profile of which the case has bounds.
    """

    id: str
    clauses: tuple[str, ...]
    check: str
    outcome: Outcome
    answers: tuple[Answer, ...] = ()
    ratios: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """All results of a subject in one dtype.

    Attributes
    ----------
    subject, device, dtype, profile : str
    environment : dict of str to str
    expected : int
        Cases that there are, by the manifest or by the selection; not those that were found.
    results : tuple of Result
    diagnosis : Diagnosis or None
        What a run that failed conforms to (``diagnosis``).
    """

    subject: str
    device: str
    dtype: str
    profile: str
    environment: dict[str, str]
    expected: int
    results: tuple[Result, ...]
    diagnosis: Diagnosis | None = None

    def count(self, status: str) -> int:
        """Return the number of cases that ended so."""
        return sum(result.outcome.status == status for result in self.results)

    @cached_property
    def answered(self) -> dict[str, Result]:
        """Results by id of the cases whose answers were kept."""
        return {result.id: result for result in self.results if result.answers}

    @property
    def counts(self) -> dict[str, int]:
        """Cases expected, run (passed or failed), passed, failed, unsupported."""
        passed, failed = self.count(PASSED), self.count(FAILED)
        return {
            "expected": self.expected,
            "run": passed + failed,
            "passed": passed,
            "failed": failed,
            "unsupported": self.count(UNSUPPORTED),
        }

    @property
    def worst_ratio(self) -> float | None:
        """Worst error / bound, None where nothing was measured."""
        return max(
            (r.outcome.ratio for r in self.results if r.outcome.ratio is not None), default=None
        )

    @property
    def effective_precision(self) -> float | None:
        """Unit roundoff that the errors stand for (``diagnosis_precision``).

        Where no profile explains them all, max(error / amplification) under the one declared.
        """
        explained = effective(result.ratios for result in self.results)
        if explained is not None:
            return explained
        known = (r.outcome.effective for r in self.results if r.outcome.effective is not None)
        return max(known, default=None)

    @property
    def verdict(self) -> str:
        """Fails if a case failed; incomplete if one did not run, or none passed; else conforms."""
        counts = self.counts
        if counts["failed"]:
            return FAILS
        complete = counts["run"] + counts["unsupported"] == counts["expected"]
        return CONFORMS if complete and counts["passed"] else INCOMPLETE


def run(
    subject: Subject,
    cases: Iterable[Case],
    dtype: str,
    profile: Profile,
    expected: int,
    advance: Callable[[Result], None] | None = None,
    as_is: bool = False,
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

    Returns
    -------
    Run
    """
    results, recorder = [], Recorder(subject)
    with switch_context(subject, as_is):
        for case in cases:
            results.append(_result(case, recorder, profile))
            if advance is not None:
                advance(results[-1])
        environment = environment_of(subject)
    device = str(getattr(subject, "device", "cpu"))
    return Run(subject.name, device, dtype, profile.name, environment, expected, tuple(results))


def _result(case: Case, recorder: Recorder, profile: Profile) -> Result:
    """Put one case, and keep the answers that others may be held against."""
    outcome, answers = judge(case, recorder, profile), recorder.take()
    kept = answers if case.check in COMPARED else ()
    return Result(case.id, tuple(case.clauses), case.check, outcome, kept, ratios(case, kept))


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
    except Exception as error:  # noqa: BLE001 - an answer that the check cannot digest
        return Outcome(FAILED, reason=f"the check could not be completed: {raised(error)}")
