"""Where libraries keep what: the two parameters of a variable in the rows of the last layer.

A weight here is (2, D, H), shift first, raw scale second, and reads (context, x).
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

SHIFT_SCALE, SCALE_SHIFT = (0, 1), (1, 0)
"""Which parameter a library has first."""


def to_blocked(array: Array) -> Array:
    """Rows m_1 .. m_D, raw_1 .. raw_D: (2, D, ...) becomes (2 D, ...) (Pyro, NumPyro)."""
    return np.reshape(array, (-1, *array.shape[2:]))


def from_blocked(array: Array) -> Array:
    """Undo :func:`to_blocked`: (2 D, ...) becomes (2, D, ...)."""
    return np.reshape(array, (2, -1, *array.shape[1:]))


def to_interleaved(array: Array, first: tuple[int, int] = SHIFT_SCALE) -> Array:
    """Rows of variable 1, of variable 2, ...: (2, D, ...) becomes (2 D, ...) (all others).

    Parameters
    ----------
    array : (2, D, ...)
    first : SHIFT_SCALE or SCALE_SHIFT
        The order of the two rows of a variable.
    """
    return np.reshape(np.swapaxes(array[list(first)], 0, 1), (-1, *array.shape[2:]))


def from_interleaved(array: Array, first: tuple[int, int] = SHIFT_SCALE) -> Array:
    """Undo :func:`to_interleaved`: (2 D, ...) becomes (2, D, ...)."""
    return np.swapaxes(np.reshape(array, (-1, 2, *array.shape[1:])), 0, 1)[list(first)]


def context_last(array: Array, context_dim: int) -> Array:
    """Columns (context, x) as (x, context)."""
    return np.concatenate([array[..., context_dim:], array[..., :context_dim]], axis=-1)


def context_first(array: Array, context_dim: int) -> Array:
    """Columns (x, context) as (context, x)."""
    return context_last(array, array.shape[-1] - context_dim)
