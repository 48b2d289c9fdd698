"""What a lifted namespace stands on: the hooks of an arithmetic, and how operands are brought in.

An arithmetic subclasses :class:`iaf_ref_backends._lifted.Namespace` and fills in the hooks of
:class:`Core`; it writes no shape function and no operator.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iaf_ref_backends._lifted_array import Array, Parts, spread
from iaf_ref_backends._lifted_dtypes import BOOL, INT64, PLAIN, DType, describe, kind_of_scalar

Kernel = Callable[..., Parts]


class Undecided(ArithmeticError):
    """A question about numbers that an arithmetic knows too little of to answer."""


class Core:
    """The hooks of an arithmetic, and the coercion of operands."""

    #: The words for one array of this arithmetic, and for messages in general.
    name: str
    device = "cpu"
    api_versions = ("2023.12", "2024.12")
    #: How many parts of an array its repr shows; None for all.
    shown: int | None = None
    #: The one real data type.
    real: DType
    #: Functions by which values leave the arithmetic, for the message of ``numpy.asarray``.
    host_functions: tuple[str, ...]
    #: Elementwise functions and predicates of the reals; parts in, parts out.
    real_kernels: Mapping[str, Kernel]
    #: Elementwise functions of the bools; parts in, parts out.
    bool_kernels: Mapping[str, Kernel]

    @property
    def public(self) -> Any:
        """What ``__array_namespace__`` returns: this object, or the module that stands for it."""
        return self

    def lift_real(self, values: NDArray[Any]) -> Parts:
        """Bring a NumPy array of numbers into the real type."""
        raise NotImplementedError

    def lift_bool(self, values: NDArray[np.bool_]) -> Parts:
        """Bring a NumPy array of bools in."""
        return (values,)

    def real_from_bool(self, parts: Parts) -> Parts:
        """Convert bools to the real numbers 0 and 1."""
        return self.lift_real(self.decide(parts).astype(np.float64))

    def decide(self, parts: Parts) -> NDArray[np.bool_]:
        """Return the plain truth of bools; raises where there is none."""
        return parts[0]

    def select(self, condition: Parts, first: Parts, second: Parts) -> Parts:
        """Choose elementwise between two reals."""
        chosen = self.decide(condition)
        return tuple(np.where(chosen, a, b) for a, b in zip(first, second, strict=True))

    def matmul_real(self, first: Parts, second: Parts) -> Parts:
        """Multiply stacks of matrices of reals (two axes at least)."""
        raise NotImplementedError

    def reduce_real(self, function: str, parts: Parts) -> Parts:
        """Reduce the last axis by sum, prod, max or min."""
        raise NotImplementedError

    def host_scalar(self, parts: Parts) -> float:
        """Return the float64 nearest to a 0-d real."""
        raise NotImplementedError

    # -- operands --

    def check_device(self, device: object) -> None:
        """Raise ValueError unless the device is None or the one there is."""
        if device is not None and device != self.device:
            raise ValueError(f"expected device {self.device!r}, got {device!r}")

    def own(self, value: object) -> Array:
        """Return ``value`` if it is an array of this namespace; else raise TypeError."""
        if not isinstance(value, Array):
            raise TypeError(f"expected an array of {self.name}, got {describe(value)}")
        if value._xp is not self:
            raise TypeError(f"expected an array of {self.name}, got one of {value._xp.name}")
        return value

    def lift(self, values: NDArray[Any], dtype: DType) -> Array:
        """Make an array of ``dtype`` from a NumPy array of a kind that fits it."""
        if dtype == self.real:
            return Array(self._namespace(), self.lift_real(values), dtype)
        plain = np.array(values, dtype=PLAIN[dtype])
        return Array(self._namespace(), self.lift_bool(plain) if dtype == BOOL else (plain,), dtype)

    def wrap(self, parts: Parts, dtype: DType) -> Array:
        """Make an array from parts."""
        return Array(self._namespace(), parts, dtype)

    def _namespace(self) -> Any:
        return self

    def scalar(self, value: bool | int | float, dtype: DType) -> Array:
        """Bring a Python scalar to the data type of the array it meets, as the standard allows."""
        allowed = {
            "bool": ("bool",),
            "signed integer": ("signed integer",),
            "real floating": ("signed integer", "real floating"),
        }[dtype.kind]
        if kind_of_scalar(value) not in allowed:
            raise TypeError(f"expected a Python scalar that fits dtype {dtype!r}, got {value!r}")
        return self.lift(np.asarray(value), dtype)

    def operands(self, *values: object) -> tuple[list[Parts], DType]:
        """Bring operands to one data type and one shape; one of them has to be an array.

        Returns
        -------
        tuple
            The parts of each operand, broadcast, and their data type.
        """
        scalars = tuple(isinstance(value, (bool, int, float)) for value in values)
        arrays = [
            self.own(value) for value, plain in zip(values, scalars, strict=True) if not plain
        ]
        if not arrays:
            raise TypeError(f"expected at least one array of {self.name}, got only Python scalars")
        dtype = self.promote(*(array.dtype for array in arrays))
        lifted = [
            self.scalar(value, dtype)
            if isinstance(value, (bool, int, float))
            else self.convert(self.own(value), dtype)
            for value in values
        ]
        shape = np.broadcast_shapes(*(array.shape for array in lifted))
        return [tuple(spread(part, shape) for part in array._parts) for array in lifted], dtype

    def promote(self, *dtypes: DType) -> DType:
        """Return the one data type of all; int32 meets int64 in int64, kinds do not meet."""
        first = dtypes[0]
        for dtype in dtypes[1:]:
            if dtype.kind != first.kind or (dtype.kind == "real floating" and dtype != first):
                raise TypeError(
                    f"expected arrays of one kind of dtype, got {first!r} and {dtype!r}"
                )
            first = INT64 if dtype != first else first
        return first

    def convert(self, array: Array, dtype: DType) -> Array:
        """Convert bools and integers to any data type, reals to their own only."""
        if array.dtype == dtype:
            return array
        if array.dtype == self.real:
            raise TypeError(
                f"expected a bool or integer array to become {dtype!r}, got {array.dtype!r}"
            )
        if array.dtype == BOOL and dtype == self.real:
            return self.wrap(self.real_from_bool(array._parts), dtype)
        return self.lift(self.plain(array), dtype)

    def plain(self, array: Array) -> NDArray[Any]:
        """Return a bool or integer array as NumPy's; raises where a bool is not decided."""
        if array.dtype == self.real:
            raise TypeError(f"expected a bool or integer array, got dtype {array.dtype!r}")
        return self.decide(array._parts) if array.dtype == BOOL else array._parts[0]

    def to_host_scalar(self, array: Array) -> bool | int | float:
        """Return a 0-d array as a Python scalar."""
        if array.ndim != 0:
            raise TypeError(f"expected a 0-d array, got shape {array.shape}")
        if array.dtype == self.real:
            return self.host_scalar(array._parts)
        scalar: bool | int = self.plain(array).item()
        return scalar
