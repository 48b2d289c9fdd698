"""Products of matrices by other routines: rows, einsum, other memory orders."""

from __future__ import annotations

import numpy as np

from ..plain import Plain
from ..plain.masks import Array
from ..registry import REGISTRY

variant = REGISTRY.variant


@variant
class RowByRow(Plain):
    """Each row of the batch by a product of its own."""

    def product(self, W: Array, h: Array) -> Array:
        rows = [W @ row for row in h.reshape(-1, h.shape[-1])]
        return np.asarray(rows, dtype=h.dtype).reshape(*h.shape[:-1], len(W))


@variant
class Einsum(Plain):
    """Products by einsum."""

    def product(self, W: Array, h: Array) -> Array:
        return np.einsum("oi,...i->...o", W, h)


@variant
class FeatureMajor(Plain):
    """Products with the batch as the last axis: W h, not h W^T."""

    def product(self, W: Array, h: Array) -> Array:
        columns = np.ascontiguousarray(h.reshape(-1, h.shape[-1]).T)
        return np.ascontiguousarray((W @ columns).T).reshape(*h.shape[:-1], len(W))


@variant
class ColumnMajor(Plain):
    """Weights in the memory order of Fortran."""

    def product(self, W: Array, h: Array) -> Array:
        return super().product(np.asfortranarray(W), h)


@variant
class PaddedByOne(Plain):
    """Every product is one column wider than it needs to be, of zeros, as for alignment."""

    def product(self, W: Array, h: Array) -> Array:
        wider = [(0, 0)] * (h.ndim - 1) + [(0, 1)]
        return super().product(np.pad(W, [(0, 1), (0, 1)]), np.pad(h, wider))[..., :-1]
