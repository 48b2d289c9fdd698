"""The tape: which number was computed from which, and with what partial derivative.

Every number that depends on a variable has a node, an integer; a number that does not has
``CONSTANT``. An array carries the nodes of its elements as one more part, so whatever moves
elements (indexing, concatenation, broadcasting, a choice by ``where``) moves their nodes with them,
and nothing is to be written down. An operation gives its results new nodes and adds edges

    source -> target, with the partial derivative d target / d source,

in the order of evaluation: each edge's source is older than its target. An edge whose partial
derivative is exactly 0 is left out: adding an exact zero changes nothing in any arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from iaf_ref_backends._lifted_array import Parts

Nodes = NDArray[np.int64]
Bools = NDArray[np.bool_]

CONSTANT = -1
"""Node of a number that depends on no variable."""
SUM, PRODUCT, ELEMENTWISE = "sum", "product", "elementwise"
"""What wrote edges down: a reduction, a matrix product, any other function."""


class Edges(NamedTuple):
    """The edges of one operation, flat: all arrays have one shape (E,)."""

    kind: str
    source: Nodes
    target: Nodes
    partial: Parts


class Tape:
    """Nodes counted, edges in the order of evaluation."""

    def __init__(self, is_zero: Callable[[Parts], Bools]) -> None:
        self._is_zero = is_zero
        self.size = 0
        self.operations: list[Edges] = []

    def nodes(self, wanted: Any) -> Nodes:
        """Return new nodes where they are wanted, ``CONSTANT`` elsewhere."""
        mask = np.asarray(wanted)
        found = np.full(mask.shape, CONSTANT, dtype=np.int64)
        found[mask] = np.arange(self.size, self.size + int(mask.sum()))
        self.size += int(mask.sum())
        return found

    def write(self, kind: str, joined: list[tuple[Any, Any, Parts]]) -> None:
        """Write down an operation: triples (sources, targets, partials) that broadcast."""
        flat = [found for triple in joined if (found := self._flat(*triple))[0].size]
        if flat:
            sources, targets, partials = zip(*flat, strict=True)
            merged = tuple(np.concatenate(part) for part in zip(*partials, strict=True))
            source, target = np.concatenate(sources), np.concatenate(targets)
            self.operations.append(Edges(kind, source, target, merged))

    def _flat(self, source: Any, target: Any, partial: Parts) -> tuple[Nodes, Nodes, Parts]:
        """Flatten, without what comes from constants and what carries nothing."""
        shape = np.broadcast_shapes(np.shape(source), np.shape(target), np.shape(partial[0]))
        spread = [np.broadcast_to(part, shape).ravel() for part in (source, target, *partial)]
        kept = (spread[0] != CONSTANT) & ~self._is_zero(tuple(spread[2:]))
        first, second, *rest = (part[kept] for part in spread)
        return first, second, tuple(rest)

    def backwards(self, output: int) -> Iterator[tuple[Edges, Bools]]:
        """Yield operations from the last on, and which of their edges lead to the output."""
        reached = np.zeros(self.size, dtype=np.bool_)
        reached[output] = True
        for edges in reversed(self.operations):
            live = reached[edges.target]
            if live.any():
                reached[edges.source[live]] = True
                yield edges, live

    def leading_to(self, output: int) -> list[Edges]:
        """Return the edges that lead to the output, by operation, in the order of evaluation."""
        found = [
            Edges(
                edges.kind,
                edges.source[live],
                edges.target[live],
                tuple(part[live] for part in edges.partial),
            )
            for edges, live in self.backwards(output)
        ]
        return found[::-1]
