"""Why a run fails: in which coarser arithmetic it would have conformed, and which switch that is.

The answers that are there already are judged again, by the same checks, under each coarser profile,
those of the run's dtype first, the finest first. The first that holds them all is named. What is
exact under every profile (masks, causality, shapes, exceptions) is not excused by any. A case of
which a profile has no bound says nothing about that profile and is left out, and counted.

Profiles with wide bounds hold mistakes of other kinds too. A coarser arithmetic shows in most of
the cases that compare numbers, a mistake in those of its clause: so the switch is said to be the
cause only where more than half of them fail, and to be a possible one elsewhere. And it comes near
the bounds of its profile. Errors that are nearer to the bounds of the declared one are of another
kind, such as a function of a few ulps too many, and accuse no switch.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

from iaf_ref_backends import profiles
from iaf_ref_backends.profiles import Profile

from .answers import NUMERIC, Replay
from .cases import Case
from .checks.outcome import FAILED, UNSUPPORTED
from .diagnosis_precision import ladder
from .run import FAILS, Result, Run, judge


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
    failed = [r for r in run.results if r.outcome.status == FAILED]
    rounding = [r for r in failed if _by_rounding(r)]
    declared = profiles.load(run.profile)
    for profile in coarser(declared) if rounding else ():
        skipped = _skipped(run, profile, load)
        if skipped is not None:
            said = _conforms(run, profile, len(rounding), len(failed) - len(rounding))
            return Diagnosis(profile.name, skipped, said)
    every = "and every coarser profile" if rounding else "by more than rounding"
    return Diagnosis(None, 0, f"fails {declared.name} {every}")


def coarser(declared: Profile) -> list[Profile]:
    """Profiles below one, those of its dtype first, the finest first."""
    below = ladder()[ladder().index(declared) + 1 :]
    return sorted(below, key=lambda profile: profile.dtype != declared.dtype)


def _by_rounding(result: Result) -> bool:
    """Whether a case failed by how far off a number is: a shape or an exception has no ratio."""
    return result.check in NUMERIC and result.outcome.ratio is not None


def _skipped(run: Run, profile: Profile, load: Callable[[str, str], Case]) -> int | None:
    """Number of cases that say nothing about a profile; None where a case fails it."""
    if any(result.ratios.get(profile.name, 0.0) > 1.0 for result in run.results):
        return None
    skipped = 0
    for result in _numeric(run):
        known = result.ratios.get(profile.name)  # <= 1, as seen above
        holds = True if known is not None else _holds(result, profile, load(result.id, run.dtype))
        if holds is False:
            return None
        skipped += holds is None
    return skipped


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


def _conforms(run: Run, profile: Profile, rounding: int, exact: int) -> str:
    """Write the verdict: what it conforms to, and what to do."""
    compared = sum(1 for _ in _numeric(run))
    sure = 2 * rounding > compared
    cause, remedy = switch(profile.name, library(run))
    if not _near(run, profile):
        cause = f"that names no cause, as the errors are nearer to the bounds of {run.profile}"
        remedy = f"look for a function or a sum less accurate than {run.profile} allows"
    elif not sure:
        cause = f"maybe {cause}, though only {rounding} of {compared} numeric cases failed"
    if exact:
        rest = f"{exact} cases fail under any profile, the others conform to {profile.name}"
        return f"fails {run.profile}; {rest}: {cause}; {remedy}"
    return f"fails {run.profile}, conforms to {profile.name}: {cause}; {remedy}"


def _near(run: Run, profile: Profile) -> bool:
    """Whether errors are nearer, by ratio, to the bounds of a profile than to the declared ones."""
    worst = max((result.ratios.get(profile.name, 0.0) for result in run.results), default=0.0)
    beyond = run.worst_ratio
    return not worst or beyond is None or worst * beyond >= 1.0


def switch(profile: str, name: str) -> tuple[str, str]:
    """Return what a coarser profile is a sign of, and what to do about it.

    Parameters
    ----------
    profile : str
    name : str
        Of the library; one that is unknown gets general advice.

    Returns
    -------
    tuple of str
    """
    entry = _switches()[profile]
    given = entry["set"].get(name)
    return entry["cause"], entry["otherwise"] if given is None else f"set {given}"


@cache
def _switches() -> Mapping[str, Any]:
    """Profile -> cause, remedies by library, and general advice."""
    text = resources.files(__package__).joinpath("diagnosis.json").read_text(encoding="utf-8")
    return json.loads(text)  # type: ignore[no-any-return]


def library(run: Run) -> str:
    """Return the array library of a run: by the subject's name, or else by its environment."""
    known: Sequence[str] = sorted({name for e in _switches().values() for name in e["set"]})
    first = run.subject.partition(":")[0]
    return next(
        (n for n in known if n == first), next((n for n in known if n in run.environment), "")
    )
