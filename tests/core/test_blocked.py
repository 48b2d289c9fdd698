"""INV-3: the blocked inverse is exact, causal and of any shape, for every architecture."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import iaf_ref as ir
from iaf_ref import blocked, schedule
from iaf_ref.scales import Additive
from iaf_ref_conformance import assert_inverse

SCALES = [ir.Exp(), ir.SoftClip(), ir.Softplus(), ir.Sigmoid(), ir.Gated()]
SIZES = st.sampled_from([(3, 2, 0), (8, 6, 99), (128, 20, 256)])
"""Widest part that takes contributions, widest part that is not cut, and up to how many events the
latter is twice as wide; last, as shipped. The others cut networks small enough for balls."""
exhaustive = settings(
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # arithmetics have no state
)


@pytest.fixture
def sized(monkeypatch):
    """Set how the blocked inverse cuts what is made from now on."""

    def size(large, part, few):
        monkeypatch.setattr(blocked, "LARGEST", large)
        monkeypatch.setattr(schedule, "WIDEST_PART", part)
        monkeypatch.setattr(blocked, "WIDEST_PART", part)
        monkeypatch.setattr(blocked, "FEW_EVENTS", few)

    return size


@st.composite
def architectures(draw, largest=9):
    """Options of ``Arithmetic.flow``: everything that the specification lets differ."""
    dim = draw(st.integers(1, largest))
    residual = draw(st.booleans())
    layers = draw(st.sampled_from([1, 3] if residual else [0, 1, 2, 3]))
    widths = (
        [dim + draw(st.integers(0, 6))] * layers
        if residual
        else [dim + draw(st.integers(0, 6)) for _ in range(layers)]
    )
    options = {
        "dim": dim,
        "hidden": tuple(widths),
        "context_dim": draw(st.integers(0, 3)),
        "residual": residual,
        "skip": draw(st.booleans()),
        "activation": draw(st.sampled_from(sorted(ir.ACTIVATIONS))),
        "scale": draw(st.sampled_from(SCALES)),
        "seed": draw(st.integers(0, 99)),
    }
    order = draw(st.permutations(range(dim)))
    match draw(st.sampled_from(["order", "ties", "graph"])):
        case "order":
            return {
                **options,
                "order": order,
                "strategy": draw(st.sampled_from(["even", "cyclic"])),
            }
        case "ties":
            cut = draw(st.integers(1, dim))
            return {**options, "order": [part for part in (order[:cut], order[cut:]) if part]}
    lower = np.tri(dim, k=-draw(st.integers(1, 3)), dtype=bool)[np.ix_(order, order)]
    return {**options, "adjacency": lower}


def subject(at, options, *batch):
    """The flow, a y and a context of this batch shape; the context of a chain broadcasts."""
    flow = at.flow(**options)
    context = at.draw(*batch[1:], flow.context_dim, seed=2) if flow.context_dim else None
    return flow, at.draw(*batch, flow.dim, seed=1), context


@exhaustive
@given(architectures(), SIZES, st.sampled_from([(), (1,), (3,), (2, 2)]))
def test_forward_leads_back_to_y_exactly(exact, sized, options, sizes, batch):
    sized(*sizes)
    flow, y, context = subject(exact, options, *batch)
    x, log_det = flow.inverse(y, context, method="blocked")
    again, forward_log_det = flow.forward(x, context)
    assert (x.shape, log_det.shape) == (y.shape, batch)
    assert exact.zero(again - y)
    assert exact.zero(log_det + forward_log_det)


def test_degrees_of_a_graph_need_not_be_the_smallest(exact):
    # 1 and 2 have the same parents: a unit that collects them serves both, whatever their degrees
    graph = np.asarray([[0, 0, 0], [1, 0, 0], [1, 0, 0]], dtype=bool)
    degrees = ir.Degrees(np.zeros(0, int), np.asarray([1, 2, 3]), ([2], [1]), graph)
    layers = [(exact.draw(1, n, seed=n), exact.draw(1, seed=9)) for n in (3, 1)]
    output = (exact.draw(2, 3, 1, seed=5), exact.draw(2, 3, seed=6))
    net = ir.AutoregressiveNetwork(degrees, layers, output, activation="tanh")
    flow = ir.AffineAutoregressive(net)
    y = exact.draw(2, 3, seed=7)
    x, log_det = flow.inverse(y, method="blocked")
    for method in ("dense", "triangular"):
        again, forward_log_det = flow.forward(x, method=method)
        assert exact.zero(again - y)
        assert exact.zero(log_det + forward_log_det)
    assert not exact.zero(flow.network(x)[..., 1] - output[1][..., 1])  # the unit is read


@pytest.mark.parametrize("order", [None, [2, 0, 1]])
def test_events_lie_one_after_the_other_in_memory(numpys, order):
    x, _ = numpys.flow(dim=3, order=order).inverse(numpys.draw(5, 3), method="blocked")
    assert x.flags.c_contiguous


@exhaustive
@given(architectures(largest=30), SIZES)
def test_causality_is_bitwise(numpys, sized, options, sizes):
    sized(*sizes)
    flow, y, context = subject(numpys, options, 3)
    x, _ = flow.inverse(y, context, method="blocked")
    degree = flow.degrees.input
    for j in {0, flow.dim // 2, flow.dim - 1}:
        changed = y.copy()
        changed[:, j] += 1.0
        other, _ = flow.inverse(changed, context, method="blocked")
        same = (degree <= degree[j]) & (np.arange(flow.dim) != j)
        assert np.array_equal(x[:, same], other[:, same])


WIDE = [
    {"dim": 40, "hidden": (150, 150), "order": "reversed", "skip": True, "context_dim": 2},
    {"dim": 37, "hidden": (300,), "order": "groups", "scale": ir.Gated(), "activation": "elu"},
    {"dim": 140, "hidden": (), "skip": True, "scale": ir.Softplus(shift=2.0)},
    {"dim": 6, "hidden": (400,), "order": "thirds"},  # 200 units of one degree
    {"dim": 33, "hidden": (150, 60, 150), "residual": True, "strategy": "cyclic"},
]


@pytest.mark.parametrize("options", WIDE, ids=str)
@pytest.mark.parametrize("rows", [2, 300])
def test_halves_of_the_shipped_sizes_are_within_the_bound(numpys, options, rows):
    orders = {
        "reversed": list(range(options["dim"]))[::-1],
        "thirds": [[4, 1], [0, 5], [3, 2]],
        "groups": [list(range(k, options["dim"], 9)) for k in range(9)],
    }
    given_order = {"order": orders[options["order"]]} if "order" in options else {}
    flow, y, context = subject(numpys, options | given_order, rows)
    assert flow.degrees.schedule.whole.widest > blocked.LARGEST
    x, log_det = flow.inverse(y, context, method="blocked")
    two = slice(0, 2)  # of any number of rows: judged are two
    assert_inverse(flow, y[two], x[two], log_det[two], context)


def test_of_784_variables_as_of_few():
    net = ir.AutoregressiveNetwork.init(ir.made_degrees(784, (800,)), seed=5, dtype="float32")
    flow = ir.AffineAutoregressive(net)
    y = np.random.Generator(np.random.PCG64(6)).standard_normal((2, 784), dtype=np.float32)
    x, log_det = flow.inverse(y, method="blocked")
    assert_inverse(flow, y, x, log_det)


@pytest.mark.parametrize("batch", [(), (0,), (1,), (4, 1), (2, 3), (0, 2)])
def test_batches_of_every_shape(at, batch):
    flow, y, context = subject(at, {"dim": 4, "context_dim": 2, "order": [2, 0, 3, 1]}, *batch)
    x, log_det = flow.inverse(y, context, method="blocked")
    assert (x.shape, log_det.shape) == ((*batch, 4), batch)
    assert at.holds(x, log_det)


class Plain:
    """A scale map of somebody's own: sigma = 2."""

    def log_scale(self, raw):
        return 0.0 * raw + np.log(2.0)

    def scale(self, raw):
        return 0.0 * raw + 2.0

    def location(self, m, raw):
        return m

    def slopes(self, m, raw):
        raise NotImplementedError


class Added(Plain, Additive):
    """The same, sharing what those of the specification share."""

    def scale_slope(self, raw):
        raise NotImplementedError


@pytest.mark.parametrize("scale", [Plain(), Added()])
def test_scale_maps_of_ones_own(exact, scale):
    flow = exact.flow(scale=scale)
    y = exact.draw(2, 4)
    x, _ = flow.inverse(y, method="blocked")
    assert exact.zero(flow.forward(x)[0] - y)
