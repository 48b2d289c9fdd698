"""What a check says in the end, and the two ways in which it stops early."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING

from iaf_ref_backends.profiles import Profile

if TYPE_CHECKING:
    from ..cases import Case
    from ..subject import Subject

PASSED, FAILED, UNSUPPORTED = STATUSES = ("passed", "failed", "unsupported")
"""The three ways in which a case can end. A case that did not end is in none of them."""


@dataclass(frozen=True)
class Score:
    """How a numeric comparison went.

    Attributes
    ----------
    ratio : float or None
        Worst error / bound: 0 for what is compared exactly, None for what is not compared at all.
    effective : float or None
        Worst error / amplification, where amplification = bound / u and u is the coarsest unit
        roundoff of the profile: the unit roundoff that would explain the error.
    """

    ratio: float | None = 0.0
    effective: float | None = None


@dataclass(frozen=True)
class Outcome:
    """Verdict on one case.

    Attributes
    ----------
    status : {"passed", "failed", "unsupported"}
    ratio, effective
        As of :class:`Score`.
    reason : str
        Why it failed or is unsupported; empty where it passed.
    mistake : str
        The known mistake that a failure looks like (``explanation``), if one was found.
    """

    status: str
    ratio: float | None = None
    effective: float | None = None
    reason: str = ""
    mistake: str = ""


class Broken(Exception):
    """The subject breaks the clause that the reason names."""

    def __init__(self, reason: str, score: Score | None = None) -> None:
        super().__init__(reason)
        self.score = Score(None, None) if score is None else score


class Unsupported(Exception):
    """The subject says, by a missing method or NotImplementedError, that it does not do this."""


Check = Callable[["Case", "Subject", Profile], Outcome]
Body = Callable[["Case", "Subject", Profile], Score]


def verdict(body: Body) -> Check:
    """Make a check of a function that returns a score or raises one of the two exceptions above."""

    @wraps(body)
    def check(case: Case, subject: Subject, profile: Profile) -> Outcome:
        try:
            score = body(case, subject, profile)
        except Unsupported as why:
            return Outcome(UNSUPPORTED, reason=str(why))
        except Broken as why:
            return Outcome(FAILED, why.score.ratio, why.score.effective, str(why))
        return Outcome(PASSED, score.ratio, score.effective)

    return check


@dataclass(frozen=True)
class Finding:
    """One comparison: its score, and a sentence where it is out of bounds."""

    score: Score
    reason: str = ""


def settle(findings: Iterable[Finding]) -> Score:
    """Return the worst of several comparisons; if any is out of bounds, break with the first such.

    Raises
    ------
    Broken
        With the reason of the first: a later one is often its consequence.
    """
    found = list(findings)
    score = Score(
        max((f.score.ratio for f in found if f.score.ratio is not None), default=0.0),
        max((f.score.effective for f in found if f.score.effective is not None), default=None),
    )
    reason = next((f.reason for f in found if f.reason), "")
    if reason:
        raise Broken(reason, score)
    return score


def finite(number: float | None) -> float | None:
    """Return None for what JSON cannot hold."""
    return number if number is not None and math.isfinite(number) else None
