"""Which arithmetic a run shows: the finest profile that explains its errors, and the roundoff.

Effective precision. Error / (bound / u), with u the unit roundoff of the profile, tells u only
where the bound grows with u: held to ``ieee-f32``, whose bounds are full of functions and sums, a
run in TF32 comes out at 2^-13.8 and not at 2^-11, since only its operands are coarse. So u is read
off the finest profile whose bounds hold all errors: the worst error / bound there, times its u.
That ratio is near 1, as the greatest of some thousand errors comes near its bound where operations
are few: 0.57 (float32), 0.65 (float64), 0.78 (TF32), 0.80 (bfloat16) on the shipped cases. Only
what has bounds in the corpus is looked at, which takes no evaluation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from iaf_ref_backends import profiles
from iaf_ref_backends.profiles import Profile

from .answers import Answer
from .cases import DTYPES, Case, Expected
from .checks.asking import Arrays
from .checks.compare import coarsest, error_of, rate


@cache
def ladder() -> tuple[Profile, ...]:
    """All profiles, the finest first: by unit roundoff, equal ones as ``profiles`` lists them."""
    return tuple(sorted(map(profiles.load, profiles.names()), key=coarsest))


def ratios(case: Case, answers: Iterable[Answer]) -> dict[str, float]:
    """Worst error / bound of the answers to a case under every profile that it has bounds for.

    Parameters
    ----------
    case : Case
    answers : iterable of Answer

    Returns
    -------
    dict
        Name of a profile -> ratio; empty where the case stores no bounds or the answers have other
        shapes.
    """
    worst: dict[str, float] = {}
    for name, value, expected in _values(case, answers):
        error = error_of(value, expected)
        for profile in ladder():
            bound = case.bounds.get((profile.name, name))
            if bound is not None:
                ratio = rate(error, bound, profile)[0].ratio or 0.0
                worst[profile.name] = max(worst.get(profile.name, 0.0), ratio)
    return worst


def _values(case: Case, answers: Iterable[Answer]) -> Iterator[tuple[str, Arrays, Expected]]:
    """Yield the answers for which the case has a truth."""
    for answer in answers:
        for name, value in zip(answer.names, answer.values, strict=False):
            expected: Any = case.expected.get(name)
            if isinstance(expected, Expected) and expected.hi.shape == value.shape:
                yield name, value, expected


def effective(found: Iterable[Mapping[str, float]]) -> float | None:
    """Unit roundoff that a run shows; None where no profile holds all of its errors.

    Parameters
    ----------
    found : iterable of mappings
        What :func:`ratios` returned for each case.

    Returns
    -------
    float or None
    """
    worst: dict[str, float] = {}
    for each in found:
        for name, ratio in each.items():
            worst[name] = max(worst.get(name, 0.0), ratio)
    # those of dtypes that runs are in come first: all of f16 is rounded, and its bounds hold more
    for profile in sorted(ladder(), key=lambda profile: profile.dtype not in DTYPES):
        if worst.get(profile.name, 2.0) <= 1.0:
            return worst[profile.name] * coarsest(profile)
    return None
