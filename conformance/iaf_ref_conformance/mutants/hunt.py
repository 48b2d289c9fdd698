"""Put cases to mutants until one is refused, and to correct variants to the last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from iaf_ref_backends import profiles

from ..cases import Case
from ..checks.outcome import FAILED, PASSED
from ..corpus import load
from ..run import judge
from .kinds import Mutant, Variant

CHUNK = 21
"""Cases that a process puts to all subjects at a time: what they share is made once."""

Subject = Mutant | Variant


@dataclass(frozen=True)
class Refusal:
    """A case that a subject did not pass, and what was said."""

    case: str
    reason: str

    @property
    def family(self) -> str:
        """First word of the case's name: the module that makes such cases."""
        return self.case.partition("-")[0]


@dataclass(frozen=True)
class Verdict:
    """What cases said of one subject in one dtype.

    Attributes
    ----------
    id, dtype : str
    refusals : tuple of Refusal
        The first only, where the hunt stops there.
    asked : int
        Number of cases that were put.
    """

    id: str
    dtype: str
    refusals: tuple[Refusal, ...]
    asked: int


@lru_cache(maxsize=2)
def cases_in(dtype: str) -> tuple[Case, ...]:
    """All cases of the package in one dtype, read once in each process."""
    return tuple(load().cases(dtype))


def refused(subject: Subject, case: Case) -> Refusal | None:
    """Put one case to a fresh subject.

    Parameters
    ----------
    subject : Mutant or Variant
    case : Case

    Returns
    -------
    Refusal or None
        Of a mutant, where the case failed; of a variant also where it was not answered: a case that
        is not run is not passed.
    """
    made = subject.make()
    outcome = judge(case, made, profiles.load(made.profile[case.dtype]))
    bad = outcome.status == FAILED if isinstance(subject, Mutant) else outcome.status != PASSED
    return Refusal(case.id, outcome.reason) if bad else None


def until_refused(mutant: Mutant, dtype: str) -> list[Verdict]:
    """Put cases to a mutant, those of its clauses first, until one is refused."""
    cases = in_order(mutant, cases_in(dtype))
    for asked, case in enumerate(cases, start=1):
        found = refused(mutant, case)
        if found is not None:
            return [Verdict(mutant.id, dtype, (found,), asked)]
    return [Verdict(mutant.id, dtype, (), len(cases))]


def in_order(mutant: Mutant, cases: Sequence[Case]) -> list[Case]:
    """Cases of the mutant's first clause, of its second, ..., then all others."""

    def rank(case: Case) -> int:
        named = (k for k, clause in enumerate(mutant.clauses) if clause in case.clauses)
        return min(named, default=len(mutant.clauses))

    return sorted(cases, key=rank)


def on_some(subjects: Sequence[Subject], dtype: str, start: int) -> list[Verdict]:
    """Put one chunk of the cases to all of the subjects."""
    cases = cases_in(dtype)[start : start + CHUNK]
    found: dict[str, list[Refusal]] = {subject.id: [] for subject in subjects}
    for case in cases:
        for subject in subjects:
            refusal = refused(subject, case)
            if refusal is not None:
                found[subject.id].append(refusal)
    return [Verdict(name, dtype, tuple(said), len(cases)) for name, said in found.items()]
