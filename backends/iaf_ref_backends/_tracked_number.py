"""Error-tracking numbers: what a pair (value, error) promises, and what every rule is built of.

Let t be the exact real number. Then (v, e) promises |c - t| <= e for every number c that a legal
evaluation may have computed at the profile, and |v - t| <= e. From it follow |t| <= |v| + e and |c|
<= |v| + 2e, and |c1 - c2| <= 2e for any two evaluations. The float64 value v is such an evaluation
itself: its roundings are no larger than the profile's.

A rule gives an error before :func:`settle`; settling multiplies it by ``SLACK``, which pays for the
float64 evaluation of the rule (tens of roundings, 2^-53 each), and adds ``FLOOR``, which pays for
underflow in it. An error of 0 stays 0. A result that may leave the format, and a result of anything
unbounded, has error inf, never NaN.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from iaf_ref_backends.profiles import Format, Profile

Doubles = NDArray[Any]

#: Factor on each error, for its own evaluation in float64.
SLACK = 1.0 + 2.0**-40
#: Added to each error that is not 0: some subnormal numbers of float64.
FLOOR = 16 * 2.0**-1074


#: Stands for zeros of any shape.
NONE: Doubles = np.zeros(())
NONE.flags.writeable = False


class Tracked(NamedTuple):
    """The parts of an array of error-tracking numbers.

    The last three are what an accumulation is made of (see ``_tracked_sums``), zeros for a plain
    number. Functions that only move elements, and negation, pass them on; sums and matrix products
    make them; every other operation drops them, as its result is one number.
    """

    value: Doubles
    error: Doubles
    spread: Doubles = NONE
    roundings: Doubles = NONE
    magnitude: Doubles = NONE


def reach(x: Tracked) -> Doubles:
    """Return |v| + 2e, which no computed number exceeds in magnitude."""
    return np.abs(x.value) + 2.0 * x.error


def below(a: Doubles, b: Doubles) -> Doubles:
    """Return a little less than a - b for a, b >= 0, so that its own rounding does not matter."""
    return np.where(b == 0.0, a, (a - b) - 2.0**-50 * (a + b))


def is_zero(x: Tracked) -> NDArray[np.bool_]:
    """Say which numbers are zero in every evaluation."""
    return np.asarray((x.value == 0.0) & (x.error == 0.0))


def is_power_of_two(x: Tracked) -> NDArray[np.bool_]:
    """Say which numbers are known to be a power of two or its negative."""
    return np.asarray((np.abs(np.frexp(x.value)[0]) == 0.5) & (x.error == 0.0))


def gamma(count: Doubles | float, roundoff: float) -> Doubles:
    """Return gamma_n = n u / (1 - n u), which bounds n roundings (Higham 2002, lemma 3.1)."""
    nu = np.asarray(count, dtype=np.float64) * roundoff
    return np.where(nu < 1.0, nu / np.where(nu < 1.0, 1.0 - nu, 1.0), np.inf)


def underflow(
    format: Format, flush: bool, value: Doubles, error: Doubles, ulps: float = 0.5
) -> Doubles:
    """Return what rounding below the normal numbers may add: subnormal ulps, a normal if flushed.

    With it, both the result and 0 are within the error, so that a later operation may flush its
    operand too. The term stands wherever the result may be less than twice the smallest normal
    number.
    """
    unit = 2.0 * ulps * format.smallest_subnormal + (2.0 * format.smallest_normal if flush else 0.0)
    return np.where(below(np.abs(value), 2.0 * error) < 2.0 * format.smallest_normal, unit, 0.0)


def settle(profile: Profile, value: Doubles, error: Doubles, *operands: Tracked) -> Tracked:
    """Make a result of a value and a rule's error; inf where operand or result is out of bounds."""
    widened = np.where(error > 0.0, error * SLACK + FLOOR, error)
    lost = ~np.isfinite(value) | ~(np.abs(value) + 2.0 * widened <= profile.store.max_finite)
    for operand in operands:
        lost = lost | ~np.isfinite(operand.error)
    return Tracked(value, np.where(lost, np.inf, widened))


def representable(values: Doubles, format: Format) -> NDArray[np.bool_]:
    """Say which doubles are numbers of a format: in range, and multiples of the spacing there."""
    exponents = np.frexp(values)[1]
    spacing = np.maximum(exponents - format.precision, format.min_exponent - format.precision + 1)
    scaled = np.ldexp(values, -spacing)
    return np.asarray((scaled == np.rint(scaled)) & (np.abs(values) <= format.max_finite))


def rounded(profile: Profile, values: Doubles, doubt: Doubles | float = 0.0) -> Tracked:
    """Bring doubles into the storage format: error u |v| where it lacks them, 0 where it has them.

    ``doubt`` is how far the doubles may be from what they stand for, such as pi.
    """
    store = profile.store
    size = np.abs(values)
    exact = representable(values, store) & (np.asarray(doubt) == 0.0)
    error = np.where(exact, 0.0, store.roundoff * (size + doubt) + doubt)
    lost = np.where(exact, 0.0, underflow(store, False, values, error))
    flushed = np.where((size < store.smallest_normal) & profile.flush_to_zero, size, 0.0)
    return settle(profile, values, error + lost + flushed)
