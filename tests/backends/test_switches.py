"""Precision switches: read, held at IEEE arithmetic for a while, restored whatever happens."""

import os
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from iaf_ref_backends import switches
from iaf_ref_backends.numpy_ import BACKEND
from iaf_ref_conformance.subjects.reference import Reference
from iaf_ref_conformance.subjects.switching import switch_context, switches_of


@pytest.fixture
def library() -> Any:
    """A library with two settings, both lowered."""
    return SimpleNamespace(matmul="tf32", reduction=True)


def two(library: Any) -> tuple[switches.Switch, ...]:
    return (
        switches.attribute(library, "library", "matmul", "ieee"),
        switches.attribute(library, "library", "reduction", False),
    )


def test_they_are_held_and_restored(library: Any) -> None:
    with switches.ieee(two(library)):
        assert switches.values(two(library)) == {
            "library.matmul": "ieee",
            "library.reduction": "False",
        }
    assert vars(library) == {"matmul": "tf32", "reduction": True}


def test_they_are_restored_after_an_exception(library: Any) -> None:
    with pytest.raises(RuntimeError, match="midway"), switches.ieee(two(library)):
        raise RuntimeError("midway")
    assert vars(library) == {"matmul": "tf32", "reduction": True}


def test_those_set_before_one_that_fails_are_restored(library: Any) -> None:
    failing = switches.setting("c", lambda: 1, lambda value: 1 / 0, 2)
    with pytest.raises(ZeroDivisionError), switches.ieee((*two(library), failing)):
        pass
    assert vars(library) == {"matmul": "tf32", "reduction": True}


@pytest.mark.parametrize("found", [None, "1"])
def test_an_environment_variable(monkeypatch: pytest.MonkeyPatch, found: str | None) -> None:
    name = "IAF_REF_TEST_SWITCH"
    if found is None:
        monkeypatch.delenv(name, raising=False)
    else:
        monkeypatch.setenv(name, found)
    for switch in (switches.variable(name, "0"), switches.variable(name)):
        assert switches.values([switch]) == {name: found or "not set"}
        with switches.ieee([switch]):
            assert os.environ.get(name) == ("0" if switch.hold else found)
        assert os.environ.get(name) == found


def test_what_cannot_be_read_is_quoted() -> None:
    def read() -> object:
        raise RuntimeError("two interfaces\nwere mixed")

    found = switches.values([switches.Switch("a", read)])
    assert found == {"a": "unreadable: two interfaces were mixed"}


class Flushing:
    """NumPy, but subnormal numbers are zero."""

    def place(self, array: Any, device: str) -> Any:
        return np.asarray(array)

    def fetch(self, array: Any) -> Any:
        return np.where(np.abs(array) < np.finfo(array.dtype).tiny, 0.0, array)


def test_flush_to_zero_is_found_out() -> None:
    assert not switches.flushes(BACKEND, "cpu")
    assert switches.flushes(Flushing(), "cpu")
    assert switches_of(Flushing(), "cpu") == {"switch flush_to_zero": "on"}


def test_a_run_holds_them_unless_they_are_to_stay(library: Any) -> None:
    class Subject:
        def ieee(self) -> Any:
            return switches.ieee(two(library))

    with switch_context(Subject(), as_is=False):
        assert library.matmul == "ieee"
    with switch_context(Subject(), as_is=True):
        assert library.matmul == "tf32"
    with switch_context(object(), as_is=False):  # a stranger's subject without switches
        assert library.matmul == "tf32"


def test_the_reference_on_a_backend_without_switches() -> None:
    minimal = SimpleNamespace(
        name="minimal",
        dtypes=("float64",),
        profiles={"float64": "ieee-f64"},
        namespace=np,
        devices=lambda: ("cpu",),
        place=BACKEND.place,
        fetch=BACKEND.fetch,
        environment=lambda: {"minimal": "1"},
    )
    subject = Reference(minimal)  # type: ignore[arg-type]
    with subject.ieee(), subject.computing("float64"):
        assert subject.environment() == {"minimal": "1", "switch flush_to_zero": "off"}


@pytest.fixture
def lowered_torch() -> Iterator[Any]:
    """PyTorch with every switch away from IEEE arithmetic."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed (extra: torch)")
    matmul = torch.backends.cuda.matmul
    found = matmul.fp32_precision
    matmul.fp32_precision = "tf32"
    yield torch
    matmul.fp32_precision = found


def test_pytorch(lowered_torch: Any) -> None:
    from iaf_ref_backends import torch_

    before = torch_.BACKEND.switches()
    older = "torch.set_float32_matmul_precision"
    assert before[older].startswith("unreadable: PyTorch is checking the matmul precision")
    with torch_.BACKEND.ieee():
        held = torch_.BACKEND.switches()
    assert torch_.BACKEND.switches() == before
    path = "torch.backends.cuda.matmul"
    assert before[f"{path}.fp32_precision"] == "tf32"
    assert held == before | {
        f"{path}.fp32_precision": "ieee",
        "torch.backends.mkldnn.matmul.fp32_precision": "ieee",
        older: "highest",
        f"{path}.allow_bf16_reduced_precision_reduction": "False",
        f"{path}.allow_fp16_reduced_precision_reduction": "False",
        "NVIDIA_TF32_OVERRIDE": "0",
    }


def test_pytorch_flushes_where_it_is_told_to() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed (extra: torch)")
    from iaf_ref_backends import torch_

    if not torch.set_flush_denormal(True):
        pytest.skip("this processor cannot be told to flush")
    try:
        assert torch_.BACKEND.switches()["torch.set_flush_denormal"] == "True"
        assert switches.flushes(torch_.BACKEND, "cpu")
        with torch_.BACKEND.ieee():
            assert not switches.flushes(torch_.BACKEND, "cpu")
        assert switches.flushes(torch_.BACKEND, "cpu")
    finally:
        torch.set_flush_denormal(False)


@pytest.mark.parametrize("precision", ["highest", "high", "medium"])
@pytest.mark.parametrize("newer", [None, "ieee"])
def test_pytorch_by_its_older_interface(precision: str, newer: str | None) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed (extra: torch)")
    from iaf_ref_backends import torch_

    if not hasattr(torch.backends.cuda.matmul, "fp32_precision"):
        pytest.skip("PyTorch before 2.9 has the older interface alone")
    cuda, host = torch.backends.cuda.matmul, torch.backends.mkldnn.matmul
    found = torch.get_float32_matmul_precision(), cuda.fp32_precision, host.fp32_precision
    torch.set_float32_matmul_precision(precision)
    if newer is not None:
        cuda.fp32_precision = newer  # the two may contradict each other from now on

    def midway() -> None:
        assert torch.get_float32_matmul_precision() == "highest"
        assert cuda.allow_tf32 is False  # raises where the two interfaces contradict
        assert cuda.fp32_precision == host.fp32_precision == "ieee"
        raise RuntimeError("midway")

    try:
        before = torch_.BACKEND.switches()
        with pytest.raises(RuntimeError, match="midway"), torch_.BACKEND.ieee():
            midway()
        assert torch_.BACKEND.switches() == before
    finally:
        torch.set_float32_matmul_precision(found[0])
        cuda.fp32_precision, host.fp32_precision = found[1:]


def test_pytorch_before_its_newer_interface(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed (extra: torch)")
    from iaf_ref_backends import torch_

    old = SimpleNamespace(precision="medium")
    monkeypatch.setattr(torch.backends.cuda, "matmul", SimpleNamespace(allow_tf32=True))
    monkeypatch.setattr(torch.backends, "mkldnn", SimpleNamespace())
    monkeypatch.setattr(torch, "get_float32_matmul_precision", lambda: old.precision)
    monkeypatch.setattr(
        torch, "set_float32_matmul_precision", lambda value: setattr(old, "precision", value)
    )
    found = torch_._matmul_switches()
    assert [switch.name for switch in found] == ["torch.set_float32_matmul_precision"]
    with switches.ieee(found):
        assert old.precision == "highest"
    assert old.precision == "medium"


def test_jax() -> None:
    jax = pytest.importorskip("jax", reason="JAX is not installed (extra: jax)")
    from iaf_ref_backends import jax_

    with jax.default_matmul_precision("tensorfloat32"):
        before = jax_.BACKEND.switches()
        with jax_.BACKEND.ieee():
            held = jax_.BACKEND.switches()
        assert jax_.BACKEND.switches() == before
    assert before["jax_default_matmul_precision"] == "tensorfloat32"
    changes = {"jax_default_matmul_precision": "highest", "NVIDIA_TF32_OVERRIDE": "0"}
    assert held == before | changes
