"""Elementwise functions: operands are brought to one data type and shape, then go to its kernel.

Kernels of the integers are NumPy's own; kernels of the bools and reals belong to the arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from iaf_ref_backends._lifted_array import Array, Parts
from iaf_ref_backends._lifted_core import Core, Kernel
from iaf_ref_backends._lifted_dtypes import BOOL, DType


def plain(function: Callable[..., Any]) -> Kernel:
    """Make a kernel of a NumPy function on arrays of one part."""
    return lambda *operands: (np.asarray(function(*(parts[0] for parts in operands))),)


#: Kernels of the integers; what is missing here is not defined for them by the standard.
INTEGER_KERNELS: Mapping[str, Kernel] = {
    name: plain(getattr(np, name))
    for name in (
        "add", "subtract", "multiply", "negative", "positive", "abs", "sign", "square",
        "maximum", "minimum",
        "floor_divide", "remainder", "pow", "isfinite", "isnan", "isinf",
        "equal", "not_equal", "less", "less_equal", "greater", "greater_equal",
    )
}  # fmt: skip
#: Kernels of two-valued bools.
BOOL_KERNELS: Mapping[str, Kernel] = {
    name: plain(getattr(np, name))
    for name in ("logical_and", "logical_or", "logical_xor", "logical_not", "equal", "not_equal")
}
#: Functions whose result is a bool whatever the operands are.
PREDICATES = frozenset({
    "isfinite", "isnan", "isinf",
    "equal", "not_equal", "less", "less_equal", "greater", "greater_equal",
})  # fmt: skip


def _function(name: str, operands: str) -> Any:
    """Make the method ``name`` of one or two operands."""

    def unary(self: Elementwise, x: Any, /) -> Array:
        return self.apply(name, x)

    def binary(self: Elementwise, x1: Any, x2: Any, /) -> Array:
        return self.apply(name, x1, x2)

    method = unary if operands == "x" else binary
    method.__name__ = name
    method.__qualname__ = f"Elementwise.{name}"
    method.__doc__ = f"Return {name}({operands}), elementwise."
    return method


class Elementwise(Core):
    """The elementwise functions of the standard that the text uses, and ``erf``."""

    def kernel(self, name: str, dtype: DType) -> Kernel:
        """Return the kernel of a function for a data type; raises TypeError where there is none."""
        kernels = {
            "bool": self.bool_kernels,
            "signed integer": INTEGER_KERNELS,
            "real floating": self.real_kernels,
        }
        found = kernels[dtype.kind].get(name)
        if found is None:
            kinds = tuple(kind for kind, table in kernels.items() if name in table)
            raise TypeError(f"expected {name} of {' or '.join(kinds)}, got dtype {dtype!r}")
        return found

    def apply(self, name: str, *values: object) -> Array:
        """Bring the operands together and apply the kernel."""
        operands, dtype = self.operands(*values)
        parts = self.kernel(name, dtype)(*operands)
        if name not in PREDICATES:
            return self.wrap(parts, dtype)
        return self.wrap(
            parts if dtype.kind != "signed integer" else self.lift_bool(parts[0]), BOOL
        )

    abs, negative, positive, sign = (
        _function(n, "x") for n in ("abs", "negative", "positive", "sign")
    )
    exp, expm1, log, log1p = (_function(n, "x") for n in ("exp", "expm1", "log", "log1p"))
    tanh, erf, sqrt, square = (_function(n, "x") for n in ("tanh", "erf", "sqrt", "square"))
    reciprocal, logical_not = (_function(n, "x") for n in ("reciprocal", "logical_not"))
    isfinite, isnan, isinf = (_function(n, "x") for n in ("isfinite", "isnan", "isinf"))
    add, subtract, multiply, divide = (
        _function(n, "x1, x2") for n in ("add", "subtract", "multiply", "divide")
    )  # fmt: skip
    floor_divide, remainder = (_function(n, "x1, x2") for n in ("floor_divide", "remainder"))
    maximum, minimum = (_function(n, "x1, x2") for n in ("maximum", "minimum"))
    equal, not_equal, less, less_equal, greater, greater_equal = (
        _function(n, "x1, x2")
        for n in ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal")
    )
    logical_and, logical_or, logical_xor = (
        _function(n, "x1, x2") for n in ("logical_and", "logical_or", "logical_xor")
    )  # fmt: skip

    def pow(self, x1: Any, x2: Any, /) -> Array:
        """Return ``x1 ** x2``: a real to a Python integer (2.0 is one), an integer to an integer.

        Raises
        ------
        TypeError
            If a real has an exponent that is an array or is no integer.
        """
        if not (isinstance(x1, Array) and x1.dtype == self.real):
            return self.apply("pow", x1, x2)
        if isinstance(x2, bool) or not isinstance(x2, (int, float)) or x2 != int(x2):
            raise TypeError(f"expected an integer as the exponent of a real, got {x2!r}")
        return self.wrap(self.real_kernels["pow"](self.own(x1)._parts, int(x2)), self.real)

    def clip(self, x: Any, /, min: Any = None, max: Any = None) -> Array:
        """Return ``x`` no less than ``min`` and no more than ``max``; None is no limit."""
        raised = self.own(x) if min is None else self.maximum(x, min)
        clipped: Array = raised if max is None else self.minimum(raised, max)
        return clipped

    def where(self, condition: Any, x1: Any, x2: Any, /) -> Array:
        """Return ``x1`` where the condition is true, else ``x2``; one of them is an array."""
        chooser = self.own(condition)
        if chooser.dtype != BOOL:
            raise TypeError(f"expected a condition of bools, got dtype {chooser.dtype!r}")
        (first, second), dtype = self.operands(x1, x2)
        shape = np.broadcast_shapes(chooser.shape, first[0].shape)

        def spread(parts: Parts) -> Parts:
            return tuple(np.broadcast_to(part, shape) for part in parts)

        if dtype == BOOL:
            return self.logical_or(  # type: ignore[no-any-return]
                self.logical_and(chooser, x1), self.logical_and(self.logical_not(chooser), x2)
            )
        if dtype.kind == "signed integer":
            return self.lift(np.where(self.plain(chooser), first[0], second[0]), dtype)
        return self.wrap(self.select(spread(chooser._parts), spread(first), spread(second)), dtype)
