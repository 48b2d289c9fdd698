"""Why a run fails: in which coarser arithmetic it would have conformed, and which switch that is.

The answers that are there already are judged again, by the same checks, under each coarser profile,
those of the run's dtype first, the finest first. The first that holds them all is named. What is
exact under every profile (masks, causality, shapes, exceptions) is not excused by any. A case of
which a profile has no bound says nothing about that profile and is left out, and counted; where
no failure is left, the profile explains nothing and is not named. Nor is any on the strength of
failures that look like a known mistake of another kind (``explanation``): that one explains them.

Profiles with wide bounds hold mistakes of other kinds too. A coarser arithmetic shows in most of
the cases that compare numbers, a mistake in those of its clause: so the switch is said to be the
cause only where more than half of them fail, and to be a possible one elsewhere. And it comes near
the bounds of its profile. Errors that are nearer to the bounds of the declared one are of another
kind, such as a function of a few ulps too many, and accuse no switch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from iaf_ref_backends import profiles
from iaf_ref_backends.profiles import Profile

from .answers import NUMERIC, Replay
from .cases import Case
from .checks.outcome import FAILED, UNSUPPORTED
from .diagnosis_precision import ladder
from .diagnosis_switch import library, switch
from .explanation import MOST
from .run import FAILS, Result, Run, judge

_PRECISION = frozenset({"NUM-3", "TYPE-1"})
"""Clauses of rounding and of dtypes: known mistakes of no other clause are coarser arithmetics."""


@dataclass(frozen=True)
class Diagnosis:
    """What a run that fails its profile conforms to.

    Attributes
    ----------
    profile : str or None
        The finest one that holds the numbers; None: there is none.
    skipped : int
        Cases that say nothing about it.
    sentence : str
        What is said: profiles, cause and remedy.
    """

    profile: str | None
    skipped: int
    sentence: str


def diagnosed(run: Run, load: Callable[[str, str], Case]) -> Run:
    """Return a run with its diagnosis, if it has one; arguments as of :func:`diagnose`."""
    return replace(run, diagnosis=diagnose(run, load))


def diagnose(run: Run, load: Callable[[str, str], Case]) -> Diagnosis | None:
    """Judge a run that failed against the coarser profiles.

    Parameters
    ----------
    run : Run
    load : callable
        Id and dtype -> case, as ``Corpus.case``.

    Returns
    -------
    Diagnosis or None
        None where the run did not fail.
    """
    if run.verdict != FAILS:
        return None
    speaking = _unexplained(run)
    declared = profiles.load(run.profile)
    for profile in coarser(declared) if speaking else ():
        skipped = _skipped(run, profile, load)
        if skipped is not None and not speaking <= skipped:
            said = _conforms(run, profile, len(speaking))
            return Diagnosis(profile.name, len(skipped), said)
    why = ", and no coarser profile explains it" if speaking else ", not by rounding"
    return Diagnosis(None, 0, f"fails {declared.name}{why}")


def coarser(declared: Profile) -> list[Profile]:
    """Profiles below one, those of its dtype first, the finest first."""
    below = ladder()[ladder().index(declared) + 1 :]
    return sorted(below, key=lambda profile: profile.dtype != declared.dtype)


def _by_rounding(result: Result) -> bool:
    """Whether a case failed by how far off a number is: a shape or an exception has no ratio."""
    return result.check in NUMERIC and result.outcome.ratio is not None


def _unexplained(run: Run) -> frozenset[str]:
    """Ids of the failures by rounding that do not look like a known mistake of another kind.

    Only the first failures were looked at. If all of those by rounding are explained, so is what
    came after them.
    """
    failed = [result for result in run.results if result.outcome.status == FAILED]
    looked = [result for result in failed[:MOST] if _by_rounding(result)]
    if looked and all(_otherwise(result) for result in looked):
        return frozenset()
    return frozenset(r.id for r in failed if _by_rounding(r) and not _otherwise(r))


def _otherwise(result: Result) -> bool:
    """Whether a failure looks like a known mistake that is none of precision.

    >>> from iaf_ref_conformance.checks.outcome import Outcome
    >>> seen = Outcome("failed", 3.0, mistake="gelu by its tanh approximation (NET-5)")
    >>> _otherwise(Result("a-1", ("NET-5",), "forward", seen))
    True
    >>> seen = Outcome("failed", 3.0, mistake="computed in float32 (NUM-3, TYPE-1)")
    >>> _otherwise(Result("a-1", ("NET-5",), "forward", seen))
    False
    """
    mistake, _, clauses = result.outcome.mistake.rpartition(" (")  # as ``nearest`` writes it
    broken = set(clauses.removesuffix(")").split(", "))
    return bool(mistake or clauses) and not broken <= _PRECISION


def _skipped(run: Run, profile: Profile, load: Callable[[str, str], Case]) -> frozenset[str] | None:
    """Ids of the cases that say nothing about a profile; None where a case fails it."""
    if any(result.ratios.get(profile.name, 0.0) > 1.0 for result in run.results):
        return None
    skipped = set()
    for result in _numeric(run):
        known = result.ratios.get(profile.name)  # <= 1, as seen above
        holds = True if known is not None else _holds(result, profile, load(result.id, run.dtype))
        if holds is False:
            return None
        if holds is None:
            skipped.add(result.id)
    return frozenset(skipped)


def _numeric(run: Run) -> Iterator[Result]:
    """Cases that compare numbers, those with stored bounds first: they take next to no time."""
    judged = [r for r in run.results if r.check in NUMERIC and r.outcome.status != UNSUPPORTED]
    told = (r for r in judged if r.outcome.status != FAILED or _by_rounding(r))
    yield from sorted(told, key=lambda result: NUMERIC.index(result.check))


def _holds(result: Result, profile: Profile, case: Case) -> bool | None:
    """Whether the answers to a case are within the bounds of a profile; None: it has none."""
    if case.bounds and not any(name == profile.name for name, _ in case.bounds):
        return None
    outcome = judge(case, Replay(result.answers), profile)
    if outcome.status == UNSUPPORTED:
        return None
    if result.check == "inverse" and outcome.ratio == math.inf:
        return None  # at the answer itself this profile gives no finite bound
    return outcome.status != FAILED


def _conforms(run: Run, profile: Profile, speaking: int) -> str:
    """Write the verdict: what it conforms to, and what to do."""
    compared = sum(1 for _ in _numeric(run))
    exact = sum(r.outcome.status == FAILED and not _by_rounding(r) for r in run.results)
    sure = 2 * speaking > compared
    cause, remedy = switch(profile.name, library(run))
    if not _near(run, profile):
        cause = f"that names no cause, as the errors are nearer to the bounds of {run.profile}"
        remedy = f"look for a function or a sum less accurate than {run.profile} allows"
    elif not sure:
        cause = f"maybe {cause}, though only {speaking} of {compared} numeric cases failed"
    if exact:
        rest = f"{exact} cases fail under any profile, the others conform to {profile.name}"
        return f"fails {run.profile}; {rest}: {cause}; {remedy}"
    return f"fails {run.profile}, conforms to {profile.name}: {cause}; {remedy}"


def _near(run: Run, profile: Profile) -> bool:
    """Whether errors are nearer, by ratio, to the bounds of a profile than to the declared ones."""
    worst = max((result.ratios.get(profile.name, 0.0) for result in run.results), default=0.0)
    beyond = run.worst_ratio
    return not worst or beyond is None or worst * beyond >= 1.0
