"""PyTorch as a backend: on the host, on NVIDIA's and AMD's GPUs (``cuda:N``), on Apple's (``mps``).

By default it takes float32 products on the GPU in IEEE arithmetic; a program may have switched that
to TF32 (CUDA) or bfloat16 (oneDNN on the host), and sums of bfloat16 are reduced in bfloat16 unless
this is forbidden.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from types import ModuleType
from typing import Any

import array_api_compat.torch
import torch

from iaf_ref_backends.floating import FloatBackend, nvidia_driver
from iaf_ref_backends.switches import Switch, attribute, setting, variable

__all__ = ["BACKEND", "TorchBackend"]


class TorchBackend(FloatBackend):
    """PyTorch, on every device that it finds."""

    name = "torch"
    version = str(torch.__version__)
    other_dtypes = ("float16", "bfloat16")

    @property
    def namespace(self) -> ModuleType:
        """PyTorch by the names of the standard."""
        namespace: ModuleType = array_api_compat.torch
        return namespace

    def devices(self) -> tuple[str, ...]:
        """Return the host, then the accelerators."""
        cuda = tuple(f"cuda:{n}" for n in range(torch.cuda.device_count()))
        return ("cpu", *cuda, *(("mps",) if torch.backends.mps.is_available() else ()))

    def dtypes_on(self, device: str) -> tuple[str, ...]:
        """Return the dtypes: Apple's GPUs have no float64."""
        return ("float32",) if device == "mps" else self.dtypes

    def place(self, array: Any, device: str) -> Any:
        """Copy an array to the device, dtype kept."""
        if array.dtype.name == "float64" and "float64" not in self.dtypes_on(device):
            raise TypeError(f"expected float32 on {device}, got {array.dtype.name}")
        return torch.tensor(array, device=device)

    def fetch(self, array: Any) -> Any:
        """Copy a tensor to the host."""
        return array.detach().cpu().numpy().copy()

    def synchronize(self, array: Any) -> None:
        """Wait until the device has computed a tensor."""
        if array.device.type == "cuda":
            torch.cuda.synchronize(array.device)
        elif array.device.type == "mps":
            torch.mps.synchronize()

    def gradient(
        self, function: Callable[[Mapping[str, Any]], Any], arrays: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the derivatives of a function of named tensors, by autograd."""
        leaves = {name: array.detach().requires_grad_() for name, array in arrays.items()}
        value = function(leaves)
        found = torch.autograd.grad(value, list(leaves.values()), materialize_grads=True)
        return dict(zip(leaves, found, strict=True))

    def precision_switches(self) -> tuple[Switch, ...]:
        """Return PyTorch's own switches, and NVIDIA's."""
        return (*_matmul_switches(), *_reduction_switches(), _flush(), _nvidia())

    def environment(self) -> dict[str, str]:
        """Return versions, BLAS, threads, devices and drivers."""
        found = {
            "torch": self.version,
            "blas": _build("BLAS_INFO"),
            "threads": str(torch.get_num_threads()),
            "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        }
        if torch.cuda.device_count():
            runtime: Any = torch.version
            found |= {
                "cuda": str(runtime.cuda or runtime.hip),
                "cudnn": str(torch.backends.cudnn.version()),
                "driver": nvidia_driver(),
            }
        names = {n: torch.cuda.get_device_name(n) for n in range(torch.cuda.device_count())}
        return found | {f"device cuda:{n}": name for n, name in names.items()}


def _matmul_switches() -> list[Switch]:
    """In which precision float32 products are taken; before version 2.9 by the older interface.

    Where the two contradict each other, PyTorch raises as soon as anybody reads the older one, its
    compiler and its profiler too; so both are held. The older one is held last and restored first,
    as setting it sets the newer one too.
    """
    found = []
    for path, owner in (
        ("torch.backends.cuda.matmul", torch.backends.cuda.matmul),
        ("torch.backends.mkldnn.matmul", getattr(torch.backends.mkldnn, "matmul", None)),
    ):
        if owner is not None and hasattr(owner, "fp32_precision"):
            found.append(attribute(owner, path, "fp32_precision", "ieee"))
    return [*found, _older()]


def _older() -> Switch:
    """The older interface; ``torch.backends.cuda.matmul.allow_tf32`` is another name for it."""
    get, wanted = torch.get_float32_matmul_precision, "highest"
    older = setting(
        "torch.set_float32_matmul_precision", get, torch.set_float32_matmul_precision, wanted
    )

    def hold() -> AbstractContextManager[Any]:
        if older.hold is None or get() == wanted:
            return nullcontext()  # nothing contradicts, and setting it would leave its traces
        return older.hold()

    return Switch(older.name, get, hold)


def _reduction_switches() -> list[Switch]:
    """Whether sums of half precision products may be held in half precision."""
    owner, path = torch.backends.cuda.matmul, "torch.backends.cuda.matmul"
    names = (
        "allow_bf16_reduced_precision_reduction",
        "allow_fp16_reduced_precision_reduction",
        "allow_fp16_accumulation",
    )
    return [attribute(owner, path, name, False) for name in names if hasattr(owner, name)]


def _flush() -> Switch:
    """Whether the host flushes subnormal numbers; there is no way to ask but to try."""

    def read() -> bool:
        return not bool((torch.full((4,), 2.0**-100, dtype=torch.float32) * 2.0**-40).any())

    return setting("torch.set_flush_denormal", read, torch.set_flush_denormal, False)


def _nvidia() -> Switch:
    """Above all of NVIDIA's libraries; they read it when they are first used."""
    return variable("NVIDIA_TF32_OVERRIDE", "0")


def _build(name: str) -> str:
    """An entry of the settings that PyTorch was built with."""
    found = re.search(rf"\b{name}=([^,]+)", torch.__config__.show())
    return found[1] if found else "unknown"


BACKEND = TorchBackend()
"""What the entry point leads to."""
