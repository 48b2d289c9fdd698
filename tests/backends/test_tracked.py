"""Error-tracking numbers: whatever a legal evaluation computes lies within the error of the truth.

The truth is the same text on balls. Legal evaluations are NumPy's in several orders of summation,
and emulated ones: narrow operands and results, truncated sums, flushed subnormals.
"""

from __future__ import annotations

import functools
import itertools
import math
from fractions import Fraction

import array_api_compat
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from iaf_ref import special
from iaf_ref_backends import ball, profiles, tracked
from iaf_ref_backends._tracked_namespace import TrackedNamespace

SETTINGS = settings(max_examples=30, derandomize=True, deadline=None, database=None)
DTYPES = {"ieee-f64": np.float64, "ieee-f32": np.float32, "f16": np.float16}
ALL = profiles.names()
NP = array_api_compat.array_namespace(np.zeros(1))


def half(bits):
    """The float16 of a sign and 15 bits."""
    return np.copysign(np.asarray(abs(bits), dtype=np.int16).view(np.float16)[()], bits)


def floats(dtype, bound=None):
    """Arrays of five finite numbers of a format, the extreme and the tiny ones too."""
    if dtype is np.float16:
        return hnp.arrays(dtype, 5, elements=st.integers(-0x7BFF, 0x7BFF).map(half))
    limits = {} if bound is None else {"min_value": -bound, "max_value": bound}
    width = np.dtype(dtype).itemsize * 8
    elements = st.floats(width=width, allow_nan=False, allow_infinity=False, **limits)
    return hnp.arrays(dtype, 5, elements=elements)


def holds(truth, computed, bound):
    """Whether all numbers are within their errors of balls; inf and NaN need error inf."""
    return bool(
        np.all(ball.residual(truth, np.asarray(computed, dtype=np.float64)) <= tracked.error(bound))
    )


def check(text, name, *inputs, computed=None):
    """Run a text on balls, on tracked numbers and on NumPy, and hold the last two to the first."""
    xp = tracked.namespace(name)
    truth = text(ball, *(ball.asarray(x) for x in inputs))
    bound = text(xp, *(xp.asarray(x) for x in inputs))
    assert holds(truth, tracked.value(bound), bound)
    if computed is None:
        with np.errstate(all="ignore"):
            computed = text(NP, *inputs)
        assert computed.dtype == inputs[0].dtype
    assert holds(truth, computed, bound)
    return bound


# -- single operations, on everything a format can hold --

UNARY = [
    "exp",
    "expm1",
    "tanh",
    "square",
    "abs",
    "negative",
    "sign",
    "log",
    "log1p",
    "sqrt",
    "reciprocal",
]
BINARY = ["add", "subtract", "multiply", "divide", "maximum", "minimum"]


@pytest.mark.parametrize("name", DTYPES)
@pytest.mark.parametrize("function", UNARY)
def test_unary_functions(function, name):
    @SETTINGS
    @given(floats(DTYPES[name]))
    def law(x):
        check(lambda xp, a: getattr(xp, function)(a), name, x)

    law()


@pytest.mark.parametrize("name", DTYPES)
@pytest.mark.parametrize("function", BINARY)
def test_binary_functions(function, name):
    @SETTINGS
    @given(floats(DTYPES[name]), floats(DTYPES[name]))
    def law(x, y):
        check(lambda xp, a, b: getattr(xp, function)(a, b), name, x, y)

    law()


@pytest.mark.parametrize("name", DTYPES)
@pytest.mark.parametrize("exponent", [-3, -2, -1, 0, 1, 2, 3, 7])
def test_powers(exponent, name):
    @SETTINGS
    @given(floats(DTYPES[name]))
    def law(x):
        check(lambda xp, a: a**exponent, name, x)

    law()


@pytest.mark.parametrize("name", ["ieee-f64", "ieee-f32"])
@pytest.mark.parametrize("function", ["exp", "expm1", "tanh", "log", "log1p", "sqrt"])
def test_functions_on_dense_samples(function, name):
    rng = np.random.default_rng(471)
    x = np.concatenate(
        [rng.uniform(-20.0, 20.0, 1500), rng.normal(size=1500), 2.0 ** rng.uniform(-60, 5, 1000)]
    )
    x = np.abs(x) if function in ("log", "log1p", "sqrt") else x
    check(lambda xp, a: getattr(xp, function)(a), name, x.astype(DTYPES[name]))


@pytest.mark.parametrize("name", ["ieee-f64", "ieee-f32"])
def test_erf_covers_the_series_of_the_text(name):
    rng = np.random.default_rng(716)
    x = np.concatenate([rng.uniform(-7.0, 7.0, 2000), 2.0 ** rng.uniform(-30, 2, 500)]).astype(
        DTYPES[name]
    )
    check(lambda xp, a: special.erf(a), name, x)


class WithoutErf(TrackedNamespace):
    """Tracked numbers in a library that has no erf."""

    @property
    def erf(self):
        raise AttributeError("erf")


@pytest.mark.parametrize("name", ALL)
def test_erf_ulps_are_derived(name):
    profile = profiles.load(name)
    store, xp = profile.store, WithoutErf(profile)
    x = np.concatenate([np.linspace(2.0**-6, 6.0, 3000), np.linspace(2.2, 2.3, 500)])
    result = special.erf(xp.asarray(to_bits(x, store.precision)))
    ulp = 2.0 ** (np.floor(np.log2(tracked.value(result))) + 1.0 - store.precision)
    needed = np.max(tracked.error(result) / ulp)
    assert needed <= profile.ulps("erf") < 1.3 * needed


# -- the rules themselves, at the corners of their boxes --

CORNERS = [(1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0), (0.0, 1.0), (1.0, 0.0)]
RULES = {
    **{
        f: (lambda xp, x, y, f=f: getattr(xp, f)(x))
        for f in ("exp", "expm1", "tanh", "erf", "log", "log1p", "sqrt", "reciprocal", "square")
    },
    **{f: (lambda xp, x, y, f=f: getattr(xp, f)(x, y)) for f in ("multiply", "divide", "maximum")},
    "cube": lambda xp, x, y: x**3,
}


@pytest.mark.parametrize("rule", RULES)
def test_rules_hold_at_corners(rule):
    """For t = v + a e and c = t + b e, |a|, |b| <= 1: |f(c) - f(t)| is within the error of f."""
    rng, xp = np.random.default_rng(34), tracked.namespace("ieee-f64")
    v, e = rng.normal(size=(2, 300)) * 2.0, 2.0 ** rng.uniform(-12.0, 3.0, size=(2, 300))
    x, y = (xp.wrap(parts, xp.float64) for parts in zip(v, e, strict=True))
    error = tracked.error(RULES[rule](xp, x, y))
    assert np.any(np.isfinite(error))
    centres, radii = ball.asarray(v), ball.asarray(e)
    for (a, b), (c, d) in itertools.product(CORNERS, CORNERS):
        signs = ball.asarray([[a], [c]])
        exact = centres + signs * radii
        computed = exact + ball.asarray([[b], [d]]) * radii
        moved = RULES[rule](ball, *ball.unstack(computed)) - RULES[rule](ball, *ball.unstack(exact))
        assert np.all(ball.residual(moved, np.zeros(300)) <= error)


@pytest.mark.parametrize("name", ["ieee-f64", "ieee-f32"])
def test_normal_operands_with_flushed_results(name):
    dtype, tiny = DTYPES[name], profiles.load(name).store.smallest_normal
    x, y = (np.asarray([[1.25, 1.5, -1.0], [-1.0, -1.75, 1.5]]) * tiny).astype(dtype)
    nothing = np.zeros(3, dtype=dtype)
    check(lambda xp, a, b: a + b, name, x, y, computed=nothing)
    check(lambda xp, a: a * 0.5, name, x, computed=nothing)
    partial = np.asarray([1.5, -1.0, 1.0, -1.0], dtype=dtype) * dtype(tiny)
    flushed = np.asarray(0.0, dtype=dtype)  # 1.5 - 1 is flushed, 0 + 1 - 1 is 0
    check(lambda xp, a: xp.sum(a), name, partial, computed=flushed)
    ones = np.ones(4, dtype=dtype)
    check(lambda xp, a, b: xp.vecdot(a, b), name, partial, ones, computed=flushed)


@pytest.mark.parametrize("name", ["bf16", "f16"])
def test_sums_are_rounded_when_stored(name):
    xp, roundoff = tracked.namespace(name), profiles.load(name).store.roundoff
    x = xp.asarray(np.asarray([1.0, roundoff]))
    ones = xp.ones(2)
    for result in (xp.sum(x), xp.vecdot(x, ones)):
        assert tracked.error(result) >= roundoff


def test_masked_weights_are_not_counted():
    xp = tracked.namespace("ieee-f32")
    mask = np.zeros((100, 1), dtype=np.float32)
    mask[7] = 0.3
    x = xp.asarray(np.full((1, 100), 0.7, dtype=np.float32))
    masked, alone = (
        tracked.error(x @ xp.asarray(mask)),
        tracked.error(x[:, 7:8] @ xp.asarray(mask[7:8])),
    )
    assert alone <= masked < alone * (1.0 + 2.0**-30)


# -- compositions --

STEPS = {
    "exp": lambda xp, a, b: xp.exp(a),
    "expm1": lambda xp, a, b: xp.expm1(a),
    "log": lambda xp, a, b: xp.log(xp.abs(a) + 0.1),
    "log1p": lambda xp, a, b: xp.log1p(xp.square(a)),
    "tanh": lambda xp, a, b: xp.tanh(a),
    "sqrt": lambda xp, a, b: xp.sqrt(xp.abs(a)),
    "difference": lambda xp, a, b: xp.exp(a) - xp.exp(b),
    "cancel": lambda xp, a, b: (a + b) - a,
    "product": lambda xp, a, b: a * b,
    "quotient": lambda xp, a, b: a / (1.0 + xp.exp(-xp.abs(b))),
    "risky quotient": lambda xp, a, b: a / b,
    "affine": lambda xp, a, b: 0.3 * a - b * 2.0,
    "relu": lambda xp, a, b: xp.maximum(a, 0.0),
    "clip": lambda xp, a, b: xp.clip(a, -1.5, 0.7),
    "softplus": lambda xp, a, b: xp.maximum(a, 0.0) + xp.log1p(xp.exp(-xp.abs(a))),
    "sum": lambda xp, a, b: a - xp.sum(b, axis=-1, keepdims=True),
    "cube": lambda xp, a, b: b**3 + a,
    "sums": lambda xp, a, b: (b - xp.sum(a, axis=-1, keepdims=True)) + (xp.vecdot(a, b) + a),
}


@pytest.mark.parametrize("name", ["ieee-f64", "ieee-f32"])
@pytest.mark.parametrize("bound", [2.0, 1e4, None])
def test_random_compositions(name, bound):
    @settings(SETTINGS, max_examples=80)
    @given(
        floats(DTYPES[name], bound),
        floats(DTYPES[name], bound),
        st.lists(st.sampled_from(sorted(STEPS)), max_size=7),
    )
    def law(x, y, steps):
        def text(xp, a, b):
            for step in steps:
                a, b = b, STEPS[step](xp, a, b)
            return b

        check(text, name, x, y)

    law()


def masked_net(dtype, seed, sizes=(12, 32, 32, 24), scale=1.0):
    """Weights with about half of them exactly zero, and inputs."""
    rng = np.random.default_rng(seed)
    weights = [
        (rng.normal(size=shape) * scale * (rng.random(shape) > 0.5)).astype(dtype)
        for shape in zip(sizes[1:], sizes[:-1], strict=True)
    ]
    return (rng.normal(size=(6, sizes[0])) * scale).astype(dtype), *weights


def net_text(activation, matmul=None, store=lambda a: a):
    """A masked MLP as a text; ``matmul`` and ``store`` let an emulation round where it has to."""

    def text(xp, x, *weights):
        product, h = matmul or xp.matmul, x
        for w in weights[:-1]:
            h = store(activation(xp, store(product(h, xp.matrix_transpose(w)))))
        o = store(product(h, xp.matrix_transpose(weights[-1])))
        half = o.shape[-1] // 2
        sigma = store(xp.exp(xp.clip(o[..., half:], -5.0, 3.0)))
        return store(store(sigma * x) + o[..., :half])

    return text


ACTIVATIONS = {
    "relu": lambda xp, a: xp.maximum(a, 0.0),
    "tanh": lambda xp, a: xp.tanh(a),
    "elu": lambda xp, a: xp.where(a > 0.0, a, xp.expm1(xp.minimum(a, 0.0))),
    "softplus": lambda xp, a: xp.maximum(a, 0.0) + xp.log1p(xp.exp(-xp.abs(a))),
}


def sequential(a, b):
    """Matrix product, one term after the other."""
    total = np.zeros((a.shape[0], b.shape[1]), dtype=a.dtype)
    for k in range(a.shape[1]):
        total = total + a[:, k, None] * b[None, k, :]
    return total


def backwards(a, b):
    """Matrix product, the last term first."""
    return sequential(a[:, ::-1], b[::-1])


def pairwise(a, b):
    """Matrix product, halves added at the end."""
    if a.shape[1] <= 1:
        return sequential(a, b)
    middle = a.shape[1] // 2
    return pairwise(a[:, :middle], b[:middle]) + pairwise(a[:, middle:], b[middle:])


@pytest.mark.parametrize("matmul", [np.matmul, sequential, backwards, pairwise])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("name", ["ieee-f64", "ieee-f32"])
def test_masked_nets_in_any_order(name, activation, matmul):
    inputs = masked_net(DTYPES[name], seed=len(activation))
    text = net_text(ACTIVATIONS[activation])
    computed = net_text(ACTIVATIONS[activation], matmul)(NP, *inputs)
    bound = check(text, name, *inputs, computed=computed)
    assert np.all(np.isfinite(tracked.error(bound)))


@pytest.mark.parametrize("scale", [1e-30, 1e-3, 30.0, 1e4])
@pytest.mark.parametrize("name", ["ieee-f64", "ieee-f32"])
def test_masked_nets_at_extremes(name, scale):
    check(net_text(ACTIVATIONS["softplus"]), name, *masked_net(DTYPES[name], seed=3, scale=scale))


# -- emulated arithmetics --


def to_bits(x, bits):
    """Round doubles or floats to nearest, ties to even, at a number of significand bits."""
    mantissas, exponents = np.frexp(x)
    return np.ldexp(np.rint(np.ldexp(mantissas, bits)), exponents - bits).astype(x.dtype)


def truncated(a, b):
    """Matrix product in float32 whose running sums are cut off at 24 bits, as tensor cores do."""
    total = np.zeros((a.shape[0], b.shape[1]))
    for k in range(a.shape[1]):
        mantissas, exponents = np.frexp(total + a[:, k, None].astype(np.float64) * b[None, k, :])
        total = np.ldexp(np.trunc(np.ldexp(mantissas, 24)), exponents - 24)
    return total.astype(np.float32)


@pytest.mark.parametrize("product", [np.matmul, truncated])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("name", ["tf32", "bf16-in-f32-acc", "bf16"])
def test_narrow_formats(name, activation, product):
    profile = profiles.load(name)
    x, *weights = masked_net(np.float32, seed=11)
    stored = profile.store.precision

    def entering(a, b):
        return product(to_bits(a, profile.input.precision), to_bits(b, profile.input.precision))

    text = net_text(ACTIVATIONS[activation])
    emulated = net_text(ACTIVATIONS[activation], entering, lambda a: to_bits(a, stored))
    computed = emulated(NP, *(to_bits(a, stored) for a in (x, *weights)))
    check(text, name, x, *weights, computed=computed)


def test_a_tf32_run_breaks_the_f32_bound():
    x, *weights = masked_net(np.float32, seed=11)
    text, xp = net_text(ACTIVATIONS["relu"]), tracked.namespace("ieee-f32")
    tf32 = net_text(ACTIVATIONS["relu"], lambda a, b: np.matmul(to_bits(a, 11), to_bits(b, 11)))
    truth = text(ball, *(ball.asarray(a) for a in (x, *weights)))
    bound = text(xp, *(xp.asarray(a) for a in (x, *weights)))
    assert not holds(truth, tf32(NP, x, *weights), bound)


@pytest.mark.parametrize("name", ["ieee-f64", "ieee-f32"])
def test_flushed_subnormals(name):
    dtype, tiny = DTYPES[name], profiles.load(name).store.smallest_normal
    rng = np.random.default_rng(8)
    x, y = (np.ldexp(rng.normal(size=(2, 400)), -3) * tiny).astype(dtype)

    def flush(a):
        return np.where(np.abs(a) < tiny, dtype(0.0), a)

    for operation in (
        lambda a, b: a + b,
        lambda a, b: a - b,
        lambda a, b: a * 0.5,
        lambda a, b: (a + b) * 8.0,
    ):
        check(lambda xp, a, b, f=operation: f(a, b), name, x, y)
        check(
            lambda xp, a, b, f=operation: f(a, b),
            name,
            x,
            y,
            computed=flush(operation(flush(x), flush(y))),
        )
    check(lambda xp, a: xp.sum(a), name, x, computed=np.asarray(0.0))
    check(lambda xp, a, b: xp.vecdot(a, b), name, x, y, computed=np.asarray(0.0))


# -- sums --


@pytest.mark.parametrize("name", ["ieee-f64", "ieee-f32"])
def test_sums_in_any_order(name):
    dtype = DTYPES[name]
    rng = np.random.default_rng(5)
    x = (rng.normal(size=(4, 257)) * 10.0 ** rng.integers(-6, 6, size=(4, 257))).astype(dtype)
    x[:, 1::2] = -x[:, :-1:2] * dtype(1.0009765625)
    for order in (
        np.arange(257),
        np.arange(257)[::-1],
        np.argsort(np.abs(x[0])),
        rng.permutation(257),
    ):
        sequence = np.cumsum(x[:, order], axis=-1, dtype=dtype)[:, -1]
        check(lambda xp, a: xp.sum(a, axis=-1), name, x, computed=sequence)
    check(lambda xp, a: xp.sum(a, axis=-1), name, x)


@pytest.mark.parametrize("function", ["sum", "max", "min", "prod", "mean"])
@pytest.mark.parametrize(
    ("axis", "keepdims"), [(None, False), (0, True), (1, False), ((0, 2), True), (-1, False)]
)
def test_reductions(function, axis, keepdims):
    x = np.random.default_rng(6).normal(size=(3, 4, 2)).astype(np.float32)
    bound = check(
        lambda xp, a: getattr(xp, function)(a, axis=axis, keepdims=keepdims), "ieee-f32", x
    )
    assert bound.shape == getattr(np, function)(x, axis=axis, keepdims=keepdims).shape


def test_zeros_are_not_counted():
    xp = tracked.namespace("ieee-f32")
    many = np.zeros(1000, dtype=np.float32)
    many[[3, 500]] = 1.0, 2.0**-30
    few = many[[3, 500]]
    with_zeros, without = (tracked.error(xp.sum(xp.asarray(a))) for a in (many, few))
    assert without <= with_zeros < without * (1.0 + 2.0**-30)
    one = np.zeros((3, 5), dtype=np.float32)
    assert np.all(
        tracked.error(xp.asarray(one) @ xp.asarray(np.ones((5, 2), dtype=np.float32))) == 0.0
    )


def test_more_terms_cost_more():
    xp = tracked.namespace("ieee-f32")
    errors = [
        float(tracked.error(xp.sum(xp.asarray(np.ones(n, dtype=np.float32)))))
        for n in (1, 2, 10, 100)
    ]
    assert errors == sorted(errors)
    assert errors[0] == 0.0 < errors[1]


# -- sums of sums: any order of all their terms, from any start --


def rounded_steps(total, a, b):
    """total + a * b in two roundings."""
    return total + a * b


def fused_f32(total, a, b):
    """total + a * b in one rounding: the double sum is rounded to odd, then to nearest."""
    product, start = a.astype(np.float64) * b.astype(np.float64), total.astype(np.float64)
    double = product + start
    back = double - product
    rest = (product - (double - back)) + (start - back)
    even = double.view(np.int64) % 2 == 0
    odd = np.where((rest != 0.0) & even, np.nextafter(double, np.copysign(np.inf, rest)), double)
    return odd.astype(np.float32)


def _fused_f64(total, a, b):
    return float(Fraction(total) + Fraction(a) * Fraction(b))


def fused_f64(total, a, b):
    """total + a * b in one rounding, by exact rational numbers."""
    return np.frompyfunc(_fused_f64, 3, 1)(total, a, b).astype(np.float64)


FUSED = {"ieee-f64": fused_f64, "ieee-f32": fused_f32}


def accumulated(step, terms):
    """Add arrays, and products (W, h) one input after the other, from the first to the last."""
    total = 0.0
    for term in terms:
        if isinstance(term, tuple):
            for w, h in zip(term[0].T, term[1].T, strict=True):
                first = total if np.ndim(total) else np.zeros((h.size, w.size), dtype=w.dtype)
                total = step(first, *np.broadcast_arrays(w[None, :], h[:, None]))
        else:
            total = total + term
    return total


def halves(product):
    """The first and the last inputs of a product."""
    W, h = product
    middle = h.shape[1] // 2
    return (W[:, :middle], h[:, :middle]), (W[:, middle:], h[:, middle:])


#: In which order an evaluation takes plain numbers and products.
ORDERS = {
    "plain numbers first": lambda plain, products: [*plain, *products],
    "plain numbers in the middle": lambda plain, products: [
        halves(products[0])[0],
        *plain,
        *products[1:],
        halves(products[0])[1],
    ],
    "last products first": lambda plain, products: [*products[::-1], *plain],
    "last products and plain numbers first": lambda plain, products: [
        *products[1:],
        *plain,
        products[0],
    ],
}


def residual_net(dtype, scale, dim=30, width=256):
    """Inputs, small weights and large biases: of a layer, a block's second, an output, a skip."""
    rng = np.random.default_rng(86)
    shapes = (width, dim), (width, width), (dim, width), (dim, dim)
    W, V, Wo, A = (rng.normal(size=shape) * scale for shape in shapes)
    b, c, bo = (rng.uniform(1.0, 8.0, size=n) for n in (width, width, dim))
    return tuple(a.astype(dtype) for a in (rng.normal(size=(1, dim)), W, b, V, c, Wo, bo, A))


def as_one_sum(step, order):
    """Sums of plain numbers and products as an evaluation may take them: each as one loop."""
    return lambda xp, plain, products: accumulated(step, order(plain, products))


def as_text(xp, plain, products):
    """The same sums as a text writes them."""
    first, *others = (xp.matmul(h, xp.matrix_transpose(W)) for W, h in products)
    total = sum(plain[1:], start=first + plain[0]) if plain else first
    return sum(others, start=total)


def residual_text(add):
    """A residual block between affine layers, with a direct connection: four sums of sums."""

    def text(xp, x, W, b, V, c, Wo, bo, A):
        h = add(xp, [b], [(W, x)])
        h = add(xp, [c, h], [(V, xp.tanh(h))])
        return add(xp, [bo], [(Wo, xp.tanh(h)), (A, x)])

    return text


@pytest.fixture(name="residual", scope="module")
def _residual():
    """A function that gives inputs, truth and bound of a residual net, each made once."""

    @functools.cache
    def made(name, scale):
        inputs, text = residual_net(DTYPES[name], scale), residual_text(as_text)
        xp = tracked.namespace(name)
        truth = text(ball, *(ball.asarray(a) for a in inputs))
        return inputs, truth, text(xp, *(xp.asarray(a) for a in inputs))

    return made


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("scale", [0.001, 0.01, 0.1, 1.0])
@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize("name", ["ieee-f64", "ieee-f32"])
def test_nets_whose_sums_start_anywhere(name, fused, scale, order, residual):
    inputs, truth, bound = residual(name, scale)
    step = FUSED[name] if fused else rounded_steps
    computed = residual_text(as_one_sum(step, ORDERS[order]))(NP, *inputs)
    assert computed.dtype == DTYPES[name]
    assert holds(truth, tracked.value(bound), bound)
    assert holds(truth, computed, bound)
    assert np.all(tracked.error(bound) < np.inf)


def test_fused_steps_round_once():
    rng = np.random.default_rng(4)
    total, a, b = (rng.normal(size=300) * 2.0 ** rng.integers(-20, 20, 300) for _ in range(3))
    total, a, b = (x.astype(np.float32) for x in (total, a, b))
    for got, x, y, z in zip(fused_f32(total, a, b).tolist(), total, a, b, strict=True):
        exact = Fraction(float(x)) + Fraction(float(y)) * Fraction(float(z))
        near = np.float32(got)
        others = (np.nextafter(near, np.float32(side)) for side in (-np.inf, np.inf))
        distance = abs(Fraction(got) - exact)
        assert all(distance <= abs(Fraction(float(other)) - exact) for other in others)


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("name", ["ieee-f64", "ieee-f32"])
def test_a_bias_that_swallows_half_of_each_product(name, sign):
    """1 + 1000 products of 1.5 u / 2 each: every step of a loop from the bias rounds by u / 2."""
    dtype, tiny = DTYPES[name], 0.75 * profiles.load(name).store.roundoff
    W, h = np.full((1, 1000), sign, dtype=dtype), np.full((1, 1000), sign * tiny, dtype=dtype)
    b = np.ones(1, dtype=dtype)
    computed = accumulated(rounded_steps, [b, (W, h)])
    assert computed[0, 0] >= 1.0
    for text in (
        lambda xp, W, b, h: xp.matmul(h, xp.matrix_transpose(W)) + b,
        lambda xp, W, b, h: b + xp.matmul(h, xp.matrix_transpose(W)),
        lambda xp, W, b, h: b - xp.matmul(-h, xp.matrix_transpose(W)),
        lambda xp, W, b, h: b + xp.sum(W * h, axis=-1),
        lambda xp, W, b, h: -(-b - xp.vecdot(W, h)),
    ):
        bound = check(text, name, W, b, h, computed=np.reshape(computed, (-1,)))
        lost = np.abs(computed.astype(np.float64) - 1.0 - 1000 * tiny)
        assert np.all(tracked.error(bound) < 3.0 * lost + 3.0 * tiny)


@pytest.mark.parametrize("name", ["ieee-f64", "ieee-f32"])
def test_sums_of_sums_in_any_order(name):
    dtype, rng = DTYPES[name], np.random.default_rng(55)
    a, b, c, d = (
        (rng.normal(size=(3, n)) * 10.0 ** rng.integers(-4, 4, size=(3, n))).astype(dtype)
        for n in (40, 50, 60, 60)
    )

    def text(xp, a, b, c, d):
        rows = xp.stack([xp.sum(a, axis=-1), -xp.sum(b, axis=-1), xp.vecdot(c, d)])
        return xp.sum(rows, axis=0) + a[:, 0] - (b[:, 0] - xp.sum(d, axis=-1))

    for seed in range(30):
        leaves = np.concatenate([a, -b, c * d, a[:, :1], -b[:, :1], d], axis=-1)
        ranks = rng.permutation(leaves.shape[1]) if seed else np.argsort(-np.abs(leaves[0]))
        total = np.cumsum(leaves[:, ranks], axis=-1, dtype=dtype)[:, -1]
        check(text, name, a, b, c, d, computed=total)
    check(text, name, a, b, c, d)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("scale", [0.001, 0.1])
@pytest.mark.parametrize("name", ["tf32", "bf16-in-f32-acc", "bf16", "f16"])
def test_narrow_sums_that_start_anywhere(name, scale, order):
    """Sums in float32 cut off at 24 bits, stored after each plain number and each product."""
    profile = profiles.load(name)
    kept, entering = profile.store.precision, profile.input.precision
    inputs = tuple(to_bits(a, kept) for a in residual_net(np.float32, scale, 12, 64))

    def cut(total, w, h):
        mantissas, exponents = np.frexp(total + w.astype(np.float64) * h)
        return np.ldexp(np.trunc(np.ldexp(mantissas, 24)), exponents - 24)

    def add(xp, plain, products):
        entered = [tuple(to_bits(a, entering) for a in product) for product in products]
        first, *others = ORDERS[order](plain, entered)
        total = accumulated(cut, [first])
        for term in others:
            total = accumulated(cut, [to_bits(total, kept), term])
        return to_bits(np.asarray(total, dtype=np.float64), kept).astype(np.float32)

    rounded = residual_text(add)

    class Stored:
        tanh = staticmethod(lambda a: to_bits(np.tanh(a), kept))

    check(residual_text(as_text), name, *inputs, computed=rounded(Stored, *inputs))


MOVES = {
    "positive": lambda xp, s: +s,
    "negative": lambda xp, s: xp.negative(-s),
    "reshape": lambda xp, s: xp.reshape(xp.reshape(s, (-1,)), s.shape),
    "index": lambda xp, s: xp.concat([s[:1, ...], s[1:, ...]], axis=0),
    "stack": lambda xp, s: xp.stack([s, -s])[0, ...],
    "take": lambda xp, s: xp.take(s, xp.arange(s.shape[0]), axis=0),
    "broadcast": lambda xp, s: xp.broadcast_to(s, (2, *s.shape))[1, ...],
    "flip": lambda xp, s: xp.flip(xp.flip(s)),
    "transpose": lambda xp, s: s.T.T,
    "expand": lambda xp, s: xp.squeeze(xp.expand_dims(s, axis=0), axis=0),
    "triangles": lambda xp, s: xp.tril(s) + xp.triu(s, k=1),
    "zero": lambda xp, s: 0.0 + s,
    "one": lambda xp, s: xp.sum(s[None, ...], axis=0),
}
OTHERS = {
    "multiply": lambda xp, s: s * 1.0,
    "maximum": lambda xp, s: xp.maximum(s, -100.0),
    "abs": lambda xp, s: abs(s),
    "where": lambda xp, s: xp.where(s > -100.0, s, 0.0 * s),
    "max": lambda xp, s: xp.max(s[None, ...], axis=0),
    "pow": lambda xp, s: s**1 * 1.0,
}


@pytest.fixture(name="small_sums")
def _small_sums():
    """Products of 300 terms, small against the ones to be added; and their namespace."""
    xp = tracked.namespace("ieee-f32")
    rng = np.random.default_rng(12)
    a, b = (xp.asarray(rng.uniform(0.01, 0.02, size=n)) for n in ((4, 300), (300, 4)))
    return xp, a @ b


@pytest.mark.parametrize("move", MOVES)
def test_what_moves_a_sum_keeps_its_terms(move, small_sums):
    xp, s = small_sums
    error, moved = tracked.error(s + 1.0), tracked.error(MOVES[move](xp, s) + 1.0)
    assert np.all(np.abs(moved - error) <= 2.0**-30 * error)
    assert np.all(error > 100.0 * 2.0**-24)


@pytest.mark.parametrize("other", OTHERS)
def test_a_changed_sum_is_a_plain_number(other, small_sums):
    xp, s = small_sums
    assert np.all(tracked.error(OTHERS[other](xp, s) + 1.0) < 30.0 * 2.0**-24)


def test_plain_numbers_add_as_such_beside_sums(small_sums):
    xp, s = small_sums
    plain = xp.full((4, 4), 0.1)
    both, alone = xp.concat([s, plain]) + 0.7, plain + 0.7
    assert np.all(tracked.error(both)[4:] == tracked.error(alone))
    assert np.all(tracked.error(both)[:4] > 50.0 * tracked.error(alone))


def test_sums_of_sums_that_overflow_on_the_way():
    xp = tracked.namespace("ieee-f32")
    nothing = xp.sum(xp.asarray([1e38, -1e38]))
    assert np.isfinite(tracked.error(nothing))
    assert tracked.error(nothing + 3e38) == np.inf


@pytest.mark.parametrize("name", ["ieee-f64", "ieee-f32"])
def test_sums_of_sums_that_are_flushed(name):
    dtype, tiny = DTYPES[name], profiles.load(name).store.smallest_normal
    x = np.asarray([1.5, -1.0, 1.5], dtype=dtype) * dtype(tiny)
    nothing = np.asarray(-tiny, dtype=dtype)  # -1 + 1.5 is flushed, so is the next; -1 is left
    check(lambda xp, x: xp.sum(x) - 2.0 * tiny, name, x, computed=nothing)


# -- exactness --


@pytest.mark.parametrize("name", ALL)
def test_exact_operations_have_no_error(name):
    xp = tracked.namespace(name)
    x = xp.asarray([0.75, -1.5, 3.0])
    zero = xp.zeros(3)
    for result in (
        x, x + 0.0, x + zero, 0.0 - x, x * 0.0, x * 2.0, x * -0.5, x * 1.0, -x, abs(x), x - x,
        xp.maximum(x, 0.0), xp.clip(x, -1.0, 1.0), xp.sign(x), xp.where(x > 0.0, x, zero),
        x**1, x**0, xp.tanh(zero), xp.flip(x), zero / x,
    ):  # fmt: skip
        assert np.all(tracked.error(result) == 0.0)


@pytest.mark.parametrize("name", ALL)
def test_constants_are_rounded_to_the_format(name):
    xp, roundoff = tracked.namespace(name), profiles.load(name).store.roundoff
    for number, truth in ((0.1, Fraction(0.1)), (math.pi, Fraction(math.pi))):
        error = tracked.error(xp.asarray(number))
        representable = name == "ieee-f64"
        assert (
            error == 0.0
            if representable
            else truth * Fraction(roundoff) <= Fraction(float(error)) < 1
        )
    assert ball.residual(ball.pi, tracked.value(xp.pi)) <= tracked.error(xp.pi)
    assert tracked.error(xp.pi) >= roundoff * math.pi


def test_float32_data_enter_bf16_with_an_error():
    x = np.random.default_rng(0).normal(size=50).astype(np.float32)
    assert np.all(tracked.error(tracked.namespace("ieee-f32").asarray(x)) == 0.0)
    error = tracked.error(tracked.namespace("bf16").asarray(x))
    assert np.all(np.abs(to_bits(x, 8).astype(np.float64) - x) <= error)
    assert np.all(tracked.error(tracked.namespace("bf16").asarray(to_bits(x, 8))) == 0.0)


def test_large_integers_are_not_exact():
    error = tracked.error(
        tracked.namespace("ieee-f64").asarray(
            2**60 + 1, dtype=tracked.namespace("ieee-f64").float64
        )
    )
    assert error >= 1.0


# -- what is lost --


@pytest.mark.parametrize(
    ("name", "large"), [("ieee-f64", 1e308), ("ieee-f32", 3e38), ("f16", 6e4), ("bf16", 3e38)]
)
def test_overflow_has_error_inf(name, large):
    xp = tracked.namespace(name)
    x = xp.asarray([large])
    for result in (
        x + x,
        x * x,
        xp.exp(x),
        x / 0.001,
        xp.sum(xp.concat([x, x])),
        xp.vecdot(x, x),
        xp.square(x),
    ):
        assert np.all(tracked.error(result) == np.inf)
        assert not np.any(np.isnan(tracked.error(result * 0.0 - result + xp.tanh(result))))
        assert np.all(tracked.error(xp.tanh(result)) == np.inf)
    assert np.all(tracked.error(xp.asarray([math.inf, math.nan, -math.inf])) == np.inf)
    assert np.all(np.isfinite(tracked.error(xp.tanh(x))))


def test_partial_sums_that_overflow():
    xp = tracked.namespace("ieee-f32")
    assert tracked.error(xp.sum(xp.asarray([3e38, 3e38, -3e38]))) == np.inf


@pytest.mark.parametrize("function", ["reciprocal", "log"])
def test_a_box_that_holds_the_pole_has_error_inf(function):
    xp = tracked.namespace("ieee-f32")
    third = xp.asarray([1.0]) / 3.0
    nothing = (third + third) - third * 2.0
    assert tracked.error(getattr(xp, function)(nothing)) == np.inf
    assert tracked.error(getattr(xp, function)(xp.asarray([0.0]))) == np.inf


def test_saturating_functions_stay_within_one():
    xp = tracked.namespace("bf16")
    wild = xp.exp(xp.asarray(np.linspace(0.0, 60.0, 7))) - xp.exp(
        xp.asarray(np.linspace(0.0, 60.0, 7))
    )
    for function in (xp.tanh, xp.erf):
        assert np.all(tracked.error(function(wild)) <= 2.0)


def test_an_unbounded_entry_stays_in_its_row():
    xp = tracked.namespace("ieee-f32")
    x = np.ones((3, 4), dtype=np.float32)
    x[1, 2] = np.inf
    error = tracked.error(xp.asarray(x) @ xp.asarray(np.eye(4, dtype=np.float32)))
    assert np.isinf(error).all(axis=1).tolist() == [False, True, False]
    assert np.all(np.isfinite(error[[0, 2]]))


# -- three-valued bools --


@pytest.fixture(name="unsure")
def _unsure():
    """Three numbers: surely positive, positive or negative, surely negative; and the namespace."""
    xp = tracked.namespace("ieee-f32")
    third = xp.asarray([1.0]) / 3.0
    nothing = (third + third) - third * 2.0
    return xp, xp.concat([third, nothing, -third])


def test_where_counts_both_branches(unsure):
    xp, x = unsure
    result = xp.where(x > 0.0, xp.full_like(x, 2.0), xp.full_like(x, 5.0))
    assert tracked.value(result).tolist()[::2] == [2.0, 5.0]
    assert tracked.error(result).tolist()[::2] == [0.0, 0.0]
    assert tracked.error(result)[1] >= 3.0


def test_where_at_a_jump_that_rounding_crosses():
    x = np.asarray([0.1, 0.2, 0.3], dtype=np.float32)

    def text(xp, a):
        s = (a + 0.2) - 0.2
        return xp.where(s > a, s + 100.0, s)

    xp = tracked.namespace("ieee-f32")
    bound = text(xp, xp.asarray(x))
    with np.errstate(all="ignore"):
        computed = text(NP, x)
    assert np.all(np.abs(computed.astype(np.float64) - x) <= tracked.error(bound))


def test_an_unsure_bool_raises(unsure):
    xp, x = unsure
    question = x > 0.0
    for ask in (xp.all, xp.any, lambda q: bool(q[1]), lambda q: xp.astype(q, xp.int64)):
        with pytest.raises(
            tracked.Undecided, match="expected a question that rounding at ieee-f32 cannot change"
        ):
            ask(question)
    assert bool(question[0])
    assert not bool(question[2])
    assert tracked.error(xp.astype(question, xp.float64)).tolist() == [0.0, 1.0, 0.0]


def test_logic_of_three_values(unsure):
    xp, x = unsure
    maybe, yes, no = (x > 0.0)[1], xp.asarray(True), xp.asarray(False)
    assert bool(xp.logical_or(maybe, yes))
    assert not bool(xp.logical_and(no, maybe))
    assert bool(xp.where(yes, yes, maybe))
    for open_question in (
        maybe & yes,
        maybe | no,
        ~maybe,
        maybe ^ yes,
        xp.equal(maybe, no),
        xp.where(maybe, yes, no),
    ):
        with pytest.raises(tracked.Undecided):
            bool(open_question)


def test_comparisons_are_sure_where_boxes_are_apart(unsure):
    xp, x = unsure
    assert bool(xp.all(x[0] > x[2]))
    assert bool(x[0] != x[2])
    assert bool(xp.asarray(1.0) == 1.0)
    with pytest.raises(tracked.Undecided):
        bool(x[0] == x[0])
    assert tracked.error(xp.sign(x)).tolist() == [0.0, 2.0, 0.0]
    assert bool(xp.all(xp.isfinite(x)))
    assert not bool(xp.any(xp.isnan(x)))
    with pytest.raises(tracked.Undecided):
        bool(xp.isinf(xp.asarray(math.inf)))


# -- the namespace --


def test_a_repr_shows_value_and_error():
    xp = tracked.namespace("ieee-f32")
    shown = repr(xp.sum(xp.asarray([1.0, -1.0])))
    assert shown == "tracked[ieee-f32].Array(0., 1.19209297e-07, dtype=tracked[ieee-f32].float32)"


def test_profiles_do_not_mix():
    a, b = (tracked.namespace(name).asarray([1.0]) for name in ("ieee-f32", "bf16"))
    with pytest.raises(
        TypeError, match=r"expected an array of tracked\[ieee-f32\], got one of tracked\[bf16\]"
    ):
        a + b
    with pytest.raises(TypeError, match=r"expected an array of ball, got one of tracked\[bf16\]"):
        ball.add(ball.asarray([1.0]), b)


def test_namespaces_are_cached_and_hashable():
    assert tracked.namespace("tf32") is tracked.namespace("tf32")
    assert len({tracked.namespace(name) for name in ALL} | {tracked.namespace("bf16")}) == len(ALL)
    x = tracked.namespace("tf32").asarray([1.0])
    assert array_api_compat.array_namespace(x) is tracked.namespace("tf32")
    with pytest.raises(ValueError, match="expected one of ieee-f64, "):
        tracked.namespace("float32")


@pytest.mark.parametrize("name", ALL)
def test_finfo_is_of_the_profile(name):
    xp, store = tracked.namespace(name), profiles.load(name).store
    info = xp.finfo(xp.float64)
    assert (info.eps, info.max, info.smallest_normal) == (
        2 * store.roundoff,
        store.max_finite,
        store.smallest_normal,
    )
    assert info.min == -info.max


def test_host_access_needs_tracked_numbers():
    for stranger in (np.ones(2), ball.asarray([1.0]), tracked.namespace("tf32").asarray([1, 2])):
        with pytest.raises(TypeError, match="expected an array of error-tracking numbers, got"):
            tracked.error(stranger)
