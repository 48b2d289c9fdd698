"""PyTorch as a backend: cases, devices by construction, arrays over and back."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from iaf_ref_conformance.run import CONFORMS
from iaf_ref_conformance.subjects.reference import Reference

torch = pytest.importorskip("torch", reason="PyTorch is not installed (extra: torch)")
from iaf_ref_backends import torch_  # noqa: E402

BACKEND = torch_.BACKEND


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_it_conforms(judged: Any, dtype: str) -> None:
    result = judged(Reference(BACKEND), dtype)
    assert [r.outcome.reason for r in result.results if r.outcome.reason] == []
    assert result.verdict == CONFORMS
    assert result.environment["torch"] == torch.__version__
    assert result.environment["blas"]
    assert result.environment["switch torch.backends.cuda.matmul.fp32_precision"]


def test_arrays_go_over_and_come_back() -> None:
    given = np.arange(3, dtype=np.float32)
    given.flags.writeable = False  # of which PyTorch would warn, did it not copy
    placed = BACKEND.place(given, "cpu")
    placed += 1.0
    back = BACKEND.fetch(placed.requires_grad_())
    assert (back.dtype, back.tolist()) == (np.float32, [1.0, 2.0, 3.0])
    assert BACKEND.fetch(BACKEND.place(np.float64(2.0), "cpu")).shape == ()
    assert BACKEND.synchronize(placed) is None


def test_accelerators_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda n: f"Pretended GPU {n}")
    assert BACKEND.devices() == ("cpu", "cuda:0", "cuda:1", "mps")
    assert BACKEND.dtypes_on("cuda:1") == ("float32", "float64")
    assert BACKEND.dtypes_on("mps") == ("float32",)
    assert BACKEND.environment()["device cuda:1"] == "Pretended GPU 1"
    subject = Reference(BACKEND, "cuda")
    assert (subject.name, subject.device) == ("torch:cuda", "cuda:0")
    assert Reference(BACKEND, "mps").dtypes == ("float32",)
    with pytest.raises(TypeError, match="expected float32 on mps, got float64"):
        BACKEND.place(np.zeros(2), "mps")


def test_the_right_device_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[str] = []
    monkeypatch.setattr(torch.cuda, "synchronize", lambda device: waited.append(str(device)))
    monkeypatch.setattr(torch.mps, "synchronize", lambda: waited.append("mps"))
    for name in ("cuda:1", "mps", "cpu"):
        BACKEND.synchronize(SimpleNamespace(device=torch.device(name)))
    assert waited == ["cuda:1", "mps"]


def test_mixing_devices_is_a_type_error() -> None:
    import iaf_ref as ir

    options = {"xp": BACKEND.namespace, "dtype": "float32"}
    net = ir.AutoregressiveNetwork.init(ir.made_degrees(3, (4,)), **options)
    flow = ir.AffineAutoregressive(net)
    with pytest.raises(TypeError, match="expected device cpu, as the weights, got meta"):
        flow.forward(torch.ones(3, device="meta"))
    with pytest.raises(TypeError, match=r"expected dtype torch\.float32, as the weights"):
        flow.forward(torch.ones(3, dtype=torch.float64))
