"""Rules of the functions: exp, expm1, log, log1p, sqrt, tanh, erf.

Every function f is monotone. For each, p(v, e) bounds |f(c) - f(t)| for all c, t with |c - t| <= e
inside [v - 2e, v + 2e]; then |f(c) - f(v)| <= 2 p, and with k ulps of the storage format

    e' = p + 2 k u (|f(v)| + 2 p)  (+ underflow),

since one ulp is at most 2 u |f|. In the names below, L is the least argument v - 2e.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from iaf_ref_backends._tracked_number import Doubles, Tracked, below, is_zero, settle, underflow
from iaf_ref_backends.profiles import Profile


class Function(NamedTuple):
    """A function on doubles, its propagation p, and whether |f| <= 1 always."""

    evaluate: Callable[[Doubles], Doubles]
    spread: Callable[[Tracked], Doubles]
    saturates: bool = False


def exp_spread(x: Tracked) -> Doubles:
    """p = exp(v + e) (exp(e) - 1), and exp(v + 2e) where e > 1; of exp and of expm1."""
    near = np.exp(x.value + x.error) * np.expm1(np.minimum(x.error, 1.0))
    return np.where(x.error > 1.0, np.exp(x.value + 2.0 * x.error), near)


def log_spread(x: Tracked) -> Doubles:
    """p = e / L for L > 0; else inf."""
    return _over(x.error, below(x.value, 2.0 * x.error))


def log1p_spread(x: Tracked) -> Doubles:
    """p = e / (1 + L) for L > -1; else inf."""
    return _over(x.error, below(1.0 + x.value, 2.0 * x.error))


def sqrt_spread(x: Tracked) -> Doubles:
    """p = e / (sqrt(L) + sqrt(v - e)) for L >= 0; else inf. 0 for e = 0."""
    least = below(x.value, 2.0 * x.error)
    roots = np.sqrt(np.maximum(least, 0.0)) + np.sqrt(np.maximum(below(x.value, x.error), 0.0))
    return np.where(least < 0.0, np.inf, np.where(x.error == 0.0, 0.0, x.error / roots))


def tanh_spread(x: Tracked) -> Doubles:
    """p = e (1 - tanh(m)^2) = 4 e q / (1 + q)^2, q = exp(-2m), at the least |argument| m."""
    decay = np.exp(-2.0 * _nearest_zero(x))
    return x.error * (4.0 * decay / (1.0 + decay) ** 2)


def erf_spread(x: Tracked) -> Doubles:
    """p = e 2/sqrt(pi) exp(-m^2) at the least |argument| m."""
    return np.asarray(x.error * (2.0 / math.sqrt(math.pi)) * np.exp(-(_nearest_zero(x) ** 2)))


def _over(error: Doubles, least: Doubles) -> Doubles:
    return np.where(least > 0.0, error / least, np.inf)


def _nearest_zero(x: Tracked) -> Doubles:
    return np.maximum(below(np.abs(x.value), 2.0 * x.error), 0.0)


def _erf(values: Doubles) -> Doubles:
    """Return math.erf of each: NumPy has none."""
    return np.asarray(np.frompyfunc(math.erf, 1, 1)(values), dtype=np.float64)


FUNCTIONS: Mapping[str, Function] = {
    "exp": Function(np.exp, exp_spread),
    "expm1": Function(np.expm1, exp_spread),
    "log": Function(np.log, log_spread),
    "log1p": Function(np.log1p, log1p_spread),
    "sqrt": Function(np.sqrt, sqrt_spread),
    "tanh": Function(np.tanh, tanh_spread, saturates=True),
    "erf": Function(_erf, erf_spread, saturates=True),
}


def apply(name: str, profile: Profile, x: Tracked) -> Tracked:
    """Apply a function; see the top of the module for the rule."""
    function, ulps = FUNCTIONS[name], profile.ulps(name)
    value = function.evaluate(x.value)
    spread = function.spread(x)
    local = 2.0 * ulps * profile.store.roundoff * (np.abs(value) + 2.0 * spread)
    lost = underflow(profile.store, profile.flush_to_zero, value, spread + local, ulps)
    error = spread + local + np.where(is_zero(x) & (value == 0.0), 0.0, lost)
    if function.saturates:
        error = np.minimum(error, 1.0 + np.abs(value))  # |c|, |t| <= 1
    return settle(profile, value, error, x)
