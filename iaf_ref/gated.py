"""The gated step of IAF, numerically kinder than eq. 10 (Kingma et al. 2016, eqs. 12-14)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ._values import check_number
from .scales import Bindable, Shape, Slopes
from .special import Known, known, log_sigmoid, sigmoid

Array = Any


@dataclass(frozen=True)
class Gated(Bindable):
    """sigma = sigmoid(raw + bias), y = sigma x + (1 - sigma) m (STEP-5; IAF eqs. 12-14).

    A convex combination of x and m, in the manner of an LSTM's forget gate; the bias keeps the
    first steps of training near the identity. 1 - sigma is computed as sigmoid(-(raw + bias)),
    which does not cancel. Where sigma underflows (raw + bias < -104 in float32) the forward map and
    log sigma are exact still, but y no longer determines x.

    Parameters
    ----------
    bias : float
        Added to the raw output; the paper suggests 1 or 2.

    Raises
    ------
    TypeError
        The bias is not a number.
    ValueError
        It is not finite.
    """

    bias: float = 2.0

    def __post_init__(self) -> None:
        """Check the bias."""
        check_number("bias", self.bias)

    def numbers(self, raw: Array, shape: Shape = (1,)) -> Known:
        """Namespace and 0."""
        return known(raw, shape)

    def log_scale(self, raw: Array) -> Array:
        """log sigma = log sigmoid(raw + bias), in nats (DET-1)."""
        return log_sigmoid(raw + self.bias, self._numbers(raw))

    def scale(self, raw: Array) -> Array:
        """sigma = sigmoid(raw + bias)."""
        return sigmoid(raw + self.bias, self._numbers(raw))

    def location(self, m: Array, raw: Array) -> Array:
        """mu = (1 - sigma) m."""
        return sigmoid(-(raw + self.bias), self._numbers(raw)) * m

    def slopes(self, m: Array, raw: Array) -> Slopes:
        """d sigma / d raw = sigma (1 - sigma) = -(d mu / d raw) / m, d mu / d m = 1 - sigma."""
        rest = sigmoid(-(raw + self.bias))
        slope = self.scale(raw) * rest
        return Slopes(slope, -(m * slope), rest)
