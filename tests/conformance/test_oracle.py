"""Truth and tolerance at run time: both oracles agree, and the tolerance is what was derived."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import iaf_ref as ir
from iaf_ref_backends import profiles, tracked
from iaf_ref_backends.numpy_ import BACKEND
from iaf_ref_conformance import corpus, oracle, solving
from iaf_ref_conformance.checks import CHECKS
from iaf_ref_conformance.random_flows import random_flows
from iaf_ref_conformance.soundness import SMALL, USEFUL, Tally, survey
from iaf_ref_conformance.subjects.reference import Reference

PROFILE = {"float32": "ieee-f32", "float64": "ieee-f64"}
pytest.importorskip("flint", reason="the truth here is that of balls: extra oracle")


def cases(check: str, dtype: str, largest: int = 16) -> list[Any]:
    return [c for c in corpus.load().cases(dtype) if c.check == check and c.flow.dim <= largest]


@pytest.mark.parametrize("dtype", PROFILE)
def test_without_balls_inverses_are_judged_as_well_and_no_more_strictly(
    dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject, profile = Reference(BACKEND), profiles.load(PROFILE[dtype])
    for case in cases("inverse", dtype):
        y, context = case.input("y"), case.input("context")
        x, log_det = subject.inverse(case, y, context)
        y = np.broadcast_to(y, x.shape)
        monkeypatch.setattr(oracle, "have_balls", lambda: True)
        sharp = oracle.inverse_residual(case, profile, (x, log_det), y, context)
        monkeypatch.setattr(oracle, "have_balls", lambda: False)
        blunt = oracle.inverse_residual(case, profile, (x, log_det), y, context)
        for part in (0, 1):
            assert np.all(sharp.error[part] <= sharp.bound[part])
            assert np.all(blunt.error[part] <= blunt.bound[part])
            doubt = blunt.bound[part] - sharp.bound[part]
            assert np.all(np.abs(blunt.error[part] - sharp.error[part]) <= doubt * (1 + 2.0**-40))
            # the price that the docstring names
            factor = 2.5 if dtype == "float64" else 1.001
            assert np.all(blunt.bound[part] <= factor * sharp.bound[part])


@pytest.mark.parametrize("dtype", PROFILE)
def test_the_last_rounding_is_the_formula(dtype: str) -> None:
    profile = profiles.load(PROFILE[dtype])
    xp = tracked.namespace(profile.name)
    sigma, x = xp.asarray(np.asarray([0.5, 8.0])), xp.asarray(np.asarray([3.0, -0.25]))
    u = Fraction(profile.store.roundoff)
    d = 2 * u * Fraction(profile.ulps("divide"))
    r = (1 + u) * (1 + d) - 1
    found = solving.last_rounding(sigma, x, profile)
    for got, s, v in zip(found, (0.5, 8.0), (3.0, -0.25), strict=True):
        eta = Fraction(profile.store.smallest_normal)
        least = abs(Fraction(s) * Fraction(v)) * r / (1 - r) + (1 + 2 * Fraction(s)) * eta
        assert least <= Fraction(float(got)) <= least * (1 + Fraction(1, 2**40))


def test_the_best_possible_inverse_is_inside() -> None:
    # the exact solution rounded once, which no program can better
    profile = profiles.load("ieee-f32")
    for case in cases("inverse", "float32"):
        if not isinstance(case.flow, ir.AffineAutoregressive) or case.flow.dim < 2:
            continue
        y, context = case.input("y"), case.input("context")
        exact, _ = case.in_dtype("float64").flow.inverse(
            y.astype(float), None if context is None else context.astype(float)
        )
        x = exact.astype(np.float32)
        log_det = -case.flow.forward(x, context)[1]
        found = oracle.inverse_residual(
            case, profile, (x, log_det), np.broadcast_to(y, x.shape), context
        )
        assert np.all(found.error[0] <= found.bound[0]), case.id


def test_an_inverse_of_an_inverse_is_not_for_residuals() -> None:
    case = cases("inverse_explicit", "float64")[0]
    if isinstance(case.flow, ir.Inverse):
        y = case.input("y")
        with pytest.raises(TypeError, match="expected steps, permutations and chains, got Inverse"):
            oracle.inverse_residual(
                case, profiles.load("ieee-f64"), (y, y[..., 0]), y, case.input("context")
            )


@pytest.mark.parametrize(
    "check", ["forward", "log_scale", "log_prob", "inverse_explicit", "integral"]
)
def test_derived_bounds_are_those_that_are_stored(check: str) -> None:
    profile = profiles.load("ieee-f32")
    for case in cases(check, "float32", largest=5)[:4]:
        for name, bound in oracle.derived_bounds(case, profile).items():
            stored = case.bounds[profile.name, name]
            assert np.all(bound <= stored)  # stored as float32, rounded up
            assert np.all(stored <= bound * (1 + 2.0**-22) + 2.0**-149)


def test_random_flows_are_many_and_repeat() -> None:
    first, second = ([s.flow for s in random_flows(200, 3, "float32")] for _ in range(2))
    assert [f.degrees for f in first] == [f.degrees for f in second]
    assert {f.network.activation for f in first} == set(ir.ACTIVATIONS)
    assert {type(f.scale).__name__ for f in first} == {
        "Exp",
        "SoftClip",
        "Softplus",
        "Sigmoid",
        "Gated",
    }
    assert {len(f.degrees.widths) for f in first} == {0, 1, 2, 3}
    assert {f.context_dim for f in first} == {0, 1, 3}
    assert (
        {f.network.residual for f in first}
        == {f.network.skip is None for f in first}
        == {True, False}
    )
    assert any(len(f.degrees.groups) < f.dim for f in first)
    assert min(f.dim for f in first) == 1
    assert max(f.dim for f in first) == 32


@pytest.mark.parametrize("dtype", PROFILE)
def test_bounds_are_sound_and_useful(dtype: str) -> None:
    ticks: list[None] = []
    found = survey(60, 1, dtype, lambda: ticks.append(None))
    assert len(ticks) == 60
    for name, tally in found.items():
        assert 0.01 < tally.worst <= 1.0, name
        assert tally.elements >= 240
    assert found["y"].median < USEFUL
    assert found["log_scale"].median < USEFUL
    assert SMALL == 16
    assert np.isnan(Tally().median)


def test_every_check_that_measures_has_a_derived_bound() -> None:
    measured = {"forward", "log_scale", "log_prob", "integral", "inverse_explicit"}
    assert measured < set(CHECKS)
