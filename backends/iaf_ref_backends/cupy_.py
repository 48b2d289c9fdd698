"""CuPy as a backend: NumPy's functions on NVIDIA's and AMD's GPUs.

CuPy's creation functions take no ``device=`` or ignore it: an array lies on the *current* device.
So whatever makes or uses arrays runs inside ``computing``, which makes the device the current one.
Nothing goes to the host unless it is fetched; CuPy refuses to convert by itself.
"""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from types import ModuleType
from typing import Any

import array_api_compat.cupy
import cupy
from cupy._core import _routines_linalg as linalg

from iaf_ref_backends.floating import FloatBackend, nvidia_driver
from iaf_ref_backends.switches import Switch, setting, variable

__all__ = ["BACKEND", "CuPyBackend"]

_DEFAULT = 1
"""COMPUTE_TYPE_DEFAULT of CuPy: a product in the format of its operands."""


class CuPyBackend(FloatBackend):
    """CuPy, on every GPU that it finds."""

    name = "cupy"
    version = str(cupy.__version__)
    other_dtypes = ("float16",)

    @property
    def namespace(self) -> ModuleType:
        """CuPy by the names of the standard."""
        namespace: ModuleType = array_api_compat.cupy
        return namespace

    def devices(self) -> tuple[str, ...]:
        """Return the GPUs; none without a driver."""
        try:
            count = cupy.cuda.runtime.getDeviceCount()
        except cupy.cuda.runtime.CUDARuntimeError:
            return ()
        return tuple(f"cuda:{n}" for n in range(count))

    def computing(self, dtype: str, device: str) -> AbstractContextManager[Any]:
        """Return the context in which the device is the current one."""
        current: AbstractContextManager[Any] = cupy.cuda.Device(_number(device))
        return current

    def place(self, array: Any, device: str) -> Any:
        """Copy an array to the device, dtype kept."""
        with cupy.cuda.Device(_number(device)):
            return cupy.array(array)

    def fetch(self, array: Any) -> Any:
        """Copy an array to the host."""
        with array.device:
            return array.get()

    def synchronize(self, array: Any) -> None:
        """Wait until the device has computed an array."""
        array.device.synchronize()

    def precision_switches(self) -> tuple[Switch, ...]:
        """Return whether float32 products are taken in TF32: CuPy's switch, and NVIDIA's."""
        own = setting(
            "CUPY_TF32",
            lambda: linalg.get_compute_type("float32"),
            lambda kind: linalg.set_compute_type("float32", kind),
            _DEFAULT,
        )
        shown = Switch(own.name, lambda: linalg.compute_type_to_str(own.read()), own.hold)
        return (shown, variable("NVIDIA_TF32_OVERRIDE", "0"))

    def environment(self) -> dict[str, str]:
        """Return versions, drivers, devices, and who sums up (``CUPY_ACCELERATORS``)."""
        runtime = cupy.cuda.runtime
        names = {
            f"device {device}": runtime.getDeviceProperties(_number(device))["name"].decode()
            for device in self.devices()
        }
        return {
            "cupy": self.version,
            "cuda": str(runtime.runtimeGetVersion()),
            "cuda_driver": str(runtime.driverGetVersion()),
            "driver": nvidia_driver(),
            "accelerators": os.environ.get("CUPY_ACCELERATORS", "default"),
            **names,
        }


def _number(device: str) -> int:
    """N of ``cuda:N``."""
    return int(device.partition(":")[2])


BACKEND = CuPyBackend()
"""What the entry point leads to."""
