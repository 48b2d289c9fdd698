"""normflows: ``MaskedAffineAutoregressive``; sigma = sigmoid(raw + 2) + 1e-3.

What it runs forwards is noise to data. Without residual blocks its first layer has no activation.
The first hidden layer of a case is then loaded as that layer, and one with ones on the diagonal,
which changes no bit, before the activation.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from normflows import NormalizingFlow
from normflows.distributions import DiagGaussian
from normflows.flows import MaskedAffineAutoregressive, Permute, Reverse

import iaf_ref as ir

from ...cases import Floats
from .nflows_family import NFlowsFamily
from .parts import Step, Swap


class NormFlows(NFlowsFamily):
    """normflows's masked affine autoregressive flow, and its ``NormalizingFlow``."""

    name = "normflows"
    libraries = ("normflows", "torch")
    own_scale = ir.Sigmoid(bias=2.0, floor=1e-3)

    def network(self, step: Step, activation: Any) -> Any:
        """An initial layer, and a block for each activation; residual ones have two."""
        residual = step.network.residual
        if step.context_dim and not residual:
            raise NotImplementedError("normflows takes a context in residual blocks only")
        return MaskedAffineAutoregressive(
            step.dim,
            step.widths[0],
            context_features=step.context_dim or None,
            num_blocks=len(step.widths) // 2 if residual else len(step.widths),
            use_residual_blocks=residual,
            activation=activation,
        )

    def hidden_weights(self, step: Step) -> list[tuple[Floats, Floats]]:
        """The first hidden layer in two, where the library has no activation between them."""
        first, *others = step.weights.hidden
        if step.network.residual:
            return [first, *others]
        bias = first[1]
        return [first, (np.eye(len(bias), dtype=bias.dtype), np.zeros_like(bias)), *others]

    def hidden_masks(self, step: Step) -> list[Any]:
        """Masks of the case, the diagonal second."""
        first, *others = step.network.masks.hidden
        if step.network.residual:
            return [first, *others]
        return [first, np.eye(len(first), dtype=bool), *others]

    def fold(self, step: Step, hidden: list[Any]) -> list[Any]:
        """What the first two layers together let through, as the mask of one."""
        if step.network.residual:
            return hidden
        first, second, *others = hidden
        return [(second.astype(float) @ first.astype(float)) > 0, *others]

    def inverted(self, flow: Any) -> Any:
        """``Reverse``."""
        return Reverse(flow)

    def swap(self, swap: Swap, dtype: str) -> Any:
        """Build a permutation: a random one, with the order written over it."""
        made = Permute(len(swap.order))
        made.perm.copy_(torch.tensor(swap.order))
        made.inv_perm.copy_(torch.argsort(made.perm))
        return self.inverted(made) if swap.backwards else made

    def chain(self, maps: list[Any]) -> Any:
        """Compose, as its user does: a model of flows, whose base is not asked for."""
        return NormalizingFlow(None, maps)

    def apply(self, flow: Any, x: Any, context: Any) -> tuple[Any, Any]:
        """Y and log|det|."""
        run = flow.forward_and_log_det if isinstance(flow, NormalizingFlow) else flow
        y, log_det = run(x)
        return y, log_det

    def undo(self, flow: Any, y: Any, context: Any) -> tuple[Any, Any]:
        """X and log|det| of the inverse."""
        back = flow.inverse_and_log_det if isinstance(flow, NormalizingFlow) else flow.inverse
        x, log_det = back(y)
        return x, log_det

    def density(self, flow: Any, base: Any, y: Any, context: Any) -> Any:
        """``NormalizingFlow.log_prob``."""
        loc, scale = base
        normal = DiagGaussian(tuple(loc.shape)).to(loc.dtype)
        with torch.no_grad():
            normal.loc.copy_(loc)
            normal.log_scale.copy_(torch.log(scale))
        flows = list(flow.flows) if isinstance(flow, NormalizingFlow) else [flow]
        return NormalizingFlow(normal, flows).log_prob(y)
