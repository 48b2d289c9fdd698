"""STEP and DET: the scale maps, the affine map and its log-det, plainly."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from .masks import Array, Text
from .network import Network, Weights, log_sigmoid, sigmoid, softplus


class Step(NamedTuple):
    """mu, sigma and log sigma of a step at some x, each (..., D)."""

    mu: Array
    sigma: Array
    log_sigma: Array


class Steps(Network):
    """y = sigma x + mu and log sigma, from the two parameters of every variable."""

    def log_scale_of(self, scale: Text, raw: Array) -> Array:
        """Log sigma, nats (STEP-1 to STEP-5)."""
        kind = scale["kind"]
        if kind == "exp":
            return self.clipped(raw, scale["min"], scale["max"])
        if kind == "softclip":
            return self.bent(raw, scale["slope"])
        if kind == "gated":
            return log_sigmoid(raw + scale["bias"])
        return np.log(self.scale_of(scale, raw))

    def scale_of(self, scale: Text, raw: Array) -> Array:
        """Sigma (STEP-1 to STEP-5)."""
        kind = scale["kind"]
        if kind == "softplus":
            return self.floored_softplus(raw, scale["shift"], scale["floor"])
        if kind == "sigmoid":
            return self.floored_sigmoid(raw, scale["bias"], scale["floor"])
        if kind == "gated":
            return self.gate(raw, scale["bias"])
        return np.exp(self.log_scale_of(scale, raw))

    def clipped(self, raw: Array, least: float, most: float) -> Array:
        """A true clip (STEP-1)."""
        return np.clip(raw, least, most)

    def bent(self, raw: Array, slope: float) -> Array:
        """raw / (1 + |raw / log slope|) (STEP-2)."""
        return raw / (1.0 + np.abs(raw / math.log(slope)))

    def floored_softplus(self, raw: Array, shift: float, floor: float) -> Array:
        """softplus(raw + shift) + floor (STEP-3)."""
        return softplus(raw + shift) + floor

    def floored_sigmoid(self, raw: Array, bias: float, floor: float) -> Array:
        """sigmoid(raw + bias) + floor (STEP-4)."""
        return sigmoid(raw + bias) + floor

    def gate(self, raw: Array, bias: float) -> Array:
        """sigmoid(raw + bias) (STEP-5)."""
        return sigmoid(raw + bias)

    def location_of(self, scale: Text, m: Array, raw: Array) -> Array:
        """mu: m itself, or (1 - sigma) m with the gate (STEP-5)."""
        return m * self.gate_left(raw, scale["bias"]) if scale["kind"] == "gated" else m

    def gate_left(self, raw: Array, bias: float) -> Array:
        """1 - sigmoid(raw + bias), which does not cancel as sigmoid(-(raw + bias))."""
        return sigmoid(-(raw + bias))

    def step(self, text: Text, net: Weights, x: Array, context: Array | None) -> Step:
        """mu, sigma and log sigma at x."""
        m, raw = self.parameters(text, net, x, context)
        scale = text["scale"]
        mu, sigma = self.location_of(scale, m, raw), self.scale_of(scale, raw)
        return Step(mu, sigma, self.log_scale_of(scale, raw))

    def mapped(self, step: Step, x: Array) -> Array:
        """y = sigma x + mu (STEP-6)."""
        return step.sigma * x + step.mu

    def log_det(self, log_sigma: Array) -> Array:
        """Sum of log sigma_i over the event, nats (DET-2)."""
        return np.sum(log_sigma, axis=-1)
