"""Devices without a GPU: every array lands where the input is, in its dtype; mixing is refused."""

from typing import Any

import array_api_strict
import numpy as np
import pytest
from array_api_strict._array_object import Array

import iaf_ref as ir
from iaf_ref_backends.strict import BACKEND
from iaf_ref_conformance.subjects.reference import NoDeviceError, Reference

# not on the host's own, where array-api-strict keeps what is in between and what is fetched
DEVICES = [(d, t) for d in BACKEND.devices() if d != "cpu" for t in BACKEND.dtypes_on(d)]
DENSE = ("forward", "inverse", "inverse_explicit", "log_prob", "log_scale", "masks", "integral")


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, str]]:
    """Device and dtype of every array of floats that array-api-strict makes."""
    found: set[tuple[str, str]] = set()
    new = Array._new.__func__  # type: ignore[attr-defined]

    def record(cls: Any, x: Any, /, device: Any) -> Any:
        result = new(cls, x, device)
        if result._array.dtype.kind == "f":
            found.add((str(result.device), result._array.dtype.name))
        return result

    monkeypatch.setattr(Array, "_new", classmethod(record))
    return found


@pytest.mark.parametrize(("device", "dtype"), DEVICES)
def test_every_array_lands_where_the_input_is(
    reasons: Any, made: set[tuple[str, str]], device: str, dtype: str
) -> None:
    subject = Reference(BACKEND, device)
    where = str(subject._where)
    made.clear()
    assert reasons(subject, dtype, DENSE) == []
    assert {(d, t) for d, t in made if "CPU_DEVICE" not in d} == {(where, dtype)}


@pytest.mark.parametrize(("device", "dtypes"), [("no_float64", 1), ("no_x64", 1), ("device2", 2)])
def test_a_subject_has_the_dtypes_of_its_device(device: str, dtypes: int) -> None:
    subject = Reference(BACKEND, device)
    assert subject.dtypes == ("float32", "float64")[:dtypes]
    assert tuple(subject.profile) == subject.dtypes
    assert subject.name == f"array_api_strict:{device}"


@pytest.mark.parametrize("device", ["no_float64", "no_x64"])
def test_a_dtype_that_the_device_lacks_is_a_type_error(device: str) -> None:
    with pytest.raises(TypeError, match=f"expected a dtype of {device}, got float64"):
        BACKEND.place(np.zeros(3), device)


def strict_flow(device: str, dtype: str) -> ir.AffineAutoregressive:
    degrees = ir.made_degrees(3, (5,), context_dim=2)
    options = {"xp": array_api_strict, "device": array_api_strict.Device(device)}
    return ir.AffineAutoregressive(ir.AutoregressiveNetwork.init(degrees, dtype=dtype, **options))


def strict(shape: tuple[int, ...], device: str, dtype: str) -> Any:
    return BACKEND.place(np.ones(shape, dtype=dtype), device)


@pytest.mark.parametrize(
    ("x", "context", "words"),
    [
        (("device2", "float64"), ("device1", "float64"), "x: expected device"),
        (("device1", "float64"), ("device2", "float64"), "context: expected device"),
        (("device1", "float32"), ("device1", "float64"), "x: expected dtype"),
        (("device1", "float64"), ("device1", "float32"), "context: expected dtype"),
    ],
)
@pytest.mark.parametrize("method", ["forward", "inverse", "log_scale"])
def test_mixing_is_a_type_error(
    method: str, x: tuple[str, str], context: tuple[str, str], words: str
) -> None:
    flow = strict_flow("device1", "float64")
    if method == "inverse":
        words = words.replace("x:", "y:")
    with pytest.raises(TypeError, match=words):
        getattr(flow, method)(strict((4, 3), *x), strict((4, 2), *context))


def test_a_base_on_another_device_is_a_type_error() -> None:
    base = ir.Normal(strict((3,), "device2", "float64"), strict((3,), "device2", "float64"))
    q = ir.TransformedDistribution(base, [strict_flow("device1", "float64")])
    with pytest.raises(TypeError, match="expected device"):
        q.log_prob(strict((4, 3), "device1", "float64"), strict((4, 2), "device1", "float64"))


def test_torch_on_a_device_without_memory() -> None:
    # PyTorch's "meta" device holds shapes only, and refuses what lies elsewhere
    torch = pytest.importorskip("torch", reason="PyTorch is not installed (extra: torch)")
    from iaf_ref_backends import torch_

    degrees = ir.made_degrees(3, (5,))
    for activation in ir.ACTIVATIONS:
        net = ir.AutoregressiveNetwork.init(
            degrees,
            activation=activation,
            dtype="float32",
            xp=torch_.BACKEND.namespace,
            device=torch.device("meta"),
        )
        for scale in (ir.Exp(), ir.SoftClip(), ir.Softplus(), ir.Sigmoid(), ir.Gated()):
            flow = ir.AffineAutoregressive(net, scale)
            x = torch.ones((4, 3), dtype=torch.float32, device="meta")
            for y, log_det in (
                flow.forward(x),
                flow.inverse(x),
                flow.inverse(x, method="fixed_point"),
            ):
                assert {y.device.type, log_det.device.type} == {"meta"}
                assert {y.dtype, log_det.dtype} == {torch.float32}
    with pytest.raises(TypeError, match="expected device meta"):
        flow.forward(torch.ones((4, 3)))


@pytest.mark.parametrize("device", ["cuda", "device3", "cpu:1", ""])
def test_an_unknown_device_is_refused(device: str) -> None:
    with pytest.raises(NoDeviceError, match="expected one of cpu, device1, device2"):
        Reference(BACKEND, device)
