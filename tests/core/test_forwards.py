"""STEP-6, DET-2: the step in bands, beside the step as it is defined."""

from types import SimpleNamespace

import numpy as np
import pytest

import iaf_ref as ir
from iaf_ref import forwards

FLOWS = [
    {"dim": 12, "hidden": (20, 16), "context_dim": 2, "skip": True, "activation": "elu"},
    {
        "dim": 9,
        "hidden": (10,),
        "order": [8, 1, 2, 0, 7, 6, 3, 5, 4],
        "scale": ir.Gated(),
        "activation": "tanh",
    },
    {"dim": 5, "order": [[3, 1], [0, 2, 4]], "hidden": (6,), "scale": ir.Softplus()},
    {"dim": 8, "hidden": (9, 10, 9), "residual": True, "activation": "silu"},
    {"dim": 6, "adjacency": np.tri(6, k=-2), "hidden": (9,), "scale": ir.SoftClip()},
    {"dim": 4, "hidden": (), "skip": True, "scale": ir.Sigmoid(), "context_dim": 1},
    {"dim": 1, "hidden": (3,), "context_dim": 1},
]
every_flow = pytest.mark.parametrize("options", FLOWS, ids=str)


def subject(at, options, *batch):
    flow = at.flow(**{"seed": 3, **options})
    context = at.draw(*batch, flow.context_dim, seed=2) if flow.context_dim else None
    return flow, at.draw(*batch, flow.dim, seed=1), context


@every_flow
def test_bands_give_the_step(exact, options):
    flow, x, context = subject(exact, options, 2)
    whole, log_det = flow.forward(x, context, method="dense")
    y, banded_log_det = flow.forward(x, context, method="triangular")
    assert exact.zero(y - whole)
    assert exact.zero(banded_log_det - log_det)


@every_flow
@pytest.mark.parametrize("batch", [(), (0,), (3,), (2, 1)])
def test_shape_dtype_and_causality_of_bands(stored, options, batch):
    at = stored
    flow, x, context = subject(at, options, *batch)
    y, log_det = flow.forward(x, context, method="triangular")
    assert tuple(y.shape) == (*batch, flow.dim)
    assert tuple(log_det.shape) == batch
    assert y.dtype == log_det.dtype == x.dtype
    levels = np.asarray(flow.degrees.levels)
    for j in range(flow.dim):
        moved = at.host(x).copy()
        moved[..., j] += 1.0
        other, _ = flow.forward(at.array(moved), context, method="triangular")
        still = (levels <= levels[j]) & (np.arange(flow.dim) != j)  # NUM-1
        assert np.array_equal(at.host(other)[..., still], at.host(y)[..., still])


def test_a_large_step_is_taken_in_bands(host, monkeypatch):
    seen = []
    monkeypatch.setattr(forwards, "triangular", lambda *a: seen.append("bands") or (a[1], a[1]))
    flow, x, _ = subject(host, FLOWS[0] | {"context_dim": 0}, 4)
    flow.forward(x)
    assert seen == []
    monkeypatch.setattr(forwards, "WORTH", 1)
    flow.forward(x)
    assert seen == []
    monkeypatch.setattr(forwards, "PER_VALUE", 1)
    flow.forward(x)
    assert seen == ["bands"]
    flow.forward(x, method="dense")
    assert seen == ["bands"]


def test_weights_that_have_to_be_sorted_are_to_be_worth_it(host, monkeypatch):
    flow, x, _ = subject(host, FLOWS[1], 4)
    products = 4 * (9 * 10 + 10 * 18)
    monkeypatch.setattr(forwards, "PER_VALUE", 1)
    monkeypatch.setattr(forwards, "WORTH", products)
    assert not forwards.banded(flow.network, x, "auto")
    monkeypatch.setattr(forwards, "WORTH", products / 3)
    assert forwards.banded(flow.network, x, "auto")


@pytest.mark.parametrize(
    ("dim", "width", "events", "taken"),
    [(784, 1024, 1000, True), (784, 1024, 50, False), (64, 128, 2_000_000, False)],
)
def test_small_networks_are_dense_whatever_the_number_of_events(dim, width, events, taken):
    net = ir.AutoregressiveNetwork.init(ir.made_degrees(dim, (width, width)))
    x = np.broadcast_to(np.zeros(dim), (events, dim))
    assert forwards.banded(net, x, "auto") is taken


def test_where_the_number_of_events_is_not_known_it_is_dense(monkeypatch):
    monkeypatch.setattr(forwards, "WORTH", 0)
    monkeypatch.setattr(forwards, "PER_VALUE", 0)
    net = ir.AutoregressiveNetwork.init(ir.made_degrees(12, (20, 16)))
    assert forwards.banded(net, np.zeros((3, 12)), "auto")
    assert not forwards.banded(net, SimpleNamespace(shape=(float("nan"), 12)), "auto")


def test_a_way_that_there_is_not_is_refused(host):
    flow, x, _ = subject(host, {"dim": 3}, 2)
    with pytest.raises(ValueError, match="method: expected one of auto, dense, triangular, got"):
        flow.forward(x, method="sparse")
