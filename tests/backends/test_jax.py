"""JAX as a backend: float64 in its context only, devices by their names."""

import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from iaf_ref_conformance.run import CONFORMS
from iaf_ref_conformance.subjects.reference import Reference

jax = pytest.importorskip("jax", reason="JAX is not installed (extra: jax)")
from iaf_ref_backends import jax_  # noqa: E402

BACKEND = jax_.BACKEND
FEW = ("forward", "inverse", "log_prob", "masks", "refuse_dtype")  # each operation is compiled


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_it_conforms(judged: Any, dtype: str) -> None:
    result = judged(Reference(BACKEND), dtype, FEW)
    assert [r.outcome.reason for r in result.results if r.outcome.reason] == []
    assert result.verdict == CONFORMS
    assert result.environment["jax"] == jax.__version__
    assert not jax.config.jax_enable_x64


def test_float64_is_there_inside_its_context_only() -> None:
    given = np.arange(3.0)
    with BACKEND.computing("float64", "cpu"):
        assert BACKEND.fetch(BACKEND.place(given, "cpu")).dtype == np.float64
    with BACKEND.computing("float32", "cpu"):
        assert not jax.config.jax_enable_x64
        with pytest.raises(TypeError, match="expected float32, as x64 is off, got float64"):
            BACKEND.place(given, "cpu")
    with pytest.raises(RuntimeError, match="midway"), BACKEND.computing("float64", "cpu"):
        raise RuntimeError("midway")
    assert not jax.config.jax_enable_x64


def test_arrays_go_over_and_come_back() -> None:
    given = np.arange(3, dtype=np.float32)
    placed = BACKEND.place(given, "cpu")
    given[0] = 7.0
    back = BACKEND.fetch(placed)
    back[1] = 5.0
    assert BACKEND.fetch(placed).tolist() == [0.0, 1.0, 2.0]
    assert BACKEND.synchronize(placed) is None


def device(platform: str, number: int, version: str = "") -> Any:
    return SimpleNamespace(
        platform=platform,
        id=number,
        device_kind="pretended",
        client=SimpleNamespace(platform_version=version),
    )


@pytest.mark.parametrize(
    ("first", "host", "names"),
    [
        ([device("gpu", 0, "cuda 12080"), device("gpu", 1, "cuda 12080")], 1, "cuda:0 cuda:1 cpu"),
        ([device("gpu", 0, "PJRT C API rocm 60000")], 1, "rocm:0 cpu"),
        ([device("tpu", 0)], 0, "tpu:0"),
        ([device("cpu", 0), device("cpu", 1)], 0, "cpu:0 cpu:1"),
    ],
)
def test_devices_have_the_names_of_the_command_line(
    monkeypatch: pytest.MonkeyPatch, first: list[Any], host: int, names: str
) -> None:
    def local(backend: str | None = None) -> list[Any]:
        if backend is None:
            return first
        if not host:
            raise RuntimeError("unknown backend cpu")
        return [device("cpu", n) for n in range(host)]

    monkeypatch.setattr(jax, "local_devices", local)
    assert BACKEND.devices() == tuple(names.split())
    if first[0].platform == "gpu":
        assert BACKEND.environment()["driver"]
        kind = names.partition(":")[0]
        assert Reference(BACKEND, kind).device == f"{kind}:0"


TWO = """
import jax, numpy as np, iaf_ref as ir
from iaf_ref_backends.jax_ import BACKEND
assert BACKEND.devices() == ("cpu:0", "cpu:1"), BACKEND.devices()
where = jax.devices()[1]
degrees = ir.made_degrees(2, (3,), context_dim=1)
net = ir.AutoregressiveNetwork.init(degrees, dtype="float32", xp=jax.numpy, device=where)
flow = ir.AffineAutoregressive(net, ir.SoftClip())
x, c = (BACKEND.place(np.ones((2, n), dtype=np.float32), "cpu:1") for n in (2, 1))
for result in (*flow.forward(x, c), *flow.inverse(x, c)):
    assert result.devices() == {where}, result.devices()
try:
    flow.forward(BACKEND.place(np.ones((2, 2), dtype=np.float32), "cpu:0"), c)
except TypeError as error:
    print(error)
"""


def test_every_array_lands_on_the_second_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XLA_FLAGS", "--xla_force_host_platform_device_count=2")
    done = subprocess.run([sys.executable, "-c", TWO], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "x: expected device" in done.stdout
