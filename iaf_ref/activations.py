"""The eight activations and their derivatives (NET-2).

Each is written so that it neither overflows nor branches: where two forms meet at 0, one of two
terms is exactly 0. The derivative at a kink is that of the left side, 0 for relu, the slope for
leaky_relu. A value takes what is :class:`iaf_ref.special.Known` of its argument, if it is.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

from array_api_compat import array_namespace, device

from .special import Known, above, below, erf, known, sigmoid, softplus

Array = Any

LEAKY_SLOPE = 0.01
"""Slope of leaky_relu below 0."""


class Activation(NamedTuple):
    """An activation and its derivative, both elementwise (NET-2)."""

    value: Callable[..., Array]
    slope: Callable[[Array], Array]


def _relu(a: Array, k: Known | None = None) -> Array:
    """max(a, 0)."""
    return above(a, k)


def _relu_slope(a: Array) -> Array:
    """1 where a > 0, else 0."""
    xp = array_namespace(a)
    return xp.where(a > 0.0, xp.ones_like(a), xp.zeros_like(a))


def _leaky_relu(a: Array, k: Known | None = None) -> Array:
    """max(a, 0) + 0.01 min(a, 0)."""
    return above(a, k) + LEAKY_SLOPE * below(a, k)


def _leaky_relu_slope(a: Array) -> Array:
    """1 where a > 0, else 0.01."""
    xp = array_namespace(a)
    return xp.where(a > 0.0, xp.ones_like(a), xp.full_like(a, LEAKY_SLOPE))


def _elu(a: Array, k: Known | None = None) -> Array:
    """max(a, 0) + expm1(min(a, 0)), alpha = 1."""
    return above(a, k) + (k.xp if k else array_namespace(a)).expm1(below(a, k))


def _elu_slope(a: Array) -> Array:
    """exp(min(a, 0))."""
    return array_namespace(a).exp(below(a))


def _tanh(a: Array, k: Known | None = None) -> Array:
    """tanh(a)."""
    return (k.xp if k else array_namespace(a)).tanh(a)


def _tanh_slope(a: Array) -> Array:
    """4 sigmoid(2a) sigmoid(-2a) = 1 - tanh(a)^2, without its cancellation."""
    return 4.0 * (sigmoid(2.0 * a) * sigmoid(-2.0 * a))


def _sigmoid_slope(a: Array) -> Array:
    """sigmoid(a) sigmoid(-a)."""
    return sigmoid(a) * sigmoid(-a)


def _gelu(a: Array, k: Known | None = None) -> Array:
    """a Phi(a), Phi(a) = (1 + erf(a / sqrt 2)) / 2 (Hendrycks & Gimpel 2016)."""
    return a * _normal_cdf(a)


def _gelu_slope(a: Array) -> Array:
    """Phi(a) + a phi(a), phi(a) = exp(-a^2 / 2) / sqrt(2 pi)."""
    xp = array_namespace(a)
    two_pi = 2.0 * xp.asarray(xp.pi, dtype=a.dtype, device=device(a))
    size = xp.clip(xp.abs(a), 0.0, 1e4)  # beyond, phi is 0 and a^2 might overflow
    return _normal_cdf(a) + xp.sign(a) * size * xp.exp(-0.5 * (size * size)) / xp.sqrt(two_pi)


def _normal_cdf(a: Array) -> Array:
    """Phi(a) = (1 + erf(a / sqrt 2)) / 2."""
    xp = array_namespace(a)
    two = xp.asarray(2.0, dtype=a.dtype, device=device(a))
    return 0.5 * (1.0 + erf(a / xp.sqrt(two)))


def _silu(a: Array, k: Known | None = None) -> Array:
    """a sigmoid(a)."""
    return a * sigmoid(a, k)


def _silu_slope(a: Array) -> Array:
    """sigmoid(a) (1 + a sigmoid(-a))."""
    return sigmoid(a) * (1.0 + a * sigmoid(-a))


ACTIVATIONS = MappingProxyType(
    {
        "relu": Activation(_relu, _relu_slope),
        "tanh": Activation(_tanh, _tanh_slope),
        "elu": Activation(_elu, _elu_slope),
        "leaky_relu": Activation(_leaky_relu, _leaky_relu_slope),
        "sigmoid": Activation(sigmoid, _sigmoid_slope),
        "softplus": Activation(softplus, sigmoid),
        "gelu": Activation(_gelu, _gelu_slope),
        "silu": Activation(_silu, _silu_slope),
    }
)
"""Name -> activation and its derivative (NET-2)."""


def activation_of(
    name: str, like: Array, shape: tuple[int, ...] = (1,)
) -> Callable[[Array], Array]:
    """Activation of this name, for arrays of the library, dtype and device of ``like`` (NET-2).

    Numbers in it get a shape that broadcasts, as of :func:`iaf_ref.scales.bound`.
    """
    value, k = ACTIVATIONS[name].value, known(like, shape)
    return partial(value, k=k)
