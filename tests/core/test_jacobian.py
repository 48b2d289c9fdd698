"""DET-3, NUM-1: the Jacobian in closed form."""

import numpy as np
import pytest

import iaf_ref as ir
from iaf_ref_backends import ball

FLOWS = [
    *({"activation": name, "context_dim": 2, "order": [2, 0, 1, 3]} for name in ir.ACTIVATIONS),
    *(
        {"activation": "tanh", "scale": scale, "skip": True}
        for scale in (ir.Exp(), ir.SoftClip(), ir.Softplus(), ir.Sigmoid(), ir.Gated())
    ),
    *(
        {"activation": name, "hidden": (5, 6, 5), "residual": True, "skip": True}
        for name in ("silu", "relu")
    ),
    {"order": [[1, 3], [0, 2]], "activation": "gelu"},
    {"adjacency": np.tri(4, k=-2), "activation": "elu"},
    {"hidden": (), "context_dim": 1},
    {"dim": 1, "hidden": (2,), "context_dim": 1},
]
every_flow = pytest.mark.parametrize("options", FLOWS, ids=str)


def subject(at, options, *batch):
    flow = at.flow(**{"seed": 4, **options})
    return (
        flow,
        at.draw(*batch, flow.dim, seed=1),
        at.draw(*batch, flow.context_dim, seed=2) if flow.context_dim else None,
    )


@every_flow
def test_log_det_is_that_of_the_full_jacobian(exact, options):
    flow, x, context = subject(exact, options, 3)
    J = ir.jacobian(flow, x, context)
    assert exact.zero(ball.log_abs_det(J) - flow.forward(x, context)[1])
    assert np.all(np.abs(ball.midpoint(flow.forward(x, context)[1])) > 0.0)  # not vacuous


@every_flow
def test_it_is_the_derivative_of_forward(exact, options):
    # (f(x + h e_j) - f(x - h e_j)) / 2h is off by h^2/6 |f'''| <= h: weights are at most 1, so
    # that |f'''| is far from 6/h = 2^102
    h = 2.0**-100
    flow, x, context = subject(exact, options, 2)
    J = ir.jacobian(flow, x, context)
    for j in range(flow.dim):
        e = exact.array(h * np.eye(flow.dim)[j])
        quotient = (flow.forward(x + e, context)[0] - flow.forward(x - e, context)[0]) / (2.0 * h)
        assert np.all(ball.residual(quotient - J[..., :, j], np.zeros(x.shape)) <= 2.0 * h)


@every_flow
def test_what_may_not_depend_is_exactly_zero(at, options):
    flow, x, context = subject(at, options, 2, 3)
    J = at.host(ir.jacobian(flow, x, context))
    may = ir.expected_connectivity(flow.degrees)[:, flow.context_dim :]
    own = np.eye(flow.dim, dtype=bool)
    assert np.all(J[..., ~(may | own)] == 0)
    assert at.same(
        J[..., own], at.host(flow.step(x, context).sigma)
    )  # the diagonal is sigma, bit for bit


@pytest.mark.parametrize("activation", ["tanh", "softplus", "silu"])
def test_what_may_depend_does(host, activation):
    flow, x, _ = subject(host, {"activation": activation, "hidden": (9,)}, 3)
    assert np.all(ir.jacobian(flow, x)[:, np.tri(4, k=-1, dtype=bool)] != 0)


def test_refused(host):
    for flow in (ir.Permutation([0, 1]), ir.Chain([host.flow()]), None):
        with pytest.raises(
            TypeError, match=f"flow: expected an AffineAutoregressive, got {type(flow).__name__}"
        ):
            ir.jacobian(flow, host.draw(2))
