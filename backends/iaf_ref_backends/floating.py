"""What backends that compute with floats share, unless they say otherwise: one device, no switch.

A stranger's backend may derive from it and need not; the suite asks for the methods by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import MappingProxyType
from typing import Any

from iaf_ref_backends import switches
from iaf_ref_backends.switches import Switch

__all__ = ["IEEE", "FloatBackend", "nvidia_driver"]

IEEE: Mapping[str, str] = MappingProxyType(
    {"float32": "ieee-f32", "float64": "ieee-f64", "float16": "f16", "bfloat16": "bf16"}
)
"""Dtype -> profile of an arithmetic that rounds every operation to its own format."""


class FloatBackend:
    """An array library on the host, float32 and float64, with nothing to be switched.

    Attributes
    ----------
    name : str
    dtypes : tuple of str
        What it computes in, among those that the suite has cases in.
    other_dtypes : tuple of str
        Floats that the library holds beside them.
    profiles : mapping of dtype to the profile that it is held to
    """

    name = ""
    dtypes: tuple[str, ...] = ("float32", "float64")
    other_dtypes: tuple[str, ...] = ()
    profiles: Mapping[str, str] = IEEE

    def devices(self) -> tuple[str, ...]:
        """Return the devices at hand, the default one first."""
        return ("cpu",)

    def dtypes_on(self, device: str) -> tuple[str, ...]:
        """Return those of ``dtypes`` that the device has."""
        return self.dtypes

    def computing(self, dtype: str, device: str) -> AbstractContextManager[Any]:
        """Return the context in which arrays of the dtype are made and used on the device."""
        return nullcontext()

    def synchronize(self, array: Any) -> None:
        """Wait until the device has computed an array; on the host it has."""

    def precision_switches(self) -> tuple[Switch, ...]:
        """Return the switches of the library."""
        return ()

    def switches(self) -> dict[str, str]:
        """Return what the switches stand at."""
        return switches.values(self.precision_switches())

    def ieee(self) -> AbstractContextManager[None]:
        """Return a context in which the switches stand at IEEE arithmetic."""
        return switches.ieee(self.precision_switches())


def nvidia_driver() -> str:
    """Return the version of NVIDIA's driver, as its kernel module on Linux states it."""
    try:
        text = Path("/proc/driver/nvidia/version").read_text(encoding="utf-8")
    except OSError:
        return "unknown"
    return text.partition("\n")[0].partition(":")[2].strip() or "unknown"
