"""Balls over Arb as an array namespace: each number is an interval that holds the exact one.

The module is the namespace: ``ball.asarray(x)``, ``ball.exp(x)``, ``array_namespace(x) is ball``.
Floats and integers come in exactly, whatever their width, so a text run on balls gives the exact
result for the stored weights and inputs, with a radius that proves how well it is known.

>>> from iaf_ref_backends import ball
>>> with ball.precision(200):
...     y = ball.exp(ball.asarray([1.0]))
>>> ball.to_strings(y, digits=20).tolist()
['[2.7182818284590452354 +/- 3.98e-20]']

A comparison that the balls leave open raises :class:`Undecided`; ``abs``, ``maximum``, ``minimum``,
``clip`` and ``sign`` never do, they enclose. The precision is that of :func:`precision` (256 bits
outside of it), not of ``flint.ctx``; results keep the precision that they were made with. Values
leave by the functions of this module.
"""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from iaf_ref_backends import _ball_host as host
from iaf_ref_backends._ball_determinant import balls_of, determinant, log_abs_det
from iaf_ref_backends._ball_host import Doubles
from iaf_ref_backends._ball_kernels import flint
from iaf_ref_backends._ball_namespace import xp
from iaf_ref_backends._ball_precision import DEFAULT_BITS, precisely, precision
from iaf_ref_backends._lifted import Array
from iaf_ref_backends._lifted_core import Undecided

__all__ = [
    "DEFAULT_BITS", "Array", "Undecided", "determinant", "double_double", "log_abs_det",
    "midpoint", "precision",
    "radius", "relative_radius", "residual", "to_strings", "version", "xp",
]  # fmt: skip

version = str(flint.__version__)
"""Of python-flint."""


def __getattr__(name: str) -> Any:
    """Find the functions of the standard in the namespace object that this module stands for."""
    if name.startswith("_") and name not in ("__array_namespace_info__", "__array_api_version__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(xp, name)


def __dir__() -> list[str]:
    """List the module's own names and those of the namespace."""
    return sorted({*globals(), *(name for name in dir(xp) if not name.startswith("_"))})


def midpoint(x: Array) -> Doubles:
    """Return the doubles nearest to the midpoints.

    Parameters
    ----------
    x
        An array of balls.

    Returns
    -------
    numpy.ndarray
        float64, in the shape of ``x``.

    Raises
    ------
    TypeError
        If ``x`` is no array of balls.
    """
    return host.midpoint(balls_of(x))


@precisely
def double_double(x: Array) -> tuple[Doubles, Doubles]:
    """Return the midpoints as sums of two doubles, about 106 bits.

    Parameters
    ----------
    x
        An array of balls.

    Returns
    -------
    tuple of numpy.ndarray
        The doubles nearest to the midpoints, and those nearest to what is left.

    Raises
    ------
    TypeError
        If ``x`` is no array of balls.
    """
    high = host.midpoint(balls_of(x))
    return high, host.rest(balls_of(x), high)


@precisely
def radius(x: Array) -> Doubles:
    """Return the radii, rounded up to doubles.

    Parameters
    ----------
    x
        An array of balls.

    Returns
    -------
    numpy.ndarray
        float64, in the shape of ``x``; 0 for an exact number.

    Raises
    ------
    TypeError
        If ``x`` is no array of balls.
    """
    return host.radius(balls_of(x))


@precisely
def relative_radius(x: Array) -> Doubles:
    """Return radius / least magnitude of each ball, rounded up.

    Parameters
    ----------
    x
        An array of balls.

    Returns
    -------
    numpy.ndarray
        float64; 0 for an exact number, zero among them, and inf where a ball of positive radius
        holds zero.

    Raises
    ------
    TypeError
        If ``x`` is no array of balls.
    """
    return host.relative_radius(balls_of(x))


@precisely
def residual(x: Array, values: NDArray[Any]) -> Doubles:
    """Return how far floats are from the exact numbers: |value - ball|, rounded up.

    The subtraction is one of balls, so an error of 1e-25 is seen as that and not as 0.

    Parameters
    ----------
    x
        An array of balls.
    values
        NumPy floats or integers of at most 64 bits that broadcast against ``x``.

    Returns
    -------
    numpy.ndarray
        float64; inf where the value or the ball is not finite.

    Raises
    ------
    TypeError
        If ``x`` is no array of balls, or the values are no real numbers.
    """
    return host.residual(balls_of(x), balls_of(xp.asarray(values, dtype=xp.real)))


@precisely
def to_strings(x: Array, digits: int = 40) -> NDArray[Any]:
    """Return decimal strings, ``[midpoint +/- radius]``, or the number alone where it is exact.

    Parameters
    ----------
    x
        An array of balls.
    digits
        The most digits to show; fewer are shown where fewer are certain.

    Returns
    -------
    numpy.ndarray
        Of Python strings, in the shape of ``x``.

    Raises
    ------
    TypeError
        If ``x`` is no array of balls.
    """
    return host.strings(balls_of(x), digits)
