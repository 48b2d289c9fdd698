"""Arrays of any library to NumPy and back: at the edge, where files are written and read."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
from array_api_compat import array_namespace, to_device

from ._values import check_one_of


def to_host(array: Any) -> np.ndarray[Any, np.dtype[Any]]:
    """Copy an array of any library to NumPy.

    Raises
    ------
    TypeError
        The array cannot be brought to the host.
    """
    if hasattr(array, "detach"):
        array = array.detach()  # PyTorch: a leaf that requires grad is no NumPy array
    try:
        host = np.asarray(array)
    except (TypeError, RuntimeError):  # how libraries say that the array lies on an accelerator
        host = _from_device(array)
    return host.astype(host.dtype.newbyteorder("="))  # a copy, in this machine's byte order


def _from_device(array: Any) -> np.ndarray[Any, np.dtype[Any]]:
    """Copy from a device: the host is "cpu", or the default device where that is none."""
    for host in ("cpu", array_namespace(array).__array_namespace_info__().default_device()):
        with suppress(TypeError, ValueError, RuntimeError):
            return np.asarray(to_device(array, host))
    raise TypeError(f"array: expected one that can be brought to the host, got {type(array)}")


def from_host(array: np.ndarray[Any, np.dtype[Any]], xp: Any, device: Any, dtype: str) -> Any:
    """An array of another library from a NumPy array.

    Raises
    ------
    ValueError
        The namespace has no such dtype.
    """
    # a copy: a frozen flow must not share memory that somebody may write to
    return xp.asarray(array.copy(), dtype=real_dtype(xp, dtype), device=device)


def real_dtype(xp: Any, name: str) -> Any:
    """Return a real floating dtype of a namespace by its name.

    Raises
    ------
    TypeError
        What is given for a namespace has no dtypes at all.
    ValueError
        The namespace has no such dtype.
    """
    known = [d for d in ("float16", "bfloat16", "float32", "float64") if hasattr(xp, d)]
    if not known:
        raise TypeError(f"xp: expected an array namespace, got {xp!r}")
    check_one_of("dtype", name, known)
    return getattr(xp, name)
