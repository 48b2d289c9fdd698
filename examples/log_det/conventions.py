"""The log-det per dimension and summed, and the thread's mixture of both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import iaf_ref as ir

Array = Any
LogProb = Callable[[Array], Array]
"""From points (..., D) to log densities, or to terms of them; nats."""
Densities = dict[tuple[str, str], LogProb]
"""By base and convention."""


@dataclass(frozen=True)
class KeptDimension:
    """What the thread asked about: a summed log-det, axis kept, that passes for per-dimension."""

    flow: ir.AffineAutoregressive
    event_dim = 0
    context_dim = 0

    @property
    def dim(self) -> int:
        """Number of variables D."""
        return self.flow.dim

    def forward(self, x: Array, context: Array | None = None) -> tuple[Array, Array]:
        """Y, and the summed log-det as a vector of one element."""
        y, log_det = self.flow.forward(x)
        return y, log_det[..., None]

    def inverse(self, y: Array, context: Array | None = None) -> tuple[Array, Array]:
        """X, and the summed log-det as a vector of one element."""
        x, log_det = self.flow.inverse(y)
        return x, log_det[..., None]


def densities(flow: ir.AffineAutoregressive, bases: dict[str, Any]) -> Densities:
    """Log density by base and convention, shape-checked by event_dim (DENS-2, DENS-3)."""
    transforms = {"per dimension": ir.PerDimension(flow), "summed": flow}
    return {
        (base_name, name): ir.TransformedDistribution(base, [transform]).log_prob
        for base_name, base in bases.items()
        for name, transform in transforms.items()
    }


def by_hand(flow: ir.AffineAutoregressive, base: Any) -> LogProb:
    """The thread's formula by hand, univariate base and kept dimension: a vector, and wrong.

    ``log_prob -= sum_rightmost(log_abs_det_jacobian, event_dim - transform.event_dim)``: nothing is
    summed, as both are 0; ``log_prob += sum_rightmost(base.log_prob(x), 0)``: neither is the base.
    """

    def log_prob(y: Array) -> Array:
        x, log_det = KeptDimension(flow).inverse(y)
        return log_det + base.log_prob(x)  # the inverse map's: minus log_abs_det_jacobian

    return log_prob
