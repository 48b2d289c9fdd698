"""NET: the masked network, plainly."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from ...raw import RawWeights
from .masks import Array, Masks, Text

Layer = tuple[Array, Array]


class Weights(NamedTuple):
    """Weights of one step with the masks applied, as of ``case.raw``."""

    hidden: list[Layer]
    output: Layer
    skip: Array | None


def sigmoid(a: Array) -> Array:
    """1 / (1 + exp(-a)), without overflow or cancellation."""
    small = np.exp(-np.abs(a))
    return np.where(a >= 0, 1.0, small) / (1.0 + small)


def softplus(a: Array) -> Array:
    """log(1 + exp(a)), the same."""
    return np.maximum(a, 0.0) + np.log1p(np.exp(-np.abs(a)))


def log_sigmoid(a: Array) -> Array:
    """log(1 / (1 + exp(-a))), the same."""
    return -softplus(-a)


def erf(a: Array) -> Array:
    """Error function, by the function of the C library."""
    flat = [math.erf(value) for value in a.ravel().tolist()]
    return np.asarray(flat, dtype=a.dtype).reshape(a.shape)


ACTIVATIONS: Mapping[str, Callable[[Array], Array]] = MappingProxyType(
    {
        "relu": lambda a: np.maximum(a, 0.0),
        "tanh": np.tanh,
        "elu": lambda a: np.where(a > 0, a, np.expm1(np.minimum(a, 0.0))),
        "leaky_relu": lambda a: np.where(a > 0, a, 0.01 * a),
        "sigmoid": sigmoid,
        "softplus": softplus,
        "gelu": lambda a: 0.5 * a * (1.0 + erf(a / math.sqrt(2.0))),
        "silu": lambda a: a * sigmoid(a),
    }
)
"""Name -> activation (NET-2)."""


class Network(Masks):
    """From (context, x) to the shift m and the raw scale of every variable."""

    def load(self, text: Text, raw: RawWeights) -> Weights:
        """Apply the masks to the weights as they are stored."""
        masks = self.mask_set(text)
        hidden = [
            (self.masked(mask, W), self.hidden_bias(mask, b))
            for mask, (W, b) in zip(masks.hidden, raw.hidden, strict=True)
        ]
        W, b = raw.output
        skip = None if raw.skip is None else self.masked(masks.skip, raw.skip)
        return Weights(hidden, (self.masked(masks.output, W), self.output_bias(masks, b)), skip)

    def masked(self, mask: Array, W: Array) -> Array:
        """W where the mask is true, else 0 (NET-1)."""
        return np.where(mask, W, np.zeros_like(W))

    def hidden_bias(self, mask: Array, b: Array) -> Array:
        """A bias has no mask."""
        return b

    def output_bias(self, masks: Any, b: Array) -> Array:
        """Nor has that of the output: it is all that the first variable has."""
        return b

    def given(self, context: Array | None) -> Array | None:
        """Context as the network gets it."""
        return context

    def inputs(self, x: Array, context: Array | None) -> Array:
        """Concatenate (context, x), batches broadcast (NET-3, SHAPE-2)."""
        context = self.given(context)
        return x if context is None else self.concatenated(*spread(context, x))

    def concatenated(self, context: Array, x: Array) -> Array:
        """Context stands before x (NET-3)."""
        return np.concatenate([context, x], axis=-1)

    def product(self, W: Array, h: Array) -> Array:
        """Sum of W[..., k] h[..., k] over k, (..., out)."""
        return h @ W.T

    def affine(self, W: Array, b: Array, h: Array) -> Array:
        """W h + b (NET-1)."""
        return self.product(W, h) + b

    def activate(self, name: str, a: Array) -> Array:
        """One of the eight activations (NET-2)."""
        return ACTIVATIONS[name](a)

    def features(self, text: Text, layers: Sequence[Layer], inputs: Array) -> Array:
        """Last hidden layer."""
        if text["residual"]:
            return self.residual(text["activation"], layers, inputs)
        h = inputs
        for W, b in layers:
            h = self.activate(text["activation"], self.affine(W, b, h))
        return h

    def residual(self, name: str, layers: Sequence[Layer], inputs: Array) -> Array:
        """An affine layer, then blocks of two (NET-6)."""
        h = self.affine(*layers[0], inputs)
        for first, second in zip(layers[1::2], layers[2::2], strict=True):
            h = self.block(name, first, second, h)
        return h

    def block(self, name: str, first: Layer, second: Layer, h: Array) -> Array:
        """h + W' f(W f(h) + b) + b' (NET-6)."""
        return h + self.affine(
            *second, self.activate(name, self.affine(*first, self.activate(name, h)))
        )

    def heads(self, W: Array, h: Array) -> Array:
        """Parameters (..., P, D) of W (P, D, H): the parameter comes first (NET-5)."""
        P, D, H = W.shape
        return self.product(W.reshape(P * D, H), h).reshape(*h.shape[:-1], P, D)

    def direct(self, skip: Array | None, inputs: Array) -> Array | float:
        """What the skip connection adds (NET-4)."""
        return 0.0 if skip is None else self.heads(skip, inputs)

    def parameters(
        self, text: Text, net: Weights, x: Array, context: Array | None
    ) -> tuple[Array, Array]:
        """Shift m and raw scale, each (..., D)."""
        inputs = self.inputs(x, context)
        o = self.output(net.output, self.features(text, net.hidden, inputs))
        return self.split(o + self.direct(net.skip, inputs))

    def output(self, layer: Layer, h: Array) -> Array:
        """Parameters (..., P, D) without the skip connection."""
        return self.heads(layer[0], h) + layer[1]

    def split(self, o: Array) -> tuple[Array, Array]:
        """Parameter 0 is the shift, 1 the raw scale."""
        return o[..., 0, :], o[..., 1, :]


def spread(*parts: Array) -> list[Array]:
    """Broadcast the batch dimensions of arrays whose last axes differ."""
    batch = np.broadcast_shapes(*(part.shape[:-1] for part in parts))
    return [np.broadcast_to(part, (*batch, part.shape[-1])) for part in parts]
