"""zuko: ``MaskedAutoregressiveTransform``, any order or graph, any elementwise map.

Its own map is the soft clip. The others are given to it as a user gives one, by ``univariate``: see
:mod:`.elementwise`. Rows of the last layer are interleaved, the context stands after x. What zuko
runs forwards is data to noise; as a function it is the step, whatever it is used for.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import torch
from zuko.distributions import NormalizingFlow
from zuko.flows import MaskedAutoregressiveTransform
from zuko.lazy import LazyComposedTransform, UnconditionalTransform
from zuko.transforms import MonotonicAffineTransform, PermutationTransform

import iaf_ref as ir

from .elementwise import Elementwise
from .layouts import context_first, context_last, from_interleaved, to_interleaved
from .parts import Step, Swap
from .peer import Masks
from .torch_peer import ACTIVATIONS, TorchPeer, booleans, load_layer, needs_plain


class Zuko(TorchPeer):
    """zuko's masked autoregressive transform, its compositions and its normalizing flows."""

    name = "zuko"
    libraries = ("zuko", "torch")
    rule = "cyclic"

    def environment(self) -> dict[str, str]:
        """Return versions, whose masks, and whose elementwise maps."""
        maps = "its own for SoftClip, the others given to it by univariate="
        return super().environment() | {"elementwise maps": maps}

    def makes(self, step: Step) -> bool:
        """Whether zuko is to deal out the hidden units as the case: it sorts the sets of parents.

        In the natural order that is the order of degrees; in another one its rule is its own.
        """
        return step.order == list(range(step.dim)) and step.follows(self.rule)

    def own_masks(self, step: Step) -> Masks:
        """Buffers of a new network, for an order or a graph."""
        layers = _layers(self._transform(step))
        first, *others = booleans(*(layer.mask for layer in layers))
        *hidden, output = (context_first(first, step.context_dim), *others)
        return (*hidden, from_interleaved(output)[0])

    def step(self, step: Step, dtype: str) -> Any:
        """Build a lazy transform."""
        transform = self._transform(step).to(getattr(torch, dtype))
        masks: list[Any] = [None] * (len(step.widths) + 1)
        if not self.makes(step):
            *hidden, output = step.masks()
            masks = [*hidden, to_interleaved(np.stack([output, output]))]
        raw = step.weights
        layers = [*raw.hidden, tuple(map(to_interleaved, raw.output))]
        for k, (layer, (weight, bias), mask) in enumerate(
            zip(_layers(transform), layers, masks, strict=True)
        ):
            turn = partial(context_last, context_dim=step.context_dim if k == 0 else 0)
            load_layer(layer, turn(weight), bias, None if mask is None else turn(mask))
        return transform.inv if step.backwards else transform

    def swap(self, swap: Swap, dtype: str) -> Any:
        """Build a permutation."""
        transform = UnconditionalTransform(
            PermutationTransform, torch.tensor(swap.order), buffer=True
        )
        return transform.inv if swap.backwards else transform

    def chain(self, maps: list[Any]) -> Any:
        """Compose."""
        return LazyComposedTransform(*maps)

    def apply(self, flow: Any, x: Any, context: Any) -> tuple[Any, Any]:
        """Y and log|det| at once, as zuko's own distributions ask."""
        y, log_det = flow(context).call_and_ladj(x)
        return y, log_det

    def undo(self, flow: Any, y: Any, context: Any) -> tuple[Any, Any]:
        """X and log|det| of the inverse."""
        x, log_det = flow(context).inv.call_and_ladj(y)
        return x, log_det

    def scales(self, flow: Any, x: Any, context: Any) -> Any:
        """log|dy/dx| of the elementwise map that the network makes for x."""
        elementwise = flow(context).meta(x).base
        return elementwise.log_abs_det_jacobian(x, elementwise(x))

    def density(self, flow: Any, base: Any, y: Any, context: Any) -> Any:
        """``NormalizingFlow.log_prob``; its transform leads from data to noise."""
        return NormalizingFlow(flow(context).inv, base).log_prob(y)

    def _transform(self, step: Step) -> Any:
        """A new transform with masks of its own."""
        needs_plain(step, self.name)
        if step.dim == 1:
            raise NotImplementedError("zuko has no masked network for D = 1")
        degrees, where = step.network.degrees, {}
        if step.ordered:
            where["order"] = torch.tensor(degrees.input - 1)
        else:
            where["adjacency"] = torch.tensor(_adjacency(degrees))
        univariate = (
            partial(MonotonicAffineTransform, slope=step.scale.slope)
            if isinstance(step.scale, ir.SoftClip)
            else partial(Elementwise, step.scale)
        )
        return MaskedAutoregressiveTransform(
            step.dim,
            step.context_dim,
            univariate=univariate,
            hidden_features=step.widths,
            activation=ACTIVATIONS[step.network.activation],
            **where,
        )


def _adjacency(degrees: ir.Degrees) -> Any:
    """Who depends on whom, columns (x, context), the diagonal 1 as zuko asks."""
    edges = context_last(ir.expected_connectivity(degrees), degrees.context_dim)
    return edges | (np.eye(*edges.shape) == 1.0)


def _layers(transform: Any) -> list[Any]:
    """The masked layers, without what stands between them."""
    return [layer for layer in transform.hyper if hasattr(layer, "mask")]
