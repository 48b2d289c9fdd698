"""CHAIN-2, CHAIN-3: permutations of the variables."""

import numpy as np
import pytest

import iaf_ref as ir

ORDER = [2, 0, 3, 1]  # a 4-cycle: applied twice, it is not the identity


def test_a_permutation_moves_and_is_undone(at):
    p, x = ir.Permutation(ORDER), at.draw(2, 3, 4)
    y, log_det = p.forward(x)
    assert np.array_equal(at.host(y), at.host(x)[..., ORDER])  # CHAIN-2: y[k] = x[order[k]]
    back, inverse_log_det = p.inverse(y)
    assert at.same(back, x)
    assert at.holds(y, back, log_det, inverse_log_det)
    for zero in (log_det, inverse_log_det):
        assert np.array_equal(at.host(zero), np.zeros((2, 3)))
    assert not at.same(p.forward(y)[0], x)


@pytest.mark.parametrize("batch", [(), (0,), (1,), (4, 1)])
def test_shapes_of_a_permutation(at, batch):
    for direction in (ir.Permutation(ORDER).forward, ir.Permutation(ORDER).inverse):
        y, log_det = direction(at.draw(*batch, 4))
        assert (y.shape, log_det.shape) == ((*batch, 4), batch)
        assert at.holds(y, log_det)


def test_permutations_are_values():
    p = ir.Permutation(np.asarray(ORDER))
    assert p == ir.Permutation(ORDER)
    assert hash(p) == hash(ir.Permutation(ORDER))
    assert p.order == tuple(ORDER)
    assert p.inverse_order == (1, 3, 0, 2)
    assert (p.dim, p.context_dim, p.event_dim) == (4, 0, 1)
    assert ir.Permutation([0]).inverse_order == (0,)


@pytest.mark.parametrize(
    ("order", "error", "message"),
    [
        ([0, 0], ValueError, r"order: expected a permutation of 0\.\.1, got \[0, 0\]"),
        ([1, 2], ValueError, r"order: expected a permutation of 0\.\.1, got \[1, 2\]"),
        ([0, 1.0], TypeError, r"order\[1\]: expected an integer, got float"),
        ([0, -1], ValueError, r"order\[1\]: expected an integer >= 0, got -1"),
    ],
)
def test_refused_orders(order, error, message):
    with pytest.raises(error, match=message):
        ir.Permutation(order)


def test_refused_arguments(host):
    for direction in (ir.Permutation(ORDER).forward, ir.Permutation(ORDER).inverse):
        with pytest.raises(ValueError, match=r"[xy]: expected shape \(\.\.\., 4\), got \(3,\)"):
            direction(host.draw(3))
        with pytest.raises(TypeError, match=r"[xy]: expected a real floating dtype, got int64"):
            direction(np.zeros(4, int))
        with pytest.raises(TypeError, match=r"[xy]: expected an array, got list"):
            direction([0.0] * 4)
