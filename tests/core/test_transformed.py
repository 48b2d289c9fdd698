"""DENS-1, DENS-2, DENS-3, DENS-5: densities by change of variables."""

from dataclasses import dataclass

import numpy as np
import pytest

import iaf_ref as ir
from iaf_ref_backends import ball


def normal(at, *batch, D=4):
    return ir.Normal(at.draw(*batch, D, seed=5), abs(at.draw(*batch, D, seed=6)) + 0.25)


def steps(at):
    flow = at.flow(context_dim=2, activation="tanh", seed=1)
    return [
        flow,
        ir.Permutation([2, 0, 3, 1]),
        ir.Inverse(at.flow(seed=2)),
        ir.Chain([at.flow(seed=3)]),
    ]


@dataclass(frozen=True)
class SummedButUnivariate:
    """The forum's mistake: a log-det summed over the event where event_dim 0 is declared."""

    flow: ir.AffineAutoregressive
    event_dim = 0
    context_dim = 0
    dim = 4

    def forward(self, x, context=None):
        return self.flow.forward(x)

    def inverse(self, y, context=None):
        return self.flow.inverse(y)


def test_four_combinations_one_joint_density(exact):
    flow, base = exact.flow(activation="tanh"), normal(exact)
    multivariate = ir.MultivariateNormal(base.loc, scale_diag=base.scale)
    x = exact.draw(3, 4, seed=7)
    y, log_det = flow.forward(x)
    joint = exact.xp.sum(base.log_prob(x), axis=-1) - log_det  # DENS-1
    per_dimension = ir.PerDimension(flow)
    found = {}
    for name, b in (
        ("univariate", base),
        ("independent", ir.Independent(base)),
        ("multivariate", multivariate),
    ):
        for t in (per_dimension, flow):
            q = ir.TransformedDistribution(b, [t])
            found[name, t.event_dim] = q.log_prob(y)
            pushed_y, pushed = q.push(x)
            assert exact.zero(pushed_y - y)
            assert exact.zero(pushed - q.log_prob(y))
    terms = found.pop(("univariate", 0))
    assert terms.shape == (3, 4)
    assert exact.zero(exact.xp.sum(terms, axis=-1) - joint)
    assert exact.zero(terms - (base.log_prob(x) - flow.log_scale(x)))  # eq. 11 before its sum
    for total in found.values():
        assert total.shape == (3,)
        assert exact.zero(total - joint)
    # The mixture: every one of D terms carries the whole log-det.
    mixed = exact.xp.sum(base.log_prob(x) - exact.xp.expand_dims(log_det, axis=-1), axis=-1)
    assert exact.zero(mixed - joint + (flow.dim - 1) * log_det)
    assert np.all(np.abs(ball.midpoint(log_det)) > 0.0)


def test_the_mixture_is_refused_by_name(at):
    q = ir.TransformedDistribution(normal(at), [SummedButUnivariate(at.flow())])
    message = r"expected shape \(3, 4\) .* event_dim 0, got \(3,\): .*not to be mixed \(DENS-3\)"
    for function in (q.log_prob, q.push):
        with pytest.raises(ValueError, match=message):
            function(at.draw(3, 4))


@pytest.mark.parametrize("batch", [(), (0,), (2, 3)])
def test_shapes_and_types(at, batch):
    context, y = at.draw(*batch, 2, seed=8), at.draw(*batch, 4, seed=7)
    base = normal(at)
    low_rank = ir.LowRankMultivariateNormal(base.loc, at.draw(4, 2), base.scale)
    for q, shape in (
        (ir.TransformedDistribution(base, steps(at)), batch),
        (ir.TransformedDistribution(ir.Independent(base), steps(at)), batch),
        (ir.TransformedDistribution(low_rank, steps(at)), batch),
        (ir.TransformedDistribution(base, [ir.PerDimension(at.flow(context_dim=2))]), (*batch, 4)),
        (ir.TransformedDistribution(base, []), (*batch, 4)),
    ):
        given = context if any(t.context_dim for t in q.transforms) else None
        z, pushed = q.push(y, given)
        found = q.log_prob(y, given, **({"method": "fixed_point"} if q.transforms else {}))
        assert (z.shape, pushed.shape, found.shape) == ((*batch, 4), shape, shape)
        assert at.holds(z, pushed, found)


@pytest.mark.parametrize("method", ["sequential", "fixed_point"])
def test_push_and_log_prob_agree(exact, method):
    q = ir.TransformedDistribution(ir.Independent(normal(exact)), steps(exact))
    context = exact.draw(3, 2, seed=8)
    y, log_prob = q.push(exact.draw(3, 4, seed=7), context)
    assert exact.zero(q.log_prob(y, context, method=method) - log_prob)


def test_the_density_is_that_of_the_jacobian(exact):
    flow, x, context = (
        exact.flow(context_dim=2, activation="silu"),
        exact.draw(3, 4),
        exact.draw(3, 2),
    )
    base = ir.Independent(normal(exact))
    _, log_prob = ir.TransformedDistribution(base, [flow]).push(x, context)
    assert exact.zero(base.log_prob(x) - ball.log_abs_det(ir.jacobian(flow, x, context)) - log_prob)


def test_the_density_integrates_to_1(exact):
    # The images of a grid of step h = 1/2 in x. In y_2 at fixed y_1, and in y_1, they are
    # equidistant: the step is read off y itself, so that no log-det enters. A sum over a normal
    # density is off by 2 exp(-2 pi^2 / h^2) < e^-78 (Poisson), what lies beyond 10 standard
    # deviations by e^-50: together less than 3 e^-50 < 2^-70 in two dimensions.
    h, n = 0.5, 20
    flow = exact.flow(dim=2, hidden=(2,), activation="tanh", seed=5)
    points = h * np.arange(-n, n + 2)
    x = exact.array(np.stack(np.meshgrid(points, points, indexing="ij"), axis=-1))
    base = ir.Independent(ir.Normal(exact.array([0.0, 0.0]), exact.array([1.0, 1.0])))
    y, _ = flow.forward(x)
    q = exact.xp.exp(ir.TransformedDistribution(base, [flow]).log_prob(y[:-1, :-1]))
    area = (y[1:, :-1, 0] - y[:-1, :-1, 0]) * (y[:-1, 1:, 1] - y[:-1, :-1, 1])
    assert ball.residual(exact.xp.sum(q * area), np.asarray(1.0)) < 2.0**-70


def test_properties(host):
    base, flow = normal(host), host.flow(context_dim=2)
    one = ir.PerDimension(flow)
    assert (one.dim, one.context_dim, one.event_dim) == (4, 2, 0)
    assert ir.TransformedDistribution(base, []).event_dim == 0
    assert ir.TransformedDistribution(base, [one]).event_dim == 0
    assert ir.TransformedDistribution(base, [one, flow]).event_dim == 1
    assert ir.TransformedDistribution(ir.Independent(base), [one]).event_dim == 1


def test_per_dimension_gives_each_log_scale(at):
    flow, x, context = at.flow(context_dim=2), at.draw(3, 4), at.draw(3, 2)
    one = ir.PerDimension(flow)
    y, log_scale = one.forward(x, context)
    assert at.same(y, flow.forward(x, context)[0])
    assert at.same(log_scale, flow.log_scale(x, context))
    back, negative = one.inverse(y, context, method="fixed_point")
    assert at.same(back, flow.inverse(y, context)[0])
    assert at.same(negative, -flow.log_scale(back, context))


@pytest.mark.parametrize("transforms", [[], ["flow"]])
def test_refused(host, transforms):
    q = ir.TransformedDistribution(ir.Independent(normal(host)), [host.flow() for _ in transforms])
    for y, error, message in (
        (host.draw(3, 4).astype("float32"), TypeError, "expected dtype float64, .*, got float32"),
        (np.zeros((3, 4), int), TypeError, "expected a real floating dtype, got int64"),
        ([0.0] * 4, TypeError, "expected an array, got list"),
    ):
        with pytest.raises(error, match=message):
            q.log_prob(y)
        with pytest.raises(error, match=message):
            q.push(y)
