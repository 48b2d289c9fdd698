"""STEP-1 to STEP-4: scale maps, and what all five share.

Errors are counted as in test_special, for raw + constant = z: the sum is off by |z| u, and by as
much of a bound's constant.
"""

import mpmath
import numpy as np
import pytest
from mpmath import mpf

import iaf_ref as ir
from iaf_ref_backends import ball, profiles

MAPS = [
    ir.Exp(),
    ir.Exp(-2.5, 0.5),
    ir.SoftClip(),
    ir.SoftClip(0.125),
    ir.Softplus(),
    ir.Softplus(0.5, 0.25),
    ir.Sigmoid(),
    ir.Sigmoid(-1.5, 0.25),
    ir.Gated(),
    ir.Gated(1.0),
]
GRID = np.concatenate(
    [np.arange(-48, 49) / 8, [-1e4, -110.0, -20.0, -1e-6, 1e-6, 20.0, 110.0, 1e4]]
)
SECOND_ORDER = 1.0 + 2.0**-10

every_map = pytest.mark.parametrize("scale", MAPS, ids=repr)


def sigmoid(z):
    return 1 / (1 + mpmath.exp(-z))


def softplus(z):
    return mpmath.log1p(mpmath.exp(-abs(z))) + max(z, mpf(0))


def true_log_scale(scale, raw):
    """Log sigma by the clause."""
    match scale:
        case ir.Exp(low, high):
            return min(max(raw, mpf(low)), mpf(high))
        case ir.SoftClip(slope):
            return raw / (1 + abs(raw / mpmath.log(mpf(slope))))
        case ir.Softplus(shift, floor):
            return mpmath.log(softplus(raw + mpf(shift)) + mpf(floor))
        case ir.Sigmoid(bias, floor):
            return mpmath.log(sigmoid(raw + mpf(bias)) + mpf(floor))
        case ir.Gated(bias):
            return -softplus(-(raw + mpf(bias)))


def units(scale, raw, f):
    """Units of u that log sigma (absolutely) and sigma (relatively) may be off."""
    E, L, P = (2 * f(name) for name in ("exp", "log", "log1p"))
    log_sigma = true_log_scale(scale, raw)
    size, sigma = abs(log_sigma), mpmath.exp(log_sigma)
    match scale:
        case ir.Exp():  # the clip is exact, its bounds are in the grid of every dtype
            return 0, E
        case ir.SoftClip(slope):
            # log slope: the slope as stored 1, log L. raw / log slope 1, 1 + ... 1, raw / bend 1
            rest = size * (1 / abs(mpmath.log(mpf(slope))) + L + 3)
            return rest, rest + E
        case ir.Softplus(shift, floor):
            z = raw + mpf(shift)
            # z: |z|, times softplus' <= 1. softplus: E + P + 1. The floor as stored 1, the sum 1
            error = (abs(z) * sigmoid(z) + (E + P + 1) * softplus(z) + floor) / sigma + 1
            return error + L * size, error
        case ir.Sigmoid(bias, floor):
            z = raw + mpf(bias)
            value = sigmoid(z)
            error = (abs(z) * value * sigmoid(-z) + (3 * f("exp") + 2) * value + floor) / sigma + 1
            return error + L * size, error
        case ir.Gated(bias):
            z = raw + mpf(bias)
            return abs(z) * sigmoid(-z) + (E + P + 1) * size, abs(z) * sigmoid(-z) + 3 * f(
                "exp"
            ) + 2


@every_map
def test_log_scale_and_scale(stored, scale):
    f = profiles.load({"float64": "ieee-f64", "float32": "ieee-f32"}[stored.dtype]).ulps
    raw = stored.array(GRID)
    log_scale, sigma = (stored.host(g(raw)).tolist() for g in (scale.log_scale, scale.scale))
    with mpmath.workdps(60):
        for r, got_log, got in zip(stored.host(raw).tolist(), log_scale, sigma, strict=True):
            true = true_log_scale(scale, mpf(r))
            log_units, relative = (
                n * stored.roundoff * SECOND_ORDER for n in units(scale, mpf(r), f)
            )
            assert abs(mpf(got_log) - true) <= log_units + 8 * stored.tiny, r
            assert (
                abs(mpf(got) - mpmath.exp(true)) <= relative * mpmath.exp(true) + 8 * stored.tiny
            ), r


@every_map
def test_slopes_are_the_derivatives_of_the_text_itself(exact, scale):
    # (f(r + h) - f(r - h)) / 2h is off by h^2/6 |f'''| <= h, as |f'''| <= 6 / h: sigma and mu are
    # bounded by 2^5 here
    h, raw, m = 2.0**-100, exact.array(GRID[~np.isin(GRID, [-5, 3, -2.5, 0.5, 0])]), exact.draw(1)
    slopes = scale.slopes(m + 0.0 * raw, raw)

    def quotient(function, x):
        return (function(x + h) - function(x - h)) / (2.0 * h)

    for difference in (
        quotient(scale.scale, raw) - slopes.sigma,
        quotient(lambda r: scale.location(m + 0.0 * r, r), raw) - slopes.mu,
        quotient(lambda x: scale.location(x, raw), m + 0.0 * raw) - slopes.m,
    ):
        assert np.all(ball.residual(difference, np.zeros(raw.shape)) <= 2.0 * h)


@every_map
def test_log_scale_is_the_logarithm_of_scale(exact, scale):
    raw = exact.array(GRID)
    assert exact.zero(exact.xp.log(scale.scale(raw)) - scale.log_scale(raw))


@every_map
def test_extremes_of_raw(at, scale):
    raw, m = (
        at.array([-1e4, -1e3, -104.0, 104.0, 1e3, 1e4]),
        at.array([1.0, -1.0, 2.0, 0.5, 3.0, -2.0]),
    )
    for result in (
        scale.log_scale(raw),
        scale.scale(raw),
        scale.location(m, raw),
        *scale.slopes(m, raw),
    ):
        assert at.holds(result)
        assert np.all(np.isfinite(at.host(result)))
    assert np.all(at.host(scale.scale(raw)) >= 0)


def test_the_clip_is_true_and_shows_in_the_log_scale(at):
    # beyond 2^24 a gradient-preserving clip, raw + (clip(raw) - raw), returns 0 in float32
    # (reproduced with Pyro 1.9.2)
    raw = at.array([-3e38, -1e8, -5.0, -1.25, 3.0, 1e8, 3e38])
    assert at.host(ir.Exp().log_scale(raw)).tolist() == [-5.0, -5.0, -5.0, -1.25, 3.0, 3.0, 3.0]
    inside = at.host(ir.Exp().scale_slope(raw)) != 0
    assert inside.tolist() == [False, False, False, True, False, False, False]


def test_maps_are_values():
    for scale in MAPS:
        assert scale == type(scale)(**vars(scale))
        assert hash(scale) == hash(type(scale)(**vars(scale)))
        name = next(iter(vars(scale)))
        with pytest.raises(AttributeError):
            setattr(scale, name, 0.0)
    assert len(set(MAPS)) == len(MAPS)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: ir.Exp(3.0, -5.0), ValueError, "max: expected a number above min = 3.0, got -5.0"),
        (lambda: ir.Exp(1.0, 1.0), ValueError, "max: expected a number above min = 1.0, got 1.0"),
        (lambda: ir.Exp(min="a"), TypeError, "min: expected a real number, got str"),
        (lambda: ir.Exp(max=float("inf")), ValueError, "max: expected a finite number, got inf"),
        (lambda: ir.Exp(min=float("nan")), ValueError, "min: expected a finite number, got nan"),
        (
            lambda: ir.SoftClip(0.0),
            ValueError,
            r"slope: expected a number in \[1e-30, 0.99\], got 0.0",
        ),
        (lambda: ir.SoftClip(1), ValueError, r"slope: expected a number in \[1e-30, 0.99\], got 1"),
        (lambda: ir.SoftClip(1e-50), ValueError, r"slope: expected a number in \[1e-30, 0.99\]"),
        (lambda: ir.Softplus(floor=1e-50), ValueError, "floor: expected a number >= 1e-30"),
        (lambda: ir.Exp(min=-(10**400)), ValueError, "min: expected a finite number"),
        (lambda: ir.SoftClip(None), TypeError, "slope: expected a real number, got NoneType"),
        (lambda: ir.Softplus(shift=True), TypeError, "shift: expected a real number, got bool"),
        (lambda: ir.Softplus(floor=0.0), ValueError, "floor: expected a number >= 1e-30, got 0.0"),
        (
            lambda: ir.Sigmoid(bias=float("inf")),
            ValueError,
            "bias: expected a finite number, got inf",
        ),
        (
            lambda: ir.Sigmoid(floor=-1e-3),
            ValueError,
            "floor: expected a number >= 1e-30, got -0.001",
        ),
        (lambda: ir.Sigmoid(floor="1"), TypeError, "floor: expected a real number, got str"),
        (lambda: ir.Gated("2"), TypeError, "bias: expected a real number, got str"),
        (lambda: ir.Gated(float("nan")), ValueError, "bias: expected a finite number, got nan"),
    ],
)
def test_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
