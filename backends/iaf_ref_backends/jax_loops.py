"""JAX's loop for the texts of the specification: ``lax.scan``, which XLA compiles once.

Unrolled, the blocked inverse of 784 degrees is some 20 000 operations, and XLA takes minutes. Out
of a jit a scan would be compiled anew at every call, since its body is a new function each time;
so the text around it is compiled as a whole, once for each network's shape.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import jax
import jax.numpy

from iaf_ref.loops import LOOPS, Loop

__all__ = ["register"]

Text = Callable[..., Any]


def register() -> None:
    """Register the loop for arrays of JAX (INV-3); a second call does nothing."""
    LOOPS[jax.numpy.__name__] = Loop(jax.lax.scan, _call)


def _call(text: Text, static: tuple[Any, ...], arrays: tuple[Any, ...]) -> Any:
    """Call a text compiled; as it is where an argument is no tree of arrays.

    That is a scale map that somebody else wrote and did not register with JAX.
    """
    if all(isinstance(leaf, jax.Array) for leaf in jax.tree.leaves(arrays)):
        return _compiled(text, len(static))(*static, *arrays)
    return text(*static, *arrays)


@cache
def _compiled(text: Text, static: int) -> Text:
    """The text compiled, its first arguments static."""
    compiled: Text = jax.jit(text, static_argnums=tuple(range(static)))
    return compiled
