"""Scale maps with a floor: sigma itself is computed, then its logarithm (STEP-3, STEP-4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ._values import check_number
from .scales import Additive, Shape
from .special import Known, known, sigmoid, softplus

Array = Any


@dataclass(frozen=True)
class Softplus(Additive):
    """sigma = softplus(raw + shift) + floor (STEP-3; nflows, flowjax).

    Parameters
    ----------
    shift : float
        Added to the raw output.
    floor : float
        Smallest scale, >= 1e-30: without it log sigma would be -inf where softplus underflows.

    Raises
    ------
    TypeError
        A parameter is not a number.
    ValueError
        It is not finite, or the floor is below 1e-30.
    """

    shift: float = 0.0
    floor: float = 1e-3

    def __post_init__(self) -> None:
        """Check the parameters."""
        check_number("shift", self.shift)
        check_floor(self.floor)

    def numbers(self, raw: Array, shape: Shape = (1,)) -> Known:
        """Namespace and 0."""
        return known(raw, shape)

    def log_scale(self, raw: Array) -> Array:
        """log(softplus(raw + shift) + floor)."""
        return self._numbers(raw).xp.log(self.scale(raw))

    def scale(self, raw: Array) -> Array:
        """softplus(raw + shift) + floor."""
        return softplus(raw + self.shift, self._numbers(raw)) + self.floor

    def scale_slope(self, raw: Array) -> Array:
        """sigmoid(raw + shift)."""
        return sigmoid(raw + self.shift)


@dataclass(frozen=True)
class Sigmoid(Additive):
    """sigma = sigmoid(raw + bias) + floor (STEP-4; normflows).

    Parameters
    ----------
    bias : float
        Added to the raw output.
    floor : float
        Smallest scale, >= 1e-30: without it log sigma would be -inf where sigmoid underflows.

    Raises
    ------
    TypeError
        A parameter is not a number.
    ValueError
        It is not finite, or the floor is below 1e-30.
    """

    bias: float = 2.0
    floor: float = 1e-3

    def __post_init__(self) -> None:
        """Check the parameters."""
        check_number("bias", self.bias)
        check_floor(self.floor)

    def numbers(self, raw: Array, shape: Shape = (1,)) -> Known:
        """Namespace and 0."""
        return known(raw, shape)

    def log_scale(self, raw: Array) -> Array:
        """log(sigmoid(raw + bias) + floor)."""
        return self._numbers(raw).xp.log(self.scale(raw))

    def scale(self, raw: Array) -> Array:
        """sigmoid(raw + bias) + floor."""
        return sigmoid(raw + self.bias, self._numbers(raw)) + self.floor

    def scale_slope(self, raw: Array) -> Array:
        """sigmoid(raw + bias) sigmoid(-(raw + bias))."""
        return sigmoid(raw + self.bias) * sigmoid(-(raw + self.bias))


def check_floor(floor: float) -> None:
    """Refuse a floor that is not positive, or that float32 could not hold.

    Raises
    ------
    TypeError, ValueError
        Not a number; below 1e-30.
    """
    if not check_number("floor", floor) >= 1e-30:
        raise ValueError(f"floor: expected a number >= 1e-30, got {floor}")
