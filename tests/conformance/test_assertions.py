from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import iaf_ref as ir
import iaf_ref_conformance
from iaf_ref_conformance import (
    assert_forward,
    assert_inverse,
    assert_log_prob,
    assert_log_scale,
)

DTYPES = ("float32", "float64")
ATTEMPT = pytest.mark.parametrize("dtype", DTYPES)


def flow_of(dtype: str, scale: Any = None) -> ir.AffineAutoregressive:
    degrees = ir.made_degrees(dim=5, hidden=(9, 8), order=[2, 0, 1, 4, 3], context_dim=2)
    network = ir.AutoregressiveNetwork.init(degrees, seed=3, activation="tanh", dtype=dtype)
    return ir.AffineAutoregressive(network, scale or ir.Exp())


def inputs(dtype: str) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(3, 5)).astype(dtype), rng.normal(size=(3, 2)).astype(dtype)


def bases(dtype: str) -> list[Any]:
    ones = np.ones(5, dtype)
    lower = np.tril(np.full((5, 5), 0.25, dtype), -1) + np.diag(ones)
    return [
        ir.Independent(ir.Normal(0 * ones, ones), 1),
        ir.MultivariateNormal(ones, scale_diag=2 * ones),
        ir.MultivariateNormal(ones, scale_tril=lower.astype(dtype)),
        ir.LowRankMultivariateNormal(0 * ones, ones[:, None], ones),
    ]


@ATTEMPT
def test_the_reference_is_right_about_itself(dtype: str) -> None:
    for scale in (ir.Exp(), ir.Gated(), ir.Softplus()):
        flow, (x, c) = flow_of(dtype, scale), inputs(dtype)
        y, log_det = flow.forward(x, context=c)
        assert_forward(flow, x, y, log_det, context=c)
        assert_log_scale(flow, x, flow.log_scale(x, context=c), context=c)
        assert_inverse(flow, y, *flow.inverse(y, context=c), context=c)


@ATTEMPT
def test_densities_over_every_base(dtype: str) -> None:
    flow, (y, c) = flow_of(dtype), inputs(dtype)
    for base in bases(dtype):
        q = ir.TransformedDistribution(base, [flow])
        log_prob = q.log_prob(y, context=c)
        assert_log_prob(flow, y, log_prob, base, context=c)
        assert_log_prob(q, y, log_prob, context=c)
        with pytest.raises(AssertionError, match=r"DENS-1: log_prob\[\d\]"):
            assert_log_prob(q, y, log_prob + 1, context=c)


def test_the_two_conventions_and_their_mixture() -> None:
    flow, (y, c) = flow_of("float64"), inputs("float64")
    base = ir.Normal(np.zeros(5), np.ones(5))
    per_dimension = ir.TransformedDistribution(base, [ir.PerDimension(flow)])
    terms = per_dimension.log_prob(y, context=c)
    assert_log_prob(per_dimension, y, terms, context=c)
    x, log_det = flow.inverse(y, context=c)
    mixed = (base.log_prob(x) + log_det[..., None]).sum(-1)
    with pytest.raises(AssertionError, match=r"subtracted D times: .* \(DENS-3\)"):
        assert_log_prob(flow, y, mixed, base, context=c)


def test_chains_permutations_and_inverses() -> None:
    flow, (x, c) = flow_of("float64"), inputs("float64")
    steps = ir.Chain([flow, ir.Permutation([1, 2, 3, 4, 0]), flow])
    backwards = ir.Inverse(flow)
    for chain in (steps, backwards, ir.Permutation([1, 0, 2, 4, 3])):
        context = c if chain.context_dim else None
        y, log_det = chain.forward(x, context=context)
        assert_forward(chain, x, y, log_det, context=context)
        assert_inverse(chain, y, *chain.inverse(y, context=context), context=context)
    with pytest.raises(TypeError, match="ask for its parts"):
        assert_inverse(ir.Chain([flow, backwards]), x, x, x[..., 0], context=c)


def _wrong(message: str, change: Callable[[Any, Any], tuple[Any, Any]]) -> Any:
    return pytest.param(change, message, id=message)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        _wrong("the log-det, though y is right", lambda y, d: (y, -d)),
        _wrong("STEP-6: y", lambda y, d: (y * (1 + 2.0**-30), d)),
        _wrong("per-dimension log-det where the summed one", lambda y, d: (y, y)),
        _wrong("expected dtype float64, got float32", lambda y, d: (y.astype("float32"), d)),
        _wrong("STEP-6: y.*got nan", lambda y, d: (y * np.nan, d)),
    ],
)
def test_what_is_wrong_is_told(change: Any, message: str) -> None:
    flow, (x, c) = flow_of("float64"), inputs("float64")
    with pytest.raises(AssertionError, match=message):
        assert_forward(flow, x, *change(*flow.forward(x, context=c)), context=c)


def test_a_wrong_inverse_is_found_by_its_residual() -> None:
    flow, (y, c) = flow_of("float64"), inputs("float64")
    x, log_det = flow.inverse(y, context=c)
    with pytest.raises(AssertionError, match=r"INV-1: x.* away from y"):
        assert_inverse(flow, y, x * (1 + 2.0**-30), log_det, context=c)


def test_float32_numbers_pass_for_float32_only_when_they_are_asked_for() -> None:
    flow, (x, c) = flow_of("float64"), inputs("float64")
    coarse = [a.astype("float32").astype("float64") for a in flow.forward(x, context=c)]
    assert_forward(flow, x, *coarse, context=c, profile="ieee-f32")
    with pytest.raises(AssertionError, match="times the bound"):
        assert_forward(flow, x, *coarse, context=c)


def test_mistakes_in_the_call() -> None:
    flow, (x, c) = flow_of("float64"), inputs("float64")
    y, log_det = flow.forward(x, context=c)
    with pytest.raises(TypeError, match="x: expected an array, got list"):
        assert_forward(flow, x.tolist(), y, log_det, context=c)
    with pytest.raises(TypeError, match="weight: expected float32, as x, got float64"):
        assert_forward(flow, x.astype("float32"), y, log_det, context=c.astype("float32"))
    with pytest.raises(TypeError, match="expected float32 or float64, got float16"):
        assert_forward(flow, x.astype("float16"), y, log_det, context=c)
    with pytest.raises(ValueError, match=r"x: expected shape \(\.\.\., 5\)"):
        assert_forward(flow, x[:, :3], y, log_det, context=c)
    with pytest.raises(ValueError, match="x: expected finite numbers"):
        assert_forward(flow, x * np.inf, y, log_det, context=c)
    with pytest.raises(ValueError, match="context: expected shape"):
        assert_forward(flow, x, y, log_det)
    with pytest.raises(TypeError, match="flow: expected"):
        assert_forward(lambda x: x, x, y, log_det)
    with pytest.raises(TypeError, match="base: expected a distribution, got None"):
        assert_log_prob(flow, x, log_det, context=c)
    with pytest.raises(TypeError, match=r"base: expected .* got tuple"):
        assert_log_prob(flow, x, log_det, (0, 1), context=c)
    with pytest.raises(TypeError, match="flow: expected one step"):
        assert_log_scale(ir.Permutation([0, 1, 2, 3, 4]), x, x)


def test_without_python_flint_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    from iaf_ref_conformance import own

    monkeypatch.setattr(own, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'iaf-ref\[oracle\]'"):
        assert_forward(ir.Permutation([0]), np.zeros(1), np.zeros(1), np.zeros(()))


def test_the_public_names() -> None:
    assert iaf_ref_conformance.__all__ == sorted(iaf_ref_conformance.__all__)
    for name in iaf_ref_conformance.__all__:
        assert callable(getattr(iaf_ref_conformance, name))
        assert name in dir(iaf_ref_conformance)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        iaf_ref_conformance.nothing  # noqa: B018
