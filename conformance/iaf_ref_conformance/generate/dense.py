"""Junk in each entry of the weights that the masks remove: whoever forgets a mask reads it."""

from __future__ import annotations

from typing import Any

import numpy as np

import iaf_ref as ir

from ..store import Arrays

JUNK = 3.0
"""Exact in every format, and large beside the weights."""


def filled(flow: Any, tensors: Arrays, prefix: str = "") -> Arrays:
    """Weights of a flow, in each step with junk outside of its masks.

    Parameters
    ----------
    flow : AffineAutoregressive, Permutation, Chain or Inverse
    tensors : dict of arrays
        As of :func:`iaf_ref.describe.describe`: zero outside of the masks.
    prefix : str
        Of the names of the arrays.

    Returns
    -------
    dict of arrays
    """
    if isinstance(flow, ir.Inverse):
        return filled(flow.transform, tensors, prefix)
    if isinstance(flow, ir.Chain):
        for k, part in enumerate(flow.transforms):
            tensors = filled(part, tensors, f"{prefix}{k}.")
        return tensors
    if not isinstance(flow, ir.AffineAutoregressive):
        return tensors
    masks = flow.network.masks
    named = {f"{prefix}hidden.{k}.weight": mask for k, mask in enumerate(masks.hidden)}
    named |= {f"{prefix}output.weight": masks.output, f"{prefix}skip.weight": masks.skip}
    kept = {n: mask for n, mask in named.items() if n in tensors}
    return tensors | {n: np.where(mask, tensors[n], JUNK) for n, mask in kept.items()}
