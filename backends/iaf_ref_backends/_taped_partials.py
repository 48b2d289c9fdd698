"""Partial derivatives of the elementwise functions, by every formula that libraries use.

For a result z of operands x, y there is, for each operand, a tuple of formulas that are equal in
exact arithmetic and round differently: d tanh / dx is 1 - z^2 in PyTorch and a product of two
sigmoids in JAX, d expm1 / dx is z + 1 in both although exp(x) is the better one. A bound has to
cover each of them; the exact value may be taken from the first.

Sources: ``tools/autograd/derivatives.yaml`` of PyTorch; ``jax/_src/lax/lax.py`` of JAX.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from iaf_ref_backends._lifted import Array

Formulas = tuple[Array, ...]
Rule = Callable[..., tuple[Formulas, ...]]


def _one(xp: Any, z: Array) -> Array:
    one: Array = xp.ones_like(z)
    return one


def _multiply(xp: Any, z: Array, x: Array, y: Array) -> tuple[Formulas, ...]:
    return (y,), (x,)


def _divide(xp: Any, z: Array, x: Array, y: Array) -> tuple[Formulas, ...]:
    """1/y and -x/y^2: PyTorch divides twice, JAX multiplies by y^-2."""
    return (1.0 / y,), (-(z / y), -(x / y / y), -(x * xp.reciprocal(y * y)))


def _reciprocal(xp: Any, z: Array, x: Array) -> tuple[Formulas, ...]:
    return ((-(z * z), -xp.reciprocal(x * x), -(z / x)),)


def _tanh(xp: Any, z: Array, x: Array) -> tuple[Formulas, ...]:
    """1 - z^2; (g + g z)(1 - z), which rounds g z, or 4 sigmoid(2x) sigmoid(-2x), in JAX.

    The smaller sigmoid as exp(-2|x|) / (1 + exp(-2|x|)): at least the error of 1 / (1 + exp(2|x|)).
    """
    decay = xp.exp(-2.0 * xp.abs(x))
    sigmoids = (1.0 / (1.0 + decay)) * (decay / (1.0 + decay))
    return ((1.0 - z * z, (1.0 + z * _rounding(xp, z)) * (1.0 - z), 4.0 * sigmoids),)


def _rounding(xp: Any, like: Array) -> Array:
    """1 as a factor that is rounded to: 3 * (1/3) is one in no arithmetic for certain."""
    rounded: Array = 3.0 * (xp.ones_like(like) / 3.0)
    return rounded


def _erf(xp: Any, z: Array, x: Array) -> tuple[Formulas, ...]:
    root_pi = xp.sqrt(xp.pi)
    return (((2.0 / root_pi) * xp.exp(-(x * x)),),)


RULES: Mapping[str, Rule] = {
    "add": lambda xp, z, x, y: ((_one(xp, z),), (_one(xp, z),)),
    "subtract": lambda xp, z, x, y: ((_one(xp, z),), (-_one(xp, z),)),
    "multiply": _multiply,
    "divide": _divide,
    "reciprocal": _reciprocal,
    "negative": lambda xp, z, x: ((-_one(xp, z),),),
    "square": lambda xp, z, x: ((2.0 * x,),),
    "abs": lambda xp, z, x: ((xp.sign(x),),),
    "exp": lambda xp, z, x: ((z,),),
    "expm1": lambda xp, z, x: ((xp.exp(x), z + 1.0),),
    "log": lambda xp, z, x: ((1.0 / x,),),
    "log1p": lambda xp, z, x: ((1.0 / (1.0 + x),),),
    "sqrt": lambda xp, z, x: ((0.5 / z, 1.0 / (2.0 * z)),),
    "tanh": _tanh,
    "erf": _erf,
}
"""Function -> rule: of the namespace, the result and the operands."""


def power(x: Array, exponent: int) -> Formulas:
    """Partial derivative of x ** exponent."""
    return (float(exponent) * x ** (exponent - 1),)
