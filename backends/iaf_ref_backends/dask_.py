"""Dask as a backend: arrays in chunks along the batch, computed when they are fetched.

The text only writes down what is to be done with each chunk. Who does it, threads or a cluster, is
the business of Dask's scheduler; the arithmetic is NumPy's.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import array_api_compat.dask.array
import dask
import dask.array
import numpy as np

from iaf_ref_backends.floating import FloatBackend
from iaf_ref_backends.numpy_ import blas

__all__ = ["BACKEND", "DaskBackend"]


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
