"""Masks of a MADE: which weights exist (Germain et al. 2015, section 4)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from ._values import check_type
from .degrees import Degrees
from .strategies import Integers

Array = Any


@dataclass(frozen=True, eq=False)
class Masks:
    """Boolean masks, each of shape (out, in) (MASK-4, MASK-5, MASK-6).

    Attributes
    ----------
    hidden : tuple of (H_l, H_{l-1}) bool; the first has C + D columns, the context's first
    output : (D, H_L) bool; (D, C + D) without hidden layers
    skip : (D, C + D) bool
    """

    hidden: tuple[Array, ...]
    output: Array
    skip: Array


def made_masks(degrees: Degrees, *, xp: Any = np, device: Any = None) -> Masks:
    """Masks that the degrees stand for (MASK-4, MASK-5, MASK-6, MASK-7).

    hidden[l][k, j] = 1 where degree(k) >= degree(j); output[i, k] = skip[i, k] = 1 where degree(i)
    > degree(k). On a graph: where the set of j is a subset of the set of k; where the set of k is a
    subset of the parents of i.

    Parameters
    ----------
    degrees : Degrees
    xp, device
        Array namespace and device of the masks.

    Returns
    -------
    Masks
        On NumPy, read-only.

    Raises
    ------
    ValueError
        Some output cannot reach an input of smaller degree (too narrow a layer); the pairs are
        named.

    Examples
    --------
    >>> from iaf_ref import made_degrees
    >>> made_masks(made_degrees(dim=3, hidden=(2,))).output.astype(int)
    array([[0, 0],
           [1, 0],
           [1, 1]])
    """
    check_type("degrees", degrees, Degrees)
    masks = _on_the_host(degrees)
    if xp is np:
        return masks

    # as lists of numbers: a NumPy array is foreign to most namespaces, and some keep its memory
    def place(array: Array, **dtype: Any) -> Array:
        return xp.reshape(xp.asarray(array.tolist(), device=device, **dtype), array.shape)

    if degrees.adjacency is None:  # compared there: vectors are sooner moved than matrices
        return _degree_masks(place(degrees.input), *map(place, _layers(degrees)))
    hidden = tuple(place(mask, dtype=xp.bool) for mask in masks.hidden)
    return Masks(hidden, place(masks.output, dtype=xp.bool), place(masks.skip, dtype=xp.bool))


def connectivity(masks: Masks) -> Array:
    """Which output reaches which input: the Boolean product of the hidden masks (MASK-7).

    Parameters
    ----------
    masks : Masks

    Returns
    -------
    (D, C + D) bool
        Entry (i, j): y_i may depend on column j of (context, x). Skip connections are left out.
    """
    check_type("masks", masks, Masks)
    reach = np.asarray(masks.output)
    for mask in reversed(masks.hidden):
        # counts of paths, exact in float64, which unlike integers has a fast product
        reach = (reach.astype(np.float64) @ np.asarray(mask).astype(np.float64)) > 0
    return reach


def expected_connectivity(degrees: Degrees) -> Array:
    """Which output may reach which input: degree(j) < degree(i), or the graph itself (MASK-7).

    Parameters
    ----------
    degrees : Degrees

    Returns
    -------
    (D, C + D) bool
    """
    if degrees.adjacency is not None:
        return degrees.adjacency
    return degrees.input[:, None] > _first(degrees)[None, :]


_KNOWN: WeakKeyDictionary[Degrees, Masks] = WeakKeyDictionary()
"""Masks of degrees that are in use: a network in training is made anew at every step."""


def _on_the_host(degrees: Degrees) -> Masks:
    """Read-only masks on NumPy, complete; found once."""
    known = _KNOWN.get(degrees)
    if known is not None:
        return known
    if degrees.adjacency is None:
        masks = _degree_masks(degrees.input, *_layers(degrees))
    else:
        masks = _graph_masks(degrees)
    _check_complete(degrees, masks)
    for mask in (*masks.hidden, masks.output, masks.skip):
        mask.flags.writeable = False
    _KNOWN[degrees] = masks
    return masks


def _degree_masks(own: Array, *layers: Array) -> Masks:
    """Masks of degrees that are ordered: the three comparisons of MASK-4, MASK-5 and MASK-6."""
    hidden = tuple(units[:, None] >= below[None, :] for below, units in pairwise(layers))
    output = own[:, None] > layers[-1][None, :]  # MASK-5: strictly
    skip = own[:, None] > layers[0][None, :]  # MASK-6
    return Masks(hidden, output, skip)


def _graph_masks(degrees: Degrees) -> Masks:
    """Masks on a graph (MASK-9): sets of parents, compared by inclusion."""
    parents = expected_connectivity(degrees)
    outside = parents.astype(np.float64) @ (~parents).T.astype(np.float64)
    subset = (outside == 0).T  # subset[i, k]: the parents of k are parents of i too
    masks, below = (
        [],
        parents,
    )  # below[i, u]: a unit that serves i may read unit u; at first, u is an input
    for units in degrees.hidden:
        masks.append(below[units])
        below = subset[:, units]
    return Masks(tuple(masks), below, parents)


def _layers(degrees: Degrees) -> tuple[Integers, ...]:
    """Degrees of the columns of (context, x), then of the units of each layer."""
    return _first(degrees), *degrees.hidden


def _first(degrees: Degrees) -> Integers:
    """Degrees of the columns of (context, x)."""
    return np.concatenate([degrees.context, degrees.input])


def _check_complete(degrees: Degrees, masks: Masks) -> None:
    """Refuse masks that lose an allowed dependency (MASK-7)."""
    missing = expected_connectivity(degrees) & ~connectivity(masks)
    if missing.any():
        pairs = [_pair(i, j, degrees.context_dim) for i, j in np.argwhere(missing).tolist()]
        shown = ", ".join(pairs[:8]) + (f" and {len(pairs) - 8} more" if len(pairs) > 8 else "")
        raise ValueError(
            "degrees: expected every output to reach each variable before it, got hidden layers of "
            f"{'+'.join(map(str, degrees.widths))} units in which these pairs are missing: {shown}"
        )


def _pair(i: int, j: int, context_dim: int) -> str:
    """Name one missing dependency."""
    return f"y[{i}] on context[{j}]" if j < context_dim else f"y[{i}] on x[{j - context_dim}]"
