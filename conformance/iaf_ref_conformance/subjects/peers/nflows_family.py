"""What nflows has in common with normflows, whose network descends from it.

One width for all hidden layers, degrees 1, 2, ..., D - 1, 1, ... in the natural order, interleaved
rows with the raw scale first, exactly one batch dimension. Another order than the natural one is a
permutation beside the network for their users; here the masks of the case are written over those of
the network.

They have one scale map. For the others their class is derived from, as for a map of a user's own:
network, inverse and densities are theirs, the elementwise map is PyTorch's (:mod:`.elementwise`).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import torch

from ...cases import Floats
from .elementwise import Elementwise
from .layouts import SCALE_SHIFT, from_interleaved, to_interleaved
from .parts import Step
from .peer import Masks
from .torch_peer import (
    ACTIVATIONS,
    TorchPeer,
    booleans,
    load_layer,
    needs_hidden,
    needs_order,
    needs_plain,
)


class NFlowsFamily(TorchPeer):
    """A library whose network is that of nflows, or descends from it.

    Attributes
    ----------
    own_scale : scale map
        The one that it has.
    """

    rule = "cyclic"
    own_scale: ClassVar[Any]

    def makes(self, step: Step) -> bool:
        """Whether its degrees are those of the step: it has none of degree 0 for the context."""
        natural = step.order == list(range(step.dim))
        return natural and not step.context_dim and step.follows(self.rule)

    def own_masks(self, step: Step) -> Masks:
        """Buffers of a new network behind a permutation; context enters through no mask at all."""
        needs_order(step, self.name)
        place = step.network.degrees.input - 1  # of a variable, once they are permuted
        first, *others = booleans(*(layer.mask for layer in layers(self._checked(step))))
        context = np.ones((len(first), step.context_dim), dtype=bool)
        *hidden, output = np.concatenate([context, first[:, place]], axis=1), *others
        return (*self.fold(step, hidden), from_interleaved(output, SCALE_SHIFT)[0][place])

    def step(self, step: Step, dtype: str) -> Any:
        """Build a transform; one with context is refused."""
        if step.context_dim:
            raise NotImplementedError(
                f"the context of {self.name} passes a nonlinearity of its own on its way in"
            )
        made = self._checked(step).to(getattr(torch, dtype))
        if step.scale != self.own_scale:
            made.__class__ = other_map(type(made), step.scale)
        W, b = (to_interleaved(array, SCALE_SHIFT) for array in step.weights.output)
        weights = [*self.hidden_weights(step), (W, b)]
        masks: list[Any] = [None] * len(weights)
        if not self.makes(step):
            output = step.network.masks.output
            masks = [*self.hidden_masks(step), to_interleaved(np.stack([output, output]))]
        for layer, (weight, bias), mask in zip(layers(made), weights, masks, strict=True):
            load_layer(layer, weight, bias, mask)
        return self.inverted(made) if step.backwards else made

    def hidden_weights(self, step: Step) -> list[tuple[Floats, Floats]]:
        """Weights and biases of the library's hidden layers."""
        return step.weights.hidden

    def hidden_masks(self, step: Step) -> list[Any]:
        """Masks of the case for the library's hidden layers."""
        return list(step.network.masks.hidden)

    def fold(self, step: Step, hidden: list[Any]) -> list[Any]:
        """Masks of the library's hidden layers as those of the case's."""
        return hidden

    def base(self, kind: str, arrays: Mapping[str, Any]) -> Any:
        """Mean and scale of the normal distribution that the library has."""
        if kind not in {"normal", "independent", "diagonal"}:
            raise NotImplementedError(f"{self.name} has no normal distribution {kind}")
        return arrays["loc"], arrays["scale_diag" if kind == "diagonal" else "scale"]

    @abstractmethod
    def network(self, step: Step, activation: Any) -> Any:
        """A new transform with masks of its own."""

    @abstractmethod
    def inverted(self, flow: Any) -> Any:
        """The transform run backwards."""

    def _checked(self, step: Step) -> Any:
        """A new transform, if the library has one of this form."""
        needs_hidden(step, self.name)
        needs_plain(step, self.name, residual=True)
        if len(set(step.widths)) > 1:
            raise NotImplementedError(f"the hidden layers of {self.name} are of one width")
        return self.network(step, ACTIVATIONS[step.network.activation]())


def other_map(kind: type, scale: Any) -> type:
    """The class with another elementwise map, by the two methods that it has for one.

    Parameters
    ----------
    kind : subclass of nflows's ``AutoregressiveTransform``, or normflows's ``Autoregressive``
    scale : scale map
    """

    def elementwise(self: Any, o: Any) -> Elementwise:
        raw, m = self._unconstrained_scale_and_shift(o)
        return Elementwise(scale, m, raw)

    def forward(self: Any, x: Any, o: Any) -> tuple[Any, Any]:
        step = elementwise(self, o)
        return step.sigma * x + step.mu, step.log_sigma.sum(-1)

    def inverse(self: Any, y: Any, o: Any) -> tuple[Any, Any]:
        step = elementwise(self, o)
        return (y - step.mu) / step.sigma, -step.log_sigma.sum(-1)

    methods = {"_elementwise_forward": forward, "_elementwise_inverse": inverse}
    return type(kind.__name__, (kind,), methods)


def layers(transform: Any) -> list[Any]:
    """Masked layers of a transform, the last one the output's."""
    net = transform.autoregressive_net
    blocks = [getattr(block, "linear_layers", None) or [block.linear] for block in net.blocks]
    return [net.initial_layer, *(layer for block in blocks for layer in block), net.final_layer]
