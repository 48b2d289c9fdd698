"""One run: a subject, a dtype, a profile, all cases; and what follows from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from iaf_ref_backends.profiles import Profile

from .cases import Case
from .checks import CHECKS, Outcome
from .checks.asking import raised
from .checks.outcome import FAILED, PASSED, UNSUPPORTED
from .environment import environment_of
from .subject import Subject

CONFORMS, FAILS, INCOMPLETE = "conforms", "fails", "incomplete"


@dataclass(frozen=True)
class Result:
    """Outcome of one case."""

    id: str
    clauses: tuple[str, ...]
    check: str
    outcome: Outcome


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
    """

    subject: str
    device: str
    dtype: str
    profile: str
    environment: dict[str, str]
    expected: int
    results: tuple[Result, ...]

    def count(self, status: str) -> int:
        """Return the number of cases that ended so."""
        return sum(result.outcome.status == status for result in self.results)

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
        """Unit roundoff that the worst error stands for: max(error / amplification)."""
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

    Returns
    -------
    Run
    """
    results = []
    for case in cases:
        result = Result(case.id, tuple(case.clauses), case.check, judge(case, subject, profile))
        results.append(result)
        if advance is not None:
            advance(result)
    device = str(getattr(subject, "device", "cpu"))
    environment = environment_of(subject)
    return Run(subject.name, device, dtype, profile.name, environment, expected, tuple(results))


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
