"""Shape functions: each only moves elements, so each is one NumPy call on every part."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iaf_ref_backends._lifted_array import Array
from iaf_ref_backends._lifted_core import Core
from iaf_ref_backends._lifted_dtypes import BOOL, describe

Axes = int | tuple[int, ...] | None


class Shaping(Core):
    """The manipulation functions of the standard, and indexing."""

    def moved(self, x: Any, function: Callable[[NDArray[Any]], Any]) -> Array:
        """Apply a NumPy function that only moves elements to every part."""
        array = self.own(x)
        return self.wrap(tuple(np.asarray(function(part)) for part in array._parts), array.dtype)

    def joined(self, arrays: Sequence[Any], function: Callable[[list[NDArray[Any]]], Any]) -> Array:
        """Apply a NumPy function that only joins arrays to each part of all of them."""
        own = [self.own(array) for array in arrays]
        if not own:
            raise ValueError("expected at least one array to join, got none")
        dtype = self.promote(*(array.dtype for array in own))
        parts = zip(*(self.convert(array, dtype)._parts for array in own), strict=True)
        return self.wrap(tuple(function(list(part)) for part in parts), dtype)

    def index(self, x: Array, key: Any) -> Array:
        """Index with integers, slices, None, Ellipsis, and integer arrays."""
        keys = key if isinstance(key, tuple) else (key,)
        plain = tuple(self._key(one) for one in keys)
        return self.moved(x, lambda part: part[plain])

    def _key(self, key: Any) -> Any:
        if key is None or key is Ellipsis or isinstance(key, (slice, int, np.integer)):
            return key
        return self._indices(key)

    def _indices(self, key: Any) -> NDArray[Any]:
        values = self.plain(key) if isinstance(key, Array) else key
        if not isinstance(values, np.ndarray) or values.dtype.kind not in "iu":
            raise TypeError(
                "expected integers, slices, None, ... or integer arrays as index, "
                f"got {describe(key)}"
            )
        return values

    def concat(self, arrays: Sequence[Any], /, *, axis: int | None = 0) -> Array:
        """Join arrays along an axis they have; None flattens them first."""
        return self.joined(arrays, lambda parts: np.concatenate(parts, axis=axis))

    def stack(self, arrays: Sequence[Any], /, *, axis: int = 0) -> Array:
        """Join arrays of one shape along a new axis."""
        return self.joined(arrays, lambda parts: np.stack(parts, axis=axis))

    def unstack(self, x: Any, /, *, axis: int = 0) -> tuple[Array, ...]:
        """Return the slices along an axis."""
        first = self.moveaxis(x, axis, 0)
        return tuple(first[i, ...] for i in range(first.shape[0]))

    def reshape(self, x: Any, /, shape: tuple[int, ...], *, copy: bool | None = None) -> Array:
        """Return the elements in row order in another shape."""
        return self.moved(x, lambda part: np.reshape(part, shape))

    def broadcast_to(self, x: Any, /, shape: tuple[int, ...]) -> Array:
        """Repeat along axes of length 1 and new leading axes."""
        return self.moved(x, lambda part: np.broadcast_to(part, shape))

    def broadcast_arrays(self, *arrays: Any) -> tuple[Array, ...]:
        """Broadcast arrays against one another."""
        shape = np.broadcast_shapes(*(self.own(array).shape for array in arrays))
        return tuple(self.broadcast_to(array, shape) for array in arrays)

    def expand_dims(self, x: Any, /, *, axis: int = 0) -> Array:
        """Insert an axis of length 1."""
        return self.moved(x, lambda part: np.expand_dims(part, axis))

    def squeeze(self, x: Any, /, axis: int | tuple[int, ...]) -> Array:
        """Remove axes of length 1."""
        return self.moved(x, lambda part: np.squeeze(part, axis))

    def flip(self, x: Any, /, *, axis: Axes = None) -> Array:
        """Reverse the elements along axes."""
        return self.moved(x, lambda part: np.flip(part, axis))

    def permute_dims(self, x: Any, /, axes: tuple[int, ...]) -> Array:
        """Permute the axes."""
        return self.moved(x, lambda part: np.transpose(part, axes))

    def matrix_transpose(self, x: Any, /) -> Array:
        """Transpose each matrix of a stack."""
        if self.own(x).ndim < 2:
            raise ValueError(f"expected a matrix or a stack of them, got shape {x.shape}")
        return self.moved(x, lambda part: np.swapaxes(part, -1, -2))

    def moveaxis(
        self, x: Any, source: int | tuple[int, ...], destination: int | tuple[int, ...], /
    ) -> Array:
        """Move axes to other places."""
        return self.moved(x, lambda part: np.moveaxis(part, source, destination))

    def take(self, x: Any, indices: Any, /, *, axis: int | None = None) -> Array:
        """Return the slices at integer indices along an axis."""
        if axis is None and self.own(x).ndim != 1:
            raise ValueError(f"expected an axis for an array of {x.ndim} axes, got None")
        where = self._indices(indices)
        return self.moved(x, lambda part: np.take(part, where, axis=-1 if axis is None else axis))

    def take_along_axis(self, x: Any, indices: Any, /, *, axis: int = -1) -> Array:
        """Return the elements at indices along an axis, which broadcast against the other axes."""
        where = self._indices(indices)
        return self.moved(x, lambda part: np.take_along_axis(part, where, axis))

    def tile(self, x: Any, repetitions: tuple[int, ...], /) -> Array:
        """Repeat the whole array along its axes."""
        return self.moved(x, lambda part: np.tile(part, repetitions))

    def repeat(self, x: Any, repeats: int, /, *, axis: int | None = None) -> Array:
        """Repeat each element."""
        return self.moved(x, lambda part: np.repeat(part, repeats, axis))

    def roll(self, x: Any, /, shift: int | tuple[int, ...], *, axis: Axes = None) -> Array:
        """Shift elements around along axes."""
        return self.moved(x, lambda part: np.roll(part, shift, axis))

    def tril(self, x: Any, /, *, k: int = 0) -> Array:
        """Keep the lower triangle up to the ``k``-th diagonal."""
        return self._triangle(x, lambda ones: np.tril(ones, k))

    def triu(self, x: Any, /, *, k: int = 0) -> Array:
        """Keep the upper triangle from the ``k``-th diagonal."""
        return self._triangle(x, lambda ones: np.triu(ones, k))

    def _triangle(self, x: Any, triangle: Callable[[NDArray[Any]], NDArray[Any]]) -> Array:
        array = self.own(x)
        if array.ndim < 2:
            raise ValueError(f"expected a matrix or a stack of them, got shape {array.shape}")
        kept = triangle(np.ones(array.shape[-2:], dtype=np.bool_))
        zero = (
            self.lift(np.asarray(0), array.dtype)
            if array.dtype != BOOL
            else self.lift(np.asarray(False), BOOL)
        )
        return self.wrap(
            tuple(
                np.where(kept, part, none)
                for part, none in zip(array._parts, zero._parts, strict=True)
            ),
            array.dtype,
        )
