"""NET-2: the activations and their slopes, against mpmath, within the error of their formulas.

Errors are counted as in test_special: E, M, L, T are the ulps of the library's exp, expm1, log1p,
tanh, so that a function of U ulps is off by 2 U u, relatively; S = 3 E + 2 belongs to sigmoid, G
to Phi. Each bound is a sum of magnitude x count.
"""

import mpmath
import numpy as np
import pytest
from mpmath import mpf

import iaf_ref as ir
from iaf_ref.activations import LEAKY_SLOPE
from iaf_ref_backends import ball, profiles

SECOND_ORDER = 1.0 + 2.0**-10  # no count exceeds 2^10 where the value is not an absolute zero
GRID = np.concatenate(
    [np.arange(-40, 41) / 8, [-1e4, -90.0, -30.0, -12.5, -1e-8, 1e-8, 12.5, 30.0, 90.0, 1e4]]
)


def sigmoid(a):
    return 1 / (1 + mpmath.exp(-a))


def cdf(a):
    return (1 + mpmath.erf(a / mpmath.sqrt(2))) / 2


def pdf(a):
    return mpmath.exp(-a * a / 2) / mpmath.sqrt(2 * mpmath.pi)


# name -> value, slope; the slope at the kinks is that of the left side
TRUE = {
    "relu": (lambda a: max(a, mpf(0)), lambda a: mpf(a > 0)),
    "tanh": (mpmath.tanh, lambda a: mpmath.sech(a) ** 2),
    "elu": (
        lambda a: a if a > 0 else mpmath.expm1(a),
        lambda a: mpf(1) if a > 0 else mpmath.exp(a),
    ),
    "leaky_relu": (
        lambda a: a if a > 0 else a * mpf(LEAKY_SLOPE),
        lambda a: mpf(1) if a > 0 else mpf(LEAKY_SLOPE),
    ),
    "sigmoid": (sigmoid, lambda a: sigmoid(a) * sigmoid(-a)),
    "softplus": (lambda a: mpmath.log1p(mpmath.exp(-abs(a))) + max(a, mpf(0)), sigmoid),
    "gelu": (lambda a: a * cdf(a), lambda a: cdf(a) + a * pdf(a)),
    "silu": (lambda a: a * sigmoid(a), lambda a: sigmoid(a) * (1 + a * sigmoid(-a))),
}


def phi_bound(a, f):
    """(1 + erf(a / sqrt 2)) / 2: the argument 2 (z erf'(z) <= 1/2: 1 at most), erf, the sum 1."""
    # erf's own text loses 61 E-free units and less at |z| <= 2 (test_special.horner), 4 E + 20
    # beyond; a library 2 x 8
    return (1 + max(2 * f("erf"), 61 + 2 * f("exp")) + 2 * cdf(a)) / 2


def bounds(name, a, f):
    """Units of u that value and slope may be off, absolutely."""
    true, slope = (abs(function(a)) for function in TRUE[name])
    s, phi = 3 * f("exp") + 2, phi_bound(a, f)
    size = min(abs(a), mpf(1e4))
    return {
        "relu": (0, 0),
        "leaky_relu": (2 * true, slope),  # the constant and the product
        "tanh": (2 * f("tanh") * true, (2 * s + 1) * slope),
        "elu": (2 * f("expm1") * true, 2 * f("exp") * slope),
        "sigmoid": (s * true, (2 * s + 1) * slope),
        "softplus": ((2 * f("exp") + 2 * f("log1p") + 1) * true, s * slope),
        "gelu": (
            abs(a) * phi + true,
            # a phi(a): a^2 off by 1, exp 2 E, product 1, sqrt(2 pi) 2, quotient 1; then the sum
            phi + size * pdf(a) * (a * a / 2 + 2 * f("exp") + 4) + slope,
        ),
        "silu": (
            (s + 1) * true,
            # the inner product s + 1, the sum 1, the outer sigmoid s and product 1
            sigmoid(a) * (abs(a) * sigmoid(-a) * (s + 1)) + (s + 2) * slope,
        ),
    }[name]


@pytest.mark.parametrize("name", ir.ACTIVATIONS)
def test_values_and_slopes(stored, name):
    f = profiles.load({"float64": "ieee-f64", "float32": "ieee-f32"}[stored.dtype]).ulps
    a = stored.array(GRID)
    functions = ir.ACTIVATIONS[name]
    results = [stored.host(function(a)).tolist() for function in (functions.value, functions.slope)]
    with mpmath.workdps(60):
        for x, *got in zip(stored.host(a).tolist(), *results, strict=True):
            for g, true, units in zip(got, TRUE[name], bounds(name, mpf(x), f), strict=True):
                bound = units * stored.roundoff * SECOND_ORDER + 32 * stored.tiny * (
                    1 + abs(mpf(x))
                )
                assert abs(mpf(g) - true(mpf(x))) <= bound, (x, g)


@pytest.mark.parametrize("name", ir.ACTIVATIONS)
def test_the_slope_is_the_derivative_of_the_text_itself(exact, name):
    # (f(a + h) - f(a - h)) / 2h is off by h^2/6 |f'''| <= h, as |f'''| <= 6 <= 6 / h for all eight
    h, a = 2.0**-100, exact.array(GRID[GRID != 0.0])
    value, slope = ir.ACTIVATIONS[name]
    quotient = (value(a + h) - value(a - h)) / (2.0 * h)
    assert np.all(ball.residual(quotient - slope(a), np.zeros(a.shape)) <= 2.0 * h)


@pytest.mark.parametrize(
    ("name", "value", "slope"), [("relu", 0, 0), ("leaky_relu", 0, LEAKY_SLOPE)]
)
def test_at_a_kink_the_slope_is_that_of_the_left(host, name, value, slope):
    zero = host.array([0.0, -0.0])
    assert host.host(ir.ACTIVATIONS[name].value(zero)).tolist() == [value] * 2
    assert host.host(ir.ACTIVATIONS[name].slope(zero)).tolist() == [slope] * 2


@pytest.mark.parametrize("name", ir.ACTIVATIONS)
def test_extremes_stay_finite_and_in_the_arithmetic(at, name):
    a = at.array([-1e30, -1e4, -100.0, 0.0, 100.0, 1e4, 1e30])
    for result in (ir.ACTIVATIONS[name].value(a), ir.ACTIVATIONS[name].slope(a)):
        assert at.holds(result)
        assert result.shape == (7,)
        assert np.all(np.isfinite(at.host(result)))


def test_the_table_is_that_of_the_clause_and_read_only():
    assert ", ".join(ir.ACTIVATIONS) == "relu, tanh, elu, leaky_relu, sigmoid, softplus, gelu, silu"
    assert all(name in ir.CLAUSES["NET-2"] for name in ir.ACTIVATIONS)
    with pytest.raises(TypeError):
        ir.ACTIVATIONS["mine"] = None
