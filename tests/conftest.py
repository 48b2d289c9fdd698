"""The arithmetics that the specification is tested on: libraries, their devices and dtypes.

``at`` is each of them in turn, ``stored`` those whose numbers can leave for the host from inside
iaf_ref, ``exact`` the balls: there, an identity of mathematics is an enclosure of zero.
"""

import importlib
import pkgutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import array_api_compat
import array_api_compat.numpy as np_compat
import array_api_strict
import numpy as np
import pytest

import iaf_ref as ir
from iaf_ref_backends import ball

BITS = 300

CORE = Path(__file__).parent / "core"
"""The tests of ``iaf_ref`` alone: what they do not run is not covered."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Stop the tracer of ``--cov`` outside the tests of the core: it makes a test twice as long.

    What a case of the suite or an example happens to run of ``iaf_ref`` is not tested by that.
    """
    module = sys.modules.get("coverage")
    tracer = module and module.Coverage.current()
    elsewhere = tracer and tracer.get_option("run:source") == ["iaf_ref"]
    if not elsewhere or CORE in item.path.parents:
        return (yield)
    tracer.stop()
    try:
        return (yield)
    finally:
        tracer.start()


def mapped(
    function: Callable[..., Any], argument: Callable, result: Callable
) -> Callable[..., Any]:
    """The function with a map applied to whatever goes in and another to whatever comes out."""

    def through(change: Callable, value: Any) -> Any:
        if isinstance(value, tuple | list):
            return type(value)(through(change, v) for v in value)
        return change(value)

    @wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        kwargs = {key: through(argument, value) for key, value in kwargs.items()}
        return through(result, function(*(through(argument, a) for a in args), **kwargs))

    return wrapped


class ReadOnly:
    """NumPy, but every array that a function returns is read-only."""

    def __getattr__(self, name: str) -> Any:
        value = getattr(np_compat, name)
        if not callable(value) or isinstance(value, type):
            return value
        return mapped(value, lambda a: a, self.frozen)

    @staticmethod
    def frozen(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            value.flags.writeable = False
        return value


class Traced:
    """An array as a tracer sees it: its shape is known, its entries are not, nothing is written.

    What an array of array-api-strict can do, less everything that would need a value.
    """

    __hash__ = None

    def __init__(self, value: Any) -> None:
        self.value = value
        self.shape, self.dtype, self.device = value.shape, value.dtype, None  # as in jax.jit

    def __array_namespace__(self, api_version: str | None = None) -> Any:
        return TRACED

    def to_device(self, device: Any, stream: Any = None) -> Any:
        raise ValueError(f"expected the device {self.device}, got {device}")


class TracedNamespace:
    """array-api-strict on :class:`Traced`."""

    __name__ = "traced"

    def __getattr__(self, name: str) -> Any:
        value = getattr(array_api_strict, name)
        if not callable(value) or isinstance(value, type):
            return value
        return mapped(value, unwrapped, traced)


TRACED = TracedNamespace()


def unwrapped(value: Any) -> Any:
    return value.value if isinstance(value, Traced) else value


def traced(value: Any) -> Any:
    return Traced(value) if isinstance(value, array_api_strict.asarray(0.0).__class__) else value


def refused(name: str) -> Callable[..., Any]:
    def refuse(self: Traced, *args: Any) -> Any:
        raise TypeError(f"{name} needs the entries of an array")  # as JAX's tracers do

    return refuse


for _name in ("add", "sub", "mul", "truediv", "matmul", "pow", "and", "or"):
    for _prefix in ("", "r"):
        _method = f"__{_prefix}{_name}__"
        setattr(
            Traced,
            _method,
            mapped(getattr(type(array_api_strict.asarray(0.0)), _method), unwrapped, traced),
        )
for _method in ("lt", "le", "gt", "ge", "eq", "ne", "neg", "abs", "invert", "getitem"):
    _method = f"__{_method}__"
    setattr(
        Traced,
        _method,
        mapped(getattr(type(array_api_strict.asarray(0.0)), _method), unwrapped, traced),
    )
for _method in ("bool", "float", "int", "index", "complex", "array", "iter", "len"):
    setattr(Traced, f"__{_method}__", refused(_method))


@dataclass(frozen=True)
class Arithmetic:
    """A namespace, a device and a dtype, and what tests do on them."""

    name: str
    xp: Any
    device: Any
    dtype: str

    @property
    def options(self) -> dict[str, Any]:
        """What a creation function takes."""
        return {"dtype": getattr(self.xp, self.dtype), "device": self.device}

    @property
    def roundoff(self) -> float:
        """Unit roundoff u."""
        return float(np.finfo(self.dtype).eps) / 2.0

    @property
    def tiny(self) -> float:
        """The least positive number."""
        return float(np.finfo(self.dtype).smallest_subnormal)

    def array(self, values: Any) -> Any:
        """An array of these numbers."""
        values = np.asarray(values, dtype=np.float64)
        return self.xp.reshape(
            self.xp.asarray(values.ravel().tolist(), **self.options), values.shape
        )

    def draw(self, *shape: int, seed: int = 0) -> Any:
        """Numbers in -2..2 that every dtype holds exactly."""
        integers = np.random.Generator(np.random.PCG64(seed)).integers(-2048, 2049, shape)
        return self.array(integers / 1024)

    def flow(self, dim: int = 4, hidden: Any = (6, 5), scale: Any = None, **options: Any) -> Any:
        """A flow with drawn weights; options as of made_degrees and of init."""
        inner = ("order", "context_dim", "strategy", "adjacency")
        degrees = ir.made_degrees(dim, hidden, **{k: v for k, v in options.items() if k in inner})
        drawn = {k: v for k, v in options.items() if k not in inner}
        net = ir.AutoregressiveNetwork.init(
            degrees, dtype=self.dtype, xp=self.xp, device=self.device, **drawn
        )
        return ir.AffineAutoregressive(net, ir.Exp() if scale is None else scale)

    def host(self, array: Any) -> np.ndarray:
        """The numbers as a NumPy array of the same dtype."""
        array = unwrapped(array)
        if isinstance(array, type(array_api_strict.asarray(0.0))):
            array = array.to_device(array_api_strict.Device("CPU_DEVICE"))
        return np.asarray(array)

    def same(self, a: Any, b: Any) -> bool:
        """Whether two arrays have the same shape, dtype and numbers; 0 is -0, and NaN is NaN."""
        a, b = self.host(a), self.host(b)
        return a.dtype == b.dtype and np.array_equal(a, b, equal_nan=True)

    def holds(self, *arrays: Any) -> bool:
        """Whether all are of this library, dtype and device; NumPy's scalars are arrays."""
        mine = self.array(0.0)
        return all(
            array_api_compat.array_namespace(a) is array_api_compat.array_namespace(mine)
            and a.dtype == mine.dtype
            and array_api_compat.device(a) == array_api_compat.device(mine)
            for a in arrays
        )

    def zero(self, difference: Any) -> bool:
        """Whether every ball encloses zero, and nothing that a mistake would leave behind."""
        middle, radius = np.abs(ball.midpoint(difference)), ball.radius(difference)
        return bool(np.all(middle <= radius) and np.all(radius < 2.0 ** (-BITS // 2)))


# name -> (version of array-api-strict, device, dtype)
STRICT = {
    "strict-2024.12": ("2024.12", "device1", "float64"),
    "strict-2025.12": ("2025.12", "device2", "float64"),  # where float32 is the default
    "strict-no_float64": ("2024.12", "no_float64", "float32"),
    "strict-no_x64": ("2025.12", "no_x64", "float32"),
    "traced": ("2024.12", "CPU_DEVICE", "float64"),
}
STORED = ("numpy-f64", "numpy-f32", "readonly", *list(STRICT)[:-1], "torch-f64", "torch-f32")
ALL = (*STORED, "traced")


def arithmetic(name: str, stack: ExitStack) -> Arithmetic:
    if name in STRICT:
        version, device, dtype = STRICT[name]
        flags = {"boolean_indexing": False, "data_dependent_shapes": False}
        stack.enter_context(
            array_api_strict.ArrayAPIStrictFlags(
                api_version=version, enabled_extensions=("linalg",), **flags
            )
        )
        xp = TRACED if name == "traced" else array_api_strict
        return Arithmetic(name, xp, array_api_strict.Device(device), dtype)
    if name == "readonly":
        return read_only(stack)
    dtype = {"f64": "float64", "f32": "float32"}[name.partition("-")[2]]
    if name.startswith("torch"):
        pytest.importorskip("torch", reason="PyTorch is not installed (extra: torch)")
        return Arithmetic(name, importlib.import_module("array_api_compat.torch"), "cpu", dtype)
    return Arithmetic(name, np, None, dtype)


def read_only(stack: ExitStack) -> Arithmetic:
    """NumPy in which iaf_ref, too, gets read-only arrays from the functions that it calls."""
    patch = stack.enter_context(pytest.MonkeyPatch.context())
    xp = ReadOnly()

    def array_namespace(array: Any) -> Any:
        return (
            xp
            if isinstance(array, np.ndarray | np.generic)
            else array_api_compat.array_namespace(array)
        )

    for found in pkgutil.iter_modules(ir.__path__, "iaf_ref."):
        module = importlib.import_module(found.name)
        if hasattr(module, "array_namespace"):
            patch.setattr(module, "array_namespace", array_namespace)
    return Arithmetic("readonly", xp, None, "float64")


@pytest.fixture(params=ALL)
def at(request: pytest.FixtureRequest) -> Iterator[Arithmetic]:
    """Every arithmetic."""
    with ExitStack() as stack:
        yield arithmetic(request.param, stack)


@pytest.fixture(params=STORED)
def stored(request: pytest.FixtureRequest) -> Iterator[Arithmetic]:
    """Every arithmetic that is not a tracer."""
    with ExitStack() as stack:
        yield arithmetic(request.param, stack)


@pytest.fixture(params=["numpy-f64", "numpy-f32"])
def numpys(request: pytest.FixtureRequest) -> Arithmetic:
    """NumPy in both dtypes."""
    return arithmetic(request.param, ExitStack())


@pytest.fixture
def host() -> Arithmetic:
    """NumPy in float64, for what does not depend on the arithmetic."""
    return arithmetic("numpy-f64", ExitStack())


@pytest.fixture
def exact() -> Iterator[Arithmetic]:
    """Balls of 300 bits."""
    with ball.precision(BITS):
        yield Arithmetic("ball", ball.xp, None, "float64")
