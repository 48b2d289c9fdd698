"""The convention of the thread's day, in plain ``torch.distributions``: a transform of event_dim 0.

It says of itself that it acts on numbers one by one, which its network does not, and so its log-det
has one entry per dimension. ``TransformedDistribution`` believes it.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.distributions import Transform, TransformedDistribution, constraints

import iaf_ref as ir

CONVENTIONS = ("per dimension", "summed, kept dim")


class OldAutoregressive(Transform):
    """An IAF with event_dim 0, as Pyro's was.

    Parameters
    ----------
    flow : AffineAutoregressive
        On PyTorch.
    keepdim : bool
        What the thread asked for: the sum of log sigma, its axis kept.
    """

    domain = constraints.real
    codomain = constraints.real
    bijective = True
    sign = +1

    def __init__(self, flow: ir.AffineAutoregressive, keepdim: bool) -> None:
        super().__init__()
        self.flow, self.keepdim = flow, keepdim

    def _call(self, x: Any) -> Any:
        return self.flow.forward(x)[0]

    def _inverse(self, y: Any) -> Any:
        return self.flow.inverse(y)[0]

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        """Log sigma (..., D), or its sum as a vector of one element (..., 1); nats."""
        log_scale = self.flow.log_scale(x)
        return log_scale.sum(dim=-1, keepdim=True) if self.keepdim else log_scale


def densities(
    flow: ir.AffineAutoregressive, bases: dict[str, torch.distributions.Distribution]
) -> dict[tuple[str, str], TransformedDistribution]:
    """Both conventions over each base, as the user of the thread would have written them."""
    return {
        (name, convention): TransformedDistribution(
            base, [OldAutoregressive(flow, keepdim=convention == "summed, kept dim")]
        )
        for name, base in bases.items()
        for convention in CONVENTIONS
    }
