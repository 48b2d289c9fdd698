"""Scale maps: from the network's raw output to log sigma; the gated one has its own file.

A map turns (m, raw), the two parameters of a variable, into the step y = sigma x + mu of eq. 10:

    log_scale(raw) = log sigma, in nats        scale(raw) = sigma
    location(m, raw) = mu                      slopes(m, raw): derivatives, for the Jacobian

All are finite for raw = +-1e4 in float32. ``raw`` has at least one axis, that of the variables.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from copy import copy
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from array_api_compat import array_namespace, device

from ._values import check_number

Array = Any
Shape = tuple[int, ...]


class Slopes(NamedTuple):
    """d sigma / d raw, d mu / d raw and d mu / d m, each of the shape of raw."""

    sigma: Array
    mu: Array
    m: Array


class Bindable:
    """A map whose numbers, arrays of raw's dtype on its device, may be made once for many calls."""

    _made: Any = None

    def numbers(self, raw: Array, shape: Shape = (1,)) -> Any:
        """Make what the formulas need beside raw: the namespace, and numbers as arrays."""
        return (array_namespace(raw),)

    def bound(self, like: Array, shape: Shape = (1,)) -> Self:
        """Return the same map, for arrays of the library, dtype and device of ``like``."""
        twin = copy(self)
        object.__setattr__(twin, "_made", self.numbers(like, shape))
        return twin

    def _numbers(self, raw: Array) -> Any:
        """Return those that were made, or make them."""
        return self.numbers(raw) if self._made is None else self._made


def bound(scale: Any, like: Array, shape: Shape = (1,)) -> Any:
    """Bind a scale map where it can be bound; one that somebody else wrote need not.

    Its numbers get a shape that broadcasts. That of the arrays to come is the best where they are
    small: a library combines two arrays of one shape faster than an array and one number.
    """
    return scale.bound(like, shape) if isinstance(scale, Bindable) else scale


class Additive(Bindable, ABC):
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

    def numbers(self, raw: Array, shape: Shape = (1,)) -> tuple[Any, Array, Array]:
        """Namespace, min and max."""
        return array_namespace(raw), number(self.min, raw, shape), number(self.max, raw, shape)

    def log_scale(self, raw: Array) -> Array:
        """Clip raw to min..max."""
        xp, low, high = self._numbers(raw)
        return xp.minimum(xp.maximum(raw, low), high)

    def scale(self, raw: Array) -> Array:
        """exp(log sigma)."""
        return self._numbers(raw)[0].exp(self.log_scale(raw))

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

    def numbers(self, raw: Array, shape: Shape = (1,)) -> tuple[Any, Array]:
        """Namespace, and log slope, its logarithm taken in the arithmetic of raw."""
        xp = array_namespace(raw)
        return xp, xp.log(number(self.slope, raw, shape))

    def log_scale(self, raw: Array) -> Array:
        """raw / (1 + |raw / log slope|)."""
        return raw / self._bend(raw)

    def scale(self, raw: Array) -> Array:
        """exp(log sigma)."""
        return self._numbers(raw)[0].exp(self.log_scale(raw))

    def scale_slope(self, raw: Array) -> Array:
        """sigma / (1 + |raw / log slope|)^2."""
        bend = self._bend(raw)
        return self.scale(raw) / bend / bend

    def _bend(self, raw: Array) -> Array:
        """1 + |raw / log slope|."""
        xp, log_slope = self._numbers(raw)
        return 1.0 + xp.abs(raw / log_slope)


def number(value: float, like: Array, shape: Shape) -> Array:
    """A number as an array of this shape, of another's dtype on its device."""
    return array_namespace(like).full(shape, value, dtype=like.dtype, device=device(like))
