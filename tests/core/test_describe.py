"""Flows as plain data."""

import json

import numpy as np
import pytest

import iaf_ref as ir
from iaf_ref.describe import SCALES, describe, rebuild


def test_a_description_is_plain_data_and_numpy_arrays(stored):
    flow = ir.Chain(
        [stored.flow(context_dim=1, skip=True), ir.Inverse(ir.Permutation([3, 2, 0, 1]))]
    )
    text, tensors = describe(flow)
    assert json.loads(json.dumps(text)) == text
    assert sorted(tensors) == [
        "0.hidden.0.bias", "0.hidden.0.weight", "0.hidden.1.bias", "0.hidden.1.weight",
        "0.output.bias", "0.output.weight", "0.skip.weight",
    ]  # fmt: skip
    assert all(type(a) is np.ndarray and a.dtype == stored.dtype for a in tensors.values())
    assert text["kind"] == "chain"
    assert [t["kind"] for t in text["transforms"]] == ["affine", "inverse"]


def test_arrays_are_copies(host):
    flow = host.flow()
    _, tensors = describe(flow)
    assert not any(np.shares_memory(a, flow.network.output[0]) for a in tensors.values())


@pytest.mark.parametrize("name", SCALES)
def test_every_scale_map_has_a_name(host, name):
    flow = ir.AffineAutoregressive(host.flow().network, SCALES[name]())
    text, tensors = describe(flow)
    assert text["scale"]["kind"] == name
    assert rebuild(text, tensors).scale == flow.scale


def test_a_scale_map_of_somebody_else_is_refused(host):
    class Mine(ir.Exp):
        """Not one of the five."""

    with pytest.raises(TypeError, match=r"scale: expected .*, got Mine"):
        describe(ir.AffineAutoregressive(host.flow().network, Mine()))


def test_weights_that_require_grad_are_described():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed (extra: torch)")
    degrees = ir.made_degrees(2, ())
    output = tuple(torch.zeros(shape, requires_grad=True) for shape in ((2, 2, 2), (2, 2)))
    _, tensors = describe(ir.AffineAutoregressive(ir.AutoregressiveNetwork(degrees, [], output)))
    assert tensors["output.weight"].tolist() == np.zeros((2, 2, 2)).tolist()
