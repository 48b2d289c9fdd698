"""From masks back to degrees: which legal network a library's masks are, if any.

A library keeps masks, the specification keeps degrees. The way back: what reaches what says in
which order the variables come; the least degrees that satisfy every entry of the masks, read as
inequalities, are those of the hidden units. Then the masks that these degrees stand for are
compared with the ones there are, entry by entry: the answer is exact, or there is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import iaf_ref as ir
from iaf_ref.degrees import integers
from iaf_ref.strategies import Integers

from .graph import graph_degrees

Mask = np.ndarray[Any, np.dtype[np.bool_]]

_EXPECTED = (
    "masks: expected those of an order or of a graph, with no dependency lost and no unit without "
    "use (MASK-4 to MASK-9), got others: "
)


def degrees_from(
    hidden: Sequence[Mask], output: Mask, skip: Mask | None, context_dim: int
) -> ir.Degrees:
    """Degrees whose masks are these.

    Variables that depend on the same ones have one degree: those that a layer too narrow lumps
    together, too. Where not all of smaller degree are connected, the network is one on a graph, and
    ``degrees.adjacency`` says what is (MASK-9).

    Parameters
    ----------
    hidden : sequence of (H_l, H_{l-1}) bool
        The first has C + D columns, those of the context first.
    output : (D, H_L) bool
    skip : (D, C + D) bool, optional
    context_dim : int
        C.

    Returns
    -------
    iaf_ref.Degrees

    Raises
    ------
    ValueError
        No degrees and no graph have these masks; the entry is named.
    """
    reach = ir.connectivity(ir.Masks(tuple(hidden), output, output))
    levels = _levels(reach[:, context_dim:])
    ordered = np.asarray(levels[:, None] > _columns(levels, context_dim)[None, :])
    try:
        if (reach == ordered).all():
            columns = _columns(levels, context_dim)
            guesses = _least(hidden, output, columns, levels), _reading(hidden, columns)
            found = [_degrees(context_dim, levels, layers) for layers in guesses]
        else:
            found = [graph_degrees(hidden, output, reach, levels, context_dim)]
        wrong = [_differences(degrees, hidden, output, skip) for degrees in found]
    except ValueError as error:
        raise ValueError(f"{_EXPECTED}{error}") from error
    if all(wrong):
        raise ValueError(f"{_EXPECTED}{min(wrong, key=len)[0]}; {len(min(wrong, key=len))} differ")
    return found[wrong.index([])]


def _degrees(context_dim: int, levels: Integers, layers: Sequence[Any]) -> ir.Degrees:
    """Degrees of an order; a contradiction may be larger than any, and is cut off."""
    high = int(levels.max()) - 1
    units = tuple(integers(np.minimum(layer, high)) for layer in layers)
    return ir.Degrees(integers([0] * context_dim), integers(levels), units)


def _differences(
    degrees: ir.Degrees, hidden: Sequence[Mask], output: Mask, skip: Mask | None
) -> list[str]:
    """Entries in which the masks of degrees differ from those of a library."""
    made = ir.made_masks(degrees)
    pairs = [
        *((f"hidden mask {k}", made.hidden[k], mask) for k, mask in enumerate(hidden)),
        ("output mask", made.output, output),
    ]
    if skip is not None:
        pairs.append(("skip mask", made.skip, skip))
    return [
        f"{name}[{i}, {j}]: expected {bool(expected[i, j])}, as the others say, got {got[i, j]}"
        for name, expected, got in pairs
        for i, j in np.argwhere(expected != got).tolist()
    ]


def _levels(reach: Mask) -> Integers:
    """1 + the largest degree among those that reach a variable.

    Raises
    ------
    ValueError
        A variable reaches itself, by itself or round a cycle.
    """
    own = np.flatnonzero(np.diagonal(reach))
    if len(own):
        raise ValueError(
            f"masks: expected no y[i] that depends on x[i] through the network, got y[{own[0]}]"
        )
    levels = np.ones(len(reach), dtype=np.int64)
    for _ in levels:
        deeper = 1 + np.max(np.where(reach, levels[None, :], 0), axis=1)
        if (deeper == levels).all():
            return levels
        levels = deeper
    raise ValueError("masks: expected variables in some order, got a cycle among them")


def _columns(levels: Integers, context_dim: int) -> Integers:
    """Degrees of the columns of (context, x)."""
    return np.concatenate([np.zeros(context_dim, dtype=np.int64), levels])


def _least(hidden: Sequence[Mask], output: Mask, columns: Integers, levels: Integers) -> list[Any]:
    """The least degrees of hidden units with degree(k) >= degree(j) where k reads j, else less.

    Every sweep raises what an entry of a mask says is too small, until nothing is. A contradiction
    would raise without end: it stops at the largest degree, and the comparison will tell.
    """
    layers: list[Any] = [columns, *(np.zeros(len(mask), dtype=np.int64) for mask in hidden), levels]
    while True:
        before = layers
        layers = _raised(layers, hidden, output)
        settled = all((a == b).all() for a, b in zip(before, layers, strict=True))
        if settled or any((layer >= levels.max()).any() for layer in layers[1:-1]):
            return layers[1:-1]


def _reading(hidden: Sequence[Mask], columns: Integers) -> list[Any]:
    """The largest degree that each unit reads: near the truth where a single entry is wrong."""
    layers: list[Any] = [columns]
    for mask in hidden:
        layers.append(np.where(mask, layers[-1][None, :], 0).max(axis=1, initial=0))
    return layers[1:]


def _raised(layers: Sequence[Any], hidden: Sequence[Mask], output: Mask) -> list[Any]:
    """Raise what is too small: a unit to what it reads, then what it does not read above it."""
    up = list(layers)
    for k, mask in enumerate(hidden):
        read = np.where(mask, up[k][None, :], 0)
        up[k + 1] = np.maximum(up[k + 1], read.max(axis=1, initial=0))
    for k in range(len(hidden), 0, -1):
        mask, more = (output, 0) if k == len(hidden) else (hidden[k], 1)
        unread = np.where(mask, 0, up[k + 1][:, None] + more)
        up[k] = np.maximum(up[k], unread.max(axis=0, initial=0))
    return up
