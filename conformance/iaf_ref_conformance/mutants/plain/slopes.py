"""GRAD: derivatives of the activations, of the scale maps and of the bases, plainly."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from .densities import Base, Densities
from .masks import Array, Text
from .network import erf, sigmoid

Slope = Callable[[Array, Array], Array]


def _gelu(a: Array, h: Array) -> Array:
    """Phi(a) + a phi(a), the normal distribution function and its density."""
    density = np.exp(-0.5 * a * a) / math.sqrt(2.0 * math.pi)
    return 0.5 * (1.0 + erf(a / math.sqrt(2.0))) + a * density


SLOPES: Mapping[str, Slope] = MappingProxyType(
    {
        "relu": lambda a, h: np.where(a > 0, np.ones_like(a), 0.0),
        "tanh": lambda a, h: 1.0 - h * h,
        "elu": lambda a, h: np.exp(np.minimum(a, 0.0)),
        "leaky_relu": lambda a, h: np.where(a > 0, np.ones_like(a), 0.01),
        "sigmoid": lambda a, h: h * sigmoid(-a),
        "softplus": lambda a, h: sigmoid(a),
        "gelu": _gelu,
        "silu": lambda a, h: sigmoid(a) * (1.0 + a * sigmoid(-a)),
    }
)
"""Name -> derivative of an activation, from its argument and its value."""


class StepSlopes(NamedTuple):
    """Partial derivatives of sigma, log sigma and mu by the two parameters, each (..., D)."""

    sigma: Array
    log_sigma: Array
    mu_by_m: Array
    mu_by_raw: Array


class Slopes(Densities):
    """Derivatives of what has one formula for each element."""

    def slope(self, name: str, a: Array, h: Array) -> Array:
        """Of an activation, at its argument a and its value h."""
        return SLOPES[name](a, h)

    def step_slopes(self, scale: Text, m: Array, raw: Array) -> StepSlopes:
        """Of sigma, log sigma and mu; log sigma's is 0 outside of a true clip (STEP-1)."""
        sigma = self.scale_of(scale, raw)
        by_sigma, by_log = self.scale_slopes(scale, raw, sigma)
        if scale["kind"] != "gated":
            return StepSlopes(by_sigma, by_log, np.ones_like(m), np.zeros_like(m))
        left = self.gate_left(raw, scale["bias"])
        return StepSlopes(by_sigma, by_log, left, -m * by_sigma)

    def scale_slopes(self, scale: Text, raw: Array, sigma: Array) -> tuple[Array, Array]:
        """Of sigma and of log sigma, by the raw scale."""
        kind = scale["kind"]
        if kind in ("exp", "softclip"):
            by_log = self.log_slope(scale, raw)
            return sigma * by_log, by_log
        if kind == "softplus":
            by_sigma = self.softplus_slope(raw + scale["shift"])
            return by_sigma, by_sigma / sigma
        a = raw + scale["bias"]
        by_sigma = sigmoid(a) * sigmoid(-a)
        return by_sigma, self.gate_slope(a) if kind == "gated" else by_sigma / sigma

    def log_slope(self, scale: Text, raw: Array) -> Array:
        """Of log sigma, where sigma is made from it."""
        if scale["kind"] == "exp":
            return self.clip_slope(raw, scale["min"], scale["max"])
        bent = 1.0 + np.abs(raw / math.log(scale["slope"]))
        return 1.0 / (bent * bent)

    def clip_slope(self, raw: Array, least: float, most: float) -> Array:
        """1 inside, 0 outside (STEP-1)."""
        return ((raw > least) & (raw < most)).astype(raw.dtype)

    def softplus_slope(self, a: Array) -> Array:
        """sigmoid(a), which does not overflow (STEP-3)."""
        return sigmoid(a)

    def gate_slope(self, a: Array) -> Array:
        """Of log sigmoid(a): sigmoid(-a), which does not cancel as 1 - sigmoid(a) (STEP-5)."""
        return sigmoid(-a)

    def score(self, base: Base, x: Array) -> Array:
        """Of log p(x), by x."""
        kind, r = base["kind"], x - base["loc"]
        if kind == "tril":
            return -whitened(base["scale_tril"], r)
        if kind == "low_rank":
            F = base["cov_factor"]
            return -whitened(np.linalg.cholesky(F @ F.T + np.diag(base["cov_diag"])), r)
        scale = base["scale_diag" if kind == "diagonal" else "scale"]
        return -(r / scale) / scale


def whitened(L: Array, r: Array) -> Array:
    """(L L^T)^-1 r, by substitution forwards and backwards."""
    z, s = np.zeros_like(r), np.zeros_like(r)
    for i in range(len(L)):
        z[..., i] = (r[..., i] - np.sum(L[i, :i] * z[..., :i], axis=-1)) / L[i, i]
    for i in reversed(range(len(L))):
        s[..., i] = (z[..., i] - np.sum(L[i + 1 :, i] * s[..., i + 1 :], axis=-1)) / L[i, i]
    return s
