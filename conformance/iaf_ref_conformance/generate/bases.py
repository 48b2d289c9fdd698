"""Base distributions of the density cases, drawn, with numbers that are exact in bfloat16."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .question import Floats, bf16, points

Base = Mapping[str, Any]


def _loc(dim: int) -> Floats:
    """Means that are not zero."""
    return points((dim,), 900 + dim, 0.5)


def _positive(dim: int, seed: int) -> Floats:
    """Scales in 0.5..1.5, all different from 1 and from each other's mean."""
    return bf16(np.random.Generator(np.random.PCG64(seed + dim)).uniform(0.5, 1.5, (dim,)))


def normal(dim: int) -> Base:
    """D univariate normals."""
    return {"kind": "normal", "arrays": {"loc": _loc(dim), "scale": _positive(dim, 910)}}


def independent(dim: int) -> Base:
    """The same, read as one distribution over vectors."""
    return {**normal(dim), "kind": "independent", "ndims": 1}


def diagonal(dim: int) -> Base:
    """The same again, as a multivariate normal."""
    return {"kind": "diagonal", "arrays": {"loc": _loc(dim), "scale_diag": _positive(dim, 910)}}


def tril(dim: int) -> Base:
    """Normal with a triangular factor."""
    lower = np.tril(points((dim, dim), 920 + dim, 0.5), -1) + np.diag(_positive(dim, 920))
    return {"kind": "tril", "arrays": {"loc": _loc(dim), "scale_tril": lower}}


def low_rank(dim: int) -> Base:
    """Normal with covariance F F^T + diag(d), two columns in F."""
    factor = points((dim, 2), 930 + dim)
    return {
        "kind": "low_rank",
        "arrays": {"loc": _loc(dim), "cov_factor": factor, "cov_diag": _positive(dim, 930)},
    }


def standard(dim: int) -> Base:
    """D standard normals, as in the question this started from."""
    return {"kind": "normal", "arrays": {"loc": np.zeros(dim), "scale": np.ones(dim)}}


BASES: Mapping[str, Callable[[int], Base]] = {
    "normal": normal,
    "independent": independent,
    "diagonal": diagonal,
    "tril": tril,
    "low_rank": low_rank,
}
"""Kind -> base of D variables."""
