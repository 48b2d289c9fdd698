"""The data types of a lifted arithmetic: bool, int32, int64 and one real type.

There is a single real type, because a ball has no width and an error-tracking number has the width
of its profile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

#: Kinds of the standard that each of our kinds answers to, besides the kind's own name.
FAMILIES: Mapping[str, frozenset[str]] = {
    "bool": frozenset(),
    "signed integer": frozenset({"integral", "numeric"}),
    "real floating": frozenset({"numeric"}),
}


@dataclass(frozen=True)
class DType:
    """A data type: its name, its kind in the words of the standard, its owner ("" if shared)."""

    name: str
    kind: str
    owner: str = ""

    def is_kind(self, kind: object) -> bool:
        """Say whether this is the type, of the kind, or one of the tuple, that is asked for."""
        if isinstance(kind, tuple):
            return any(self.is_kind(one) for one in kind)
        if isinstance(kind, DType):
            return self == kind
        if not isinstance(kind, str):
            raise TypeError(f"expected a dtype, a kind or a tuple of those, got {kind!r}")
        return kind == self.kind or kind in FAMILIES[self.kind]

    def __repr__(self) -> str:
        """Name the owner too, since two profiles may store the same format."""
        return f"{self.owner}.{self.name}" if self.owner else self.name


BOOL = DType("bool", "bool")
INT32 = DType("int32", "signed integer")
INT64 = DType("int64", "signed integer")
#: Data types whose payload is one NumPy array of the same name.
PLAIN: Mapping[DType, Any] = {BOOL: np.bool_, INT32: np.int32, INT64: np.int64}


@dataclass(frozen=True)
class FInfo:
    """What the standard asks of a real type: bits, eps, max, min, smallest_normal, dtype."""

    bits: int
    eps: float
    max: float
    min: float
    smallest_normal: float
    dtype: DType


def kind_of_scalar(value: bool | int | float) -> str:
    """Return the kind a Python scalar has; bool before int, since bool is an int to Python."""
    if isinstance(value, bool):
        return "bool"
    return "signed integer" if isinstance(value, int) else "real floating"


def describe(value: object) -> str:
    """Name a value's type for an error message."""
    kind = type(value)
    return (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    )
