"""GRAD: reverse mode through the masked network, plainly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .masks import Array, MaskSet, Text
from .network import Layer, Weights
from .slopes import Slopes

Named = dict[str, Array]
"""Derivatives by the names of the arrays."""


class Read(NamedTuple):
    """What a layer reads: a value, and what it is the activation of, if it is of anything."""

    before: Array | None
    value: Array


class Walk(NamedTuple):
    """The way back through a network: what is known of each layer, and what has been found."""

    text: Text
    layers: Sequence[Layer]
    masks: MaskSet
    reads: Sequence[Read]
    found: Named


class Backward(Slopes):
    """From derivatives by the parameters of a step to those by its inputs and its weights."""

    def pull_network(
        self, text: Text, net: Weights, masks: MaskSet, inputs: Array, g: Array
    ) -> tuple[Array, Named]:
        """Derivatives by (context, x), (..., C + D), and by each weight.

        ``g``: those by the parameters, (..., P, D).
        """
        W, heads, reads = net.output[0], flat(g), self.reads(text, net.hidden, inputs)
        walk = Walk(text, net.hidden, masks, reads, {})
        by_weight = self.outer(heads, reads[-1].value).reshape(W.shape)
        walk.found["output.weight"] = self.within_mask(masks.output, by_weight)
        walk.found["output.bias"] = self.over_rows(heads).reshape(W.shape[:2])
        pull = self.pull_blocks if text["residual"] else self.pull_layers
        by_inputs = pull(walk, self.through(walk, W.reshape(-1, W.shape[-1]), reads[-1], heads))
        if net.skip is not None:
            by_skip = self.outer(heads, inputs).reshape(net.skip.shape)
            walk.found["skip.weight"] = self.within_mask(masks.skip, by_skip)
            by_inputs = by_inputs + heads @ net.skip.reshape(-1, inputs.shape[-1])
        return by_inputs, walk.found

    def reads(self, text: Text, layers: Sequence[Layer], inputs: Array) -> list[Read]:
        """What each hidden layer reads, and last what the output does."""
        if text["residual"]:
            return self.reads_of_blocks(text, layers, inputs)
        found = [Read(None, inputs)]
        for layer in layers:
            found.append(self.read(text, self.affine(*layer, found[-1].value)))
        return found

    def reads_of_blocks(self, text: Text, layers: Sequence[Layer], inputs: Array) -> list[Read]:
        """The same of a first affine layer and residual blocks (NET-6)."""
        found, h = [Read(None, inputs)], self.affine(*layers[0], inputs)
        for first, second in zip(layers[1::2], layers[2::2], strict=True):
            outer = self.read(text, h)
            inner = self.read(text, self.affine(*first, outer.value))
            found += [outer, inner]
            h = h + self.affine(*second, inner.value)
        return [*found, Read(None, h)]

    def read(self, text: Text, a: Array) -> Read:
        """An activation and its argument."""
        return Read(a, self.activate(text["activation"], a))

    def pull_layers(self, walk: Walk, g: Array) -> Array:
        """Layers from the last to the first; ``g`` is by what the last computes."""
        for k in reversed(range(len(walk.layers))):
            g = self.pull_layer(walk, k, g)
        return g

    def pull_blocks(self, walk: Walk, g: Array) -> Array:
        """Residual blocks from the last to the first, then the first layer (NET-6)."""
        for k in range(len(walk.layers) - 1, 0, -2):
            g = self.joined(g, self.pull_layer(walk, k - 1, self.pull_layer(walk, k, g)))
        return self.pull_layer(walk, 0, g)

    def joined(self, straight: Array, inner: Array) -> Array:
        """The identity path and the one through the block add (NET-6)."""
        return straight + inner

    def pull_layer(self, walk: Walk, k: int, g: Array) -> Array:
        """Put down the derivatives by the weights of one layer; return those below it."""
        by_weight = self.outer(g, walk.reads[k].value)
        walk.found[f"hidden.{k}.weight"] = self.within_mask(walk.masks.hidden[k], by_weight)
        walk.found[f"hidden.{k}.bias"] = self.over_rows(g)
        return self.through(walk, walk.layers[k][0], walk.reads[k], g)

    def through(self, walk: Walk, W: Array, read: Read, g: Array) -> Array:
        """By what is read, and through the activation that made it."""
        below = g @ W
        if read.before is None:
            return below
        return below * self.slope(walk.text["activation"], read.before, read.value)

    def outer(self, g: Array, h: Array) -> Array:
        """Sum over all rows of g h^T, (out, in)."""
        return rows(g).T @ rows(h)

    def over_rows(self, g: Array) -> Array:
        """Sum over all rows: what a bias gets."""
        return np.sum(rows(g), axis=0)

    def within_mask(self, mask: Array, by_weight: Array) -> Array:
        """A weight that a mask removes has the derivative 0, exactly (GRAD-1)."""
        return np.where(mask, by_weight, np.zeros_like(by_weight))


def flat(g: Array) -> Array:
    """Parameters (..., P, D) as (..., P D)."""
    return g.reshape(*g.shape[:-2], g.shape[-2] * g.shape[-1])


def rows(array: Array) -> Array:
    """All batch dimensions as one."""
    return array.reshape(-1, array.shape[-1])
