"""The path of CuPy without a GPU: a double that has what CuPy has, and no more.

Creation functions ignore ``device=``; an array lies on the device that is current when it is made;
an operation on arrays of another device than the current one is refused; nothing becomes a NumPy
array by itself.
"""

import importlib
import importlib.util
import operator
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from types import ModuleType, SimpleNamespace
from typing import Any, ClassVar

import array_api_compat
import numpy as np
import pytest

from iaf_ref_conformance.run import CONFORMS, FAILS
from iaf_ref_conformance.subjects.reference import Reference

DEFAULT, TF32 = 1, 7


class Device:
    """A pretended GPU; entered, it is the current one."""

    current: ClassVar[list[int]] = [0]

    def __init__(self, device: Any = None) -> None:
        self.id = self.current[-1] if device is None else int(getattr(device, "id", device))

    def __enter__(self) -> "Device":
        self.current.append(self.id)
        return self

    def __exit__(self, *given: object) -> None:
        self.current.pop()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Device) and other.id == self.id

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        return f"<CUDA Device {self.id}>"

    def synchronize(self) -> None:
        SYNCHRONIZED.append(self.id)


SYNCHRONIZED: list[int] = []
MADE: list[tuple[int, str]] = []  # device and dtype of every array


class Array:
    """An array in the memory of a pretended GPU."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value: Any) -> None:
        self.value, self.device = np.asarray(value), Device()
        MADE.append((self.device.id, self.value.dtype.name))

    def __getattr__(self, name: str) -> Any:
        if name in ("shape", "dtype", "ndim", "size"):
            return getattr(self.value, name)
        if name in ("astype", "copy", "reshape", "all", "any", "tolist"):
            return wrapped(getattr(self.value, name))
        raise AttributeError(name)

    def __array__(self, *given: object, **options: object) -> Any:
        raise TypeError("Implicit conversion to a NumPy array is not allowed.")

    def __getitem__(self, key: Any) -> Any:
        return Array(here(self)[here(key)])

    def __setitem__(self, key: Any, value: Any) -> None:
        here(self)[here(key)] = here(value)

    def __bool__(self) -> bool:
        return bool(self.value)

    def get(self) -> Any:
        return here(self).copy()


def here(value: Any) -> Any:
    """The numbers, if they lie on the current device."""
    if isinstance(value, tuple | list):
        return type(value)(here(v) for v in value)
    if isinstance(value, Array):
        if value.device != Device():
            raise ValueError(f"Array device must be same as the current: {value.device}")
        return value.value
    if isinstance(value, np.ndarray):
        raise TypeError(f"Unsupported type {type(value)}")
    return value


def there(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return type(value)(there(v) for v in value)
    return Array(value) if isinstance(value, np.ndarray | np.generic) else value


def wrapped(function: Any) -> Any:
    """A function of NumPy as CuPy's; a ``device=`` that it knows is ignored."""

    def call(*given: Any, **options: Any) -> Any:
        options.pop("device", None)
        return there(function(*map(here, given), **{k: here(v) for k, v in options.items()}))

    return call


for _name in ("add", "sub", "mul", "truediv", "pow", "matmul", "and", "or"):
    _operator = getattr(operator, f"__{_name}__")
    setattr(Array, f"__{_name}__", wrapped(_operator))
    setattr(Array, f"__r{_name}__", wrapped(lambda a, b, _operator=_operator: _operator(b, a)))
for _name in ("lt", "le", "gt", "ge", "eq", "ne", "neg", "abs", "invert"):
    setattr(Array, f"__{_name}__", wrapped(getattr(operator, f"__{_name}__")))


def copied(source: ModuleType, name: str) -> ModuleType:
    """A module of NumPy with each function wrapped; types and numbers stay."""
    module = ModuleType(name)
    for key in dir(source):
        value = getattr(source, key)
        if not key.startswith("_") and not isinstance(value, ModuleType):
            isolate = callable(value) and not isinstance(value, type)
            setattr(module, key, wrapped(value) if isolate else value)
    return module


class CUDARuntimeError(RuntimeError):
    """What the CUDA runtime raises."""


def pretended() -> dict[str, ModuleType]:
    """The modules of the double."""
    cupy = copied(np, "cupy")
    linalg, fft = copied(np.linalg, "cupy.linalg"), copied(np.fft, "cupy.fft")
    core, routines = ModuleType("cupy._core"), ModuleType("cupy._core._routines_linalg")
    kinds = {"float32": TF32}
    properties = {"name": b"Pretended GPU"}
    runtime = SimpleNamespace(
        getDeviceCount=lambda: 2,
        getDeviceProperties=lambda number: properties,
        runtimeGetVersion=lambda: 12080,
        driverGetVersion=lambda: 12090,
        CUDARuntimeError=CUDARuntimeError,
    )

    cuda, device = ModuleType("cupy.cuda"), ModuleType("cupy.cuda.device")
    vars(cuda).update(Device=Device, runtime=runtime, device=device)
    vars(device).update(Device=Device)

    def array(value: Any, dtype: Any = None, copy: Any = True) -> Any:
        # an array of the host is copied over, as by CuPy
        return Array(np.array(getattr(value, "value", value), dtype=dtype, copy=True))

    cupy.__version__ = "0.0"  # type: ignore[attr-defined]
    members = {
        "ndarray": Array,
        "array": array,
        "asarray": array,
        "cuda": cuda,
        "linalg": linalg,
        "fft": fft,
        "_core": core,
        **{name: getattr(cupy, name) for name in ("abs", "max", "min", "round")},
    }
    for name, value in members.items():
        setattr(cupy, name, value)
    core._routines_linalg = routines  # type: ignore[attr-defined]
    routines.get_compute_type = kinds.__getitem__  # type: ignore[attr-defined]
    routines.set_compute_type = kinds.__setitem__  # type: ignore[attr-defined]
    routines.compute_type_to_str = {  # type: ignore[attr-defined]
        DEFAULT: "COMPUTE_TYPE_DEFAULT",
        TF32: "COMPUTE_TYPE_TF32",
    }.__getitem__
    modules = (cupy, cuda, device, linalg, fft, core, routines)
    return {module.__name__: module for module in modules}


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """CuPy's backend on the double."""
    if importlib.util.find_spec("cupy") is not None:
        pytest.skip("CuPy itself is installed: the double would stand in its way")
    ours = ("iaf_ref_backends.cupy_", "array_api_compat.cupy")
    for name, module in pretended().items():
        monkeypatch.setitem(sys.modules, name, module)
    for name in [n for n in sys.modules if n.startswith(ours)]:
        monkeypatch.delitem(sys.modules, name)  # a part of it, from an import that failed
    MADE.clear()
    yield importlib.import_module(ours[0]).BACKEND
    for name in [n for n in sys.modules if n.startswith(ours)]:
        del sys.modules[name]
    for package, name in (("iaf_ref_backends", "cupy_"), ("array_api_compat", "cupy")):
        vars(importlib.import_module(package)).pop(name, None)
    cache = getattr(array_api_compat.common._helpers, "_cls_to_namespace", None)
    if cache is not None and hasattr(cache, "cache_clear"):
        cache.cache_clear()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_array_is_made_on_the_device_that_was_asked_for(
    backend: Any, judged: Any, dtype: str
) -> None:
    result = judged(Reference(backend, "cuda:1"), dtype)
    assert {r.outcome.reason for r in result.results if r not in result.left_out} == {""}
    assert result.verdict == CONFORMS
    assert result.device == "cuda:1"
    assert result.environment["switch flush_to_zero"] == "off"
    assert result.environment["switch CUPY_TF32"] == "COMPUTE_TYPE_DEFAULT"
    assert {device for device, _ in MADE} == {1}
    assert Device.current == [0]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_float_is_of_the_dtype_of_the_case(backend: Any, reasons: Any, dtype: str) -> None:
    subject = Reference(backend)
    assert subject._where.id == 0
    MADE.clear()
    assert reasons(subject, dtype, ("forward", "inverse", "log_prob", "log_scale")) == []
    assert {made for _, made in MADE if made.startswith("float")} == {dtype}


def test_without_the_current_device_the_double_refuses(
    backend: Any, judged: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        type(backend), "computing", lambda self, dtype, device: nullcontext(), raising=True
    )
    assert judged(Reference(backend, "cuda:1"), "float32", ("forward",)).verdict == FAILS
    assert judged(Reference(backend, "cuda:0"), "float32", ("forward",)).verdict == CONFORMS


def test_devices_and_environment(backend: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert backend.devices() == ("cuda:0", "cuda:1")
    assert Reference(backend, "cuda").device == "cuda:0"
    environment = backend.environment()
    assert environment["device cuda:1"] == "Pretended GPU"
    assert environment["cuda_driver"] == "12090"

    def none() -> int:
        raise CUDARuntimeError("cudaErrorNoDevice")

    monkeypatch.setattr(sys.modules["cupy"].cuda.runtime, "getDeviceCount", none)
    assert backend.devices() == ()


def test_arrays_go_over_and_come_back(backend: Any) -> None:
    given = np.arange(3, dtype=np.float32)
    placed = backend.place(given, "cuda:1")
    assert placed.device.id == 1
    with pytest.raises(TypeError, match="Implicit conversion"):
        np.asarray(placed)
    back = backend.fetch(placed)
    assert back.dtype == np.float32
    assert back.tolist() == given.tolist()
    backend.synchronize(placed)
    assert SYNCHRONIZED[-1] == 1


def test_tf32_is_off_for_the_time_of_a_run(backend: Any) -> None:
    found = backend.switches()
    assert found["CUPY_TF32"] == "COMPUTE_TYPE_TF32"
    with backend.ieee():
        assert backend.switches()["CUPY_TF32"] == "COMPUTE_TYPE_DEFAULT"
        assert backend.switches()["NVIDIA_TF32_OVERRIDE"] == "0"
    assert backend.switches() == found
