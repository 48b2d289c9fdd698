"""Arithmetics lifted to arrays: how a new kind of number becomes an array API namespace.

1. An array is a tuple of NumPy arrays of one shape, its parts (:mod:`._lifted_array`).
2. There are bools, int32, int64 and one real data type (:mod:`._lifted_dtypes`).
3. Functions that only move elements apply NumPy's to each part (:mod:`._lifted_shape`).
4. Elementwise functions bring their operands to one data type and shape, then call the arithmetic's
   kernel on parts
   (:mod:`._lifted_elementwise`); reductions bring their axes to the end first
   (:mod:`._lifted_reductions`).
5. A new arithmetic subclasses :class:`Namespace`: a table of kernels, a matrix product, a reduction
   of the last axis,
   and how NumPy's numbers come in (the hooks of :class:`._lifted_core.Core`). It writes nothing
   else.

The functions are those of the 2024.12 standard that the specification uses, and ``erf``; not the
whole standard.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from iaf_ref_backends._lifted_array import Array
from iaf_ref_backends._lifted_creation import Creation
from iaf_ref_backends._lifted_dtypes import BOOL, INT32, INT64, DType, FInfo
from iaf_ref_backends._lifted_elementwise import Elementwise
from iaf_ref_backends._lifted_reductions import Reductions
from iaf_ref_backends._lifted_shape import Shaping

__all__ = ["Array", "DType", "FInfo", "Namespace"]


class Info:
    """What ``__array_namespace_info__()`` answers."""

    def __init__(self, xp: Namespace) -> None:
        self._xp = xp

    def capabilities(self) -> dict[str, Any]:
        """Return what the namespace can do beyond the core: nothing."""
        return {"boolean indexing": False, "data-dependent shapes": False, "max dimensions": 64}

    def default_device(self) -> str:
        """Return the one device."""
        return self._xp.device

    def devices(self) -> list[str]:
        """Return the devices."""
        return [self._xp.device]

    def default_dtypes(self, *, device: object = None) -> dict[str, DType]:
        """Return the default data type of each kind; there are no complex numbers."""
        self._xp.check_device(device)
        return {"real floating": self._xp.real, "integral": INT64, "indexing": INT64}

    def dtypes(self, *, device: object = None, kind: object = None) -> dict[str, DType]:
        """Return the data types by name, of a kind if asked."""
        self._xp.check_device(device)
        named = {"bool": BOOL, "int32": INT32, "int64": INT64, "float64": self._xp.real}
        return {name: dtype for name, dtype in named.items() if kind is None or dtype.is_kind(kind)}


class Namespace(Creation, Elementwise, Shaping, Reductions):
    """A namespace of the standard over some arithmetic of the reals, hashed by identity."""

    __array_api_version__ = "2024.12"
    bool, int32, int64 = BOOL, INT32, INT64
    inf, nan, newaxis = float("inf"), float("nan"), None

    @property
    def __name__(self) -> str:
        """The name that messages call the namespace by."""
        return self.name

    @property
    def float64(self) -> DType:
        """The one real data type, under the name that asks for the most."""
        return self.real

    @property
    def float32(self) -> DType:
        """The one real data type again."""
        return self.real

    @property
    def pi(self) -> Array:
        """The number pi as a 0-d array, as well as the arithmetic knows it."""
        raise NotImplementedError

    @property
    def e(self) -> Array:
        """Euler's number as a 0-d array, as well as the arithmetic knows it."""
        raise NotImplementedError

    def __array_namespace_info__(self) -> Info:
        """Return the inspection object of the standard."""
        return Info(self)

    def astype(self, x: Any, dtype: DType, /, *, copy: Any = True, device: object = None) -> Array:
        """Convert bools and integers to any data type; reals to their own only."""
        self.check_device(device)
        return self.convert(self.own(x), self.check_dtype(dtype))

    def isdtype(self, dtype: DType, kind: object) -> Any:
        """Say whether a data type is the one, or of the kind, or among those asked for."""
        return self.check_dtype(dtype).is_kind(kind)

    def result_type(self, *arrays_and_dtypes: Any) -> DType:
        """Return the data type that operations on these give."""
        dtypes = [x.dtype if isinstance(x, Array) else x for x in arrays_and_dtypes]
        known = [dtype for dtype in dtypes if not isinstance(dtype, (int, float))]
        if not known:
            raise ValueError("expected at least one array or dtype, got none")
        return self.promote(*(self.check_dtype(dtype) for dtype in known))

    def can_cast(self, from_: Any, to: DType, /) -> Any:
        """Say whether every value of one data type has its place in another."""
        source = self.check_dtype(from_.dtype if isinstance(from_, Array) else from_)
        return source == to or (source == INT32 and to == INT64)

    def finfo(self, type: Any, /) -> FInfo:
        """Return the limits of the real data type."""
        raise NotImplementedError

    def iinfo(self, type: Any, /) -> Any:
        """Return the limits of an integer data type."""
        dtype = self.check_dtype(type.dtype if isinstance(type, Array) else type)
        if dtype not in (INT32, INT64):
            raise TypeError(f"expected int32 or int64, got {dtype!r}")
        return np.iinfo(dtype.name)

    def __repr__(self) -> str:
        """Name the arithmetic."""
        return f"<array namespace {self.name}>"
