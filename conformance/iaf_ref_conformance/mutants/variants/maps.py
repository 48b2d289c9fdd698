"""Scale maps and log-dets by other formulas that are as accurate."""

from __future__ import annotations

import numpy as np

from ..plain import Plain
from ..plain.masks import Array
from ..plain.network import log_sigmoid
from ..plain.step import Step
from ..registry import REGISTRY

variant = REGISTRY.variant


@variant
class GateFromItsLogarithm(Plain):
    """The gate as exp(log sigmoid(a)): one formula for sigma and log sigma."""

    def gate(self, raw: Array, bias: float) -> Array:
        return np.exp(log_sigmoid(raw + bias))


@variant
class DividedByTheInverseScale(Plain):
    """y = x / exp(-log sigma) + mu."""

    def mapped(self, step: Step, x: Array) -> Array:
        return x / np.exp(-step.log_sigma) + step.mu


@variant
class LogDetFromTheLast(Plain):
    """The log-det summed one by one, from the last variable to the first."""

    def log_det(self, log_sigma: Array) -> Array:
        total = np.zeros(log_sigma.shape[:-1], dtype=log_sigma.dtype)
        for i in reversed(range(log_sigma.shape[-1])):
            total = total + log_sigma[..., i]
        return total


@variant
class SoftClipByOneDivision(Plain):
    """Soft clip as L (raw / (L + |raw|)), L = |log slope|: one division in place of two."""

    def bent(self, raw: Array, slope: float) -> Array:
        most = abs(float(np.log(slope)))
        return most * (raw / (most + np.abs(raw)))


@variant
class SoftplusByLogaddexp(Plain):
    """softplus as logaddexp(0, a)."""

    def floored_softplus(self, raw: Array, shift: float, floor: float) -> Array:
        return np.logaddexp(np.zeros_like(raw), raw + shift) + floor
