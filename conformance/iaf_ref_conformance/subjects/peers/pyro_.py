"""Pyro: ``AffineAutoregressive`` and its conditional form, on ``AutoRegressiveNN``.

Eq. 10 by default, eqs. 12-14 with ``stable=True``. Rows of the last layer are blocked, the context
stands before x, ``permutation`` is the order in which the variables come.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pyro.distributions as dist
import torch
from pyro.distributions import transforms
from pyro.nn import AutoRegressiveNN, ConditionalAutoRegressiveNN

import iaf_ref as ir

from .layouts import from_blocked, to_blocked
from .parts import Step, Swap
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


class Pyro(TorchPeer):
    """Pyro's inverse autoregressive flow, its chains and its transformed distributions."""

    name = "pyro"
    libraries = ("pyro-ppl", "torch")
    rule = "even"

    def makes(self, step: Step) -> bool:
        """Whether Pyro's formula, in exact arithmetic, gives the hidden degrees of the step.

        round(linspace(1, D - 1, H)) without context, round(linspace(1, D, H)) - 1 with it, half to
        even: at half-integers the second is not round(linspace(0, D - 1, H)), as ``even`` is.
        """
        if not step.ordered:
            return False
        shift = 1 if step.context_dim else 0
        last = step.dim if step.context_dim else step.dim - 1
        made = [[_spaced(k, width, last) - shift for k in range(width)] for width in step.widths]
        return made == [layer.tolist() for layer in step.network.degrees.hidden]

    def own_masks(self, step: Step) -> Masks:
        """Buffers of a new network; both parameters of a variable have the same rows."""
        needs_order(step, self.name)
        net = self._network(step)
        skip = [] if net.skip_layer is None else [net.skip_layer.mask]
        *hidden, output = booleans(*(layer.mask for layer in net.layers))
        return (*hidden, *(from_blocked(mask)[0] for mask in (output, *booleans(*skip))))

    def step(self, step: Step, dtype: str) -> Any:
        """Build a transform, or one that waits for its context."""
        needs_scale(step, self.name, ir.Exp, ir.Gated)
        net = self._network(step).to(getattr(torch, dtype))
        masks: list[Any] = [None] * (len(net.layers) + 1)
        if not self.makes(step):
            *hidden, output, skip = (*step.network.masks.hidden, *_outer(step))
            masks = [*hidden, output, skip]
        raw = step.weights
        layers = [*raw.hidden, tuple(map(to_blocked, raw.output))]
        for layer, (weight, bias), mask in zip(net.layers, layers, masks, strict=False):
            load_layer(layer, weight, bias, mask)
        if raw.skip is not None:
            load_layer(net.skip_layer, to_blocked(raw.skip), None, masks[-1])
        kind = (
            transforms.ConditionalAffineAutoregressive
            if step.context_dim
            else transforms.AffineAutoregressive
        )
        transform = kind(net, **_options(step.scale))
        return transform.inv if step.backwards else transform

    def swap(self, swap: Swap, dtype: str) -> Any:
        """Build a permutation."""
        transform = transforms.Permute(torch.tensor(swap.order))
        return transform.inv if swap.backwards else transform

    def chain(self, maps: list[Any]) -> Any:
        """Compose, conditionally if one of the transforms waits for a context."""
        if any(isinstance(m, dist.conditional.ConditionalTransform) for m in maps):
            return dist.conditional.ConditionalComposeTransformModule(maps)
        return transforms.ComposeTransform(maps)

    def apply(self, flow: Any, x: Any, context: Any) -> tuple[Any, Any]:
        """Y, and log|det| by ``log_abs_det_jacobian``."""
        flow = _conditioned(flow, context)
        y = flow(x)
        return y, flow.log_abs_det_jacobian(x, y)

    def undo(self, flow: Any, y: Any, context: Any) -> tuple[Any, Any]:
        """X by ``inv``, and log|det| as that transform says."""
        return self.apply(_conditioned(flow, context).inv, y, None)

    def scales(self, flow: Any, x: Any, context: Any) -> Any:
        """What the log-det is the sum of: the last log sigma, which the transform keeps."""
        flow = _conditioned(flow, context)
        flow(x)
        return flow._cached_log_scale

    def density(self, flow: Any, base: Any, y: Any, context: Any) -> Any:
        """``TransformedDistribution.log_prob``, or that of the conditional one."""
        if context is None:
            return dist.TransformedDistribution(base, [flow]).log_prob(y)
        q = dist.ConditionalTransformedDistribution(base, [flow])
        return q.condition(context).log_prob(y)

    def _network(self, step: Step) -> Any:
        """A new network with masks of its own."""
        needs_hidden(step, self.name)
        needs_plain(step, self.name, skip=True)
        if min(step.widths) < step.dim:
            raise NotImplementedError("pyro refuses a hidden layer of less than D units")
        options = {
            "permutation": torch.tensor(step.order),
            "skip_connections": step.weights.skip is not None,
            "nonlinearity": ACTIVATIONS[step.network.activation](),
        }
        hidden = list(step.widths)
        if step.context_dim:
            return ConditionalAutoRegressiveNN(step.dim, step.context_dim, hidden, **options)
        return AutoRegressiveNN(step.dim, hidden, **options)


def _spaced(k: int, width: int, last: int) -> int:
    """Entry k of round(linspace(1, last, width)), exactly."""
    return round(1 + Fraction(k * (last - 1), max(width - 1, 1)))


def _outer(step: Step) -> tuple[Any, Any]:
    """Masks of output and skip for both parameters, blocked."""
    masks = step.network.masks
    output, skip = (to_blocked(np.stack([mask, mask])) for mask in (masks.output, masks.skip))
    return output, skip


def _options(scale: Any) -> dict[str, Any]:
    """A scale map in the arguments of the transform."""
    if isinstance(scale, ir.Gated):
        return {"stable": True, "sigmoid_bias": scale.bias}
    return {"log_scale_min_clip": scale.min, "log_scale_max_clip": scale.max}


def _conditioned(flow: Any, context: Any) -> Any:
    """The transform for a context."""
    return flow if context is None else flow.condition(context)
