"""Weights as they are stored, whatever the masks remove still in its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

Floats = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, eq=False)
class RawWeights:
    """Weights of one autoregressive step, no mask applied.

    Attributes
    ----------
    hidden : list of (W, b)
        (out, in) and (out,), layer by layer.
    output : (W, b)
        (2, D, H) and (2, D): shift, raw scale.
    skip : (2, D, C + D) array, or None
    """

    hidden: list[tuple[Floats, Floats]]
    output: tuple[Floats, Floats]
    skip: Floats | None


def raw_weights(
    text: Mapping[str, Any], tensors: Mapping[str, Floats], dtype: str, prefix: str = ""
) -> Any:
    """Weights of a flow by its description: copies, in a dtype.

    Parameters
    ----------
    text, tensors
        As of :func:`iaf_ref.describe.describe`.
    dtype : str
    prefix : str
        Of the names of the arrays.

    Returns
    -------
    RawWeights, or list, or None
        Of a step; of a chain, one entry for each transform; of an inverse, that of its transform;
        None of a permutation, which has no weights.
    """
    if text["kind"] == "permutation":
        return None
    if text["kind"] == "inverse":
        return raw_weights(text["transform"], tensors, dtype, prefix)
    if text["kind"] == "chain":
        parts = enumerate(text["transforms"])
        return [raw_weights(part, tensors, dtype, f"{prefix}{k}.") for k, part in parts]

    def layer(name: str) -> tuple[Floats, Floats]:
        weight, bias = (tensors[f"{prefix}{name}.{part}"] for part in ("weight", "bias"))
        return np.array(weight, dtype=dtype), np.array(bias, dtype=dtype)

    skip = tensors.get(f"{prefix}skip.weight")
    return RawWeights(
        [layer(f"hidden.{k}") for k in range(len(text["hidden_degrees"]))],
        layer("output"),
        None if skip is None else np.array(skip, dtype=dtype),
    )
