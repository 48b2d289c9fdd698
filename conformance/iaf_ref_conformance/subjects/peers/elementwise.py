"""Scale maps as an elementwise transform of ``torch.distributions``: what a user of zuko passes."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch.distributions import Transform, constraints
from torch.nn.functional import logsigmoid

import iaf_ref as ir


class Elementwise(Transform):  # type: ignore[misc] # of a library that is skipped
    """y = sigma x + mu with sigma and mu of a scale map, in PyTorch's functions.

    Parameters
    ----------
    scale : Exp, SoftClip, Softplus, Sigmoid or Gated
    m, raw : tensors
        Shift and raw scale.
    """

    domain = codomain = constraints.real
    bijective = True
    sign = +1

    def __init__(self, scale: Any, m: Any, raw: Any) -> None:
        super().__init__()
        self.mu, self.sigma, self.log_sigma = _step(scale, m, raw)

    def _call(self, x: Any) -> Any:
        """Y of x."""
        return self.sigma * x + self.mu

    def _inverse(self, y: Any) -> Any:
        """X of y."""
        return (y - self.mu) / self.sigma

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        """Log sigma, in nats."""
        return self.log_sigma


def _step(scale: Any, m: Any, raw: Any) -> tuple[Any, Any, Any]:
    """Mu, sigma and log sigma."""
    if isinstance(scale, ir.Exp):
        log_sigma = torch.clamp(raw, scale.min, scale.max)
        return m, torch.exp(log_sigma), log_sigma
    if isinstance(scale, ir.SoftClip):
        log_sigma = raw / (1 + torch.abs(raw / math.log(scale.slope)))
        return m, torch.exp(log_sigma), log_sigma
    if isinstance(scale, ir.Gated):
        logit = raw + scale.bias
        return torch.sigmoid(-logit) * m, torch.sigmoid(logit), logsigmoid(logit)
    if isinstance(scale, ir.Softplus):
        # PyTorch's softplus drops exp(-a) from a = 20 on, which float64 would see
        sigma = torch.logaddexp(raw + scale.shift, torch.zeros_like(raw)) + scale.floor
    else:
        sigma = torch.sigmoid(raw + scale.bias) + scale.floor
    return m, sigma, torch.log(sigma)
