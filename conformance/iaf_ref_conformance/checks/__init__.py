"""How each kind of case is asked and judged."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from .density import integral, log_prob
from .exact import causality, nonfinite, refuse_dtype, round_trip, rows
from .gradient import gradient
from .inverse import inverse
from .maps import forward, inverse_explicit, log_scale
from .masks import connectivity, masks
from .outcome import Check, Outcome

__all__ = ["CHECKS", "Check", "Outcome"]

CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        check.__name__: check
        for check in (
            masks,
            connectivity,
            forward,
            log_scale,
            inverse,
            inverse_explicit,
            log_prob,
            causality,
            rows,
            nonfinite,
            round_trip,
            refuse_dtype,
            integral,
            gradient,
        )
    }
)
"""Name of a check -> the check; a case names one of them."""
