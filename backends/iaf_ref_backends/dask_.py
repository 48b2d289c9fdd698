"""Dask as a backend: arrays in chunks along the batch, computed when they are fetched.

The text only writes down what is to be done with each chunk. Who does it, threads or a cluster, is
the business of Dask's scheduler; the arithmetic is NumPy's.

Each operation of the text becomes a task per chunk. That suits a density by one evaluation of the
network, as of a MAF; an inverse by D of them makes thousands of tasks per chunk, which take longer
to schedule than to run: :func:`per_block` makes one of the whole density.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import array_api_compat.dask.array
import dask
import dask.array
import numpy as np

from iaf_ref_backends.floating import FloatBackend
from iaf_ref_backends.numpy_ import blas

__all__ = ["BACKEND", "DaskBackend", "per_block"]


class DaskBackend(FloatBackend):
    """Dask on NumPy arrays; whatever has two axes or more is placed in two chunks."""

    name = "dask"
    version = str(dask.__version__)

    @property
    def namespace(self) -> ModuleType:
        """Dask by the names of the standard."""
        namespace: ModuleType = array_api_compat.dask.array
        return namespace

    def place(self, array: Any, device: str) -> Any:
        """Copy an array and cut it along its first axis; the last one stays whole."""
        chunks = [-1] * array.ndim
        if array.ndim > 1 and len(array):
            chunks[0] = (len(array) + 1) // 2
        return dask.array.from_array(np.array(array), chunks=tuple(chunks))

    def fetch(self, array: Any) -> Any:
        """Compute an array."""
        return np.array(array.compute())

    def environment(self) -> dict[str, str]:
        """Return versions, scheduler, and NumPy's BLAS."""
        return {
            "dask": self.version,
            "scheduler": str(dask.config.get("scheduler", "default")),
            "numpy": np.__version__,
            **blas(),
        }


BACKEND = DaskBackend()
"""What the entry point leads to."""


def per_block(log_prob: Callable[..., Any], y: Any, context: Any = None) -> Any:
    """Log density of a Dask array, lazily, one task for each of its chunks.

    The weights are one task more, which every worker fetches once;
    ``dask.array.map_blocks(log_prob, y)`` would send them along with each chunk.

    Parameters
    ----------
    log_prob : callable
        ``q.log_prob`` of a density on NumPy: called with a block (n, ..., D), and with the block
        of the context if there is one. Other options by ``functools.partial``.
    y : Dask array (..., D)
        Chunked along the batch; lengths may be unknown (NaN). Chunks of the last axis are put
        together, block by block.
    context : Dask or NumPy array (..., C), optional
        Its batch dimensions broadcast against those of ``y``, and are cut as they are.

    Returns
    -------
    Dask array (...), nats, in the chunks of the batch

    Raises
    ------
    TypeError
        ``y`` is no Dask array.
    ValueError
        ``y`` or the context has no axis, or a last one of unknown length, or the result is not one
        number for each event.

    Notes
    -----
    ``log_prob`` is called once at once, with no rows: what it refuses, a dtype or a D other than
    its own, it refuses here and not in the middle of the computation.
    """
    if not isinstance(y, dask.array.Array):
        raise TypeError(f"y: expected a Dask array, got {type(y).__name__}")
    given = {"y": y} if context is None else {"y": y, "context": dask.array.asarray(context)}
    for name, array in given.items():
        if array.ndim == 0 or np.isnan(array.shape[-1]):
            raise ValueError(f"{name}: expected a last axis of known length, got {array.shape}")
    arrays = list(given.values())
    batch = max(array.ndim for array in arrays) - 1
    nothing = log_prob(*map(_no_rows, arrays))
    if nothing.ndim != batch:
        shape = (0,) * batch
        raise ValueError(f"log_prob: expected shape {shape} for no rows, got {nothing.shape}")
    pairs: list[Any] = []
    for k, array in enumerate(arrays):  # the batch axes are shared, from the right; events are not
        pairs += [array, (*range(batch + 1 - array.ndim, batch), batch + k)]
    return dask.array.blockwise(
        _call,
        tuple(range(batch)),
        *pairs,
        function=dask.delayed(log_prob, pure=True, traverse=False),
        name=f"log_prob-{dask.base.tokenize(log_prob, *arrays)}",
        concatenate=True,
        meta=nothing,
    )


def _no_rows(array: Any) -> Any:
    """An array of the kind of the blocks: as many axes, no rows, events of the same length."""
    shape = (*(0,) * (array.ndim - 1), array.shape[-1])
    return np.zeros_like(array._meta, shape=shape)


def _call(*blocks: Any, function: Callable[..., Any]) -> Any:
    """Call a function that is the result of a task."""
    return function(*blocks)
