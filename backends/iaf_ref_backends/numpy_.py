"""NumPy as a backend: IEEE arithmetic, matrix products by the BLAS that it was built with."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from types import MappingProxyType, ModuleType
from typing import Any

import numpy as np

__all__ = ["BACKEND", "NumPyBackend"]


class NumPyBackend:
    """NumPy, in float32 and float64.

    Attributes
    ----------
    name : str
    dtypes : tuple of str
        What it computes in.
    profiles : mapping of dtype to the profile that it is held to
    """

    name = "numpy"
    dtypes = ("float32", "float64")
    profiles: Mapping[str, str] = MappingProxyType({"float32": "ieee-f32", "float64": "ieee-f64"})

    @property
    def namespace(self) -> ModuleType:
        """The array namespace: since version 2 it is NumPy itself."""
        return np

    def devices(self) -> tuple[str, ...]:
        """Return the devices, the default one first."""
        return ("cpu",)

    def place(self, array: Any, device: str) -> Any:
        """Copy an array to the device, dtype kept."""
        return np.array(array)

    def fetch(self, array: Any) -> Any:
        """Return an array; a scalar, as NumPy's reductions give it, becomes one of shape ()."""
        return np.asarray(array)

    def environment(self) -> dict[str, str]:
        """Return what decides how numbers come out: versions, BLAS, vector units, machine."""
        config: Any = np.show_config(mode="dicts")
        blas = config.get("Build Dependencies", {}).get("blas", {})
        return {
            "numpy": np.__version__,
            "blas": f"{blas.get('name', 'unknown')} {blas.get('version', '')}".strip(),
            "blas_build": str(blas.get("openblas configuration", "unknown")),
            "simd": " ".join(config.get("SIMD Extensions", {}).get("found", [])),
            "python": platform.python_version(),
            "platform": platform.platform(),
            "machine": platform.machine(),
        }


BACKEND = NumPyBackend()
"""What the entry point leads to."""
