"""Functions that the array API standard lacks, written so that no argument overflows or cancels.

Each is one formula in standard functions. Where a sign decides between two forms, ``minimum`` and
``maximum`` stand in place of a branch: exp(min(z, 0)) is 1 for z >= 0 and exp(z) below. And -|z| is
written min(z, -z): where a library differentiates |z| at 0 to 1, sigmoid'(0) would be doubled.

What does not depend on z itself, the namespace and a 0 (:class:`Known`), may be handed in by those
who call often with small arrays: looking it up would cost more than the function.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from array_api_compat import array_namespace, device

Array = Any

_TERMS = 44
"""Terms of the series and levels of the continued fraction of erf: see :func:`erf`."""


class Known(NamedTuple):
    """Namespace of an array, and 0 of its dtype on its device, in a shape that is broadcast."""

    xp: Any
    zero: Array


def known(z: Array, shape: tuple[int, ...] = (1,)) -> Known:
    """What the functions here have to know of arrays like z, and of a shape that broadcasts."""
    xp = array_namespace(z)
    return Known(xp, xp.zeros(shape, dtype=z.dtype, device=device(z)))


def above(z: Array, k: Known | None = None) -> Array:
    """max(z, 0), the 0 as an array: a tracing compiler need not ask what dtype a number gets."""
    xp, zero = k or _like(z)
    return xp.maximum(z, zero)


def below(z: Array, k: Known | None = None) -> Array:
    """min(z, 0); see :func:`above`."""
    xp, zero = k or _like(z)
    return xp.minimum(z, zero)


def _like(z: Array) -> Known:
    """As :func:`known`, the 0 in the shape of z, which may have no axes."""
    xp = array_namespace(z)
    return Known(xp, xp.zeros_like(z))


def sigmoid(z: Array, k: Known | None = None) -> Array:
    """1 / (1 + exp(-z)), computed as exp(min(z, 0)) / (1 + exp(-|z|)) (NET-2, STEP-4).

    Parameters
    ----------
    z : array, any shape, real floating
    k : Known, optional
        Of z, which then has at least one axis; likewise below.

    Returns
    -------
    array of the shape and dtype of ``z``, within [0, 1]
    """
    xp = k.xp if k else array_namespace(z)
    return xp.exp(below(z, k)) / (1.0 + xp.exp(xp.minimum(z, -z)))


def softplus(z: Array, k: Known | None = None) -> Array:
    """log(1 + exp(z)), computed as max(z, 0) + log1p(exp(-|z|)) (NET-2, STEP-3).

    Parameters
    ----------
    z : array, any shape, real floating
    k : Known, optional

    Returns
    -------
    array of the shape and dtype of ``z``, >= 0
    """
    xp = k.xp if k else array_namespace(z)
    return above(z, k) + xp.log1p(xp.exp(xp.minimum(z, -z)))


def log_sigmoid(z: Array, k: Known | None = None) -> Array:
    """Logarithm of the logistic function, min(z, 0) - log1p(exp(-|z|)), in nats (STEP-5).

    Parameters
    ----------
    z : array, any shape, real floating
    k : Known, optional

    Returns
    -------
    array of the shape and dtype of ``z``, <= 0, finite wherever ``z`` is
    """
    xp = k.xp if k else array_namespace(z)
    return below(z, k) - xp.log1p(xp.exp(xp.minimum(z, -z)))


def erf(z: Array) -> Array:
    """Error function 2/sqrt(pi) int_0^z exp(-t^2) dt (NET-2).

    The standard has no erf, and NumPy none either. A namespace that offers ``erf`` is used
    (PyTorch's; balls, whose erf is certified); elsewhere two expansions without tables serve, since
    a reader can check them and since every term of either is positive, so that nothing cancels:

    - |z| < 2.25:  2/sqrt(pi) exp(-z^2) sum_n 2^n z^(2n+1) / (1 3 5 ... (2n+1))
    - z >= 2.25:  1 - exp(-z^2)/sqrt(pi) / (z + (1/2)/(z + (2/2)/(z + (3/2)/(z + ...))))

    (Abramowitz & Stegun 1964, 7.1.6 and 7.1.14; erf is odd.)

    44 terms leave less than 2^-60 of the value in both. |z| is cut at 6, where 1 - erf < 2^-54.

    Parameters
    ----------
    z : array, any shape, real floating

    Returns
    -------
    array of the shape and dtype of ``z``, within [-1, 1]
    """
    xp = array_namespace(z)
    if hasattr(xp, "erf"):
        return xp.erf(z)
    near, far = xp.clip(z, -2.25, 2.25), xp.clip(xp.abs(z), 2.25, 6.0)
    root_pi = xp.sqrt(xp.asarray(xp.pi, dtype=z.dtype, device=device(z)))
    series = 2.0 / root_pi * xp.exp(-(near * near)) * _series(near)
    tail = 1.0 - xp.exp(-(far * far)) / root_pi / _fraction(far)
    return xp.where(xp.abs(z) < 2.25, series, xp.sign(z) * tail)


def _series(z: Array) -> Array:
    """sum_n 2^n z^(2n+1) / (2n+1)!! by Horner's rule."""
    total = array_namespace(z).ones_like(z)
    for n in range(_TERMS, 0, -1):
        total = 1.0 + total * (z * z) * (2.0 / (2 * n + 1))
    return z * total


def _fraction(z: Array) -> Array:
    """z + (1/2)/(z + (2/2)/(z + (3/2)/(z + ...))), from the innermost level outwards."""
    total = z
    for n in range(_TERMS, 0, -1):
        total = z + (n / 2.0) / total
    return total
