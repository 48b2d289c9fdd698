"""Balls: exact on the way in, enclosing in between, rounded the right way on the way out."""

from __future__ import annotations

import builtins
import importlib
import math
import sys
from fractions import Fraction

import array_api_compat
import flint
import mpmath
import numpy as np
import pytest

from iaf_ref_backends import ball

EXTREMES = [
    0.0,
    1.0,
    -1.0,
    1e-300,
    -1e-300,
    5e-324,
    0.5,
    -0.5,
    2.0**-40,
    30.0,
    -30.0,
    700.0,
    -700.0,
]
RNG = np.random.default_rng(20160615)
POINTS = np.concatenate([EXTREMES, RNG.normal(size=40), RNG.normal(size=20) * 10.0])
POSITIVE = np.abs(POINTS[POINTS != 0.0])
#: Each function with its definition in mpmath and the points of its domain.
FUNCTIONS = [
    ("exp", mpmath.exp, POINTS),
    ("expm1", mpmath.expm1, POINTS),
    ("log", mpmath.log, POSITIVE),
    ("log1p", mpmath.log1p, POSITIVE),
    ("tanh", mpmath.tanh, POINTS),
    ("erf", mpmath.erf, POINTS),
    ("sqrt", mpmath.sqrt, POSITIVE),
    ("reciprocal", lambda x: 1 / x, POSITIVE),
    ("square", lambda x: x * x, POINTS),
    ("abs", abs, POINTS),
    ("negative", lambda x: -x, POINTS),
    ("positive", lambda x: x, POINTS),
    ("sign", mpmath.sign, POINTS),
]
OPERATORS = [
    ("add", lambda a, b: a + b),
    ("subtract", lambda a, b: a - b),
    ("multiply", lambda a, b: a * b),
    ("divide", lambda a, b: a / b),
]


def exact(x):
    """The single element of an array as an ``arb``."""
    return ball.asarray(x)._parts[0][()]


def fraction(x):
    """An exact arb as a Fraction."""
    mantissa, exponent = x.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def encloses(x, truth):
    """Whether an arb surely holds an mpmath number known to 1200 bits."""
    middle, radius = fraction(x.mid()), fraction(x.rad())
    sign, mantissa, exponent, _ = mpmath.mpf(truth)._mpf_
    number = Fraction((-1) ** sign * int(mantissa)) * Fraction(2) ** int(exponent)
    return abs(number - middle) <= radius + abs(number) * Fraction(2) ** -1100


@pytest.mark.parametrize(("name", "definition", "points"), FUNCTIONS)
def test_functions_enclose_what_mpmath_finds(name, definition, points):
    with mpmath.workprec(1200):
        result = getattr(ball, name)(ball.asarray(points))
        for element, point in zip(result._parts[0], points.tolist(), strict=True):
            assert encloses(element, definition(mpmath.mpf(point)))
    nonzero = ball.midpoint(result) != 0.0
    assert np.all(ball.relative_radius(result)[nonzero] < 2.0**-200)


@pytest.mark.parametrize(("name", "operation"), OPERATORS)
def test_operators_hold_the_exact_rational(name, operation):
    a, b = RNG.normal(size=(2, 50))
    result = getattr(ball, name)(ball.asarray(a), ball.asarray(b))
    for element, x, y in zip(result._parts[0], a.tolist(), b.tolist(), strict=True):
        truth = operation(Fraction(x), Fraction(y))
        assert abs(truth - fraction(element.mid())) <= fraction(element.rad())


@pytest.mark.parametrize(
    "dtype", [np.float16, np.float32, np.float64, np.int32, np.int64, np.bool_]
)
def test_numbers_come_in_exactly(dtype):
    values = (RNG.normal(size=20) * 1000.0).astype(dtype)
    balls = ball.asarray(values, dtype=ball.float64)
    assert [fraction(x) for x in balls._parts[0]] == [Fraction(x) for x in values.tolist()]
    assert np.all(ball.radius(balls) == 0.0)


def test_precision_does_not_round_what_comes_in():
    with ball.precision(10):
        assert fraction(exact(0.1)) == Fraction(0.1)
        assert fraction(ball.asarray(2**62 + 1, dtype=ball.float64)._parts[0][()]) == 2**62 + 1


def test_python_scalars_mean_the_double():
    assert fraction((ball.asarray(0.0) + 0.1)._parts[0][()]) == Fraction(0.1)
    assert fraction((1 - ball.asarray(0.5))._parts[0][()]) == Fraction(1, 2)


def test_precision_is_put_back():
    before = flint.ctx.prec
    with ball.precision(100):
        assert flint.ctx.prec == 100
        with ball.precision(300):
            narrow = ball.radius(ball.pi)
        wide = ball.radius(ball.pi)
    assert narrow < 2.0**-290 < 2.0**-90 > wide > narrow
    with pytest.raises(RuntimeError, match="inside"), ball.precision(90):
        raise RuntimeError("inside")
    assert flint.ctx.prec == before
    ball.exp(ball.asarray(1.0))
    assert flint.ctx.prec == before


def test_results_keep_their_precision():
    with ball.precision(1000):
        third = 1 / ball.asarray(3.0)
    assert ball.radius(third) < 2.0**-990


@pytest.mark.parametrize("bits", [0, 1, -5, 2.5, True, "256"])
def test_precision_refuses_nonsense(bits):
    with (
        pytest.raises(ValueError, match="expected an integer of at least 2 bits, got"),
        ball.precision(bits),
    ):
        pass


def test_undecided_names_the_element_and_the_way_out():
    with ball.precision(64):
        third = 1.0 / ball.asarray([2.0, 3.0])
        message = r"less\(.*\) at element \(1,\).*raise the precision \(now 64 bits\)"
        with pytest.raises(ball.Undecided, match=message):
            ball.less(third, 1.0 / ball.asarray([1.0, 3.0]))
        with pytest.raises(ArithmeticError):
            bool(third[1] == third[1])


def test_enclosing_functions_never_raise():
    third = 1.0 / ball.asarray([3.0, 7.0])
    zero = third - third
    for result in (
        ball.abs(zero),
        ball.maximum(third, third + zero),
        ball.clip(zero, -1.0, 0.0),
        ball.sign(zero),
    ):
        assert np.all(np.isfinite(ball.midpoint(result)))
    assert np.all(
        ball.midpoint(ball.clip(ball.asarray([-9.0, 0.5, 9.0]), -1.0, 2.0)) == [-1.0, 0.5, 2.0]
    )
    assert np.all(ball.midpoint(ball.clip(ball.asarray([-9.0, 9.0]), None, 2.0)) == [-9.0, 2.0])


@pytest.mark.parametrize(
    ("left", "right"),
    [((5,), (5,)), ((5,), (5, 3)), ((2, 5), (5,)), ((4, 2, 5), (5, 3)), ((4, 1, 2, 5), (3, 5, 6))],
)
def test_matmul_holds_the_exact_rational(left, right):
    a, b = RNG.normal(size=left), RNG.normal(size=right)
    product = ball.matmul(ball.asarray(a), ball.asarray(b))
    as_fractions = np.vectorize(Fraction, otypes=[object])
    truth = np.asarray(np.matmul(as_fractions(a), as_fractions(b)), dtype=object)
    assert product.shape == truth.shape
    for place in np.ndindex(*truth.shape):
        element = product._parts[0][place]
        assert abs(truth[place] - fraction(element.mid())) <= fraction(element.rad())
    assert np.all(ball.radius(product) < 2.0**-240)


@pytest.mark.parametrize(("left", "right"), [((2, 0), (0, 3)), ((0, 4), (4, 3)), ((2, 4), (4, 0))])
def test_empty_matmul_is_zero(left, right):
    product = ball.matmul(ball.zeros(left), ball.zeros(right))
    assert np.array_equal(ball.midpoint(product), np.zeros((left[0], right[1])))


def test_residual_sees_below_double_precision():
    third = 1.0 / ball.asarray([3.0])
    value = np.asarray([1.0 / 3.0])
    distance = abs(Fraction(1.0 / 3.0) - Fraction(1, 3))
    bound = Fraction(float(ball.residual(third, value)[0]))
    assert distance <= bound < distance * (1 + Fraction(1, 2**50))
    tiny = ball.asarray([1.0]) + ball.asarray([2.0**-90])
    assert ball.residual(tiny, np.asarray([1.0])) == 2.0**-90


def test_residual_of_what_is_not_finite():
    assert np.all(ball.residual(ball.asarray([1.0, 1.0]), np.asarray([np.nan, np.inf])) == np.inf)
    assert np.all(ball.residual(ball.log(ball.asarray([0.0])), np.asarray([1.0])) == np.inf)


def test_double_double():
    third = 1.0 / ball.asarray([3.0, -7.0])
    high, low = ball.double_double(third)
    assert np.array_equal(high, [1.0 / 3.0, -1.0 / 7.0])
    for first, second, truth in zip(
        high.tolist(), low.tolist(), (Fraction(1, 3), Fraction(-1, 7)), strict=True
    ):
        assert abs(Fraction(first) + Fraction(second) - truth) <= abs(truth) / 2**106


def test_radii():
    exact_ones = ball.asarray([0.0, 1.0])
    assert np.all(ball.radius(exact_ones) == 0.0)
    assert np.all(ball.relative_radius(exact_ones) == 0.0)
    third = 1.0 / ball.asarray(3.0)
    assert ball.relative_radius(third - third) == np.inf
    radius, relative = ball.radius(third), ball.relative_radius(third)
    assert Fraction(float(radius)) >= fraction(third._parts[0][()].rad())
    assert 3 * radius <= relative < 3.0001 * radius


def test_to_strings():
    assert ball.to_strings(ball.asarray([0.5, 0.0])).tolist() == [
        "0.5000000000000000000000000000000000000000",
        "0",
    ]
    assert ball.to_strings(ball.pi, 10)[()].startswith("[3.141592654 +/- ")


def test_determinants():
    a = RNG.normal(size=(2, 3, 4, 4))
    result = ball.determinant(ball.asarray(a))
    assert result.shape == (2, 3)
    for place in np.ndindex(2, 3):
        truth = _determinant([[Fraction(x) for x in row] for row in a[place].tolist()])
        element = result._parts[0][place]
        assert abs(truth - fraction(element.mid())) <= fraction(element.rad())
    logs = ball.log_abs_det(ball.asarray(a))
    assert np.all(ball.radius(ball.exp(logs) - ball.abs(result)) < 2.0**-200)
    with pytest.raises(ValueError, match=r"expected square matrices .*, got shape \(3, 4\)"):
        ball.determinant(ball.zeros((3, 4)))


def _determinant(rows):
    """Laplace's expansion along the first row."""
    if not rows:
        return Fraction(1)
    minors = ([row[:j] + row[j + 1 :] for row in rows[1:]] for j in range(len(rows)))
    return sum((-1) ** j * rows[0][j] * _determinant(minor) for j, minor in enumerate(minors))


def test_pi_is_certified():
    with mpmath.workprec(1200):
        assert encloses(ball.pi._parts[0][()], mpmath.pi)
        assert encloses(ball.e._parts[0][()], mpmath.e)
    assert ball.asarray(ball.pi).shape == ()


def test_predicates():
    x = ball.asarray([1.0, math.inf, -math.inf, math.nan])
    assert ball.isfinite(x)._parts[0].tolist() == [True, False, False, False]
    assert ball.isinf(x)._parts[0].tolist() == [False, True, True, False]
    assert ball.isnan(x)._parts[0].tolist() == [False, False, False, True]


def test_where_chooses_by_a_decided_condition():
    x = ball.asarray([-1.0, 2.0])
    assert ball.midpoint(ball.where(x > 0.0, x, 0.0)).tolist() == [0.0, 2.0]
    truth = ball.where(x > 0.0, x > 5.0, x < 5.0)
    assert truth._parts[0].tolist() == [True, False]


def test_the_module_is_the_namespace():
    x = ball.asarray([1.0])
    assert array_api_compat.array_namespace(x, 1.0, None) is ball
    assert array_api_compat.device(x) == "cpu"
    assert {"asarray", "erf", "midpoint"} <= set(dir(ball))
    assert not hasattr(ball, "no_such_function")


def test_arrays_cannot_be_written():
    with pytest.raises(ValueError, match="read-only"):
        ball.asarray([1.0])._parts[0][0] = 1


def test_missing_flint_names_the_extra(monkeypatch):
    real_import = builtins.__import__

    def without_flint(name, *args, **kwargs):
        if name == "flint":
            raise ImportError(name)
        return real_import(name, *args, **kwargs)

    for module in [m for m in sys.modules if m.startswith(("flint", "iaf_ref_backends"))]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setattr(builtins, "__import__", without_flint)
    with pytest.raises(ImportError, match=r"pip install 'iaf-ref\[oracle\]'"):
        importlib.import_module("iaf_ref_backends.ball")
