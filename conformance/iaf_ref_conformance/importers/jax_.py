"""What importers from JAX share: activations by the functions they are, and what closures hold."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import iaf_ref as ir

FUNCTIONS: tuple[tuple[Any, str, Mapping[str, Any]], ...] = (
    (jax.nn.relu, "relu", {}),
    (jnp.tanh, "tanh", {}),
    (jax.nn.tanh, "tanh", {}),
    (jax.nn.elu, "elu", {}),
    (jax.nn.leaky_relu, "leaky_relu", {}),
    (jax.nn.sigmoid, "sigmoid", {}),
    (jax.nn.softplus, "softplus", {}),
    (jax.nn.gelu, "gelu", {"approximate": False}),
    (jax.nn.silu, "silu", {}),
    (jax.nn.swish, "silu", {}),
)
"""Function, name in the specification, and the arguments that it has to have."""


def array(given: Any) -> np.ndarray[Any, np.dtype[Any]]:
    """NumPy array of an array of JAX, dtype kept.

    Raises
    ------
    TypeError
        A dtype that NumPy has not (bfloat16), or a tracer: the model is inside of ``jax.jit``.
    """
    if isinstance(given, jax.core.Tracer):
        raise TypeError("weights: expected numbers, got a tracer: import outside of jax.jit")
    if given.dtype == jnp.bfloat16:
        raise TypeError("weights: expected a dtype that NumPy has, got bfloat16")
    return np.array(given)


def activation(function: Any, options: Mapping[str, Any]) -> str:
    """Name of an activation in the specification.

    Raises
    ------
    ValueError
        The specification has none of its kind; JAX's gelu is the erf form only where it is asked
        for by ``approximate=False``.
    """
    for known, name, wanted in FUNCTIONS:
        if function is known and dict(options) == dict(wanted):
            return name
    said = ", ".join(f"{key}={value}" for key, value in options.items())
    name = getattr(function, "__name__", type(function).__name__)
    known_names = ", ".join(sorted(ir.ACTIVATIONS))
    raise ValueError(f"activation: expected one of {known_names}, got {name}({said})")


def held(function: Any, owner: str) -> dict[str, Any]:
    """What a closure of a library holds: there is no other way to what it was made of.

    Raises
    ------
    TypeError
        Not a function that the library made.
    """
    made = inspect.isfunction(function) and function.__module__ == owner
    if not made:
        raise TypeError(f"module: expected a function made by {owner}, got {function!r}")
    return dict(inspect.getclosurevars(function).nonlocals)
