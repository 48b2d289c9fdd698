"""Reductions and matrix products: axes are brought to the end, the arithmetic reduces the last."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from iaf_ref_backends._lifted_array import Array, Parts
from iaf_ref_backends._lifted_core import Core
from iaf_ref_backends._lifted_dtypes import BOOL, DType
from iaf_ref_backends._lifted_shape import Axes


def gather_axes(parts: Parts, axis: Axes) -> tuple[Parts, tuple[int, ...]]:
    """Bring the axes to reduce to the end as one; return the parts and the axes, normalised."""
    ndim = parts[0].ndim
    axes = (
        tuple(range(ndim))
        if axis is None
        else np.atleast_1d(np.asarray(axis, dtype=np.int64)).tolist()
    )
    for one in axes:
        if not -ndim <= one < ndim:
            raise ValueError(f"expected an axis in [{-ndim}, {ndim}), got {one}")
    gone = tuple(sorted(one % ndim for one in axes))
    if len(set(gone)) != len(gone):
        raise ValueError(f"expected distinct axes, got {axis}")
    kept = [one for one in range(ndim) if one not in gone]
    shape = parts[0].shape
    flat = (*(shape[one] for one in kept), math.prod(shape[one] for one in gone))
    return tuple(np.transpose(part, (*kept, *gone)).reshape(flat) for part in parts), gone


class Reductions(Core):
    """Sums, products, extremes, quantifiers; matmul and vecdot."""

    def _reduced(self, function: str, x: Any, axis: Axes, keepdims: bool) -> Array:
        array = self.own(x)
        parts, gone = gather_axes(array._parts, axis)
        if parts[0].shape[-1] == 0 and function in ("max", "min"):
            raise ValueError(
                f"expected at least one element for {function}, got shape {array.shape}"
            )
        if array.dtype == self.real:
            results = self.reduce_real(function, parts)
        elif array.dtype == BOOL:
            raise TypeError(f"expected numbers for {function}, got dtype {array.dtype!r}")
        else:
            results = (np.asarray(getattr(np, function)(parts[0], axis=-1), dtype=parts[0].dtype),)
        shape = tuple(
            1 if i in gone else n for i, n in enumerate(array.shape) if keepdims or i not in gone
        )
        return self.wrap(tuple(np.reshape(part, shape) for part in results), array.dtype)

    def sum(
        self, x: Any, /, *, axis: Axes = None, dtype: DType | None = None, keepdims: bool = False
    ) -> Array:
        """Return the sum over axes."""
        return self._reduced("sum", self._as(x, dtype), axis, keepdims)

    def prod(
        self, x: Any, /, *, axis: Axes = None, dtype: DType | None = None, keepdims: bool = False
    ) -> Array:
        """Return the product over axes."""
        return self._reduced("prod", self._as(x, dtype), axis, keepdims)

    def max(self, x: Any, /, *, axis: Axes = None, keepdims: bool = False) -> Array:
        """Return the greatest element over axes."""
        return self._reduced("max", x, axis, keepdims)

    def min(self, x: Any, /, *, axis: Axes = None, keepdims: bool = False) -> Array:
        """Return the least element over axes."""
        return self._reduced("min", x, axis, keepdims)

    def mean(self, x: Any, /, *, axis: Axes = None, keepdims: bool = False) -> Array:
        """Return the sum over axes, divided by the number of elements."""
        total = self.sum(x, axis=axis, keepdims=keepdims)
        count = self.own(x).size // math.prod(total.shape) if total.size else 1
        return self.wrap(
            self.real_kernels["divide"](total._parts, self.lift_real(np.asarray(count))), self.real
        )

    def _as(self, x: Any, dtype: DType | None) -> Array:
        array = self.own(x)
        return array if dtype is None else self.convert(array, dtype)

    def cumulative_sum(
        self,
        x: Any,
        /,
        *,
        axis: int | None = None,
        dtype: DType | None = None,
        include_initial: bool = False,
    ) -> Array:
        """Return the sums of the first 1, 2, ... elements along an axis."""
        array = self._as(x, dtype)
        if axis is None and array.ndim != 1:
            raise ValueError(f"expected an axis for an array of {array.ndim} axes, got None")
        rows = tuple(np.moveaxis(part, -1 if axis is None else axis, -1) for part in array._parts)
        ends = range(0 if include_initial else 1, rows[0].shape[-1] + 1)
        heads = (self.wrap(tuple(part[..., :end] for part in rows), array.dtype) for end in ends)
        sums = [self.sum(head, axis=-1)._parts for head in heads]
        stacked = (np.stack(part, axis=-1) for part in zip(*sums, strict=True)) if sums else rows
        return self.wrap(
            tuple(np.moveaxis(part, -1, -1 if axis is None else axis) for part in stacked),
            array.dtype,
        )

    def all(self, x: Any, /, *, axis: Axes = None, keepdims: bool = False) -> Array:
        """Say whether all elements are true; an undecided one raises."""
        return self.lift(np.all(self._bools(x), axis=axis, keepdims=keepdims), BOOL)

    def any(self, x: Any, /, *, axis: Axes = None, keepdims: bool = False) -> Array:
        """Say whether any element is true; an undecided one raises."""
        return self.lift(np.any(self._bools(x), axis=axis, keepdims=keepdims), BOOL)

    def _bools(self, x: Any) -> Any:
        if self.own(x).dtype != BOOL:
            raise TypeError(f"expected bools, got dtype {x.dtype!r}")
        return self.plain(x)

    def matmul(self, x1: Any, x2: Any, /) -> Array:
        """Multiply matrices; a vector is a row on the left, a column on the right."""
        first, second = self.own(x1), self.own(x2)
        dtype = self.promote(first.dtype, second.dtype)
        if dtype == BOOL:
            raise TypeError(f"expected numbers for matmul, got dtype {dtype!r}")
        if first.ndim == 0 or second.ndim == 0:
            raise ValueError(
                "expected at least one axis for matmul, "
                f"got shapes {first.shape} and {second.shape}"
            )
        left = tuple(part[None, :] if first.ndim == 1 else part for part in first._parts)
        right = tuple(part[:, None] if second.ndim == 1 else part for part in second._parts)
        if left[0].shape[-1] != right[0].shape[-2]:
            raise ValueError(
                "expected equal inner lengths for matmul, "
                f"got shapes {first.shape} and {second.shape}"
            )
        product = (
            self.matmul_real(left, right) if dtype == self.real else (np.matmul(left[0], right[0]),)
        )
        if second.ndim == 1:
            product = tuple(part[..., 0] for part in product)
        if first.ndim == 1:
            product = tuple(
                part[..., 0, :] if second.ndim != 1 else part[..., 0] for part in product
            )
        return self.wrap(product, dtype)

    def vecdot(self, x1: Any, x2: Any, /, *, axis: int = -1) -> Array:
        """Return the inner products along an axis; the other axes broadcast."""
        first, second = (
            self.wrap(tuple(np.moveaxis(part, axis, -1) for part in self.own(x)._parts), x.dtype)
            for x in (x1, x2)
        )
        return self.matmul(first[..., None, :], second[..., :, None])[..., 0, 0]
