"""The scale map of TFP, where the scale also multiplies the shift."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from array_api_compat import array_namespace

from iaf_ref.scales import Additive, Slopes


@dataclass(frozen=True)
class ShiftFirst(Additive):
    """log sigma = raw, unbounded, and mu = sigma m: y = sigma (x + m), as TFP has it.

    No part of the specification, so that :func:`iaf_ref.save` refuses it.
    """

    def log_scale(self, raw: Any) -> Any:
        """Raw itself."""
        return raw

    def scale(self, raw: Any) -> Any:
        """exp(raw)."""
        return array_namespace(raw).exp(raw)

    def scale_slope(self, raw: Any) -> Any:
        """Sigma."""
        return self.scale(raw)

    def location(self, m: Any, raw: Any) -> Any:
        """mu = sigma m."""
        return self.scale(raw) * m

    def slopes(self, m: Any, raw: Any) -> Slopes:
        """d sigma / d raw = sigma, d mu / d raw = sigma m, d mu / d m = sigma."""
        sigma = self.scale(raw)
        return Slopes(sigma, sigma * m, sigma)
