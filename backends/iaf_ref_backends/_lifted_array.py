"""The array class of the lifted arithmetics: a tuple of NumPy arrays, never written to again.

An array holds ``parts``, NumPy arrays of one shape. A ball array has one part, of ``flint.arb``
objects; an error-tracking array has two, values and errors; integers have one. Operators,
attributes and indexing are the same for all and stand here; the arithmetic stands in the namespace
that made the array.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from iaf_ref_backends._lifted_dtypes import DType, describe

if TYPE_CHECKING:
    from iaf_ref_backends._lifted import Namespace

Parts = tuple[NDArray[Any], ...]


def freeze(part: Any, shape: tuple[int, ...]) -> NDArray[Any]:
    """Return a read-only view of ``part`` in ``shape``; a scalar is made an array."""
    view = spread(np.asarray(part), shape).view()
    view.flags.writeable = False
    return view


def spread(part: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Return ``part`` broadcast to ``shape``; itself, which is fast, where it has it."""
    return part if part.shape == shape else np.broadcast_to(part, shape)


def _unary(function: str) -> Any:
    def method(self: Array) -> Array:
        result: Array = getattr(self._xp, function)(self)
        return result

    return method


def _operator(function: str) -> Any:
    def method(self: Array, other: Any) -> Array:
        result: Array = getattr(self._xp, function)(self, other)
        return result

    return method


def _reflected(function: str) -> Any:
    def method(self: Array, other: Any) -> Array:
        result: Array = getattr(self._xp, function)(other, self)
        return result

    return method


class Array:
    """An immutable n-dimensional array of a lifted arithmetic; namespaces make them."""

    __slots__ = ("_dtype", "_parts", "_xp")
    __array_ufunc__ = (
        None  # NumPy steps back, so that `ndarray + array` reaches our operator and its message
    )
    __hash__ = None  # type: ignore[assignment]  # `==` is elementwise

    def __init__(self, xp: Namespace, parts: Parts, dtype: DType) -> None:
        shape = np.broadcast_shapes(*(np.shape(part) for part in parts))
        self._xp = xp
        self._parts = tuple(freeze(part, shape) for part in parts)
        self._dtype = dtype

    def __array_namespace__(self, *, api_version: str | None = None) -> Any:
        """Return the namespace that made this array."""
        if api_version not in (None, *self._xp.api_versions):
            raise ValueError(f"expected one of {self._xp.api_versions}, got {api_version!r}")
        return self._xp.public

    @property
    def dtype(self) -> DType:
        """The data type."""
        return self._dtype

    @property
    def device(self) -> str:
        """The one device of the lifted arithmetics."""
        return self._xp.device

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape."""
        return self._parts[0].shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self._parts[0].ndim

    @property
    def size(self) -> int:
        """The number of elements."""
        return self._parts[0].size

    @property
    def mT(self) -> Array:  # noqa: N802 - the standard's name
        """The stack of matrices, each transposed."""
        return self._xp.matrix_transpose(self)

    @property
    def T(self) -> Array:  # noqa: N802 - the standard's name
        """The transpose of a matrix."""
        if self.ndim != 2:
            raise ValueError(f"expected a matrix (2 axes), got {self.ndim} axes")
        return self._xp.matrix_transpose(self)

    def to_device(self, device: object, /, *, stream: object = None) -> Array:
        """Return the array; there is one device."""
        self._xp.check_device(device)
        return self

    def __getitem__(self, key: Any) -> Array:
        """Index with integers, slices, None, Ellipsis and integer arrays of this namespace."""
        return self._xp.index(self, key)

    def __bool__(self) -> bool:
        """Return a 0-d array as a bool; raises where the arithmetic cannot decide."""
        return bool(self._xp.to_host_scalar(self))

    def __int__(self) -> int:
        """Return a 0-d array as an int."""
        return int(self._xp.to_host_scalar(self))

    def __index__(self) -> int:
        """Return a 0-d integer array as an int."""
        if self._dtype.kind != "signed integer":
            raise TypeError(f"expected an integer array, got dtype {self._dtype!r}")
        return int(self)

    def __float__(self) -> float:
        """Return a 0-d array as the float64 nearest to it."""
        return float(self._xp.to_host_scalar(self))

    def __repr__(self) -> str:
        """Show each part as NumPy does, of the first that the arithmetic shows."""
        shown = self._parts[: self._xp.shown]
        body = ", ".join(np.array2string(part, separator=", ") for part in shown)
        return f"{self._xp.name}.Array({body}, dtype={self._dtype!r})"

    def __array__(self, *args: Any, **kwargs: Any) -> NDArray[Any]:
        """Refuse: leaving the arithmetic drops what it knows, so it has to be asked for by name."""
        raise TypeError(
            f"expected one of {self._xp.host_functions} to leave {self._xp.name}, got numpy.asarray"
        )

    __abs__, __neg__, __pos__ = _unary("abs"), _unary("negative"), _unary("positive")
    __invert__ = _unary("logical_not")
    __add__, __radd__ = _operator("add"), _reflected("add")
    __sub__, __rsub__ = _operator("subtract"), _reflected("subtract")
    __mul__, __rmul__ = _operator("multiply"), _reflected("multiply")
    __truediv__, __rtruediv__ = _operator("divide"), _reflected("divide")
    __floordiv__, __rfloordiv__ = _operator("floor_divide"), _reflected("floor_divide")
    __mod__, __rmod__ = _operator("remainder"), _reflected("remainder")
    __pow__, __rpow__ = _operator("pow"), _reflected("pow")
    __matmul__, __rmatmul__ = _operator("matmul"), _reflected("matmul")
    __and__, __rand__ = _operator("logical_and"), _reflected("logical_and")
    __or__, __ror__ = _operator("logical_or"), _reflected("logical_or")
    __xor__, __rxor__ = _operator("logical_xor"), _reflected("logical_xor")
    __eq__, __ne__ = _operator("equal"), _operator("not_equal")
    __lt__, __le__ = _operator("less"), _operator("less_equal")
    __gt__, __ge__ = _operator("greater"), _operator("greater_equal")


def expect_array(value: object, what: str) -> Array:
    """Return ``value`` if it is a lifted array; else raise the TypeError that names both."""
    if not isinstance(value, Array):
        raise TypeError(f"expected {what}, got {describe(value)}")
    return value
