"""Creation functions: from host data, filled, ranges, identity."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from iaf_ref_backends._lifted_array import Array
from iaf_ref_backends._lifted_core import Core
from iaf_ref_backends._lifted_dtypes import BOOL, INT32, INT64, PLAIN, DType, describe

Shape = int | tuple[int, ...]


class Creation(Core):
    """The creation functions of the standard."""

    def asarray(
        self,
        obj: object,
        /,
        *,
        dtype: DType | None = None,
        device: object = None,
        copy: bool | None = None,
    ) -> Array:
        """Bring an array, a NumPy array, (nested lists of) Python scalars in.

        Parameters
        ----------
        obj
            An array of this namespace, a NumPy array of bools, integers or floats, a scalar or
            nested lists.
        dtype
            The data type; by default the one whose kind the data has.
        device
            ``"cpu"`` or None.
        copy
            Of no effect, since arrays are immutable; False raises if a conversion is needed.

        Raises
        ------
        TypeError
            For data of another library or kind.
        ValueError
            For another device, for ragged lists, and for ``copy=False`` with data from outside.
        """
        self.check_device(device)
        if isinstance(obj, Array):
            return self.convert(
                self.own(obj), obj.dtype if dtype is None else self.check_dtype(dtype)
            )
        if copy is False:
            raise ValueError(
                "expected copy=None or True for data from outside, "
                f"got copy=False with {describe(obj)}"
            )
        values = self._host(obj)
        natural = self._natural(values)
        wanted = natural if dtype is None else self.check_dtype(dtype)
        if natural == self.real != wanted:
            raise TypeError(f"expected bools or integers for dtype {wanted!r}, got floats")
        return self.lift(values, wanted)

    def check_dtype(self, dtype: object) -> DType:
        """Return a data type of this namespace; raises TypeError for any other."""
        if isinstance(dtype, DType) and (dtype == self.real or dtype in PLAIN):
            return dtype
        raise TypeError(f"expected one of {(*PLAIN, self.real)}, got {dtype!r}")

    def _host(self, obj: object) -> NDArray[Any]:
        if not isinstance(obj, (bool, int, float, list, tuple, np.ndarray, np.generic)):
            raise TypeError(
                f"expected an array of {self.name}, NumPy data or Python scalars, "
                f"got {describe(obj)}"
            )
        try:
            values = np.asarray(obj)
        except ValueError as error:
            raise ValueError(
                f"expected lists of equal lengths, got ragged ones ({error})"
            ) from error
        if values.dtype.kind not in "biuf" or values.dtype.itemsize > 8:
            raise TypeError(
                f"expected bools, integers or floats of at most 64 bits, got {values.dtype}"
            )
        return np.asarray(values, dtype=np.float64) if values.dtype.kind == "f" else values

    def _natural(self, values: NDArray[Any]) -> DType:
        if values.dtype.kind == "f":
            return self.real
        if values.dtype.kind == "b":
            return BOOL
        return INT32 if values.dtype == np.int32 else INT64

    def full(
        self, shape: Shape, fill_value: Any, *, dtype: DType | None = None, device: object = None
    ) -> Array:
        """Return an array of one value (a Python scalar or a 0-d array)."""
        one = self.asarray(fill_value, dtype=dtype, device=device)
        if one.ndim != 0:
            raise ValueError(f"expected a scalar fill_value, got shape {one.shape}")
        size = (shape,) if isinstance(shape, int) else tuple(shape)
        return self.wrap(tuple(np.broadcast_to(part, size) for part in one._parts), one.dtype)

    def zeros(self, shape: Shape, *, dtype: DType | None = None, device: object = None) -> Array:
        """Return zeros."""
        return self.full(shape, 0, dtype=dtype or self.real, device=device)

    def ones(self, shape: Shape, *, dtype: DType | None = None, device: object = None) -> Array:
        """Return ones."""
        return self.full(shape, 1, dtype=dtype or self.real, device=device)

    def empty(self, shape: Shape, *, dtype: DType | None = None, device: object = None) -> Array:
        """Return zeros: nothing could ever be written over other contents."""
        return self.zeros(shape, dtype=dtype, device=device)

    def full_like(
        self, x: Array, /, fill_value: Any, *, dtype: DType | None = None, device: object = None
    ) -> Array:
        """Return an array of one value in the shape of ``x``."""
        return self.full(self.own(x).shape, fill_value, dtype=dtype or x.dtype, device=device)

    def zeros_like(
        self, x: Array, /, *, dtype: DType | None = None, device: object = None
    ) -> Array:
        """Return zeros in the shape of ``x``."""
        return self.full_like(x, 0, dtype=dtype, device=device)

    def ones_like(self, x: Array, /, *, dtype: DType | None = None, device: object = None) -> Array:
        """Return ones in the shape of ``x``."""
        return self.full_like(x, 1, dtype=dtype, device=device)

    def empty_like(
        self, x: Array, /, *, dtype: DType | None = None, device: object = None
    ) -> Array:
        """Return zeros in the shape of ``x``."""
        return self.zeros_like(x, dtype=dtype, device=device)

    def eye(
        self,
        n_rows: int,
        n_cols: int | None = None,
        /,
        *,
        k: int = 0,
        dtype: DType | None = None,
        device: object = None,
    ) -> Array:
        """Return ones on the ``k``-th diagonal, zeros elsewhere."""
        return self.asarray(
            np.eye(n_rows, n_cols, k, dtype=np.int64), dtype=dtype or self.real, device=device
        )

    def arange(
        self,
        start: int | float,
        /,
        stop: int | float | None = None,
        step: int | float = 1,
        *,
        dtype: DType | None = None,
        device: object = None,
    ) -> Array:
        """Return start, start + step, ... below stop."""
        low, high = (0, start) if stop is None else (start, stop)
        return self.asarray(np.arange(low, high, step), dtype=dtype, device=device)
