"""Scale maps: from the network's raw output to log sigma; the gated one has its own file.

A map turns (m, raw), the two parameters of a variable, into the step y = sigma x + mu of eq. 10:

    log_scale(raw) = log sigma, in nats        scale(raw) = sigma
    location(m, raw) = mu                      slopes(m, raw): derivatives, for the Jacobian

All are finite for raw = +-1e4 in float32.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, NamedTuple

from array_api_compat import array_namespace, device

from ._values import check_number

Array = Any


class Slopes(NamedTuple):
    """d sigma / d raw, d mu / d raw and d mu / d m, each of the shape of raw."""

    sigma: Array
    mu: Array
    m: Array


class Additive(ABC):
    """What the maps share whose step adds m itself: mu = m, d mu / d raw = 0, d mu / d m = 1."""

    @abstractmethod
    def log_scale(self, raw: Array) -> Array:
        """Logarithm of the scale, log sigma, in nats (DET-1)."""

    @abstractmethod
    def scale(self, raw: Array) -> Array:
        """Scale sigma > 0."""

    @abstractmethod
    def scale_slope(self, raw: Array) -> Array:
        """Derivative d sigma / d raw."""

    def location(self, m: Array, raw: Array) -> Array:
        """mu = m."""
        return m

    def slopes(self, m: Array, raw: Array) -> Slopes:
        """d sigma / d raw, d mu / d raw = 0, d mu / d m = 1."""
        xp = array_namespace(raw)
        return Slopes(self.scale_slope(raw), xp.zeros_like(m), xp.ones_like(m))


@dataclass(frozen=True)
class Exp(Additive):
    """log sigma = clip(raw, min, max), a true clip (STEP-1; as Pyro, NumPyro and TFP bound it).

    Parameters
    ----------
    min, max : float
        Bounds of log sigma, in nats.

    Raises
    ------
    TypeError
        A bound is not a number.
    ValueError
        A bound is not finite, or min is not below max.
    """

    min: float = -5.0
    max: float = 3.0

    def __post_init__(self) -> None:
        """Check the bounds."""
        if not check_number("min", self.min) < check_number("max", self.max):
            raise ValueError(f"max: expected a number above min = {self.min}, got {self.max}")

    def log_scale(self, raw: Array) -> Array:
        """Clip raw to min..max."""
        return array_namespace(raw).clip(raw, self.min, self.max)

    def scale(self, raw: Array) -> Array:
        """exp(log sigma)."""
        return array_namespace(raw).exp(self.log_scale(raw))

    def scale_slope(self, raw: Array) -> Array:
        """sigma inside the bounds, 0 outside."""
        xp = array_namespace(raw)
        inside = xp.logical_and(raw > self.min, raw < self.max)
        return xp.where(inside, self.scale(raw), xp.zeros_like(raw))


@dataclass(frozen=True)
class SoftClip(Additive):
    """log sigma = raw / (1 + |raw / log slope|), within +-|log slope| (STEP-2; zuko).

    Parameters
    ----------
    slope : float
        Smallest scale, between 1e-30 and 0.99: float32 is to hold it, and its logarithm.

    Raises
    ------
    TypeError
        The slope is not a number.
    ValueError
        It is not in [1e-30, 0.99].
    """

    slope: float = 1e-3

    def __post_init__(self) -> None:
        """Check the slope."""
        if not 1e-30 <= check_number("slope", self.slope) <= 0.99:
            raise ValueError(f"slope: expected a number in [1e-30, 0.99], got {self.slope}")

    def log_scale(self, raw: Array) -> Array:
        """raw / (1 + |raw / log slope|)."""
        return raw / self._bend(raw)

    def scale(self, raw: Array) -> Array:
        """exp(log sigma)."""
        return array_namespace(raw).exp(self.log_scale(raw))

    def scale_slope(self, raw: Array) -> Array:
        """sigma / (1 + |raw / log slope|)^2."""
        bend = self._bend(raw)
        return self.scale(raw) / bend / bend

    def _bend(self, raw: Array) -> Array:
        """1 + |raw / log slope|, with the logarithm taken in the arithmetic of raw."""
        xp = array_namespace(raw)
        log_slope = xp.log(xp.asarray(self.slope, dtype=raw.dtype, device=device(raw)))
        return 1.0 + xp.abs(raw / log_slope)
