"""Loops over stacked arrays, for texts of the same few operations again and again (INV-3).

``fold`` is such a loop: state, output = step(state, row) for each row, that is for each entry of
the leading axis of some arrays. In plain Python it is what it says. A library whose compiler would
unroll it, and take minutes, registers its own loop in :data:`LOOPS`, under the name of its
namespace; ``iaf_ref_backends.jax_loops`` does so for JAX. The text asks for a loop, never for a
library.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from array_api_compat import array_namespace

Array = Any
Arrays = tuple[Array, ...]
Step = Callable[[Any, Arrays], tuple[Any, Arrays]]


class Loop(NamedTuple):
    """How a library loops, and how it calls a text with loops in it."""

    fold: Callable[[Step, Any, Arrays], tuple[Any, Arrays]]
    """As :func:`fold`."""

    again: Callable[[Callable[..., Any]], Callable[..., Any]]
    """The same function; what it computes inside, a derivative computes again and does not keep."""

    call: Callable[[Callable[..., Any], Loop, tuple[Any, ...], tuple[Any, ...]], Any]
    """``text(loop, *static, *arrays)``, compiled once, maybe, for all calls with equal static."""


LOOPS: dict[str, Loop] = {}
"""Name of an array namespace -> the loop registered for it."""


def fold(step: Step, state: Any, rows: Arrays) -> tuple[Any, Arrays]:
    """Apply state, output = step(state, row) to row after row.

    Parameters
    ----------
    step : callable
        From (state, arrays of a row) to (state, arrays put out).
    state : anything
        Handed from row to row; its arrays keep their shapes.
    rows : tuple of arrays
        With a leading axis of the same length, at least 1.

    Returns
    -------
    state, outputs
        Outputs are stacked along a new leading axis.
    """
    found = []
    for k in range(rows[0].shape[0]):
        state, output = step(state, tuple([array[k, ...] for array in rows]))
        found.append(output)
    columns = zip(*found, strict=True)
    return state, tuple([array_namespace(column[0]).stack(column) for column in columns])


def same(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function as it is."""
    return function


def call(
    text: Callable[..., Any], loop: Loop, static: tuple[Any, ...], arrays: tuple[Any, ...]
) -> Any:
    """Call a text as it is."""
    return text(loop, *static, *arrays)


PLAIN = Loop(fold, same, call)
"""In Python, one row after the other."""


def loop_of(xp: Any) -> Loop | None:
    """Return the loop that is registered for an array namespace, None: there is none."""
    return LOOPS.get(getattr(xp, "__name__", ""))
