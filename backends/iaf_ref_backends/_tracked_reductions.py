"""Rules of reductions and of matrix products, whose sums are those of ``_tracked_sums``."""

from __future__ import annotations

from functools import reduce as fold
from typing import Any

import numpy as np

from iaf_ref_backends import _tracked_sums as sums
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
from iaf_ref_backends.profiles import Profile


def reduce(name: str, profile: Profile, x: Tracked) -> Tracked:
    """Reduce the last axis."""
    if name == "sum":
        return sums.total(profile, x)
    if name == "prod":
        return product(profile, x)
    rule = maximum if name == "max" else minimum
    return fold(lambda a, b: rule(profile, a, b), (Tracked(*row) for row in _rows(x)))


def _rows(x: Tracked) -> Any:
    return zip(np.moveaxis(x.value, -1, 0), np.moveaxis(x.error, -1, 0), strict=True)


def matmul(profile: Profile, x: Tracked, y: Tracked) -> Tracked:
    """e = |A| E_B + E_A |B| + 3 E_A E_B + gamma_N (R_A R_B) + stored, N nonzero products.

    A and B have the errors E, rounding to the profile's input format included; R = |A| + 2 E. The
    result is an accumulation of N leaves.
    """
    a, b = entered(profile, x), entered(profile, y)
    rows = np.all(np.isfinite(a.error), axis=-1, keepdims=True)
    columns = np.all(np.isfinite(b.error), axis=-2, keepdims=True)
    value = np.matmul(x.value, y.value)
    a, b = _bounded(a), _bounded(b)
    spread = np.abs(a.value) @ b.error + a.error @ np.abs(b.value) + 3.0 * (a.error @ b.error)
    terms = (~is_zero(a)).astype(np.float64) @ (~is_zero(b)).astype(np.float64)
    magnitude = reach(a) @ reach(b)
    result = _settle_products(profile, value, spread, terms, magnitude, x.value.shape[-1])
    return result._replace(error=np.where(rows & columns, result.error, np.inf))


def _settle_products(
    profile: Profile,
    value: Doubles,
    spread: Doubles,
    terms: Doubles,
    magnitude: Doubles,
    length: int,
) -> Tracked:
    """Charge the products' and additions' roundings and underflows, and the storing."""
    running = profile.accumulate
    spread = spread + terms * running.smallest_subnormal + sums.flushed(profile, 2.0 * terms)
    roundings = terms * running.roundoff
    error = spread + sums.rounding(roundings, magnitude, running.max_finite)
    error = np.where(terms > 0.0, error + sums.stored(profile, value, error), error)
    leaves = sums.made_of(
        spread + sums.stored_below(profile),
        np.where(terms > 0.0, roundings + sums.storing(profile), 0.0),
        magnitude,
        length,
    )
    return Tracked(value, settle(profile, value, sums.evaluated(error, length)).error, *leaves)


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
    return settle(
        profile, value, np.where(safe, sums.evaluated(spread.error + local, count), np.inf)
    )


def _multiplied(x: Tracked, y: Tracked) -> Tracked:
    spread = np.abs(x.value) * y.error + np.abs(y.value) * x.error + 3.0 * x.error * y.error
    return Tracked(x.value * y.value, spread)
