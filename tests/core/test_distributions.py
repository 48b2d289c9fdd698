"""DENS-2: univariate normal distributions, and how they become multivariate."""

import numpy as np
import pytest

import iaf_ref as ir
from iaf_ref.distributions import log_two_pi
from iaf_ref_backends import ball, profiles


def normal(at, *shape):
    return ir.Normal(at.draw(*shape, seed=1), abs(at.draw(*shape, seed=2)) + 0.25)


def test_normal_log_prob(stored, exact):
    # With L the ulps of log: z loses 2, its square 5; log(scale) 2 L; log(2 pi) 2 (pi 1, its
    # log's argument 1 / log 2 pi < 1) plus 2 L; each of the two differences 1 of what it has so
    # far, which is no more than the sum of magnitudes.
    L = profiles.load({"float64": "ieee-f64", "float32": "ieee-f32"}[stored.dtype]).ulps("log")
    q, x = normal(stored, 50), stored.draw(50, seed=3)
    got = q.log_prob(x)
    assert stored.holds(got)
    loc, scale, x = (exact.array(stored.host(a)) for a in (q.loc, q.scale, x))
    z, xp = (x - loc) / scale, exact.xp
    truth = ir.Normal(loc, scale).log_prob(x)
    assert exact.zero(truth - xp.log(xp.exp(-0.5 * z * z) / (scale * xp.sqrt(2.0 * xp.pi))))
    half_square, log_scale = ball.midpoint(0.5 * z * z), np.abs(ball.midpoint(xp.log(scale)))
    units = 5 * half_square + 2 * L * log_scale + (2 * L + 2) + 2 * (half_square + log_scale + 1)
    second_order = 1 + 2.0**-10
    assert np.all(ball.residual(truth, stored.host(got)) <= units * stored.roundoff * second_order)


def test_log_two_pi(exact):
    assert exact.zero(exact.xp.exp(log_two_pi(exact.draw(1))) - 2.0 * exact.xp.pi)


@pytest.mark.parametrize(
    ("batch", "shape"), [((), ()), ((3,), (3,)), ((3,), (2, 3)), ((2, 1), (3,)), ((4,), (0, 4))]
)
def test_shapes(at, batch, shape):
    q, x = normal(at, *batch), at.draw(*shape, seed=3)
    full = np.broadcast_shapes(batch, shape)
    assert (q.batch_shape, q.event_shape) == (batch, ())
    assert q.log_prob(x).shape == full
    assert at.holds(q.log_prob(x))


@pytest.mark.parametrize("n", [0, 1, 2])
def test_independent_sums_the_last_axes(at, n):
    q, x = normal(at, 2, 3), at.draw(5, 2, 3, seed=3)
    several = ir.Independent(q, n)
    assert several.batch_shape == (2, 3)[: 2 - n]
    assert several.event_shape == (2, 3)[2 - n :]
    found = several.log_prob(x)
    assert found.shape == (5, 2, 3)[: 3 - n]
    assert at.holds(found)
    expected = q.log_prob(x)
    assert at.same(found, at.xp.sum(expected, axis=tuple(range(-n, 0))) if n else expected)


def test_independent_of_independent(host):
    nested = ir.Independent(ir.Independent(normal(host, 2, 3)))
    assert (nested.batch_shape, nested.event_shape) == ((), (2, 3))
    assert isinstance(nested, ir.Distribution)


@pytest.mark.parametrize(("n", "expected"), [(0, [[1, 2], [3, 4]]), (1, [3, 7]), (2, 10)])
def test_sum_rightmost(at, n, expected):
    found = ir.sum_rightmost(at.array([[1, 2], [3, 4]]), n)
    assert at.holds(found)
    assert at.host(found).tolist() == expected


@pytest.mark.parametrize(
    ("n", "error", "message"),
    [
        (3, ValueError, r"n: expected at most 2, of a value of shape \(2, 2\), got 3"),
        (-1, ValueError, "n: expected an integer >= 0, got -1"),
        (1.0, TypeError, "n: expected an integer, got float"),
    ],
)
def test_sum_rightmost_refuses(host, n, error, message):
    with pytest.raises(error, match=message):
        ir.sum_rightmost(host.draw(2, 2), n)


def test_refused(host):
    one, two = np.zeros(2), np.ones(2)
    for make, error, message in (
        (lambda: ir.Normal([0.0], two), TypeError, "loc: expected an array, got list"),
        (lambda: ir.Normal(one, 1.0), TypeError, "scale: expected an array, got float"),
        (
            lambda: ir.Normal(np.zeros(2, int), two),
            TypeError,
            "loc: expected a real floating dtype, got int64",
        ),
        (
            lambda: ir.Normal(one, np.ones(3)),
            ValueError,
            r"scale: expected shape \(2,\), got \(3,\)",
        ),
        (
            lambda: ir.Normal(one, two.astype("f4")),
            TypeError,
            "scale: expected dtype float64, as loc, got float32",
        ),
        (
            lambda: ir.Independent(ir.Normal(one, two), 2),
            ValueError,
            "ndims: expected at most 1, .*, got 2",
        ),
        (
            lambda: ir.Independent(ir.Normal(one, two), -1),
            ValueError,
            "ndims: expected an integer >= 0, got -1",
        ),
        (
            lambda: ir.Independent(ir.Normal(one, two), 1.0),
            TypeError,
            "ndims: expected an integer, got float",
        ),
        (lambda: ir.Normal(one, two).log_prob([0.0]), TypeError, "x: expected an array, got list"),
        (
            lambda: ir.Normal(one, two).log_prob(one.astype("f4")),
            TypeError,
            "x: expected dtype float64, as loc, got",
        ),
    ):
        with pytest.raises(error, match=message):
            make()
