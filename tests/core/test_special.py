"""Functions that the standard lacks, against mpmath, within the error that their formulas may make.

Bounds count relative errors in units of u. A library function f of U ulps is off by 2 U u at
most, as an ulp is at most 2 u of the value; U comes from the profile of the dtype. To first order
the counts add; the factor 1 + 2^-10 covers the rest, as no count here exceeds 2^10 and u is at
most 2^-24.
"""

import mpmath
import numpy as np
import pytest

from iaf_ref.special import _TERMS, erf, log_sigmoid, sigmoid, softplus
from iaf_ref_backends import profiles

SECOND_ORDER = 1.0 + 2.0**-10
SWITCH = (
    2.25  # where erf goes from the series to the fraction; the tests below hold both to 2^-60 there
)
GRID = np.concatenate(
    [
        np.arange(-48, 49)
        / 8,  # where the functions bend, and both sides of SWITCH, where erf changes formula
        np.asarray(
            [-1e4, -745.5, -708.5, -150.0, -104.0, -90.0, -16.5, 16.5, 90.0, 150.0, 710.0, 1e4]
        ),
        np.asarray([-1e-3, -1e-8, 0.0, 1e-30, 1e-8, 1e-3]),
    ]
)


def ulps(at):
    """Errors of the library's functions, in ulps."""
    return profiles.load({"float64": "ieee-f64", "float32": "ieee-f32"}[at.dtype]).ulps


def within(at, got, true, units):
    """Whether each result is within `units` u of the true number, and what subnormals lose."""
    with mpmath.workdps(60):
        for g, t, n in zip(at.host(got).tolist(), true, units, strict=True):
            bound = n * at.roundoff * SECOND_ORDER * abs(t) + n * at.tiny
            assert abs(mpmath.mpf(g) - t) <= bound, (g, t, bound)


def points(at):
    """The grid in the arithmetic, and its numbers as they are there."""
    z = at.array(GRID)
    return z, [mpmath.mpf(v) for v in at.host(z).tolist()]


def true_sigmoid(z):
    return 1 / (1 + mpmath.exp(-z))


def true_softplus(z):
    return mpmath.log1p(mpmath.exp(z)) if z < 0 else z + mpmath.log1p(mpmath.exp(-z))


@pytest.mark.parametrize(
    ("function", "true"),
    [
        (softplus, true_softplus),
        (log_sigmoid, lambda z: -true_softplus(-z)),
    ],
)
def test_softplus_and_log_sigmoid(stored, function, true):
    # t = exp(-|z|): 2 E. log1p(t) grows no faster than t, relatively: 2 E + 2 L. Both terms have
    # one sign: + 1 for the sum.
    z, exact = points(stored)
    units = 2 * ulps(stored)("exp") + 2 * ulps(stored)("log1p") + 1
    with mpmath.workdps(60):
        truth = [true(v) for v in exact]
    within(stored, function(z), truth, [units] * len(GRID))


def test_sigmoid(stored):
    # Numerator 2 E. Denominator 1 + t with 0 < t <= 1: (2 E t + 1 + t) / (1 + t) <= E + 1.
    # Quotient: + 1.
    z, exact = points(stored)
    with mpmath.workdps(60):
        truth = [true_sigmoid(v) for v in exact]
    within(stored, sigmoid(z), truth, [3 * ulps(stored)("exp") + 2] * len(GRID))


def horner(z):
    """Units of u of the series: each level 1 + T (z z)(2/n) loses 4 before its sum, 1 in it."""
    total, units = 1.0, 0.0
    for n in range(_TERMS, 0, -1):
        term = total * z * z * 2.0 / (2 * n + 1)
        total, units = 1.0 + term, (units + 4.0) * term / (1.0 + term) + 1.0
    return units + 1.0  # times z


def fraction(z):
    """Units of u of the fraction: each level z + (n/2)/T loses 1 in the quotient, 1 in the sum."""
    total, units = z, 0.0
    for n in range(_TERMS, 0, -1):
        term = n / 2.0 / total
        total, units = z + term, (units + 1.0) * term / (z + term) + 1.0
    return units


def erf_units(z, exp):
    """Units of u of erf z, by the formula that serves there."""
    size = min(abs(float(z)), 6.0)
    # exp(-z^2): 2 E, and z^2 off by z^2 u; sqrt(pi) and the quotients: pi 1/2, sqrt 1, quotients
    # and products 3
    factor = 2 * exp + size * size + 4.5
    if size < SWITCH:
        return factor + horner(size)
    rest = (1.0 - float(mpmath.erf(size))) / float(mpmath.erf(size))
    return (
        rest * (factor + fraction(size)) + 2.0
    )  # 1 for the difference, 1 for the cut at 6 and for the terms left out


def test_erf(stored):
    z, exact = points(stored)
    table = ulps(stored)
    with mpmath.workdps(60):
        truth = [mpmath.erf(v) for v in exact]
    own = not hasattr(stored.xp, "erf")
    units = [erf_units(v, table("exp")) if own else 2 * table("erf") for v in exact]
    within(stored, erf(z), truth, units)


def series_in_reals(z):
    term = total = z
    for n in range(1, _TERMS + 1):
        term = term * 2 * z * z / (2 * n + 1)
        total += term
    return 2 / mpmath.sqrt(mpmath.pi) * mpmath.exp(-z * z) * total


def fraction_in_reals(z):
    total = z
    for n in range(_TERMS, 0, -1):
        total = z + mpmath.mpf(n) / 2 / total
    return 1 - mpmath.exp(-z * z) / mpmath.sqrt(mpmath.pi) / total


@pytest.mark.parametrize(
    ("formula", "eighths"),
    [
        *((series_in_reals, n) for n in range(1, 19)),
        *((fraction_in_reals, n) for n in range(18, 49)),
    ],
)
def test_the_terms_leave_less_than_2_to_the_minus_60(formula, eighths):
    z = mpmath.mpf(eighths) / 8
    with mpmath.workdps(60):
        assert abs(formula(z) / mpmath.erf(z) - 1) < mpmath.mpf(2) ** -60


@pytest.mark.parametrize("function", [sigmoid, softplus, log_sigmoid, erf])
def test_extremes_stay_finite_in_range_and_in_the_arithmetic(at, function):
    z = at.array([-1e4, -1e3, -1.0, 0.0, 1.0, 1e3, 1e4])
    result = function(z)
    assert at.holds(result)
    values = at.host(result)
    assert np.all(np.isfinite(values))
    assert np.all(np.diff(values) >= 0)  # all are increasing
    if function in (sigmoid, erf):
        assert np.all(np.abs(values) <= 1)
    if function is log_sigmoid:
        assert np.all(values <= 0)
        assert values[0] == -1e4
    if function is softplus:
        assert np.all(values >= 0)
        assert values[-1] == 1e4


def test_erf_is_odd(at):
    z = at.array(np.abs(GRID))
    assert at.same(erf(-z), -erf(z))
