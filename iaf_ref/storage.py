"""Flows in files: safetensors, with the description of the flow as JSON metadata, no pickle.

A file is written beside its place and then moved there, so that it is never half written. It
carries a digest of its own content: a damaged one is refused before anything is built.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from pathlib import Path
from typing import Any

import numpy as np

from .describe import Tensors, describe, rebuild
from .host import real_dtype

FORMAT = "iaf-ref-flow/1"
"""Name and version of the format, as in the metadata of a file."""


def save(path: str | os.PathLike[str], flow: Any) -> None:
    """Write a flow to a safetensors file, atomically.

    Parameters
    ----------
    path : path
        Replaced if it exists.
    flow : AffineAutoregressive, Permutation, Chain or Inverse

    Raises
    ------
    TypeError
        ``flow`` is something else.
    ValueError
        A NaN or an infinity among its weights.
    OSError
        The file cannot be written.
    """
    from safetensors.numpy import save as to_bytes

    text, tensors = describe(flow)
    check_stored("flow", tensors)
    spec = json.dumps(text, sort_keys=True)
    metadata = {"format": FORMAT, "flow": spec, "sha256": digest(spec, tensors)}
    write_atomically(Path(path), to_bytes(tensors, metadata=metadata))


def load(
    path: str | os.PathLike[str], *, xp: Any = None, device: Any = None, dtype: str | None = None
) -> Any:
    """Read a flow from a file that :func:`save` wrote.

    Parameters
    ----------
    path : path
    xp, device
        Array namespace, NumPy by default, and device of the weights.
    dtype : str, optional
        Name of the dtype of the weights; default: as stored.

    Returns
    -------
    AffineAutoregressive, Permutation, Chain or Inverse

    Raises
    ------
    FileNotFoundError
        No such file.
    ValueError
        Not a file of this format, truncated, altered, with a NaN or an infinity among its weights,
        or no such dtype.
    """
    xp = np if xp is None else xp
    if dtype is not None:
        real_dtype(xp, dtype)
    metadata, tensors = read(Path(path))
    found = metadata.get("format")
    if found != FORMAT:
        raise ValueError(f"{path}: expected format {FORMAT!r}, got {found!r}")
    spec = metadata.get("flow", "")
    if metadata.get("sha256") != digest(spec, tensors):
        raise ValueError(f"{path}: expected the content that was saved (sha256), got other content")
    if dtype in {"float16", "float32", "float64"}:
        with np.errstate(over="ignore"):  # a weight that does not fit becomes inf, and is refused
            tensors = {name: tensor.astype(dtype) for name, tensor in tensors.items()}
    check_stored(str(path), tensors)
    try:
        return rebuild(json.loads(spec), tensors, xp=xp, device=device, dtype=dtype)
    except KeyError as error:
        raise ValueError(
            f"{path}: expected the description of a flow, got one without {error}"
        ) from error
    except (AttributeError, IndexError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: expected the description of a flow, got: {error}") from error


def read(path: Path) -> tuple[dict[str, str], Tensors]:
    """Metadata and tensors of a safetensors file.

    Raises
    ------
    FileNotFoundError
        No such file.
    ValueError
        The file cannot be read as safetensors.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), framework="numpy") as file:
            return dict(file.metadata() or {}), {
                name: file.get_tensor(name) for name in list(file.keys())
            }
    except FileNotFoundError:
        raise FileNotFoundError(f"{path}: expected a file, got none") from None
    except (SafetensorError, OSError) as error:
        raise ValueError(
            f"{path}: expected a safetensors file, got one that cannot be read ({error})"
        ) from error


def check_stored(place: str, tensors: Tensors) -> None:
    """Refuse what a file cannot hold, and a NaN or an infinity among the weights.

    Raises
    ------
    TypeError, ValueError
        Naming the array.
    """
    for name, tensor in tensors.items():
        if tensor.dtype.name not in {"float16", "float32", "float64"}:
            raise TypeError(
                f"{place}: expected float16, float32 or float64, got {tensor.dtype} in {name!r}"
            )
        if not np.all(np.isfinite(tensor)):
            raise ValueError(
                f"{place}: expected finite weights, got a NaN or an infinity in {name!r}"
            )


def digest(spec: str, tensors: Tensors) -> str:
    """sha256 of the description and of the name, dtype, shape and bytes of each tensor, sorted."""
    result = hashlib.sha256(spec.encode())
    for name in sorted(tensors):
        array = np.ascontiguousarray(tensors[name])
        result.update(f"\n{name} {array.dtype.str} {list(array.shape)}\n".encode())
        result.update(array.tobytes())
    return result.hexdigest()


def write_atomically(path: Path, content: bytes) -> None:
    """Write beside the place, then move: readers see the old file or the new one, never a part.

    Raises
    ------
    OSError
        The place is no regular file, its folder is not there, or the file cannot be written.
    """
    path = path.resolve()  # a link stays a link
    if path.exists() and not path.is_file():
        raise OSError(f"{path}: expected a regular file or a new one, got something else")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{path}: expected a folder to write to, got none")
    # not by tempfile, whose files nobody else may read: here the umask decides, as of any new file
    beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with open(beside, "xb") as file:
            file.write(content)
        os.replace(beside, path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
