"""MASK: degrees and masks, plainly. A step is described as in the files: ``case.text``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

Array = Any  # of NumPy
Text = Mapping[str, Any]


class MaskSet(NamedTuple):
    """Boolean masks (out, in): of the hidden layers, of the output, of the skip connection."""

    hidden: list[Array]
    output: Array
    skip: Array


class Masks:
    """Which weight may be other than 0."""

    def context_degrees(self, text: Text) -> Array:
        """Context has degree 0 (MASK-2)."""
        return np.zeros(text["context_dim"], dtype=int)

    def input_degrees(self, text: Text) -> Array:
        """Degrees of the variables, 1 for the first in the order (MASK-1)."""
        return np.asarray(text["degrees"])

    def output_degrees(self, text: Text) -> Array:
        """An output has the degree of its variable."""
        return self.input_degrees(text)

    def hidden_degrees(self, text: Text) -> list[Array]:
        """Degrees of the hidden units, layer by layer (MASK-3)."""
        return [np.asarray(layer) for layer in text["hidden_degrees"]]

    def hidden_mask(self, units: Array, below: Array) -> Array:
        """A unit reads what has at most its own degree (MASK-4)."""
        return units[:, None] >= below[None, :]

    def output_mask(self, outputs: Array, below: Array) -> Array:
        """An output reads a unit of strictly smaller degree (MASK-5)."""
        return outputs[:, None] > below[None, :]

    def skip_mask(self, outputs: Array, inputs: Array) -> Array:
        """A direct connection leads from an input of strictly smaller degree (MASK-6)."""
        return outputs[:, None] > inputs[None, :]

    def mask_set(self, text: Text) -> MaskSet:
        """All masks of a step."""
        if text["adjacency"] is not None:
            return self.graph_masks(text)
        inputs = np.concatenate([self.context_degrees(text), self.input_degrees(text)])
        outputs, layers = self.output_degrees(text), [inputs, *self.hidden_degrees(text)]
        hidden = [self.hidden_mask(units, below) for below, units in pairwise(layers)]
        output = self.output_mask(outputs, layers[-1])
        if len(layers) == 1:
            output = self.skip_mask(outputs, inputs)  # without hidden layers it reads the inputs
        return MaskSet(hidden, output, self.skip_mask(outputs, inputs))

    def graph_masks(self, text: Text) -> MaskSet:
        """Masks on a graph: sets of parents in the place of degrees (MASK-9)."""
        edges = np.asarray(text["adjacency"], dtype=bool)
        parents = [frozenset(np.flatnonzero(row).tolist()) for row in edges]
        masks, serves = [], None
        for layer in text["hidden_degrees"]:
            masks.append(self.readable(parents, edges, layer, serves))
            serves = layer
        return MaskSet(masks, self.readable(parents, edges, range(len(edges)), serves), edges)

    def readable(
        self,
        parents: Sequence[frozenset[int]],
        edges: Array,
        units: Sequence[int],
        below: Sequence[int] | None,
    ) -> Array:
        """Unit k serves variable ``units[k]``: it reads that one's parents, or who serves a subset.

        ``below`` None: the layer below is (context, x).
        """
        if below is None:
            return edges[list(units)]
        subset = [[parents[v] <= parents[u] for v in below] for u in units]
        return np.asarray(subset, dtype=bool).reshape(len(units), len(below))
