"""nflows: ``MaskedAffineAutoregressiveTransform`` on ``MADE``; sigma = softplus(raw) + 1e-3."""

from __future__ import annotations

from typing import Any

import torch
from nflows.distributions.normal import DiagonalNormal
from nflows.flows.base import Flow
from nflows.transforms import (
    CompositeTransform,
    InverseTransform,
    MaskedAffineAutoregressiveTransform,
)
from nflows.transforms.permutations import Permutation

import iaf_ref as ir

from .nflows_family import NFlowsFamily
from .parts import Step, Swap


class NFlows(NFlowsFamily):
    """nflows's masked affine autoregressive transform, its compositions and its ``Flow``."""

    name = "nflows"
    libraries = ("nflows", "torch")
    own_scale = ir.Softplus(shift=0.0, floor=1e-3)

    def network(self, step: Step, activation: Any) -> Any:
        """An initial layer and blocks of one layer, or residual ones of two."""
        residual = step.network.residual
        return MaskedAffineAutoregressiveTransform(
            step.dim,
            step.widths[0],
            context_features=step.context_dim or None,
            num_blocks=len(step.widths) // 2 if residual else len(step.widths) - 1,
            use_residual_blocks=residual,
            activation=activation,
        )

    def inverted(self, flow: Any) -> Any:
        """``InverseTransform``."""
        return InverseTransform(flow)

    def swap(self, swap: Swap, dtype: str) -> Any:
        """Build a permutation."""
        made = Permutation(torch.tensor(swap.order))
        return self.inverted(made) if swap.backwards else made

    def chain(self, maps: list[Any]) -> Any:
        """Compose."""
        return CompositeTransform(maps)

    def apply(self, flow: Any, x: Any, context: Any) -> tuple[Any, Any]:
        """Y and log|det|."""
        y, log_det = flow(x)
        return y, log_det

    def undo(self, flow: Any, y: Any, context: Any) -> tuple[Any, Any]:
        """X and log|det| of the inverse."""
        x, log_det = flow.inverse(y)
        return x, log_det

    def density(self, flow: Any, base: Any, y: Any, context: Any) -> Any:
        """``Flow.log_prob``; its transform leads from data to noise."""
        loc, scale = base
        normal = DiagonalNormal(loc.shape).to(loc.dtype)
        with torch.no_grad():
            normal.mean_.copy_(loc)
            normal.log_std_.copy_(torch.log(scale))
        return Flow(self.inverted(flow), normal).log_prob(y)
