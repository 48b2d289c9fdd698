"""NumPy whose arrays cannot be written to: proof that the text never computes in place.

An array that a function returns is frozen, whether it was an input, a weight or something in
between; ``x += 1`` and ``x[i] = 1`` raise. The numbers are NumPy's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

import numpy as np

from iaf_ref_backends.numpy_ import NumPyBackend

__all__ = ["BACKEND", "Frozen", "ReadOnlyBackend"]


class Frozen(np.ndarray[Any, Any]):
    """An array that nobody can write to, and neither to what is computed from it."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """Run a universal function on the arrays beneath; freeze what it returns."""
        if options.get("out") is not None:
            raise ValueError("output array is read-only")
        return frozen(getattr(ufunc, method)(*map(bare, inputs), **options))

    def __array_function__(
        self, function: Any, types: Any, given: Iterable[Any], options: Any
    ) -> Any:
        """Run any other function of NumPy likewise."""
        named = {name: bare(value) for name, value in options.items()}
        return frozen(function(*map(bare, given), **named))


def bare(value: Any) -> Any:
    """Return the array beneath a frozen one, in tuples and lists too."""
    if isinstance(value, tuple | list):
        return type(value)(bare(v) for v in value)
    return value.view(np.ndarray) if isinstance(value, Frozen) else value


def frozen(value: Any) -> Any:
    """Freeze an array, or those of a tuple or list; NumPy's scalars are frozen as they are."""
    if type(value) in (tuple, list):
        return type(value)(frozen(v) for v in value)
    if type(value) is not np.ndarray:
        return value
    value.flags.writeable = False
    return value.view(Frozen)


class ReadOnlyNamespace:
    """NumPy's functions; what they return is frozen."""

    __name__ = "numpy_readonly"

    def __getattr__(self, name: str) -> Any:
        """Return NumPy's attribute of this name, wrapped if it is a function."""
        value = getattr(np, name)
        if not callable(value) or isinstance(value, type):
            return value
        return _freezing(value)


def _freezing(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function with a frozen result."""

    @wraps(function)
    def call(*given: Any, **options: Any) -> Any:
        return frozen(function(*given, **options))

    return call


class ReadOnlyBackend(NumPyBackend):
    """NumPy, every array read-only."""

    name = "numpy_readonly"

    @property
    def namespace(self) -> Any:
        """NumPy by the same names, everything that is made frozen."""
        return _NAMESPACE

    def place(self, array: Any, device: str) -> Any:
        """Copy and freeze an array, dtype kept."""
        return frozen(np.array(array))

    def fetch(self, array: Any) -> Any:
        """Return a copy that may be written to."""
        return np.array(bare(array))


_NAMESPACE = ReadOnlyNamespace()
BACKEND = ReadOnlyBackend()
"""What the entry point leads to."""
