"""Random initial weights, the same for every namespace: they are drawn once on the host."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._values import check_int
from .degrees import Degrees
from .host import real_dtype
from .masks import made_masks

Array = Any


def draw_weights(
    degrees: Degrees, seed: int, params: int, skip: bool, dtype: str, xp: Any, device: Any
) -> tuple[list[tuple[Array, Array]], tuple[Array, Array], Array | None]:
    """Weights and biases uniform in +-1/sqrt(n), n inputs left to the unit by its mask (NET-1).

    Parameters
    ----------
    degrees : Degrees
    seed : int
        Of NumPy's PCG64.
    params : int
        Parameters per variable P.
    skip : bool
        Whether to draw direct connections.
    dtype : str
        Name of a real floating dtype.
    xp, device
        Namespace, None for NumPy, and device.

    Returns
    -------
    hidden, output, skip
        As :class:`iaf_ref.AutoregressiveNetwork` takes them.

    Raises
    ------
    ValueError
        No such dtype in the namespace.
    """
    check_int("params", params, 1)
    xp = np if xp is None else xp
    kind = real_dtype(xp, dtype)
    masks, rng = (
        made_masks(degrees),
        np.random.Generator(np.random.PCG64(check_int("seed", seed, 0))),
    )

    def draw(mask: Array, *lead: int) -> tuple[Array, Array]:
        fan_in = np.maximum(mask.sum(axis=1), 1)
        weight = rng.uniform(-1.0, 1.0, (*lead, *mask.shape)) / np.sqrt(fan_in)[:, None]
        bias = rng.uniform(-1.0, 1.0, (*lead, mask.shape[0])) / np.sqrt(fan_in)
        return place(np.where(mask, weight, 0.0)), place(bias)

    def place(array: Array) -> Array:
        # flat lists of Python floats are what every namespace takes, whatever its own arrays are
        flat = xp.asarray(array.ravel().tolist(), dtype=kind, device=device)
        return xp.reshape(flat, array.shape)

    hidden = [draw(mask) for mask in masks.hidden]
    output = draw(masks.output, params)
    direct = draw(masks.skip, params)[0] if skip else None
    return hidden, output, direct
