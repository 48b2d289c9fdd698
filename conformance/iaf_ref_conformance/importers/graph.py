"""Masks that are those of a graph: each hidden unit as the variable whose parents it collects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import iaf_ref as ir
from iaf_ref.degrees import integers

Mask = np.ndarray[Any, np.dtype[np.bool_]]


def graph_degrees(
    hidden: Sequence[Mask], output: Mask, reach: Mask, levels: Any, context_dim: int
) -> ir.Degrees:
    """Degrees with an adjacency: what reaches what is the graph.

    Parameters
    ----------
    hidden, output
        Masks, (out, in).
    reach : (D, C + D) bool
        Their product.
    levels : (D,) int
        Degrees of the variables.
    context_dim : int

    Returns
    -------
    iaf_ref.Degrees
        Of the units as far as the masks say it: they are still to be compared.

    Raises
    ------
    ValueError
        A hidden unit reads what no variable has as its parents.
    """
    subset = np.array([[not (a & ~b).any() for a in reach] for b in reach])  # [b, a]: a within b
    layers: list[list[int]] = []
    for k, mask in enumerate(hidden):
        # what a unit that serves variable v would read, for each v; and who would read it
        reads = reach if k == 0 else subset[:, layers[-1]]
        feeds = subset if k == len(hidden) - 1 else None
        layers.append([_served(k, u, mask, reads, feeds, output) for u in range(len(mask))])
    units = tuple(integers(layer) for layer in layers)
    return ir.Degrees(integers([0] * context_dim), integers(levels), units, reach)


def _served(
    layer: int, unit: int, mask: Mask, reads: Mask, feeds: Mask | None, output: Mask
) -> int:
    """The first variable whose parents a unit collects, the one with fewest."""
    fits = (reads == mask[unit]).all(axis=1)
    if feeds is not None:
        fits = fits & (output[:, unit] == feeds.T).all(axis=1)
    if not fits.any():
        raise ValueError(
            f"hidden mask {layer}, row {unit}: expected the parents of some variable, got others"
        )
    return int(min(np.flatnonzero(fits), key=lambda v: int(reads[v].sum())))
