"""What a machine can do at best: its dense products, and D steps that wait for each other.

The floor of an inverse is half of the products of a dense forward pass, as masks leave out half of
the weights, and D times the shortest chain of calls that leads from one variable to the next: the
new variable enters each hidden layer by a product with the units of its degree, a bias and an
activation, the output by a product, and is solved for by an exponential, a difference and a
quotient. A layer of width H has H / D units of each degree.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from array_api_compat import array_namespace

from ..cases import Floats
from .entry import LAYERS, Size

Timed = tuple[Callable[[Any], Any], list[Floats]]


def product(size: Size, dtype: str) -> Timed:
    """Return a function that multiplies as a dense forward pass does, and its arrays.

    Parameters
    ----------
    size : Size
    dtype : str

    Returns
    -------
    function, arrays
        A (batch, inputs) and a (inputs, outputs) array for each layer.
    """
    rng = np.random.default_rng(0)
    given = []
    for inputs, outputs in size.products:
        given += [rng.normal(size=(size.batch, inputs)), rng.normal(size=(inputs, outputs))]

    def multiply(arrays: Any) -> Any:
        pairs = zip(arrays[::2], arrays[1::2], strict=True)
        return [left @ right for left, right in pairs]

    return multiply, [array.astype(dtype) for array in given]


def steps(size: Size, dtype: str) -> Timed:
    """Return a function that takes D steps, each from the result of the one before, and its arrays.

    Parameters
    ----------
    size : Size
    dtype : str

    Returns
    -------
    function, arrays
        y (batch, 1); for each hidden layer the weights (inputs, units) and the bias (units,) of
        the units of one degree; the weights (units, 1) of a shift and of a raw scale.
    """
    rng = np.random.default_rng(0)
    units = -(-size.width // size.dim)
    given = [rng.normal(size=(size.batch, 1))]
    for inputs in (1, *(units,) * (LAYERS - 1)):
        given += [rng.normal(size=(inputs, units)), rng.normal(size=(units,))]
    given += [0.1 * rng.normal(size=(units, 1)) for _ in range(2)]

    def chain(arrays: Any) -> Any:
        y, *layers, shift, raw = arrays
        xp = array_namespace(y)
        zero = xp.zeros_like(y)
        x = y
        for _ in range(size.dim):
            h = x
            for W, b in zip(layers[::2], layers[1::2], strict=True):
                h = xp.maximum(h @ W + b, zero)
            x = (y - h @ shift) / xp.exp(h @ raw)
        return (x,)

    return chain, [array.astype(dtype) for array in given]
