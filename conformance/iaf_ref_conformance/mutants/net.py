"""NET: mistakes in the network."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .plain import Plain
from .plain.masks import Array, Text
from .plain.network import Layer, Weights
from .registry import REGISTRY

mutant = REGISTRY.mutant


@mutant("NET-1", "NUM-1", source="TFP masked_autoregressive.py:1055: by initializer and constraint")
class MaskNotApplied(Plain):
    """Masks made but not applied to weights that were loaded: every output sees every input."""

    def masked(self, mask: Array, W: Array) -> Array:
        return W


@mutant("NET-1", source="proposed in karpathy/pytorch-normalizing-flows #8")
class MaskOnBias(Plain):
    """The mask removes biases too: the first variable, which has nothing else, loses its own."""

    def output_bias(self, masks: Any, b: Array) -> Array:
        return b * masks.output.any(axis=1)


@mutant(
    "NET-1",
    source="the usual way: Pyro, numpyro, nflows, karpathy/pytorch-made",
    dtypes=(),
    unseen="the weights are finite, and 0 times 3.0 is 0 as exactly as a selection is",
)
class MaskByMultiplication(Plain):
    """Masks applied by multiplication: a NaN outside of the mask would stay one."""

    def masked(self, mask: Array, W: Array) -> Array:
        return W * mask.astype(W.dtype)


@mutant("NET-2", source="defaults: Pyro's networks have ReLU, numpyro's AutoIAFNormal has ELU")
class ActivationOfTheDefault(Plain):
    """ReLU in the place of the activation that is asked for."""

    def activate(self, name: str, a: Array) -> Array:
        return super().activate("relu", a)


@mutant("NET-2", source="jax-ml/jax #4428: jax.nn.gelu is the approximation unless told otherwise")
class GeluByTanh(Plain):
    """gelu by its tanh approximation, in place of erf."""

    def activate(self, name: str, a: Array) -> Array:
        if name != "gelu":
            return super().activate(name, a)
        return 0.5 * a * (1.0 + np.tanh(math.sqrt(2.0 / math.pi) * (a + 0.044715 * a * a * a)))


@mutant(
    "NET-2", source="jinyu121/DW2TF #2: defaults 0.2 in TensorFlow, 0.1 in Darknet, 0.01 in PyTorch"
)
class LeakySlopeOfTensorFlow(Plain):
    """leaky_relu with slope 0.2 in place of 0.01: another library's default."""

    def activate(self, name: str, a: Array) -> Array:
        return np.maximum(a, 0.2 * a) if name == "leaky_relu" else super().activate(name, a)


@mutant("NET-2", source="normflows made.py:296-302, feed-forward mode")
class ActivationMissing(Plain):
    """No activation after the first layer: two affine layers in a row."""

    def features(self, text: Text, layers: Any, inputs: Array) -> Array:
        if text["residual"] or not layers:
            return super().features(text, layers, inputs)
        W, b = layers[0]
        return super().features(text, layers[1:], self.affine(W, b, inputs))


@mutant("NET-3", source="zuko and flowjax read (x, context), Pyro (context, x)")
class ContextAfterX(Plain):
    """Context concatenated after x: the weights of one meet the other."""

    def concatenated(self, context: Array, x: Array) -> Array:
        return np.concatenate([x, context], axis=-1)


@mutant("NET-3", source="nflows MaskedFeedforwardBlock: accepts a context and ignores it")
class ContextIgnored(Plain):
    """Context accepted and ignored."""

    def given(self, context: Array | None) -> Array | None:
        return None if context is None else np.zeros_like(context)


@mutant("NET-3", source="TFP PR #873, in development (1739afc1d)")
class ContextReplacedByX(Plain):
    """x given in the place of the context, where both have the same size."""

    def concatenated(self, context: Array, x: Array) -> Array:
        alike = context.shape[-1] == x.shape[-1]
        return np.concatenate([x if alike else context, x], axis=-1)


@mutant(
    "NET-4",
    source="mgermain/MADE made.py:89: never run in its tests; FlowTorch 0.8 skip_connections",
)
class SkipIgnored(Plain):
    """The skip connection is left out."""

    def load(self, text: Text, raw: Any) -> Weights:
        return super().load(text, raw)._replace(skip=None)


@mutant("NET-5", source="blocked in Pyro and numpyro, interleaved in TFP, zuko, nflows and flowjax")
class HeadsInterleaved(Plain):
    """Blocked parameters read as interleaved ones: shift and scale of each variable in turn."""

    def split(self, o: Array) -> tuple[Array, Array]:
        flat = o.reshape(*o.shape[:-2], o.shape[-2] * o.shape[-1])
        return flat[..., 0::2], flat[..., 1::2]


@mutant("NET-5", source="scale first in nflows and normflows, shift first elsewhere")
class HeadsSwapped(Plain):
    """Shift and raw scale are swapped."""

    def split(self, o: Array) -> tuple[Array, Array]:
        return o[..., 1, :], o[..., 0, :]


@mutant("NET-6", source="alexjc/neural-enhance #103: the shortcut is built and not used")
class ResidualWithoutShortcut(Plain):
    """A residual block does not add its input."""

    def block(self, name: str, first: Layer, second: Layer, h: Array) -> Array:
        return super().block(name, first, second, h) - h


@mutant("NET-6", source="rosinality/vq-vae-2-pytorch #60, fixed in ef5f67c: ReLU(inplace=True)")
class ResidualActivatedInPlace(Plain):
    """The first activation of a residual block works in place: the block adds f(h), not h."""

    def block(self, name: str, first: Layer, second: Layer, h: Array) -> Array:
        return super().block(name, first, second, h) - h + self.activate(name, h)


@mutant("NET-6", source="openai/iaf: x + 0.1 block(x), lost or found in a port")
class ResidualScaled(Plain):
    """What a residual block adds to its input is scaled by 0.1."""

    def block(self, name: str, first: Layer, second: Layer, h: Array) -> Array:
        return h + 0.1 * (super().block(name, first, second, h) - h)
