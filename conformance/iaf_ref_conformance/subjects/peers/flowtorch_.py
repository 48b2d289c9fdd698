"""FlowTorch: ``AffineAutoregressive`` on ``DenseAutoregressive``; eq. 10 with a clip.

Bijectors are lazy: composed first, made when the shape of the event is known, and only then have
weights to load. Rows of the last layer are interleaved. There is no context, and no working skip.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import flowtorch.bijectors as fb
import numpy as np
import torch
from flowtorch.distributions import Flow
from flowtorch.parameters import DenseAutoregressive

import iaf_ref as ir

from .layouts import from_interleaved, to_interleaved
from .parts import Part, Step, Swap
from .peer import Masks
from .torch_peer import (
    ACTIVATIONS,
    TorchPeer,
    booleans,
    load_layer,
    needs_hidden,
    needs_order,
    needs_plain,
    needs_scale,
)


@dataclass(frozen=True)
class Built:
    """A lazy bijector, the parts that its weights are of, and the bijector made and loaded."""

    lazy: Any
    parts: Sequence[Part]
    bijector: Any


class FlowTorch(TorchPeer):
    """FlowTorch's autoregressive bijector, its compositions and its ``Flow``."""

    name = "flowtorch"
    libraries = ("flowtorch", "torch")
    rule = "even"

    def makes(self, step: Step) -> bool:
        """Whether its formula is to give the degrees."""
        return makes(step)

    def own_masks(self, step: Step) -> Masks:
        """Buffers of a new network."""
        needs_order(step, self.name)
        bijector = self.step(step, "float32")(shape=torch.Size([step.dim]))
        *hidden, output = booleans(*(layer.mask for layer in _layers(bijector)))
        return (*hidden, from_interleaved(output)[0])

    def flow(self, given: Sequence[Part], dtype: str) -> Built:
        """Compose lazily, make, load."""
        lazy = super().flow(given, dtype)
        bijector = lazy(shape=torch.Size([len(given[0].order)]))
        return Built(lazy, given, loaded(bijector, given))

    def step(self, step: Step, dtype: str) -> Any:
        """A lazy bijector without the weights."""
        needs_hidden(step, self.name)
        needs_plain(step, self.name)
        needs_scale(step, self.name, ir.Exp)
        if step.context_dim:
            raise NotImplementedError("flowtorch refuses a context")
        if min(step.widths) < step.dim:
            raise NotImplementedError("flowtorch refuses a hidden layer of less than D units")
        network = DenseAutoregressive(
            hidden_dims=step.widths,
            nonlinearity=ACTIVATIONS[step.network.activation],
            permutation=torch.tensor(step.order),
        )
        clip = {"log_scale_min_clip": step.scale.min, "log_scale_max_clip": step.scale.max}
        lazy = fb.AffineAutoregressive(network, **clip)
        return fb.Invert(lazy) if step.backwards else lazy

    def swap(self, swap: Swap, dtype: str) -> Any:
        """A lazy permutation."""
        lazy = fb.Permute(permutation=torch.tensor(swap.order))
        return fb.Invert(lazy) if swap.backwards else lazy

    def chain(self, maps: list[Any]) -> Any:
        """A lazy composition."""
        return fb.Compose(maps)

    def apply(self, flow: Built, x: Any, context: Any) -> tuple[Any, Any]:
        """Y, and log|det| by ``log_abs_det_jacobian``."""
        y = flow.bijector.forward(x)
        return y, flow.bijector.log_abs_det_jacobian(x, y)

    def undo(self, flow: Built, y: Any, context: Any) -> tuple[Any, Any]:
        """X, and the negative of ``log_abs_det_jacobian``, which is that of the forward map."""
        x = flow.bijector.inverse(y)
        return x, -flow.bijector.log_abs_det_jacobian(x, y)

    def density(self, flow: Built, base: Any, y: Any, context: Any) -> Any:
        """``Flow.log_prob``."""
        if not base.event_shape:
            raise NotImplementedError("flowtorch makes a flow of the shape of the base's event")
        q = Flow(base, flow.lazy)
        loaded(q.bijector, flow.parts)
        return q.log_prob(y)


def loaded(bijector: Any, given: Sequence[Part]) -> Any:
    """Load the weights of each part into its bijector."""
    own = [bijector] if len(given) == 1 else bijector.bijectors
    with torch.no_grad():
        for part, each in zip(given, own, strict=True):
            if isinstance(part, Step):
                _load(part, each.bijector if part.backwards else each)
    return bijector


def _load(step: Step, bijector: Any) -> None:
    """Load one step."""
    bijector.to(getattr(torch, step.weights.output[0].dtype.name))
    masks: list[Any] = [None] * (len(step.widths) + 1)
    if not makes(step):
        *hidden, output = step.masks()
        masks = [*hidden, to_interleaved(np.stack([output, output]))]
    weights = [*step.weights.hidden, tuple(map(to_interleaved, step.weights.output))]
    for layer, (weight, bias), mask in zip(_layers(bijector), weights, masks, strict=True):
        load_layer(layer, weight, bias, mask)


def makes(step: Step) -> bool:
    """Whether FlowTorch's formula is to give the degrees: for D = 1 it leaves units without use."""
    return step.dim > 1 and step.follows("even")


def _layers(bijector: Any) -> list[Any]:
    """The masked layers, without what stands between them."""
    return [layer for layer in bijector._params_fn.layers if hasattr(layer, "mask")]
