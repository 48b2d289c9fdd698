"""JAX's loop for the texts of the specification: ``lax.scan``, which XLA compiles once.

Unrolled, the blocked inverse of 784 degrees is some 20 000 operations, and XLA takes minutes. Out
of a jit a scan would be compiled anew at every call, since its body is a new function each time;
so the text around it is compiled as a whole, once for each network's shape and degrees. JAX keeps
what it has compiled; ``jax.clear_caches()`` lets go of it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import jax
import jax.numpy

from iaf_ref.loops import LOOPS, PLAIN, Loop

__all__ = ["register"]

Text = Callable[..., Any]


def register() -> None:
    """Register the loop for arrays of JAX (INV-3); a second call does nothing."""
    LOOPS[jax.numpy.__name__] = Loop(jax.lax.scan, jax.checkpoint, _call)


def _call(text: Text, loop: Loop, static: tuple[Any, ...], arrays: tuple[Any, ...]) -> Any:
    """Call a text compiled, unless an argument is no tree of arrays.

    That is a scale map that somebody else wrote and did not register with JAX. Then the text is a
    part of what is being compiled around it, or, where nothing is, a loop in Python.
    """
    leaves = jax.tree.leaves(arrays)
    if all(isinstance(leaf, jax.Array) for leaf in leaves):
        return _compiled(text, 1 + len(static))(loop, *static, *arrays)
    traced = any(isinstance(leaf, jax.core.Tracer) for leaf in leaves)
    return text(loop if traced else PLAIN, *static, *arrays)


@cache
def _compiled(text: Text, static: int) -> Text:
    """The text compiled, its first arguments static."""
    compiled: Text = jax.jit(text, static_argnums=tuple(range(static)))
    return compiled
