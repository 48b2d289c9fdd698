"""STEP-6, DET-1, DET-2, SHAPE, TYPE, NUM: laws of the step, on every flow and arithmetic."""

import numpy as np
import pytest

import iaf_ref as ir

FLOWS = {
    "linear": {"hidden": ()},
    "softclip-tanh-context": {
        "scale": ir.SoftClip(), "activation": "tanh", "context_dim": 2, "order": [2, 0, 1, 3],
    },
    "softplus-elu-skip": {"scale": ir.Softplus(), "activation": "elu", "skip": True},
    "sigmoid-ties": {"scale": ir.Sigmoid(), "activation": "sigmoid", "order": [[3, 1], [0, 2]]},
    "gated-silu-residual": {
        "scale": ir.Gated(), "activation": "silu", "hidden": (6, 7, 6), "residual": True,
        "context_dim": 1, "skip": True,
    },
    "dag": {
        "adjacency": [[0, 0, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0], [0, 1, 1, 0]],
        "activation": "leaky_relu",
    },
    "one-gelu-context": {"dim": 1, "hidden": (3,), "activation": "gelu", "context_dim": 2},
}  # fmt: skip
BATCHES = [(), (0,), (1,), (4, 1), (2, 3)]

every_flow = pytest.mark.parametrize("name", FLOWS)


def subject(at, name, *batch):
    """The flow, and an x and a context of this batch shape."""
    flow = at.flow(**FLOWS[name], seed=len(name))
    x = at.draw(*batch, flow.dim, seed=1)
    context = at.draw(*batch, flow.context_dim, seed=2) if flow.context_dim else None
    return flow, x, context


def results(flow, x, context):
    """Everything that a step computes in the forward direction."""
    return *flow.forward(x, context), flow.log_scale(x, context), ir.jacobian(flow, x, context)


def replaced(at, array, place, value):
    changed = at.host(array).astype(float).copy()
    changed[place] = value
    return at.array(changed)


@pytest.mark.parametrize(
    "name", ["softclip-tanh-context", "gated-silu-residual", "one-gelu-context"]
)
@pytest.mark.parametrize("batch", BATCHES)
def test_shapes_and_types(at, name, batch):
    flow, x, context = subject(at, name, *batch)
    D = flow.dim
    found = results(flow, x, context)
    assert [a.shape for a in found] == [(*batch, D), batch, (*batch, D), (*batch, D, D)]
    assert at.holds(*found, *flow.step(x, context))
    for method in ir.inverses.METHODS:
        x_back, log_det = flow.inverse(x, context, method=method)
        assert (x_back.shape, log_det.shape) == ((*batch, D), batch)
        assert at.holds(x_back, log_det)


@every_flow
def test_the_event_log_det_is_the_sum_of_log_scales(exact, name):
    flow, x, context = subject(exact, name, 3)
    y, log_det = flow.forward(x, context)
    step = flow.step(x, context)
    log_scale = flow.log_scale(x, context)
    assert exact.zero(exact.xp.sum(log_scale, axis=-1) - log_det)
    assert exact.zero(exact.xp.log(step.sigma) - log_scale)
    assert exact.zero(step.sigma * x + step.mu - y)


@every_flow
def test_causality_is_bitwise(at, name):
    flow, x, context = subject(at, name, 2)
    may = ir.expected_connectivity(flow.degrees)[:, flow.context_dim :] | np.eye(
        flow.dim, dtype=bool
    )
    before = [at.host(a) for a in flow.step(x, context)] + [at.host(flow.forward(x, context)[0])]
    for j in range(flow.dim):
        moved = replaced(at, x, (..., j), 1.75)
        after = [at.host(a) for a in flow.step(moved, context)] + [
            at.host(flow.forward(moved, context)[0])
        ]
        for k, (old, new) in enumerate(zip(before, after, strict=True)):
            still = ~may[:, j] if k == 3 else ~(may & ~np.eye(flow.dim, dtype=bool))[:, j]
            assert np.array_equal(old[:, still], new[:, still])
        y_old, y_new = before[3], after[3]
        assert np.all(y_old[:, j] != y_new[:, j])  # sigma > 0: y_j moves


@every_flow
def test_rows_are_independent_bitwise(at, name):
    flow, x, context = subject(at, name, 2, 3)
    moved = replaced(at, x, (1, 2), -1.75)
    rows = np.ones((2, 3), dtype=bool)
    rows[1, 2] = False
    old, new = results(flow, x, context), results(flow, moved, context)
    old += sum((flow.inverse(x, context, method=m) for m in ("sequential", "fixed_point")), ())
    new += sum((flow.inverse(moved, context, method=m) for m in ("sequential", "fixed_point")), ())
    for a, b in zip(old, new, strict=True):
        assert np.array_equal(at.host(a)[rows], at.host(b)[rows])


@every_flow
@pytest.mark.filterwarnings(
    "ignore:invalid value:RuntimeWarning"
)  # NumPy announces what is put in on purpose
def test_what_is_not_finite_stays_in_its_row(stored, name):
    flow, x, context = subject(stored, name, 2, 3)
    moved = stored.host(x).astype(float)
    poisoned = [(0, 1), (1, 0), (1, 2)]
    for row, poison in zip(poisoned, (np.nan, np.inf, -np.inf), strict=True):
        moved[(*row, 0)] = poison
    rows = np.ones((2, 3), dtype=bool)
    rows[tuple(zip(*poisoned, strict=True))] = False
    everything = [
        results(flow, a, context) + flow.inverse(a, context) for a in (x, stored.array(moved))
    ]
    for a, b in zip(*everything, strict=True):
        assert np.array_equal(stored.host(a)[rows], stored.host(b)[rows])
    assert not np.any(np.all(np.isfinite(stored.host(everything[1][0])[~rows]), axis=-1))


@pytest.mark.parametrize("name", ["softclip-tanh-context", "gated-silu-residual"])
@pytest.mark.parametrize(
    ("batch", "context_batch"),
    [((2, 3), ()), ((2, 3), (3,)), ((2, 3), (2, 1)), ((), (2, 3)), ((2, 1), (3,)), ((0,), (1,))],
)
def test_context_broadcasting_is_explicit_broadcasting(at, name, batch, context_batch):
    flow = at.flow(**FLOWS[name])
    x, context = (
        at.draw(*batch, flow.dim, seed=1),
        at.draw(*context_batch, flow.context_dim, seed=2),
    )
    full = np.broadcast_shapes(batch, context_batch)
    x_full = at.array(np.broadcast_to(at.host(x), (*full, flow.dim)))
    context_full = at.array(np.broadcast_to(at.host(context), (*full, flow.context_dim)))
    implicit, explicit = results(flow, x, context), results(flow, x_full, context_full)
    for method in ir.inverses.METHODS:
        implicit += flow.inverse(x, context, method=method)
        explicit += flow.inverse(x_full, context_full, method=method)
    for a, b in zip(implicit, explicit, strict=True):
        assert a.shape[: len(full)] == full
        assert at.same(a, b)


def test_the_context_moves_both_directions(at):
    flow, x, context = subject(at, "softclip-tanh-context", 3)
    moved = replaced(at, context, (..., 0), 1.75)
    for direction in (flow.forward, flow.inverse):
        for a, b in zip(direction(x, context), direction(x, moved), strict=True):
            assert np.all(at.host(a) != at.host(b))


@pytest.mark.parametrize(
    "scale", [ir.Exp(), ir.SoftClip(), ir.Softplus(), ir.Sigmoid(), ir.Gated()], ids=repr
)
@pytest.mark.parametrize("raw", [-1e4, 1e4])
def test_extremes_of_the_raw_scale(at, scale, raw):
    degrees = ir.made_degrees(3, ())
    output = np.zeros((2, 3, 3)), np.asarray([[1.0, -2.0, 0.5], [raw] * 3])
    net = ir.AutoregressiveNetwork(degrees, [], (at.array(output[0]), at.array(output[1])))
    flow, x = ir.AffineAutoregressive(net, scale), at.draw(4, 3)
    for found in results(flow, x, None):
        assert at.holds(found)
        assert np.all(np.isfinite(at.host(found)))


def test_the_step_by_hand(at):
    # raw = 0: sigma = exp(0) = 1 exactly; the shift of y_1 is 3 x_0 + 0.5
    degrees = ir.made_degrees(2, ())
    W, b = np.asarray([[[9, 9], [3, 9]], [[9, 9], [0, 9]]]), np.asarray([[-1, 0.5], [0, 0]])
    flow = ir.AffineAutoregressive(
        ir.AutoregressiveNetwork(degrees, [], (at.array(W), at.array(b)))
    )
    y, log_det = flow.forward(at.array([2.0, 5.0]))
    assert at.host(y).tolist() == [1.0, 11.5]
    assert at.host(log_det).tolist() == 0.0
    assert at.host(ir.jacobian(flow, at.array([2.0, 5.0]))).tolist() == [[1.0, 0.0], [3.0, 1.0]]
    assert at.host(flow.inverse(y)[0]).tolist() == [2.0, 5.0]


def refuses(direction, error, message, *arguments):
    with pytest.raises(error, match=message):
        direction(*arguments)


@pytest.mark.parametrize("method", ["forward", "inverse", "log_scale", "jacobian", "network"])
def test_refused_arguments(host, method):
    def direction(flow):
        named = {"jacobian": lambda *a: ir.jacobian(flow, *a), "network": flow.network}
        return named[method] if method in named else getattr(flow, method)

    flow, plain = host.flow(context_dim=2), host.flow()
    x, c = host.draw(3, 4), host.draw(3, 2)
    f = direction(flow)
    name = "y" if method == "inverse" else "x"
    refuses(
        f, ValueError, rf"{name}: expected shape \(\.\.\., 4\), got \(3, 5\)", host.draw(3, 5), c
    )
    refuses(f, ValueError, rf"{name}: expected shape \(\.\.\., 4\), got \(\)", host.draw(), c)
    refuses(f, TypeError, "expected a real floating dtype, got int64", np.zeros((3, 4), int), c)
    refuses(
        f,
        TypeError,
        rf"{name}: expected dtype float64, as the weights, got float32",
        x.astype("float32"),
        c,
    )
    refuses(
        f,
        TypeError,
        "context: expected dtype float64, as the weights, got float32",
        x,
        c.astype("float32"),
    )
    refuses(
        f, ValueError, r"context: expected shape \(\.\.\., 2\), got \(3, 3\)", x, host.draw(3, 3)
    )
    refuses(f, ValueError, r"context: expected shape \(\.\.\., 2\), got \(\)", x, host.draw())
    refuses(f, ValueError, r"context: expected shape \(\.\.\., 2\), got None", x)
    none = "context: expected None, as the network has none, got "
    refuses(direction(plain), ValueError, none + type(c).__name__, x, c)
    refuses(direction(plain), ValueError, none + "str", x, "dense")  # a method goes by its name
    if method in ("forward", "inverse"):
        with pytest.raises(TypeError, match="method: expected a string, got list"):
            direction(plain)(x, method=["dense"])


@pytest.mark.parametrize("method", ["forward", "inverse", "log_scale", "jacobian"])
@pytest.mark.parametrize("x", [[[0.0] * 4], None, 1.0, "x"])
def test_what_is_no_array_is_a_type_error(host, method, x):
    flow = host.flow()
    f = getattr(flow, method) if method != "jacobian" else lambda x: ir.jacobian(flow, x)
    with pytest.raises(TypeError, match=r"expected an array, got \w+"):
        f(x)


def test_a_context_that_does_not_broadcast_is_refused(stored):
    flow = stored.flow(context_dim=2)
    for direction in (flow.forward, flow.inverse):
        with pytest.raises(
            ValueError, match=r"context: expected .*broadcasts against \(3,\), got \(2,\)"
        ):
            direction(stored.draw(3, 4), stored.draw(2, 2))


def test_another_library_or_device_is_refused(host):
    strict = pytest.importorskip("array_api_strict")
    flow, x = host.flow(context_dim=1), host.draw(2, 4)
    message = "x: expected an array of .*numpy, as the weights, got one of array_api_strict"
    refuses(flow.forward, TypeError, message, strict.asarray(x), host.draw(2, 1))
    there = strict.asarray(x, device=strict.Device("device1"))
    net = ir.AutoregressiveNetwork.init(ir.made_degrees(4, (5,)), xp=strict)
    message = "y: expected device .*CPU_DEVICE.*, got .*device1"
    refuses(ir.AffineAutoregressive(net).inverse, TypeError, message, there)


def test_refused_constructions_and_methods(host):
    with pytest.raises(ValueError, match="network: expected P = 2 parameters per variable, got 3"):
        ir.AffineAutoregressive(
            host.flow(params=2).network.init(ir.made_degrees(2, (2,)), params=3)
        )
    with pytest.raises(
        ValueError,
        match=r"method: expected one of blocked, .*fixed_point.*, got 'newton'",
    ):
        host.flow().inverse(host.draw(4), method="newton")


def test_the_defaults(host):
    flow = host.flow()
    assert flow.scale == ir.Exp(-5.0, 3.0)
    assert (flow.event_dim, flow.dim, flow.context_dim) == (1, 4, 0)
    assert flow.degrees is flow.network.degrees
    with pytest.raises(AttributeError):
        flow.scale = ir.Gated()


def test_nothing_is_remembered_between_calls(host):
    # weights are the flow's own memory; an x changed in place is another x, though a cache that
    # knows arrays by identity would return the old y
    flow, x = host.flow(), host.draw(3, 4)
    y, _ = flow.forward(x)
    copy = x.copy()
    x += 1.0
    assert not np.array_equal(flow.forward(x)[0], y)
    assert np.array_equal(flow.forward(copy)[0], y)
