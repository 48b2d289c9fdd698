"""MASK-4 to MASK-6, MASK-9: mistakes in masks."""

from __future__ import annotations

import numpy as np

from .plain import Plain
from .plain.masks import Array, MaskSet, Text
from .registry import REGISTRY

mutant = REGISTRY.mutant


@mutant("MASK-4", source="numpyro's masks are Pyro's transposed; rstudio/ai-blog PR #36")
class SquareMaskTransposed(Plain):
    """Mask (in, out) applied to weights (out, in): only square layers take it without an error."""

    def hidden_mask(self, units: Array, below: Array) -> Array:
        mask = super().hidden_mask(units, below)
        return mask.T if mask.shape[0] == mask.shape[1] else mask


@mutant("MASK-4", "MASK-7", source="Pyro 0.3 and 0.4: > at the inputs, unlike 0.5 (972a67c0a)")
class HiddenMaskStrict(Plain):
    """Hidden mask with >: each layer loses the degree next below."""

    def hidden_mask(self, units: Array, below: Array) -> Array:
        return units[:, None] > below[None, :]


@mutant("MASK-5", "DET-3", "NUM-1", source="e-hulten/maf made.py:114: the same >= in every layer")
class OutputMaskEqual(Plain):
    """Output mask with >=: an output sees its own input."""

    def output_mask(self, outputs: Array, below: Array) -> Array:
        return outputs[:, None] >= below[None, :]


@mutant("MASK-5", "MASK-7", source="mgermain/MADE: output degrees 0..D-1, for <=, taken with <")
class OutputDegreesFromZero(Plain):
    """Output degrees counted from 0, hidden ones from 1: each output loses a variable."""

    def output_mask(self, outputs: Array, below: Array) -> Array:
        return outputs[:, None] - 1 > below[None, :]


@mutant("MASK-6", "NUM-1", source="e-hulten/maf made.py:114: the same >= for every mask")
class SkipMaskEqual(Plain):
    """Skip mask with >=: the direct connection joins an output to its own input."""

    def skip_mask(self, outputs: Array, inputs: Array) -> Array:
        return outputs[:, None] >= inputs[None, :]


@mutant(
    "MASK-9", source="probabilists/zuko #53: before PR #54, an order was all that could be given"
)
class GraphTakenForAnOrder(Plain):
    """A graph reduced to an order: a variable depends on all that stand before it."""

    def graph_masks(self, text: Text) -> MaskSet:
        degrees = np.asarray(text["degrees"])
        layers = [degrees[list(layer)] - 1 for layer in text["hidden_degrees"]]
        return self.mask_set({**text, "adjacency": None, "hidden_degrees": layers})


@mutant(
    "MASK-9", source="probabilists/zuko PR #65: adjacency (D, D + C), context in the last columns"
)
class GraphWithContextLast(Plain):
    """Columns of the graph read as (x, context), while the network reads (context, x)."""

    def graph_masks(self, text: Text) -> MaskSet:
        edges = np.asarray(text["adjacency"])
        return super().graph_masks(
            {**text, "adjacency": np.roll(edges, text["context_dim"], axis=1)}
        )
