"""Rules of the arithmetic operations: + - * / and integer powers.

Notation: operands (v1, e1), (v2, e2); u the unit roundoff of storage; R = |v| + 2e bounds a
computed operand; the term for underflow is left out of the formulas (see
:func:`._tracked_number.underflow`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from iaf_ref_backends._tracked_number import (
    Doubles,
    Tracked,
    below,
    gamma,
    is_power_of_two,
    is_zero,
    reach,
    settle,
    underflow,
)
from iaf_ref_backends._tracked_sums import add_sums, is_sum
from iaf_ref_backends.profiles import Profile


def negative(profile: Profile, x: Tracked) -> Tracked:
    """(-v, e): exact; an accumulation stays one."""
    return x._replace(value=-x.value)


def add(profile: Profile, x: Tracked, y: Tracked) -> Tracked:
    """Add plain numbers as such, and accumulations to whatever it is as ``_tracked_sums`` does."""
    plain, sums = _add_plain(profile, x, y), is_sum(x) | is_sum(y)
    if not np.any(sums):
        return plain
    merged = add_sums(profile, x, y)
    return Tracked(*(np.where(sums, a, b) for a, b in zip(merged, plain, strict=True)))


def _add_plain(profile: Profile, x: Tracked, y: Tracked) -> Tracked:
    """e = e1 + e2 + u (|v1 + v2| + 2 e1 + 2 e2); no last term where an operand is exactly zero.

    |c1 + c2 - t| <= e1 + e2, and |c1 + c2| <= |v1 + v2| + 2 (e1 + e2). Sums do not underflow, but
    may be flushed.
    """
    value = x.value + y.value
    spread = x.error + y.error
    exact = is_zero(x) | is_zero(y) | ((spread == 0.0) & (value == 0.0))
    local = profile.store.roundoff * (np.abs(value) + 2.0 * spread)
    if profile.flush_to_zero:
        local = local + underflow(profile.store, True, value, spread + local)
    return settle(profile, value, spread + np.where(exact, 0.0, local), x, y)


def subtract(profile: Profile, x: Tracked, y: Tracked) -> Tracked:
    """As of x + (-y)."""
    return add(profile, x, negative(profile, y))


def multiply(profile: Profile, x: Tracked, y: Tracked) -> Tracked:
    """e = |v1| e2 + |v2| e1 + 3 e1 e2 + u R1 R2; no last term where a factor is 0 or +-2^k.

    c1 c2 - t1 t2 = t1 d2 + t2 d1 + d1 d2 with |d| <= e and |t| <= |v| + e.
    """
    value = x.value * y.value
    spread = np.abs(x.value) * y.error + np.abs(y.value) * x.error + 3.0 * x.error * y.error
    zero = is_zero(x) | is_zero(y)
    scaled = is_power_of_two(x) | is_power_of_two(y)
    local = np.where(scaled, 0.0, profile.store.roundoff * reach(x) * reach(y))
    lost = underflow(profile.store, profile.flush_to_zero, value, spread + local)
    lost = np.where(_grows(x) | _grows(y), 0.0, lost)
    return settle(profile, value, spread + np.where(zero, 0.0, local + lost), x, y)


def _grows(x: Tracked) -> NDArray[np.bool_]:
    """Say which factors are +-2^k, k >= 0: a product with one is exact however small the other."""
    return is_power_of_two(x) & (np.abs(x.value) >= 1.0)


def square(profile: Profile, x: Tracked) -> Tracked:
    """As of x * x."""
    return multiply(profile, x, x)


def divide(profile: Profile, x: Tracked, y: Tracked, function: str = "divide") -> Tracked:
    """e = (e1 + (|v1| + e1) / (|v2| - e2) e2) / L + 2 k u R1 / L, L = |v2| - 2 e2 > 0; else inf.

    c1/c2 - t1/t2 = (d1 - (t1/t2) d2) / c2, and |c2| >= L. 0 / y is exactly 0; for k = 0.5 a divisor
    +-2^k rounds nothing.
    """
    ulps = profile.ulps(function)
    value = x.value / y.value
    least = below(np.abs(y.value), 2.0 * y.error)
    spread = (
        x.error + (np.abs(x.value) + x.error) / below(np.abs(y.value), y.error) * y.error
    ) / least
    local = 2.0 * ulps * profile.store.roundoff * reach(x) / least
    if ulps <= 0.5:
        local = np.where(is_power_of_two(y), 0.0, local)
    lost = underflow(profile.store, profile.flush_to_zero, value, spread + local, ulps)
    error = np.where(is_zero(x), 0.0, spread + local + lost)
    return settle(profile, value, np.where(least > 0.0, error, np.inf), x, y)


def reciprocal(profile: Profile, x: Tracked) -> Tracked:
    """As of 1 / x, with the ulps of ``reciprocal``."""
    return divide(profile, _constant(1.0, x.value), x, "reciprocal")


def _constant(number: float, like: Doubles) -> Tracked:
    return Tracked(np.full_like(like, number), np.zeros_like(like))


def power(profile: Profile, x: Tracked, exponent: int) -> Tracked:
    """e = p + max(gamma_n, 2 k u) (|v^n| + 2 p), p = n R^(n-1) e1, for n > 2.

    Either the library multiplies, n times at most, or its ``pow`` is k ulps off; x^-n is the
    reciprocal of x^n.
    """
    if exponent < 0:
        return reciprocal(profile, power(profile, x, -exponent))
    if exponent <= 2:
        return (_constant(1.0, x.value), x, square(profile, x))[exponent]
    value = x.value**exponent
    spread = exponent * reach(x) ** (exponent - 1) * x.error
    ulps, roundoff = profile.ulps("pow"), profile.store.roundoff
    local = np.maximum(gamma(exponent, roundoff), 2.0 * ulps * roundoff) * (
        np.abs(value) + 2.0 * spread
    )
    lost = underflow(profile.store, profile.flush_to_zero, value, spread + local, ulps)
    return settle(profile, value, np.where(is_zero(x), 0.0, spread + local + lost), x)
