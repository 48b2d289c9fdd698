"""A value against the truth, within a derived bound."""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Any

import numpy as np

from iaf_ref_backends.profiles import Profile

from ..cases import Case, Expected
from ..oracle import derived_bounds
from .asking import Arrays
from .outcome import Finding, Score, Unsupported

Doubles = np.ndarray[Any, np.dtype[np.float64]]


def coarsest(profile: Profile) -> float:
    """Unit roundoff that bounds grow with: the greatest of operands, sums and results."""
    return max(profile.input.roundoff, profile.accumulate.roundoff, profile.store.roundoff)


def bound_of(case: Case, profile: Profile, name: str) -> Doubles:
    """Return the bound of an expected value: as stored, or derived now where it is not.

    Raises
    ------
    Unsupported
        At this profile an evaluation may lose everything: a bound of inf would pass it all.
    """
    stored = case.bounds.get((profile.name, name))
    bound = derived_bounds(case, profile)[name] if stored is None else stored
    if not np.isfinite(bound).all():
        raise Unsupported(f"{profile.name} gives no finite bound for {name}")
    return bound


def error_of(value: Arrays, expected: Expected) -> Doubles:
    """|value - truth|, inf where the value is not finite.

    Where the value is within a factor of 2 of hi, the first difference is exact (Sterbenz);
    elsewhere the error is as large as the truth, and 2^-53 of it is nobody's concern.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        error = np.abs((value.astype(np.float64) - expected.hi) - expected.lo)
    return np.where(np.isfinite(value), error, np.inf)


def within(
    clause: str, name: str, value: Arrays, expected: Expected, bound: Doubles, profile: Profile
) -> Finding:
    """Compare element by element with the truth.

    Parameters
    ----------
    clause, name : str
        For the sentence.
    value : array
    expected : Expected
    bound : array
        Greatest legal error.
    profile : Profile
        Whose bound it is.

    Returns
    -------
    Finding
    """
    error = error_of(value, expected)
    score, worst = rate(error, bound, profile)
    if score.ratio is not None and score.ratio <= 1.0:
        return Finding(score)
    truth = digits(float(expected.hi[worst]), float(expected.lo[worst]))
    reason = sentence(
        clause, name, worst, truth, value[worst], error[worst], np.asarray(bound)[worst]
    )
    return Finding(score, f"{reason} ({profile.name})")


def rate(error: Doubles, bound: Doubles, profile: Profile) -> tuple[Score, tuple[int, ...]]:
    """Worst error / bound, the unit roundoff that it stands for, and its place."""
    if error.size == 0:
        return Score(0.0, None), ()
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.where(error == 0.0, 0.0, error / bound)
    ratios = np.where(np.isnan(ratios), np.inf, ratios)
    place = np.unravel_index(int(np.argmax(ratios)), ratios.shape)
    ratio = float(ratios[place])
    # err / (bound / u): a bound of 0 has no amplification to speak of
    effective = ratio * coarsest(profile) if np.isfinite(ratio) else None
    return Score(ratio, effective), tuple(int(i) for i in place)


def sentence(
    clause: str,
    name: str,
    place: tuple[int, ...],
    truth: str,
    value: Any,
    error: float,
    bound: float,
) -> str:
    """Write what a failure is: clause, element, truth, value, error, bound and their ratio."""
    element = f"{name}[{', '.join(map(str, place))}]" if place else name
    ratio = f"{error / bound:.3g} times the bound" if bound > 0 else "where the bound is 0"
    return (
        f"{clause}: {element}: expected {truth} within {bound:.3g}, got {value}: "
        f"off by {error:.3g}, {ratio}"
    )


def digits(hi: float, lo: float, count: int = 20) -> str:
    """Write the sum of two floats with this many digits."""
    with localcontext(prec=count):
        return str(+(Decimal(hi) + Decimal(lo))) if np.isfinite(hi) else str(hi)
