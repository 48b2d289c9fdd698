"""INV-1 to INV-5, DET-4: the inverse, in its three algorithms."""

import numpy as np
import pytest

import iaf_ref as ir

METHODS = ("blocked", "sequential", "fixed_point")
DEFINED = ("sequential", "fixed_point")
FLOWS = [
    {"order": [2, 0, 1, 3, 4], "context_dim": 2, "activation": "elu", "skip": True},
    {"order": [[3, 1], [0, 2, 4]], "scale": ir.Gated(), "activation": "tanh"},
    {"hidden": (6, 7, 6), "residual": True, "scale": ir.Softplus(), "activation": "silu"},
    {
        "adjacency": np.tri(5, k=-2),
        "hidden": (9,),
        "scale": ir.SoftClip(),
        "activation": "softplus",
    },
    {"hidden": (), "scale": ir.Sigmoid(), "context_dim": 1},
]
every_flow = pytest.mark.parametrize("options", FLOWS, ids=str)


def subject(at, options, *batch):
    flow = at.flow(**{"dim": 5, "seed": 7, **options})
    return (
        flow,
        at.draw(*batch, 5, seed=1),
        at.draw(*batch, flow.context_dim, seed=2) if flow.context_dim else None,
    )


@every_flow
@pytest.mark.parametrize("method", METHODS)
def test_it_is_the_inverse(exact, options, method):
    flow, x, context = subject(exact, options, 3)
    y, log_det = flow.forward(x, context)
    back, inverse_log_det = flow.inverse(y, context, method=method)
    assert exact.zero(back - x)
    assert exact.zero(inverse_log_det + log_det)
    assert exact.zero(flow.forward(flow.inverse(x, context, method=method)[0], context)[0] - x)


@every_flow
@pytest.mark.parametrize("method", DEFINED)
def test_the_residual_is_that_of_four_roundings(at, options, method):
    # Causality is bitwise, so forward sees the same mu and sigma that the inverse used. With t =
    # fl(y - mu), x = fl(t / sigma) and y' = fl(fl(sigma x) + mu): |y' - y| <= gamma_3 |y - mu| +
    # u |y'|, and gamma_3 <= 4 u.
    flow, y, context = subject(at, options, 4)
    x, log_det = flow.inverse(y, context, method=method)
    again, forward_log_det = flow.forward(x, context)
    wanted, got, mu = (at.host(a).astype(np.float64) for a in (y, again, flow.step(x, context).mu))
    u = at.roundoff
    # computed in float64, this bound is off by less than one part in 2^50; 5 in place of 4 covers
    # that
    assert np.all(
        np.abs(got - wanted) <= 5 * u * np.abs(wanted - mu) + (1 + 4 * u) * u * np.abs(got)
    )
    assert at.same(log_det, -forward_log_det)  # DET-4, bitwise: the same log sigma in the same sum


@every_flow
def test_whole_networks_give_the_same_bits(at, options):
    flow, y, context = subject(at, options, 2, 3)
    for a, b in zip(*(flow.inverse(y, context, method=m) for m in DEFINED), strict=True):
        assert at.same(a, b)


@pytest.mark.parametrize("method", METHODS)
def test_no_overflow_where_the_definition_has_none(at, method):
    # y_i = x_i / 16 + x_{i-1}, every number exact. A sweep over all variables multiplies an
    # unsettled one by 16: 16^48 = 2^192 overflows float32, and 0 * inf would be NaN in 48 of 48
    # variables, as with zuko 1.6.0. softplus(-1e4) is 0, so that the scale is the floor, 2^-4
    # exactly.
    D = 48
    degrees = ir.made_degrees(D, ())
    W = np.zeros((2, D, D))
    W[0] = np.eye(D, k=-1)
    b = np.stack([np.zeros(D), np.full(D, -1e4)])
    net = ir.AutoregressiveNetwork(degrees, [], (at.array(W), at.array(b)))
    flow = ir.AffineAutoregressive(net, ir.Softplus(floor=2.0**-4))
    x = at.array(np.random.Generator(np.random.PCG64(0)).integers(-4, 5, (3, D)))
    y, log_det = flow.forward(x)
    back, inverse_log_det = flow.inverse(y, method=method)
    assert at.same(back, x)
    if method in DEFINED:  # the blocked one adds the same numbers up in another order
        assert at.same(inverse_log_det, -log_det)


def test_transients_are_cut_and_the_settled_are_not(numpys):
    # The last degree may be as large as the dtype goes: only what is not settled yet is cut.
    flow = numpys.flow(dim=1, hidden=())
    y = numpys.array([float(np.finfo(numpys.dtype).max) / 1024])
    x, _ = flow.inverse(y, method="fixed_point")
    assert numpys.same(x, flow.inverse(y, method="sequential")[0])


def test_the_number_of_network_calls_is_the_number_of_degrees(host, monkeypatch):
    calls = []
    original = ir.AutoregressiveNetwork.__call__
    monkeypatch.setattr(
        ir.AutoregressiveNetwork, "__call__", lambda *a: calls.append(1) or original(*a)
    )
    flow = host.flow(dim=6, order=[[0, 1, 2], [3, 4, 5]])
    flow.inverse(host.draw(6), method="sequential")
    assert len(calls) == 2
    flow.inverse(host.draw(6), method="blocked")
    assert len(calls) == 2  # none of its own: each unit is computed once


def test_gated_may_lose_x_but_never_warns_in_forward(at):
    # sigma underflows: y = m exactly, log sigma exact (the Notes of Gated)
    degrees = ir.made_degrees(2, ())
    b = np.asarray([[1.5, -2.5], [-1e4, -1e4]])
    net = ir.AutoregressiveNetwork(degrees, [], (at.array(np.zeros((2, 2, 2))), at.array(b)))
    y, log_det = ir.AffineAutoregressive(net, ir.Gated(0.0)).forward(at.draw(3, 2))
    assert at.host(y).tolist() == [[1.5, -2.5]] * 3
    assert at.host(log_det).tolist() == [-2e4] * 3
