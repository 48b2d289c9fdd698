"""One step put together from weights and masks, whichever library they come from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import iaf_ref as ir

from .degrees import degrees_from

Array = np.ndarray[Any, np.dtype[Any]]


def step(
    layers: Sequence[tuple[Array, Array, Array]],
    output: tuple[Array, Array, Array],
    context_dim: int,
    kind: str,
    scale: Any,
    *,
    skip: tuple[Array, Array] | None = None,
    residual: bool = False,
) -> ir.AffineAutoregressive:
    """One step, from weights and masks in the layout of the specification.

    Parameters
    ----------
    layers : sequence of (W, b, mask)
        Hidden layers; the first reads (context, x).
    output : (W, b, mask)
        (2, D, H), (2, D) and (2, D, H), shift first.
    context_dim : int
    kind : str
        Activation.
    scale : scale map
    skip : (W, mask), optional
        (2, D, C + D) each.
    residual : bool

    Returns
    -------
    iaf_ref.AffineAutoregressive

    Raises
    ------
    ValueError
        The masks are those of no degrees and no graph.
    """
    if output[0].shape[1] == 1 and not context_dim:
        layers, output = alive(layers, output)
    W, b, masks = output
    hidden_masks = [m for _, _, m in layers]
    skip_mask = None if skip is None else _both("skip mask", skip[1])
    degrees = degrees_from(hidden_masks, _both("output mask", masks), skip_mask, context_dim)
    hidden = [(weight, bias) for weight, bias, _ in layers]
    network = ir.AutoregressiveNetwork(
        degrees, hidden, (W, b), None if skip is None else skip[0], kind, residual
    )
    return ir.AffineAutoregressive(network, scale)


def alive(
    layers: Sequence[tuple[Array, Array, Array]], output: tuple[Array, Array, Array]
) -> tuple[list[tuple[Array, Array, Array]], tuple[Array, Array, Array]]:
    """Leave out hidden units that reach no output; where none is left, the layers.

    Of one variable alone some libraries make units that read it, and cut them from the output: the
    specification has no degree for them, and no use.
    """
    W, b, masks = output
    kept: list[tuple[Array, Array, Array]] = []
    used = masks.any(axis=(0, 1))
    W, masks = W[..., used], masks[..., used]
    for k, (weight, bias, mask) in reversed(list(enumerate(layers))):
        inner = mask[used].any(axis=0) if k else np.ones(mask.shape[1], dtype=bool)
        kept.insert(0, (weight[used][:, inner], bias[used], mask[used][:, inner]))
        used = inner
    if not kept or any(not len(bias) for _, bias, _ in kept):
        return [], (np.zeros_like(W, shape=(2, 1, 1)), b, np.zeros((2, 1, 1), dtype=bool))
    return kept, (W, b, masks)


def _both(name: str, masks: Array) -> Array:
    """The mask that shift and raw scale have in common.

    Raises
    ------
    ValueError
        They have not.
    """
    shift, raw = masks
    wrong = np.argwhere(shift != raw)
    if len(wrong):
        i, j = wrong[0].tolist()
        raise ValueError(
            f"{name}[{i}, {j}]: expected the same for shift and scale, "
            f"got {bool(shift[i, j])} and {bool(raw[i, j])}"
        )
    return np.asarray(shift)
