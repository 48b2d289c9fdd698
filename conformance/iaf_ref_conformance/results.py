"""What a run found: outcomes of cases, and what follows from them all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from typing import TYPE_CHECKING

from iaf_ref.clauses import CLAUSES

from .answers import Answer
from .checks.outcome import FAILED, PASSED, UNSUPPORTED, Outcome
from .diagnosis_precision import effective

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
    judged : tuple of str
        Patterns of the clauses that the verdict is on; empty: all.
    uncovered : mapping
        Clauses on what the subject does not have, and what that is (``covered``).
    """

    subject: str
    device: str
    dtype: str
    profile: str
    environment: dict[str, str]
    expected: int
    results: tuple[Result, ...]
    diagnosis: Diagnosis | None = None
    judged: tuple[str, ...] = ()
    uncovered: Mapping[str, str] = field(default_factory=dict)

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

    @cached_property
    def mistakes(self) -> Counter[str]:
        """Known mistakes that failures look like, with the number of failures."""
        return Counter(r.outcome.mistake for r in self.results if r.outcome.mistake)

    @property
    def verdict(self) -> str:
        """Fails if a case failed; conforms if each clause has one that passed; else incomplete."""
        counts = self.counts
        if counts["failed"]:
            return FAILS
        complete = counts["run"] + counts["unsupported"] == counts["expected"]
        shown = complete and self.tested and not self.unshown
        return CONFORMS if shown else INCOMPLETE

    @cached_property
    def left_out(self) -> list[Result]:
        """Unsupported cases on what a subject need not have: they count for no clause."""
        return [
            r
            for r in self.results
            if r.outcome.status == UNSUPPORTED and set(r.clauses) <= set(self.uncovered)
        ]

    @cached_property
    def tested(self) -> list[str]:
        """Clauses that the verdict is on, in the order of the specification."""
        found = {clause for result in self.results for clause in result.clauses}
        return [
            clause
            for clause in (*CLAUSES, *sorted(found - set(CLAUSES)))
            if clause in found
            and clause not in self.uncovered
            and (not self.judged or any(fnmatchcase(clause, glob) for glob in self.judged))
        ]

    @property
    def unshown(self) -> list[str]:
        """Clauses of which no case passed."""
        passed = {c for r in self.results if r.outcome.status == PASSED for c in r.clauses}
        return [clause for clause in self.tested if clause not in passed]
