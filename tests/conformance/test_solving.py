"""Two legal ways to solve for x: a division by sigma, a product with exp(-log sigma)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from iaf_ref_backends import profiles, tracked
from iaf_ref_conformance import solving
from iaf_ref_conformance.checks import CHECKS, Outcome
from iaf_ref_conformance.checks.overflow import judged
from iaf_ref_conformance.mutants.hunt import cases_in
from iaf_ref_conformance.mutants.plain import Plain
from iaf_ref_conformance.mutants.plain.step import Step

PROFILE = {"float32": "ieee-f32", "float64": "ieee-f64"}


class Multiplying(Plain):
    """x = (y - mu) exp(-log sigma), exp off by so many times its ulps, up or down."""

    def __init__(self, times: float) -> None:
        self.times = times

    def solved(self, step: Step, y: Any) -> Any:
        profile = profiles.load(PROFILE[y.dtype.name])
        off = 1.0 + self.times * 2.0 * profile.store.roundoff * profile.ulps("exp")
        exact = np.exp(-step.log_sigma.astype(np.longdouble))
        return (y - step.mu) * (exact * off).astype(y.dtype)


def outcomes(subject: Any, dtype: str) -> dict[str, Outcome]:
    profile = profiles.load(PROFILE[dtype])
    return {c.id: CHECKS["inverse"](c, subject, profile) for c in inverses(dtype)}


def inverses(dtype: str) -> list[Any]:
    return [c for c in cases_in(dtype) if c.check == "inverse"]


@pytest.mark.parametrize("dtype", PROFILE)
@pytest.mark.parametrize("times", [-0.99, 0.99])
def test_the_worst_legal_product_is_inside(dtype: str, times: float) -> None:
    for name, outcome in outcomes(Multiplying(times), dtype).items():
        assert outcome.status == "passed", (name, outcome)


@pytest.mark.parametrize("dtype", PROFILE)
def test_an_exponential_that_is_worse_is_not(dtype: str) -> None:
    found = outcomes(Multiplying(5.0), dtype).values()
    assert sum(outcome.status == "failed" for outcome in found) > len(found) // 4


@pytest.mark.parametrize("profile", [profiles.load(name) for name in profiles.names()])
def test_the_exponential_is_the_formula(profile: profiles.Profile) -> None:
    xp = tracked.namespace(profile.name)
    log_sigma, x = xp.asarray(np.asarray([0.5, -2.0])), xp.asarray(np.asarray([3.0, 0.25]))
    step = Step(mu=xp.zeros_like(x), sigma=xp.exp(log_sigma), log_sigma=log_sigma)
    found = solving.exponential(step, x, profile)
    least = 2.0 * profile.store.roundoff * profile.ulps("exp")  # rho, of a log sigma that is exact
    lost = np.exp(np.asarray([0.5, -2.0])) * np.asarray([3.0, 0.25]) * least
    assert np.all(found >= lost)
    assert np.all(found <= 2.0 * lost)


def test_there_is_no_bound_where_the_exponential_may_be_anything() -> None:
    profile = profiles.load("ieee-f32")
    xp = tracked.namespace(profile.name)
    one = xp.asarray(np.ones(3))
    log_sigma = xp.asarray(np.asarray([100.0, -100.0, 0.0]))  # exp(-100) is no normal number
    step = Step(mu=one, sigma=one, log_sigma=log_sigma)
    found = solving.exponential(step, one, profile)
    assert np.isfinite(found).tolist() == [False, False, True]


def overflowing() -> Any:
    return next(c for c in cases_in("float32") if c.id.startswith("inv-overflow-d48-e"))


def spoilt(change: Callable[[Any], None]) -> Outcome:
    """Outcome of the plain inverse with a change made to its x."""

    class Spoilt(Multiplying):
        def inverse(self, case: Any, y: Any, context: Any) -> Any:
            x, log_det = super().inverse(case, y, context)
            change(x)
            return x, log_det

    return CHECKS["inverse"](overflowing(), Spoilt(0.99), profiles.load("ieee-f32"))


def test_an_overflow_that_the_definition_shares_is_legal() -> None:
    case = overflowing()
    with np.errstate(all="ignore"):
        x, _ = Multiplying(0.99).inverse(case, case.input("y"), None)
    assert not np.isfinite(x).all()
    assert spoilt(lambda x: None).status == "passed"


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e30])
def test_what_is_found_before_it_is_judged(value: float) -> None:
    def change(x: Any) -> None:
        x[0, 3] = value

    outcome = spoilt(change)
    assert outcome.status == "failed"
    assert outcome.reason.startswith("INV-5: x[0, 3]" if value != 1e30 else "INV-1: x[0, ")


def test_a_nan_is_no_overflow() -> None:
    def change(x: Any) -> None:
        x[np.isinf(x)] = np.nan

    outcome = spoilt(change)
    assert outcome.status == "failed"
    assert outcome.reason.startswith("INV-5: x[0, ")


def test_rows_that_are_finite_are_judged_whole() -> None:
    profile = profiles.load("ieee-f64")
    for case in inverses("float64")[:6]:
        y, context = case.input("y"), case.input("context")
        x, _ = Plain().inverse(case, y, context)
        found = judged(case, profile, x, np.broadcast_to(y, x.shape), context)
        assert found.x is x
        assert found.entries.all()
        assert found.rows.all()


def test_a_value_that_is_not_finite_in_y_excuses_its_row() -> None:
    case = replace(inverses("float64")[0])
    y = case.input("y")
    y[0, 0] = np.inf
    x, _ = Plain().inverse(case, y, None)
    found = judged(case, profiles.load("ieee-f64"), x, y, None)
    assert found.x is x
    assert found.entries.all()


def test_an_error_of_x_is_carried_on() -> None:
    # behind the first step of a chain x is known within an error, and sigma times it is lost
    profile = profiles.load("ieee-f64")
    xp = tracked.namespace(profile.name)
    zero = xp.asarray(np.zeros(1))
    step = Step(mu=zero, sigma=xp.exp(zero), log_sigma=zero)
    exact = xp.asarray(np.ones(1))
    rough = xp.wrap((np.ones(1), np.asarray([2.0**-20])), xp.real)
    before, after = (solving.solving(step, x, zero, profile) for x in (exact, rough))
    assert np.all(after - before >= 2.0**-20)
    assert np.all(after - before <= 2.0**-20 * (1.0 + 2.0**-40))
