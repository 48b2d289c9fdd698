"""Determinants of balls: log|det J| without any formula of the flow."""

from __future__ import annotations

from iaf_ref_backends import _ball_host as host
from iaf_ref_backends._ball_kernels import Balls
from iaf_ref_backends._ball_namespace import xp
from iaf_ref_backends._ball_precision import precisely
from iaf_ref_backends._lifted import Array


def balls_of(x: Array) -> Balls:
    """Return the NumPy array of balls within an array.

    Raises
    ------
    TypeError
        If ``x`` is no array of balls.
    """
    array = xp.own(x)
    if array.dtype != xp.real:
        raise TypeError(f"expected an array of balls, got dtype {array.dtype!r}")
    return array._parts[0]


@precisely
def determinant(x: Array) -> Array:
    """Return the determinant of each square matrix of a stack.

    Parameters
    ----------
    x
        Balls of shape (..., n, n).

    Returns
    -------
    Array
        Balls of shape (...).

    Raises
    ------
    TypeError
        If ``x`` is no array of balls.
    ValueError
        If the matrices are not square.
    """
    balls = balls_of(x)
    if balls.ndim < 2 or balls.shape[-1] != balls.shape[-2]:
        raise ValueError(f"expected square matrices (..., n, n), got shape {balls.shape}")
    return xp.wrap((host.determinants(balls),), xp.real)


def log_abs_det(x: Array) -> Array:
    """Return log|det| of each square matrix of a stack, in nats.

    Parameters
    ----------
    x
        Balls of shape (..., n, n).

    Returns
    -------
    Array
        Balls of shape (...); not finite where the determinant may be zero.

    Raises
    ------
    TypeError
        If ``x`` is no array of balls.
    ValueError
        If the matrices are not square.
    """
    return xp.log(xp.abs(determinant(x)))  # type: ignore[no-any-return]
