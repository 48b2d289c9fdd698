"""Univariate bases, and how univariate becomes multivariate (names as of torch.distributions)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from array_api_compat import array_namespace, device

from ._checks import check_alike, check_array, check_broadcast, show
from ._values import check_int

Array = Any


@runtime_checkable
class Distribution(Protocol):
    """What a base has to offer (DENS-1, DENS-2)."""

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """Shape of independent, separately scored copies."""

    @property
    def event_shape(self) -> tuple[int, ...]:
        """Shape of one event: (), or (D,)."""

    def log_prob(self, x: Array) -> Array:
        """Log density, nats."""


def sum_rightmost(value: Array, n: int) -> Array:
    """Sum the last n axes; n = 0 leaves the value as it is (DENS-2).

    Parameters
    ----------
    value : array
    n : int
        0 <= n <= number of axes.

    Returns
    -------
    array without the last n axes

    Raises
    ------
    TypeError
        n is not an integer.
    ValueError
        n is out of range.
    """
    axes = len(value.shape)
    if check_int("n", n, 0) > axes:
        raise ValueError(
            f"n: expected at most {axes}, of a value of shape {show(tuple(value.shape))}, got {n}"
        )
    return value if n == 0 else array_namespace(value).sum(value, axis=tuple(range(-n, 0)))


def log_two_pi(like: Array) -> Array:
    """log(2 pi) in the arithmetic, dtype and device of an array."""
    xp = array_namespace(like)
    return xp.log(2.0 * xp.asarray(xp.pi, dtype=like.dtype, device=device(like)))


@dataclass(frozen=True, eq=False)
class Normal:
    """Univariate normal distributions: batch shape that of ``loc``, event shape () (DENS-2).

    ``Normal(zeros(D), ones(D))`` are D univariate distributions, not one over vectors: see
    :class:`Independent`.

    Parameters
    ----------
    loc, scale : arrays of one shape
        Means and standard deviations, which are to be positive: entries are not looked at.

    Raises
    ------
    TypeError
        Not real floating arrays, or of different libraries, dtypes or devices.
    ValueError
        Of different shapes.
    """

    loc: Array
    scale: Array

    def __post_init__(self) -> None:
        """Check shapes and dtypes."""
        check_array("loc", self.loc)
        check_array("scale", self.scale, tuple(self.loc.shape))
        check_alike("loc", self.loc, scale=self.scale)

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """Shape of ``loc``."""
        return tuple(self.loc.shape)

    @property
    def event_shape(self) -> tuple[int, ...]:
        """An event is a number."""
        return ()

    def log_prob(self, x: Array) -> Array:
        """-z^2/2 - log scale - log(2 pi)/2, z = (x - loc)/scale, elementwise.

        Parameters
        ----------
        x : array that broadcasts against ``loc``

        Returns
        -------
        array of the broadcast shape, nats

        Raises
        ------
        TypeError
            Library, dtype or device differ from those of ``loc``.
        ValueError
            Another shape.
        """
        check_array("x", x)
        check_alike("loc", self.loc, x=x)
        check_broadcast("x", x, self.loc)
        xp = array_namespace(x)
        z = (x - self.loc) / self.scale
        return -0.5 * (z * z) - xp.log(self.scale) - 0.5 * log_two_pi(x)


@dataclass(frozen=True, eq=False)
class Independent:
    """Read the last n batch axes as the event: their log densities add (DENS-2, DENS-3).

    Parameters
    ----------
    base : Distribution
    ndims : int
        Number of axes n.

    Raises
    ------
    TypeError
        n is not an integer.
    ValueError
        More axes than the batch shape has.
    """

    base: Distribution
    ndims: int = 1

    def __post_init__(self) -> None:
        """Check the number of axes."""
        axes = len(self.base.batch_shape)
        if check_int("ndims", self.ndims, 0) > axes:
            raise ValueError(
                f"ndims: expected at most {axes}, the axes of the batch shape, got {self.ndims}"
            )

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """What is left of the base's."""
        return self.base.batch_shape[: len(self.base.batch_shape) - self.ndims]

    @property
    def event_shape(self) -> tuple[int, ...]:
        """The axes taken over, then the base's event shape."""
        return (
            self.base.batch_shape[len(self.base.batch_shape) - self.ndims :] + self.base.event_shape
        )

    def log_prob(self, x: Array) -> Array:
        """Sum of the base's log densities over the last n axes, nats; errors as of the base."""
        return sum_rightmost(self.base.log_prob(x), self.ndims)
