"""DENS-4: algorithm 1 of the IAF paper."""

import numpy as np
import pytest

import iaf_ref as ir


def steps(at, scale=None):
    return [
        at.flow(context_dim=2, scale=scale, activation="elu", seed=1),
        ir.Permutation([2, 0, 3, 1]),
        at.flow(context_dim=2, scale=scale, activation="elu", seed=2),
        at.flow(scale=scale, seed=3),
    ]


def encoder(at, *batch):
    """(noise, loc, scale, context) of the batch."""
    scale = abs(at.draw(*batch, 4, seed=6)) + 0.25
    return at.draw(*batch, 4, seed=4), at.draw(*batch, 4, seed=5), scale, at.draw(*batch, 2, seed=7)


@pytest.mark.parametrize("scale", [ir.Exp(), ir.Gated(1.0)], ids=repr)
def test_it_is_equation_11(exact, scale):
    noise, loc, sigma, h = encoder(exact, 3)
    xp = exact.xp
    z, total = loc + sigma * noise, xp.log(sigma)
    for step in steps(exact, scale):
        c = h if step.context_dim else None
        if isinstance(step, ir.Permutation):
            z, _ = step.forward(z)
            continue
        total = xp.sum(total, axis=-1, keepdims=True) / 4.0 + step.log_scale(
            z, c
        )  # only the sum over i counts
        z, _ = step.forward(z, c)
    log_q = -xp.sum(noise * noise / 2.0 + xp.log(2.0 * xp.pi) / 2.0 + total, axis=-1)
    found_z, found = ir.iaf_posterior(noise, loc, sigma, steps(exact, scale), h)
    assert exact.zero(found_z - z)
    assert exact.zero(found - log_q)


def test_it_is_the_transformed_distribution_of_the_encoders_normal(exact):
    noise, loc, sigma, h = encoder(exact, 3)
    z, log_q = ir.iaf_posterior(noise, loc, sigma, steps(exact), h)
    q = ir.TransformedDistribution(ir.MultivariateNormal(loc, scale_diag=sigma), steps(exact))
    assert exact.zero(q.log_prob(z, h) - log_q)
    assert exact.zero(q.push(loc + sigma * noise, h)[1] - log_q)
    assert exact.zero(q.push(loc + sigma * noise, h)[0] - z)


@pytest.mark.parametrize("batch", [(), (0,), (1,), (4, 1), (2, 3)])
def test_shapes_and_types(at, batch):
    noise, loc, sigma, h = encoder(at, *batch)
    z, log_q = ir.iaf_posterior(noise, loc, sigma, steps(at), h)
    assert (z.shape, log_q.shape) == ((*batch, 4), batch)
    assert at.holds(z, log_q)


def test_many_draws_for_one_encoding(at):
    noise = at.draw(5, 3, 4, seed=4)
    _, loc, sigma, h = encoder(at, 3)
    full = [at.array(np.broadcast_to(at.host(a), (5, *a.shape))) for a in (loc, sigma, h)]
    implicit = ir.iaf_posterior(noise, loc, sigma, steps(at), h)
    explicit = ir.iaf_posterior(noise, *full[:2], steps(at), full[2])
    for a, b in zip(implicit, explicit, strict=True):
        assert at.same(a, b)


def test_no_steps_is_the_encoders_normal(exact):
    noise, loc, sigma, _ = encoder(exact, 3)
    z, log_q = ir.iaf_posterior(noise, loc, sigma, [])
    assert exact.zero(ir.Independent(ir.Normal(loc, sigma)).log_prob(z) - log_q)


def test_refused(host):
    noise, loc, sigma, h = encoder(host, 3)
    f4 = loc.astype("float32")
    for arguments, error, message in (
        (([0.0], loc, sigma, []), TypeError, "noise: expected an array, got list"),
        (
            (np.zeros((3, 4), int), loc, sigma, []),
            TypeError,
            "noise: expected a real floating dtype, got int64",
        ),
        ((noise, f4, sigma, []), TypeError, "loc: expected dtype float64, as noise, got float32"),
        ((noise, loc, f4, []), TypeError, "scale: expected dtype float64, as noise, got float32"),
        (
            (noise, loc[:, :3], sigma, []),
            ValueError,
            r"loc: expected shape \(\.\.\., 4\), got \(3, 3\)",
        ),
        (
            (noise, loc, sigma[:, :1], []),
            ValueError,
            r"scale: expected shape \(\.\.\., 4\), got \(3, 1\)",
        ),
        (
            (noise, loc, sigma, [ir.PerDimension(host.flow())]),
            ValueError,
            "steps: expected event_dim 1 .* \\(DENS-3\\)",
        ),
        (
            (noise, loc, sigma, steps(host), h.astype("float32")),
            TypeError,
            "context: expected dtype float64",
        ),
        (
            (noise, loc, sigma, steps(host)),
            ValueError,
            r"context: expected shape \(\.\.\., 2\), got None",
        ),
    ):
        with pytest.raises(error, match=message):
            ir.iaf_posterior(*arguments)


@pytest.mark.parametrize("shape", [(), (1,)])
def test_noise_without_variables_or_with_too_few_is_refused(host, shape):
    _, loc, sigma, _ = encoder(host, 3)
    with pytest.raises(ValueError, match="expected shape"):
        ir.iaf_posterior(np.zeros(shape), loc, sigma, [])


def test_noise_that_does_not_broadcast_is_refused(stored):
    noise, _, sigma, _ = encoder(stored, 3)
    with pytest.raises(ValueError, match=r"loc: expected .*, got \(2, 4\)"):
        ir.iaf_posterior(noise, stored.draw(2, 4), sigma, [])
