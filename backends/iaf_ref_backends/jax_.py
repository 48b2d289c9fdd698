"""JAX as a backend: XLA on the host, on GPUs (``cuda:N``, ``rocm:N``) and on TPUs (``tpu:N``).

By itself JAX has no float64: it is computed inside the x64 context, which is left again; float32
runs as JAX starts. On GPUs and TPUs, float32 products may be taken in TF32 or bfloat16 unless
``jax_default_matmul_precision`` says otherwise. XLA flushes subnormal numbers to zero.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from importlib import import_module
from types import ModuleType
from typing import Any

import jax
import jax.numpy
import numpy as np

from iaf_ref_backends import jax_trees
from iaf_ref_backends.floating import FloatBackend, nvidia_driver
from iaf_ref_backends.switches import Switch, variable

__all__ = ["BACKEND", "JaxBackend"]


class JaxBackend(FloatBackend):
    """JAX, on every device that it finds."""

    name = "jax"
    version = str(jax.__version__)
    other_dtypes = ("float16", "bfloat16")

    @property
    def namespace(self) -> ModuleType:
        """JAX follows the standard by itself."""
        namespace: ModuleType = jax.numpy
        return namespace

    def devices(self) -> tuple[str, ...]:
        """Return the devices of the default platform, then the host."""
        return tuple(_devices())

    def computing(self, dtype: str, device: str) -> AbstractContextManager[Any]:
        """Return the context of the dtype: float64 needs x64."""
        return _x64() if dtype == "float64" else nullcontext()

    def place(self, array: Any, device: str) -> Any:
        """Copy an array to the device, dtype kept.

        Raises
        ------
        TypeError
            A float64 array outside of the x64 context, which JAX would round to float32.
        """
        if array.dtype.name == "float64" and not jax.config.jax_enable_x64:
            raise TypeError("expected float32, as x64 is off, got float64")
        return jax.device_put(np.array(array), _devices()[device])

    def fetch(self, array: Any) -> Any:
        """Copy an array to the host."""
        return np.array(array)

    def synchronize(self, array: Any) -> None:
        """Wait until the device has computed an array."""
        array.block_until_ready()

    def gradient(
        self, function: Callable[[Mapping[str, Any]], Any], arrays: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the derivatives of a function of named arrays, by reverse mode, compiled."""
        found: dict[str, Any] = jax.jit(jax.grad(function))(dict(arrays))
        return found

    def precision_switches(self) -> tuple[Switch, ...]:
        """Return JAX's own switch, NVIDIA's, and what XLA and x64 stand at."""
        return (
            Switch(
                "jax_default_matmul_precision",
                lambda: jax.config.jax_default_matmul_precision,
                lambda: jax.default_matmul_precision("highest"),
            ),
            Switch("jax_enable_x64", lambda: jax.config.jax_enable_x64),
            variable("XLA_FLAGS"),
            variable("NVIDIA_TF32_OVERRIDE", "0"),
        )

    def environment(self) -> dict[str, str]:
        """Return versions, devices and drivers."""
        import jaxlib

        found = _devices()
        kinds = {f"device {name}": str(device.device_kind) for name, device in found.items()}
        first: Any = next(iter(found.values()))
        drivers = {"driver": nvidia_driver()} if first.platform == "gpu" else {}
        return {
            "jax": self.version,
            "jaxlib": jaxlib.__version__,
            "xla": " ".join(str(first.client.platform_version).split()),
            **kinds,
            **drivers,
        }


def _devices() -> dict[str, Any]:
    """Name -> device of this process: the default platform's, then the host's."""
    found = list(jax.local_devices())
    if found[0].platform != "cpu":
        with suppress(RuntimeError):  # JAX_PLATFORMS may leave the host out
            found += jax.local_devices(backend="cpu")
    cpus = sum(device.platform == "cpu" for device in found)
    return {_name(device, alone=cpus == 1): device for device in found}


def _name(device: Any, *, alone: bool) -> str:
    """cuda:0, rocm:0, tpu:0; cpu, or cpu:0 where the host has been split into several."""
    if device.platform == "cpu":
        return "cpu" if alone else f"cpu:{device.id}"
    kind = device.platform
    if kind == "gpu":
        kind = "rocm" if "rocm" in str(device.client.platform_version).lower() else "cuda"
    return f"{kind}:{device.id}"


def _x64() -> AbstractContextManager[Any]:
    """Return the context with 64-bit numbers, which older versions keep elsewhere."""
    home: Any = jax if hasattr(jax, "enable_x64") else import_module("jax.experimental")
    context: AbstractContextManager[Any] = home.enable_x64(True)
    return context


jax_trees.register()

BACKEND = JaxBackend()
"""What the entry point leads to."""
