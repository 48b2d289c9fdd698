"""Rules of sums, products and matrix products: any order of summation, with FMA or without.

A sum of n terms in any order is off by gamma_(n-1) sum |c_i|, an inner product by gamma_n sum |a_i
b_i| (Higham 2002, sections 3.1 and 4.2). Terms that are exactly zero are not counted: adding zero
rounds nothing. This is why masked weights cost nothing.
"""

from __future__ import annotations

from functools import reduce as fold
from typing import Any

import numpy as np

from iaf_ref_backends._tracked_number import (
    Doubles,
    Tracked,
    below,
    gamma,
    is_zero,
    reach,
    representable,
    settle,
    underflow,
)
from iaf_ref_backends._tracked_order import maximum, minimum
from iaf_ref_backends.profiles import Format, Profile


def reduce(name: str, profile: Profile, x: Tracked) -> Tracked:
    """Reduce the last axis."""
    if name == "sum":
        return total(profile, x)
    if name == "prod":
        return product(profile, x)
    rule = maximum if name == "max" else minimum
    return fold(lambda a, b: rule(profile, a, b), (Tracked(*row) for row in _rows(x)))


def _rows(x: Tracked) -> Any:
    return zip(np.moveaxis(x.value, -1, 0), np.moveaxis(x.error, -1, 0), strict=True)


def total(profile: Profile, x: Tracked) -> Tracked:
    """e = s + a + stored, s = sum e_i, a = gamma_(n-1) sum (|v_i| + 2 e_i), n nonzero terms."""
    running = (
        profile.accumulate
        if profile.accumulate.precision > profile.store.precision
        else profile.store
    )
    terms = np.sum(~is_zero(x), axis=-1).astype(np.float64)
    additions = np.maximum(terms - 1.0, 0.0)
    value, spread = np.sum(x.value, axis=-1), np.sum(x.error, axis=-1)
    error = spread + _accumulated(
        running, profile, additions, np.sum(reach(x), axis=-1), products=0.0
    )
    error = np.where(additions > 0.0, error + _stored(running, profile, value, error), error)
    return settle(profile, value, _evaluated(error, x.value.shape[-1]))


def matmul(profile: Profile, x: Tracked, y: Tracked) -> Tracked:
    """e = |A| E_B + E_A |B| + 3 E_A E_B + gamma_N (R_A R_B) + stored, N nonzero products.

    A and B have the errors E, rounding to the profile's input format included; R = |A| + 2 E.
    """
    a, b = entered(profile, x), entered(profile, y)
    rows = np.all(np.isfinite(a.error), axis=-1, keepdims=True)
    columns = np.all(np.isfinite(b.error), axis=-2, keepdims=True)
    value = np.matmul(x.value, y.value)
    a, b = _bounded(a), _bounded(b)
    spread = np.abs(a.value) @ b.error + a.error @ np.abs(b.value) + 3.0 * (a.error @ b.error)
    terms = (~is_zero(a)).astype(np.float64) @ (~is_zero(b)).astype(np.float64)
    error = spread + _accumulated(
        profile.accumulate, profile, terms, reach(a) @ reach(b), products=terms
    )
    error = np.where(terms > 0.0, error + _stored(profile.accumulate, profile, value, error), error)
    return settle(
        profile, value, np.where(rows & columns, _evaluated(error, x.value.shape[-1]), np.inf)
    )


def entered(profile: Profile, x: Tracked) -> Tracked:
    """Round operands to the input format: e + u_in (|v| + 2e) where it lacks them."""
    narrow = profile.input
    if narrow.precision >= profile.store.precision:
        return x
    exact = (x.error == 0.0) & representable(x.value, narrow)
    error = x.error + narrow.roundoff * reach(x)
    error = error + underflow(narrow, profile.flush_to_zero, x.value, error)
    error = np.where(reach(x) + error > narrow.max_finite, np.inf, error)
    return Tracked(x.value, np.where(exact, x.error, error))


def _bounded(x: Tracked) -> Tracked:
    """Replace what is out of bounds by 0, so that 0 * inf stays out of the other rows."""
    fine = np.isfinite(x.error)
    return Tracked(np.where(fine, x.value, 0.0), np.where(fine, x.error, 0.0))


def _accumulated(
    running: Format,
    profile: Profile,
    roundings: Doubles,
    magnitude: Doubles,
    *,
    products: Doubles | float,
) -> Doubles:
    """Return gamma_n sum |terms|, and underflow on the way; inf where a partial sum overflows."""
    growth = gamma(roundings, running.roundoff) * magnitude
    growth = np.where(magnitude == 0.0, 0.0, growth)
    lost = products * running.smallest_subnormal
    if profile.flush_to_zero:
        lost = lost + 2.0 * (roundings + products) * running.smallest_normal
    return np.where(magnitude + growth <= running.max_finite, growth + lost, np.inf)


def _stored(running: Format, profile: Profile, value: Doubles, error: Doubles) -> Doubles:
    """Return u (|v| + 2e) for rounding a sum to a narrower storage format; 0 if it is not."""
    store = profile.store
    if store.precision >= running.precision:
        return np.zeros_like(value)
    local = store.roundoff * (np.abs(value) + 2.0 * error)
    return local + underflow(store, profile.flush_to_zero, value, error + local)


def _evaluated(error: Doubles, terms: int) -> Doubles:
    """Pay for the evaluation of the rule itself, whose sums have ``terms`` terms."""
    return error * (1.0 + 8.0 * terms * 2.0**-53)


def product(profile: Profile, x: Tracked) -> Tracked:
    """e = p + gamma_(n-1) prod (|v_i| + 2 e_i), p by multiplying; else inf."""
    count = x.value.shape[-1]
    value = np.prod(x.value, axis=-1)
    spread = fold(
        _multiplied,
        (Tracked(*row) for row in _rows(x)),
        Tracked(np.ones_like(value), np.zeros_like(value)),
    )
    size = reach(x)
    local = gamma(max(count - 1, 0), profile.store.roundoff) * np.prod(size, axis=-1)
    greatest = np.prod(np.maximum(size, 1.0), axis=-1)
    least = np.prod(np.minimum(below(np.abs(x.value), 2.0 * x.error), 1.0), axis=-1)
    safe = (greatest <= profile.store.max_finite / 2.0) & (
        least >= 2.0 * profile.store.smallest_normal
    )
    safe = safe & (below(np.abs(x.value), 2.0 * x.error) > 0.0).all(axis=-1)
    return settle(profile, value, np.where(safe, _evaluated(spread.error + local, count), np.inf))


def _multiplied(x: Tracked, y: Tracked) -> Tracked:
    spread = np.abs(x.value) * y.error + np.abs(y.value) * x.error + 3.0 * x.error * y.error
    return Tracked(x.value * y.value, spread)
