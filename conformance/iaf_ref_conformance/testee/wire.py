"""Numbers and arrays on the wire: hexadecimal floats as of C99, which lose nothing either way."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

Arrays = np.ndarray[Any, np.dtype[Any]]

_FINITE = re.compile(r"[+-]?0x([0-9a-f]+)\.?([0-9a-f]*)p([+-]?[0-9]{1,5})")
_OTHER = {"inf": math.inf, "infinity": math.inf, "-inf": -math.inf, "-infinity": -math.inf}
_OTHER |= {"nan": math.nan, "-nan": math.nan}  # C prints the sign of a NaN, which means nothing
_ZEROS = re.compile(r"\.?0+p")


class WireError(ValueError):
    """What came over the wire is no number or array of the kind that was asked for."""


def write_number(value: float) -> str:
    """Write a number as C99's ``%a`` does, without zeros at the end.

    Parameters
    ----------
    value : float
        A NaN loses its sign and its payload.

    Returns
    -------
    str

    Examples
    --------
    >>> write_number(3.0), write_number(-0.0), write_number(float("-inf"))
    ('0x1.8p+1', '-0x0p+0', '-inf')
    """
    return _ZEROS.sub("p", value.hex(), count=1) if math.isfinite(value) else str(value)


def read_number(text: str) -> float:
    """Read a number as C99's ``%a`` writes it: any leading digit, any number of digits.

    Parameters
    ----------
    text : str
        As the schemas of the protocol allow it.

    Returns
    -------
    float

    Raises
    ------
    WireError
        No such number, or no float64 has exactly this value.
    """
    match = _FINITE.fullmatch(text)
    if match is None:
        if text not in _OTHER:
            raise WireError(f"expected a hexadecimal float, got {text[:40]!r}")
        return _OTHER[text]
    whole, part, power = match.groups()
    mantissa, exponent = int(whole + part, 16), int(power) - 4 * len(part)
    try:
        value = float.fromhex(text)
    except OverflowError:
        value = math.inf
    if math.isfinite(value):
        above, below = abs(value).as_integer_ratio()
        if above << max(-exponent, 0) == mantissa * below << max(exponent, 0):
            return value
    raise WireError(f"expected a number that float64 holds, got {text[:40]}")


def write_array(array: Arrays) -> dict[str, Any]:
    """Write an array of floats: dtype, shape, and the numbers, last axis fastest."""
    numbers = [write_number(value) for value in array.ravel().tolist()]
    return {"dtype": array.dtype.name, "shape": list(array.shape), "data": numbers}


def read_array(name: str, message: Mapping[str, Any], dtype: str) -> Arrays:
    """Read an array of floats, or for the dtype ``bool`` a mask of 0 and 1.

    Parameters
    ----------
    name : str
        For messages.
    message : mapping
        ``shape`` and ``data``, of the kinds that the schema says.
    dtype : str

    Returns
    -------
    NumPy array of this dtype

    Raises
    ------
    WireError
        Too many or too few entries for the shape, or a number that the dtype does not hold.
    """
    shape, data = tuple(message["shape"]), message["data"]
    if len(data) != math.prod(shape):
        raise WireError(f"{name}: expected {math.prod(shape)} entries for {shape}, got {len(data)}")
    if dtype == "bool":
        return _of_kind(name, data, int).astype(np.bool_).reshape(shape)
    try:
        wide = np.array([read_number(text) for text in _of_kind(name, data, str)], dtype=np.float64)
    except WireError as error:
        raise WireError(f"{name}: {error}") from error
    with np.errstate(all="ignore"):
        array = wide.astype(dtype)
        lost = (array.astype(np.float64) != wide) & ~np.isnan(wide)
    if lost.any():
        place = int(np.flatnonzero(lost)[0])
        raise WireError(f"TYPE-1: {name}: expected numbers that {dtype} holds, got {data[place]}")
    return array.reshape(shape)


def _of_kind(name: str, data: list[Any], kind: type) -> Arrays:
    """Entries as objects, if all are hexadecimal floats (str) or all are 0 or 1 (int)."""
    if not all(isinstance(entry, kind) for entry in data):
        wanted = "0 or 1" if kind is int else "hexadecimal floats"
        raise WireError(f"{name}: expected entries that are {wanted}, got others")
    return np.array(data, dtype=object)
