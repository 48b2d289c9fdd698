"""array-api-strict as a backend: the standard and nothing else, on several pretended devices.

Whatever the standard leaves optional is switched off. Its devices hold arrays of the host that do
not mix: ``device2`` has float32 as its default, ``no_float64`` and ``no_x64`` lack float64, as
Apple's GPUs and JAX do.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from types import ModuleType
from typing import Any

import array_api_strict
import numpy as np

from iaf_ref_backends.floating import FloatBackend
from iaf_ref_backends.numpy_ import blas

__all__ = ["BACKEND", "StrictBackend"]

API_VERSION = "2024.12"
"""The version of the standard that the text keeps to."""


class StrictBackend(FloatBackend):
    """array-api-strict, on all of its devices."""

    name = "array_api_strict"
    version = str(array_api_strict.__version__)

    @property
    def namespace(self) -> ModuleType:
        """The strict namespace."""
        namespace: ModuleType = array_api_strict
        return namespace

    def devices(self) -> tuple[str, ...]:
        """Return its devices, the host's memory first."""
        return tuple(_devices())

    def dtypes_on(self, device: str) -> tuple[str, ...]:
        """Return the dtypes that the device has."""
        info = array_api_strict.__array_namespace_info__()
        held = info.dtypes(device=_devices()[device], kind="real floating")
        return tuple(dtype for dtype in self.dtypes if dtype in held)

    def computing(self, dtype: str, device: str) -> AbstractContextManager[Any]:
        """Return the context in which nothing optional is there."""
        flags: AbstractContextManager[Any] = array_api_strict.ArrayAPIStrictFlags(
            api_version=API_VERSION,
            boolean_indexing=False,
            data_dependent_shapes=False,
            enabled_extensions=(),
        )
        return flags

    def place(self, array: Any, device: str) -> Any:
        """Copy an array to the device, dtype kept.

        Raises
        ------
        TypeError
            The device has no such dtype.
        """
        if array.dtype.name in self.dtypes and array.dtype.name not in self.dtypes_on(device):
            raise TypeError(f"expected a dtype of {device}, got {array.dtype.name}")
        return array_api_strict.asarray(np.array(array), device=_devices()[device])

    def fetch(self, array: Any) -> Any:
        """Copy an array to the host."""
        return np.array(array.to_device(array_api_strict.Device("CPU_DEVICE")))

    def environment(self) -> dict[str, str]:
        """Return versions, and NumPy's BLAS, which multiplies."""
        return {
            "array_api_strict": self.version,
            "api_version": API_VERSION,
            "numpy": np.__version__,
            **blas(),
        }


def _devices() -> dict[str, Any]:
    """Name, ``cpu`` for the default, -> device."""
    found = array_api_strict.__array_namespace_info__().devices()
    names = [repr(device).split("'")[1] for device in found]
    return {
        "cpu" if name == "CPU_DEVICE" else name: device
        for name, device in zip(names, found, strict=True)
    }


BACKEND = StrictBackend()
"""What the entry point leads to."""
