"""Rules of order: extremes, signs, comparisons, choices, and three-valued bools.

A bool has two parts, (value, sure). ``value`` is what the float64 values say; where ``sure`` is
false, a legal evaluation or the exact numbers may say otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from iaf_ref_backends._tracked_number import Doubles, Tracked
from iaf_ref_backends.profiles import Profile

Bools = NDArray[np.bool_]


class Answer(NamedTuple):
    """The parts of an array of three-valued bools."""

    value: Bools
    sure: Bools


def bounds(x: Tracked) -> tuple[Doubles, Doubles]:
    """Return v - 2e and v + 2e, rounded outwards: exact number and evaluations lie between."""
    twice = np.where(
        x.error == 0.0, 0.0, 2.0 * x.error + 2.0**-50 * (np.abs(x.value) + 2.0 * x.error)
    )
    return x.value - twice, x.value + twice


def _apart(x: Tracked, y: Tracked) -> tuple[Bools, Bools]:
    """Say where x is certainly below y, and certainly above."""
    (low1, high1), (low2, high2) = bounds(x), bounds(y)
    return high1 < low2, low1 > high2


def _both_exact(x: Tracked, y: Tracked) -> Bools:
    return np.asarray((x.error == 0.0) & (y.error == 0.0))


def compare(function: Callable[..., Any], profile: Profile, x: Tracked, y: Tracked) -> Answer:
    """Compare the values; sure where both are exact or their boxes [v - 2e, v + 2e] are apart."""
    less, greater = _apart(x, y)
    return Answer(function(x.value, y.value), less | greater | _both_exact(x, y))


def classify(function: Callable[..., Any], profile: Profile, x: Tracked) -> Answer:
    """Ask the values whether they are finite, NaN or infinite; sure where the error is finite."""
    return Answer(function(x.value), np.isfinite(x.error))


def absolute(profile: Profile, x: Tracked) -> Tracked:
    """(|v|, e): | |c| - |t| | <= |c - t|."""
    return Tracked(np.abs(x.value), x.error)


def sign(profile: Profile, x: Tracked) -> Tracked:
    """e = sign(v + 2e) - sign(v - 2e): 0 where the sign is sure."""
    low, high = bounds(x)
    return Tracked(
        np.sign(x.value), np.where(np.isfinite(x.error), np.sign(high) - np.sign(low), np.inf)
    )


def maximum(profile: Profile, x: Tracked, y: Tracked) -> Tracked:
    """e = max(e1, e2), or that of the greater where it is sure: max is exact, and 1-Lipschitz."""
    less, greater = _apart(x, y)
    error = np.where(less, y.error, np.where(greater, x.error, np.maximum(x.error, y.error)))
    return Tracked(np.maximum(x.value, y.value), error)


def minimum(profile: Profile, x: Tracked, y: Tracked) -> Tracked:
    """As of -max(-x, -y)."""
    result = maximum(profile, Tracked(-x.value, x.error), Tracked(-y.value, y.error))
    return Tracked(-result.value, result.error)


def select(condition: Answer, x: Tracked, y: Tracked) -> Tracked:
    """Choose; where the condition is not sure e = |v1 - v2| + e1 + e2 + max(e1, e2).

    An evaluation may take the one branch and the exact numbers the other:
    |c1 - t2| <= |c1 - v1| + |v1 - v2| + |v2 - t2| <= 2 e1 + |v1 - v2| + e2.
    """
    value = np.where(condition.value, x.value, y.value)
    chosen = np.where(condition.value, x.error, y.error)
    either = np.abs(x.value - y.value) + x.error + y.error + np.maximum(x.error, y.error)
    either = np.where(np.isnan(either), np.inf, either * (1.0 + 2.0**-50))
    return Tracked(value, np.where(condition.sure, chosen, either))


def logical_and(x: Answer, y: Answer) -> Answer:
    """Sure where both are, or where one is surely false."""
    sure = (x.sure & y.sure) | (x.sure & ~x.value) | (y.sure & ~y.value)
    return Answer(x.value & y.value, sure)


def logical_not(x: Answer) -> Answer:
    """As sure as it was."""
    return Answer(~x.value, x.sure)


def logical_or(x: Answer, y: Answer) -> Answer:
    """As of not (not x and not y)."""
    return logical_not(logical_and(logical_not(x), logical_not(y)))


def logical_xor(x: Answer, y: Answer) -> Answer:
    """Sure where both are."""
    return Answer(x.value ^ y.value, x.sure & y.sure)


def logical_equal(x: Answer, y: Answer) -> Answer:
    """As of not (x xor y)."""
    return logical_not(logical_xor(x, y))
