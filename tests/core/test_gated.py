"""STEP-5: the gated step; what it shares with the other maps is in test_scales."""

import numpy as np

import iaf_ref as ir


def test_the_step_is_a_convex_combination(exact):
    gate, m, raw, x = (
        ir.Gated(0.5),
        exact.draw(50, seed=1),
        exact.draw(50, seed=2),
        exact.draw(50, seed=3),
    )
    sigma = gate.scale(raw)
    assert exact.zero(
        sigma * x + gate.location(m, raw) - (sigma * x + (1.0 - sigma) * m)
    )  # eqs. 13 and 14
    assert exact.zero(gate.location(x, raw) + sigma * x - x)  # m = x: nothing moves


def test_one_minus_sigma_does_not_cancel(numpys):
    # sigma = sigmoid(60) rounds to 1 in both dtypes, 1 - sigma is e^-60 all the same
    raw = numpys.array([60.0])
    gate = ir.Gated(0.0)
    assert numpys.host(gate.scale(raw)).tolist() == [1.0]
    assert numpys.host(gate.location(numpys.array([1.0]), raw))[0] > 0.0


def test_an_open_and_a_closed_gate_are_exact(at):
    m, raw = at.array([3.0, 3.0]), at.array([-1e4, 1e4])
    gate = ir.Gated()
    assert at.host(gate.scale(raw)).tolist() == [0.0, 1.0]
    assert at.host(gate.location(m, raw)).tolist() == [3.0, 0.0]
    assert at.host(gate.log_scale(raw)).tolist() == [-9998.0, 0.0]
    assert all(np.all(np.isfinite(at.host(s))) for s in gate.slopes(m, raw))
