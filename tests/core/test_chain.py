"""CHAIN-1, CHAIN-4, DET-4, DET-5: compositions and the inverse flow."""

import numpy as np
import pytest

import iaf_ref as ir

ORDER = [2, 0, 3, 1]  # a 4-cycle: applied twice, it is not the identity


def chain(at, **options):
    first = at.flow(context_dim=2, seed=1, **options)
    return ir.Chain(
        [first, ir.Permutation(ORDER), at.flow(seed=2), ir.Inverse(at.flow(context_dim=2, seed=3))]
    )


@pytest.mark.parametrize("batch", [(), (0,), (2, 3)])
def test_a_chain_is_its_parts_one_after_the_other(at, batch):
    steps, context = chain(at), at.draw(*batch, 2, seed=9)
    x = y = at.draw(*batch, 4, seed=8)
    total = 0.0
    for t in steps.transforms:
        y, log_det = t.forward(y, context if t.context_dim else None)
        total = log_det + total
    found, found_log_det = steps.forward(x, context)
    assert at.holds(found, found_log_det)
    assert found_log_det.shape == batch
    assert at.same(found, y)
    assert at.same(found_log_det, total)


@pytest.mark.parametrize("method", ["sequential", "fixed_point"])
def test_a_chain_is_undone(exact, method):
    steps, x, context = chain(exact), exact.draw(3, 4, seed=8), exact.draw(3, 2, seed=9)
    y, log_det = steps.forward(x, context)
    back, inverse_log_det = steps.inverse(y, context, method=method)
    assert exact.zero(back - x)
    assert exact.zero(log_det + inverse_log_det)


def test_a_chain_of_chains_is_a_chain(exact):
    parts, x, context = chain(exact).transforms, exact.draw(3, 4, seed=8), exact.draw(3, 2, seed=9)
    nested = ir.Chain([ir.Chain(parts[:1]), ir.Chain(parts[1:])])
    for a, b in zip(nested.forward(x, context), ir.Chain(parts).forward(x, context), strict=True):
        assert exact.zero(a - b)


def test_the_inverse_flow_is_the_flow_run_backwards(at):
    flow, x, context = at.flow(context_dim=2), at.draw(3, 4), at.draw(3, 2)
    maf = ir.Inverse(flow)
    with pytest.raises(
        ValueError, match="method: expected one of blocked, sequential, fixed_point"
    ):
        maf.inverse(x, context, method="newton")
    assert (maf.dim, maf.context_dim, maf.event_dim) == (4, 2, 1)
    for method in ("sequential", "fixed_point"):
        pairs = [
            *zip(
                maf.forward(x, context, method=method),
                flow.inverse(x, context, method=method),
                strict=True,
            ),
            *zip(maf.inverse(x, context, method=method), flow.forward(x, context), strict=True),
        ]
        for a, b in pairs:
            assert at.holds(a)
            assert at.same(a, b)


def test_conjugation_by_a_permutation_is_a_flow_in_another_order(exact):
    # P^-1 f P has the order of f, carried over: the bookkeeping between layers (numpyro PR 224)
    flow, p = exact.flow(dim=4, hidden=()), ir.Permutation(ORDER)
    (W, b), inverse = flow.network.output, np.asarray(p.inverse_order)
    xp, take = exact.xp, exact.xp.asarray(list(p.inverse_order))
    carried = ir.AutoregressiveNetwork(
        ir.made_degrees(4, (), order=[ORDER[k] for k in range(4)]),
        [],
        (xp.take(xp.take(W, take, axis=1), take, axis=2), xp.take(b, take, axis=1)),
    )
    x = exact.draw(3, 4)
    found, _ = ir.Chain([p, flow, ir.Inverse(p)]).forward(x)
    assert sorted(inverse.tolist()) == [0, 1, 2, 3]
    assert exact.zero(found - ir.AffineAutoregressive(carried).forward(x)[0])


def test_properties_of_a_chain(host):
    steps = chain(host)
    assert (steps.dim, steps.context_dim, steps.event_dim) == (4, 2, 1)
    assert isinstance(steps.transforms, tuple)
    for t in (*steps.transforms, steps, ir.PerDimension(host.flow())):
        assert isinstance(t, ir.Transform)


@pytest.mark.parametrize(
    ("transforms", "message"),
    [
        (lambda at: [], "transforms: expected at least one, got none"),
        (
            lambda at: [at.flow(), ir.Permutation([0, 1])],
            r"transforms: expected all of one dimension, got \[4, 2\]",
        ),
        (
            lambda at: [at.flow(context_dim=1), at.flow(context_dim=2)],
            r"transforms: expected all of one context dimension, got \[1, 2\]",
        ),
        (
            lambda at: [ir.PerDimension(at.flow())],
            r"transforms: expected event_dim 1 of each, got \[0\]",
        ),
    ],
)
def test_refused_chains(host, transforms, message):
    with pytest.raises(ValueError, match=message):
        ir.Chain(transforms(host))


def test_refused_contexts(host):
    plain = ir.Chain([host.flow(), ir.Permutation(ORDER)])
    for direction in (plain.forward, plain.inverse):
        with pytest.raises(
            ValueError,
            match="context: expected None, as no transform takes a context, got an array",
        ):
            direction(host.draw(4), host.draw(2))
    with pytest.raises(ValueError, match=r"context: expected shape \(\.\.\., 2\), got None"):
        chain(host).forward(host.draw(4))
