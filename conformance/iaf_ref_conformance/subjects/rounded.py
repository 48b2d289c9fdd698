"""Arithmetics of accelerators without the accelerator: NumPy whose products round their operands.

A tensor core told to save time rounds the operands of a product of float32 matrices to fewer bits
and adds in float32. NumPy's ``matmul`` is a ufunc, and a subclass of its array sees each call: here
it rounds both operands first. All else is NumPy's float32. Both subjects declare ``ieee-f32``, as a
library does whose switch somebody forgot, so both fail, and the diagnosis has to name why:

    iaf-ref conform iaf_ref_conformance.subjects.rounded:tf32
    iaf-ref conform iaf_ref_conformance.subjects.rounded:bf16
"""

from __future__ import annotations

import platform
from collections.abc import Mapping
from types import MappingProxyType, ModuleType
from typing import Any

import numpy as np

from .reference import Reference

Array = np.ndarray[Any, np.dtype[Any]]

_SIGNIFICAND = 24
"""Bits of the significand of float32, the hidden one too."""


def round_to(values: Array, precision: int) -> Array:
    """Round float32 numbers to the nearest of so many significant bits, ties to even.

    Parameters
    ----------
    values : array of float32
    precision : int
        Bits of the significand, the hidden one too: 11 for TF32, 8 for bfloat16.

    Returns
    -------
    array of float32
        Infinities and NaN as they were; what rounds beyond the greatest number is inf.
    """
    drop = _SIGNIFICAND - precision
    bits = np.ascontiguousarray(values, dtype=np.float32).view(np.uint32)
    last = (bits >> np.uint32(drop)) & np.uint32(1)  # of what stays: a tie goes where it is 0
    rounded = bits + (np.uint32((1 << (drop - 1)) - 1) + last)
    rounded &= np.uint32(0xFFFFFFFF << drop & 0xFFFFFFFF)
    return np.where(np.isfinite(values), rounded.view(np.float32), values)


class Rounding(np.ndarray[Any, np.dtype[Any]]):
    """A NumPy array that rounds what enters a matrix product; subclasses say to how many bits."""

    precision = _SIGNIFICAND

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """Apply NumPy's function, the operands of ``matmul`` rounded; float64 stays as it is."""
        plain = [_plain(value) for value in inputs]
        if ufunc is np.matmul and all(value.dtype == np.float32 for value in plain):
            plain = [round_to(value, self.precision) for value in plain]
        return self._own(getattr(ufunc, method)(*plain, **options))

    def __array_function__(self, function: Any, types: Any, given: Any, options: Any) -> Any:
        """Apply NumPy's function; its result is of this class again."""
        return self._own(function(*map(_plain, given), **options))

    def _own(self, result: Any) -> Any:
        """Give results the class of their operands."""
        if isinstance(result, tuple | list):
            return type(result)(map(self._own, result))
        return result.view(type(self)) if isinstance(result, np.ndarray) else result


def _plain(value: Any) -> Any:
    """NumPy's own arrays in place of those above."""
    if isinstance(value, tuple | list):
        return type(value)(map(_plain, value))
    return value.view(np.ndarray) if isinstance(value, Rounding) else value


class TF32(Rounding):
    """10 explicit bits of the significand and the hidden one."""

    precision = 11


class BFloat16(Rounding):
    """7 explicit bits of the significand and the hidden one."""

    precision = 8


class RoundedBackend:
    """NumPy in float32 with rounded products; it declares ``ieee-f32`` all the same.

    Parameters
    ----------
    name : str
    kind : subclass of Rounding
    """

    dtypes = ("float32",)
    profiles: Mapping[str, str] = MappingProxyType({"float32": "ieee-f32"})

    def __init__(self, name: str, kind: type[Rounding]) -> None:
        self.name = name
        self.kind = kind

    @property
    def namespace(self) -> ModuleType:
        """The array namespace."""
        return np

    def devices(self) -> tuple[str, ...]:
        """Return the one device."""
        return ("cpu",)

    def place(self, array: Any, device: str) -> Any:
        """Copy an array, dtype kept."""
        return np.array(array).view(self.kind)

    def fetch(self, array: Any) -> Any:
        """Return NumPy's own array."""
        return np.asarray(array)

    def environment(self) -> dict[str, str]:
        """Return what is done to the operands of a product."""
        return {
            "products": f"operands rounded to {self.kind.precision} significant bits",
            "machine": platform.machine(),
        }


tf32 = Reference(RoundedBackend("rounded-tf32", TF32))
"""float32 with operands of products in TF32."""
bf16 = Reference(RoundedBackend("rounded-bf16", BFloat16))
"""float32 with operands of products in bfloat16."""
