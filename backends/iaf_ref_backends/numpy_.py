"""NumPy as a backend: IEEE arithmetic, matrix products by the BLAS that it was built with."""

from __future__ import annotations

import platform
from types import ModuleType
from typing import Any

import numpy as np

from iaf_ref_backends.floating import FloatBackend

__all__ = ["BACKEND", "NumPyBackend", "blas"]


class NumPyBackend(FloatBackend):
    """NumPy, in float32 and float64."""

    name = "numpy"
    version = np.__version__
    other_dtypes = ("float16",)

    @property
    def namespace(self) -> ModuleType:
        """The array namespace: since version 2 it is NumPy itself."""
        return np

    def place(self, array: Any, device: str) -> Any:
        """Copy an array to the device, dtype kept."""
        return np.array(array)

    def fetch(self, array: Any) -> Any:
        """Return an array; a scalar, as NumPy's reductions give it, becomes one of shape ()."""
        return np.asarray(array)

    def environment(self) -> dict[str, str]:
        """Return what decides how numbers come out: versions, BLAS, vector units, machine."""
        return {
            "numpy": np.__version__,
            **blas(),
            "python": platform.python_version(),
            "platform": platform.platform(),
            "machine": platform.machine(),
        }


def blas() -> dict[str, str]:
    """Return the BLAS that NumPy was built with, and the vector units that it uses."""
    config: Any = np.show_config(mode="dicts")
    found = config.get("Build Dependencies", {}).get("blas", {})
    return {
        "blas": f"{found.get('name', 'unknown')} {found.get('version', '')}".strip(),
        "blas_build": str(found.get("openblas configuration", "unknown")),
        "simd": " ".join(config.get("SIMD Extensions", {}).get("found", [])),
    }


BACKEND = NumPyBackend()
"""What the entry point leads to."""
