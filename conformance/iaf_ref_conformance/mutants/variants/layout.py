"""Other ways to lay out the same network."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..plain import Plain
from ..plain.adjoint import At
from ..plain.masks import Array, Text
from ..plain.network import Weights
from ..registry import REGISTRY

variant = REGISTRY.variant


@variant
class InterleavedOutputs(Plain):
    """Outputs interleaved, shift and scale of each variable in turn, weights and reader alike."""

    def heads(self, W: Array, h: Array) -> Array:
        P, D, H = W.shape
        rows = W.transpose(1, 0, 2).reshape(D * P, H)
        return np.swapaxes(self.product(rows, h).reshape(*h.shape[:-1], D, P), -1, -2)


@variant
class SeparateHeads(Plain):
    """Shift and raw scale from two layers of their own."""

    def heads(self, W: Array, h: Array) -> Array:
        return np.stack([self.product(head, h) for head in W], axis=-2)


@variant
class SkipInTheOutputLayer(Plain):
    """The skip connection is a part of the output layer, which reads (h, context, x)."""

    def parameters(
        self, text: Text, net: Weights, x: Array, context: Array | None
    ) -> tuple[Array, Array]:
        if net.skip is None:
            return super().parameters(text, net, x, context)
        inputs = self.inputs(x, context)
        h = np.concatenate([self.features(text, net.hidden, inputs), inputs], axis=-1)
        W, b = net.output
        return self.split(self.output((np.concatenate([W, net.skip], axis=-1), b), h))


@variant
class SortedUnits(Plain):
    """The units of every hidden layer are sorted by degree, the weights with them."""

    def load(self, text: Text, raw: Any) -> Weights:
        net = super().load(text, raw)
        orders = [np.argsort(layer, kind="stable") for layer in text["hidden_degrees"]]
        if text["residual"] or not orders:
            return net
        columns: list[Any] = [slice(None), *orders[:-1]]
        hidden = [
            (W[rows][:, below], b[rows])
            for (W, b), rows, below in zip(net.hidden, orders, columns, strict=True)
        ]
        return net._replace(hidden=hidden, output=(net.output[0][..., orders[-1]], net.output[1]))

    def at(self, text: Text, raw: Any, x: Array, context: Array | None) -> At:
        # derivatives are by the weights in the order in which they are stored
        return super().at(text, raw, x, context)._replace(net=super().load(text, raw))


@variant
class ContextByItsOwnMatrix(Plain):
    """Context enters the first layer by a matrix of its own, as in nflows: two sums, then added."""

    def features(self, text: Text, layers: Any, inputs: Array) -> Array:
        count = text["context_dim"]
        if not layers or not count or text["residual"]:
            return super().features(text, layers, inputs)
        (W, b), rest = layers[0], list(layers[1:])
        context, x = inputs[..., :count], inputs[..., count:]
        a = self.product(W[:, :count], context) + self.affine(W[:, count:], b, x)
        return super().features(text, rest, self.activate(text["activation"], a))
