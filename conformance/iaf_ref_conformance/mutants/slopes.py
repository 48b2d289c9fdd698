"""GRAD: mistakes in the derivatives of single functions."""

from __future__ import annotations

import math

import numpy as np

from .plain import Plain
from .plain.masks import Array
from .plain.network import sigmoid
from .registry import REGISTRY

mutant = REGISTRY.mutant


@mutant(
    "GRAD-1",
    "STEP-1",
    source="clamp_preserve_gradients of Pyro and FlowTorch, numpyro PR #213",
)
class ClipHandsTheGradientOn(Plain):
    """The clip hands the gradient on as if it were the identity, also outside of its bounds."""

    def clip_slope(self, raw: Array, least: float, most: float) -> Array:
        return np.ones_like(raw)


@mutant("GRAD-1", source="davidrmiller/neural2d #40; OpenANN/OpenANN #164: argument or value?")
class TanhSlopeAtTheOutput(Plain):
    """The derivative of tanh is evaluated at tanh(a), where it is meant at a."""

    def slope(self, name: str, a: Array, h: Array) -> Array:
        return 1.0 - np.tanh(h) ** 2 if name == "tanh" else super().slope(name, a, h)


@mutant("GRAD-1", source="lazyprogrammer/facial-expression-recognition #2: of which of the two?")
class TanhSlopeOfTheArgument(Plain):
    """The derivative of tanh as 1 - a^2, of the pre-activation, in place of 1 - tanh(a)^2."""

    def slope(self, name: str, a: Array, h: Array) -> Array:
        return 1.0 - a * a if name == "tanh" else super().slope(name, a, h)


@mutant("GRAD-1", "NET-2", source="tenstorrent/tt-metal PR #49498, in review: a tolerance hides it")
class GeluSlopeByTanh(Plain):
    """gelu by erf, its derivative by the tanh approximation."""

    def slope(self, name: str, a: Array, h: Array) -> Array:
        if name != "gelu":
            return super().slope(name, a, h)
        c = math.sqrt(2.0 / math.pi)
        t = np.tanh(c * (a + 0.044715 * a * a * a))
        return 0.5 * (1.0 + t) + 0.5 * a * (1.0 - t * t) * c * (1.0 + 0.134145 * a * a)


@mutant(
    "GRAD-1",
    "STEP-3",
    source="tracel-ai/burn #5373: NaN; tenstorrent/tt-metal PR #56397: 0 in place of 1",
    dtypes=("float32",),
    unseen="exp(104) is a number of float64, and the quotient is right",
)
class SoftplusSlopeOverflows(Plain):
    """The derivative of softplus as exp(a) / (1 + exp(a)): inf / inf for a large a."""

    def softplus_slope(self, a: Array) -> Array:
        return np.exp(a) / (1.0 + np.exp(a))


@mutant(
    "GRAD-1",
    "STEP-5",
    source="log(sigmoid(a)) put together by operators: pytorch #1835 and PR #2211",
    dtypes=("float32",),
    unseen="exp(108) squared is a number of float64, and the quotient is right",
)
class GateSlopeOverflows(Plain):
    """The derivative of log sigmoid through exp(-a) / (1 + exp(-a))^2, whose square overflows."""

    def gate_slope(self, a: Array) -> Array:
        decay = np.exp(-a)
        return decay / ((1.0 + decay) * (1.0 + decay)) / sigmoid(a)
