"""Plain Python values that are refused, in the words of ``_checks``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any


def check_int(name: str, value: Any, least: int) -> int:
    """Return a Python int that is at least ``least``.

    Raises
    ------
    TypeError
        Not an integer.
    ValueError
        Too small.
    """
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{name}: expected an integer, got {type(value).__name__}")
    number = int(value.__index__())
    if number < least:
        raise ValueError(f"{name}: expected an integer >= {least}, got {number}")
    return number


def check_number(name: str, value: Any) -> float:
    """Return a finite Python float.

    Raises
    ------
    TypeError
        Not a real number.
    ValueError
        Not finite.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name}: expected a real number, got {type(value).__name__}")
    if not -sys.float_info.max <= value <= sys.float_info.max:
        raise ValueError(f"{name}: expected a finite number, got {value}")
    return float(value)


def check_type(name: str, value: Any, *types: type) -> None:
    """Refuse an object of another type.

    Raises
    ------
    TypeError
        Naming the types.
    """
    if not isinstance(value, types):
        known = " or ".join(kind.__name__ for kind in types)
        raise TypeError(f"{name}: expected {known}, got {type(value).__name__}")


def check_sequence(name: str, value: Any) -> Any:
    """Return a sequence: something with a length and entries, other than a string.

    Raises
    ------
    TypeError
        Something else, such as a number or a generator, which can be read only once.
    """
    if isinstance(value, str | bytes) or not hasattr(value, "__len__"):
        raise TypeError(f"{name}: expected a sequence, got {type(value).__name__}")
    return value


def check_permutation(name: str, order: Sequence[int]) -> tuple[int, ...]:
    """Return an order as a tuple of ints, each of 0..D-1 once.

    Raises
    ------
    TypeError
        An entry is not an integer.
    ValueError
        An entry is missing or stands twice.
    """
    entries = tuple(check_int(f"{name}[{k}]", i, 0) for k, i in enumerate(order))
    if sorted(entries) != list(range(len(entries))):
        raise ValueError(
            f"{name}: expected a permutation of 0..{len(entries) - 1}, got {list(entries)}"
        )
    return entries


def check_one_of(name: str, value: Any, choices: Sequence[str]) -> None:
    """Refuse a word that is none of the choices.

    Raises
    ------
    TypeError
        Not a word.
    ValueError
        Another one, naming the choices.
    """
    if not isinstance(value, str):
        raise TypeError(f"{name}: expected a string, got {type(value).__name__}")
    if value not in choices:
        raise ValueError(f"{name}: expected one of {', '.join(choices)}, got {value!r}")
