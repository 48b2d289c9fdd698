"""Arrays that are refused, and in which words: "expected ..., got ...".

Every check looks at shapes, dtypes, devices or Python values, never at the entries of an array, so
that each function of the specification can be traced, jitted and evaluated lazily.
"""

from __future__ import annotations

from typing import Any

from array_api_compat import array_namespace, device, is_array_api_obj

Array = Any


def check_array(name: str, value: Any, shape: tuple[int | None, ...] | None = None) -> None:
    """Refuse what is not a real floating array, or has another shape (None: any length).

    Raises
    ------
    TypeError
        Not an array, or not of a real floating dtype.
    ValueError
        Of another shape.
    """
    # is_array_api_obj knows the common libraries; a stranger's arrays say so themselves
    if not (is_array_api_obj(value) or hasattr(value, "__array_namespace__")):
        raise TypeError(f"{name}: expected an array, got {type(value).__name__}")
    xp = array_namespace(value)
    if not xp.isdtype(value.dtype, "real floating"):
        raise TypeError(f"{name}: expected a real floating dtype, got {value.dtype}")
    if shape is not None and not fits(tuple(value.shape), shape):
        raise ValueError(f"{name}: expected shape {show(shape)}, got {show(tuple(value.shape))}")


def fits(got: tuple[int, ...], expected: tuple[int | None, ...]) -> bool:
    """Whether a shape is the expected one, None standing for any length."""
    return len(got) == len(expected) and all(
        e is None or g == e for g, e in zip(got, expected, strict=True)
    )


def show(shape: tuple[int | None, ...]) -> str:
    """Write a shape, with ``*`` for any length."""
    inner = ", ".join("*" if n is None else str(n) for n in shape)
    return f"({inner},)" if len(shape) == 1 else f"({inner})"


def check_alike(reference: str, first: Array, **others: Array | None) -> None:
    """Refuse arrays that differ from the first in library, dtype or device (TYPE-1).

    Raises
    ------
    TypeError
        Naming the array that differs, what was expected and what was found.
    """
    for name, other in others.items():
        if other is None:
            continue
        if array_namespace(other) is not array_namespace(first):
            expected, got = array_namespace(first).__name__, array_namespace(other).__name__
            raise TypeError(
                f"{name}: expected an array of {expected}, as {reference}, got one of {got}"
            )
        if other.dtype != first.dtype:
            raise TypeError(
                f"{name}: expected dtype {first.dtype}, as {reference}, got {other.dtype}"
            )
        here, there = device(first), device(other)
        if None not in (here, there) and here != there:  # a tracer has no device: None
            raise TypeError(f"{name}: expected device {here}, as {reference}, got {there}")


def check_broadcast(name: str, value: Array, *others: Array) -> None:
    """Refuse an array whose shape does not broadcast against the shapes of others (SHAPE-2).

    Raises
    ------
    ValueError
        Naming both shapes.
    """
    got = tuple(value.shape)
    for other in others:
        expected = tuple(other.shape)
        pairs = zip(reversed(got), reversed(expected), strict=False)
        if any(len({g, e, 1}) == 3 for g, e in pairs):
            shape = show(expected)
            raise ValueError(
                f"{name}: expected a shape that broadcasts against {shape}, got {show(got)}"
            )


def check_event(name: str, value: Any, size: int | None = None) -> None:
    """Refuse what is not an array of events: shape (..., size), any size for None.

    Raises
    ------
    TypeError
        Not an array of a real floating dtype.
    ValueError
        No axis, a last axis of another length, or an axis whose length is not known yet: NaN, as
        Dask has it after a selection.
    """
    check_array(name, value)
    if any(isinstance(length, float) for length in value.shape):
        shape = show(tuple(value.shape))
        raise ValueError(f"{name}: expected axes of known length, got shape {shape}")
    if not fits(tuple(value.shape[-1:]), (size,)):
        expected = "*" if size is None else size
        raise ValueError(
            f"{name}: expected shape (..., {expected}), got {show(tuple(value.shape))}"
        )
