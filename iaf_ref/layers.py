"""Masked affine layers, and what is refused as weights (NET-1, NET-5, NET-6)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from array_api_compat import array_namespace

from ._checks import check_alike, check_array
from .degrees import Degrees

Array = Any
Layer = tuple[Array, Array]


def affine(W: Array, b: Array, h: Array) -> Array:
    """W h + b for h of shape (..., in): (..., out) (NET-1)."""
    xp = array_namespace(h)
    return xp.matmul(h, xp.matrix_transpose(W)) + b


def parameters(W: Array, b: Array | None, h: Array) -> Array:
    """o[..., p, i] = sum_k W[p, i, k] h[..., k] + b[p, i]: (..., P, D) (NET-5)."""
    xp = array_namespace(h)
    P, D, H = W.shape
    o = xp.reshape(
        xp.matmul(h, xp.matrix_transpose(xp.reshape(W, (P * D, H)))), (*h.shape[:-1], P, D)
    )
    return o if b is None else o + b


def masked(mask: Array, W: Array) -> Array:
    """W where the mask is true, else 0: whatever stood there, a NaN too (NET-1)."""
    xp = array_namespace(W)
    return xp.where(mask, W, xp.zeros_like(W))


def hand_on(
    f: Callable[[Array], Array], blocks: bool, number: int, last: int, a: Array, h: Array | None
) -> tuple[Array, Array | None]:
    """What layer ``number`` of 0..last hands to the next one, or to the output (NET-1, NET-6).

    Without residual blocks it is f(a). With them, layer 0 starts their running sum, h = a; the
    first layer of a block hands on f(a); the second one adds to the sum, h + a. A block reads f(h),
    the output reads h.

    Parameters
    ----------
    f : activation
    blocks : bool
        Whether there are residual blocks.
    number, last : int
    a : array
        Pre-activation W h + b.
    h : array or None
        The running sum so far, None for layer 0.

    Returns
    -------
    value, h
    """
    if not blocks or number % 2 == 1:
        return f(a), h
    h = a if h is None else h + a
    return (h if number == last else f(h)), h


def check_layers(
    degrees: Degrees, hidden: Sequence[Layer], output: Layer, skip: Array | None
) -> None:
    """Refuse weights that do not fit the degrees or one another.

    Raises
    ------
    TypeError, ValueError
        Naming the array, what was expected and what was found.
    """
    if len(hidden) != len(degrees.widths):
        raise ValueError(
            f"hidden: expected {len(degrees.widths)} layers, as the degrees have, got {len(hidden)}"
        )
    check_array("output[0]", output[0], (None, degrees.dim, None))
    first, params = output[0], output[0].shape[0]
    sizes = (degrees.context_dim + degrees.dim, *degrees.widths)
    named = {
        "output[0]": (first, (params, degrees.dim, sizes[-1])),
        "output[1]": (output[1], (params, degrees.dim)),
    }
    for k, (W, b) in enumerate(hidden):
        named[f"hidden[{k}][0]"] = (W, (sizes[k + 1], sizes[k]))
        named[f"hidden[{k}][1]"] = (b, (sizes[k + 1],))
    if skip is not None:
        named["skip"] = (skip, (params, degrees.dim, sizes[0]))
    for name, (array, shape) in named.items():
        check_array(name, array, shape)
        check_alike("output[0]", first, **{name: array})


def check_blocks(degrees: Degrees) -> None:
    """Refuse residual blocks between units of different degrees (NET-6).

    Raises
    ------
    ValueError
        An even number of layers, or other degrees at the end of a block than at its start.
    """
    layers = [layer.tolist() for layer in degrees.hidden]
    if len(layers) % 2 == 0:
        raise ValueError(f"hidden: expected 1 + 2 n layers with residual=True, got {len(layers)}")
    if any(end != layers[0] for end in layers[2::2]):
        raise ValueError(
            "hidden: expected every residual block to end in the degrees it starts from, got others"
        )
