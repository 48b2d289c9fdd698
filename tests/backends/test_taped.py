"""Derivatives of a text: exact on balls, bounded on error-tracking numbers, refused at kinks."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from iaf_ref.special import erf

pytest.importorskip("flint", reason="derivatives are certified by balls: extra oracle")
from iaf_ref_backends import ball, profiles, taped, tracked
from iaf_ref_backends._taped_tracked import TapedTracked, WithoutErf

X = np.asarray([[0.75, -1.25, 0.5], [2.0, 0.375, -0.625]])
W = np.asarray([[0.5, -1.5, 0.25], [1.25, 0.75, -2.0]])
F32 = tracked.namespace("ieee-f32")
F64 = tracked.namespace("ieee-f64")
BITS, STEP = 400, 2.0**-80

FUNCTIONS: Mapping[str, Callable[[Any, Any, Any], Any]] = {
    "add": lambda xp, x, w: x + w + 3.0 + x,
    "subtract": lambda xp, x, w: 2.0 - x - w,
    "multiply": lambda xp, x, w: x * w * x,
    "divide": lambda xp, x, w: x / (3.0 + w),
    "reciprocal": lambda xp, x, w: xp.reciprocal(3.0 + w) * x,
    "power": lambda xp, x, w: x**3 + (w + 4.0) ** -2 + x**1 + w**0,
    "square": lambda xp, x, w: xp.square(x) + -w,
    "exponentials": lambda xp, x, w: xp.exp(x) + xp.expm1(w) * xp.exp(-x),
    "logarithms": lambda xp, x, w: xp.log(3.0 + x) + xp.log1p(0.25 * w),
    "bounded": lambda xp, x, w: xp.tanh(x * w) + erf(x - w),
    "root": lambda xp, x, w: xp.sqrt(5.0 + x * w),
    "absolute": lambda xp, x, w: xp.abs(x) * xp.sign(w) * w,
    "extremes": lambda xp, x, w: xp.maximum(x, w) * xp.minimum(x, 3.0 * w) + xp.clip(x, -1.0, 1.0),
    "choice": lambda xp, x, w: xp.where(x > w, x * x, w * x),
    "sums": lambda xp, x, w: xp.sum(x * w, axis=0) * xp.mean(x, axis=0),
    "products": lambda xp, x, w: xp.prod(x + w, axis=-1) * xp.max(x, axis=-1) - xp.min(w, axis=-1),
    "cumulative": lambda xp, x, w: xp.cumulative_sum(x * w, axis=1) * x,
    "matmul": lambda xp, x, w: xp.matmul(x, xp.matrix_transpose(w * w)) * xp.vecdot(x, w)[:, None],
    "stack_of_matrices": lambda xp, x, w: xp.matmul(xp.stack([x, w * x]), w.T),
    "moves": lambda xp, x, w: xp.concat([x[:, :1], xp.flip(w, axis=1)[:, 1:]], axis=1) * w[0],
    "broadcast": lambda xp, x, w: xp.broadcast_to(x[:1, :], (4, 3)) * w[xp.asarray([1])],
    "constants": lambda xp, x, w: xp.pi * x + xp.e * w * xp.sqrt(xp.pi),
}  # fmt: skip


def total(name: str) -> Callable[[Mapping[str, Any]], Any]:
    """A scalar that weighs the elements of a function's result differently."""

    def function(arrays: Mapping[str, Any]) -> Any:
        xp = arrays["x"].__array_namespace__()
        result = FUNCTIONS[name](xp, arrays["x"], arrays["w"])
        weights = 1.0 + xp.astype(xp.reshape(xp.arange(result.size), result.shape), result.dtype)
        return xp.sum(weights * result)

    return function


def differences(name: str, variables: dict[str, Any], which: str) -> Any:
    """Central differences of one variable's elements, on balls."""
    function, values = total(name), ball.asarray(variables[which])
    others = {n: ball.asarray(a) for n, a in variables.items()}
    found = []
    for place in np.ndindex(*values.shape):
        unit = np.zeros(values.shape)
        unit[place] = STEP
        up, down = (
            function(others | {which: values + s * ball.asarray(unit)}) for s in (1.0, -1.0)
        )
        found.append((up - down) / (2.0 * STEP))
    return ball.reshape(ball.stack(found), values.shape)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_derivatives_are_the_limits_of_differences(name: str) -> None:
    variables = {"x": X, "w": W}
    with ball.precision(BITS):
        found = taped.derivatives(total(name), variables, ball.xp)
        for which, exact in found.items():
            # off by h^2 / 6 times the third derivative, which is below 2^20 here
            gap = ball.midpoint(exact - differences(name, variables, which))
            assert np.all(np.abs(gap) < 2.0**20 * STEP**2)
            assert np.all(ball.radius(exact) < 2.0**-300)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("xp", [F32, F64], ids=["float32", "float64"])
def test_values_are_within_their_errors(name: str, xp: Any) -> None:
    variables = {"x": X, "w": W}
    exact = taped.derivatives(total(name), variables, ball.xp)
    for which, number in taped.derivatives(total(name), variables, xp).items():
        assert np.all(ball.residual(exact[which], tracked.value(number)) <= tracked.error(number))
        assert np.all(tracked.error(number) < 2.0**10 * xp.profile.store.roundoff * 2.0**6)


KINKS: Mapping[str, Callable[[Any, Any], Any]] = {
    "tie of maximum": lambda xp, x: xp.maximum(x, 0.5),
    "tie of minimum": lambda xp, x: xp.minimum(x, xp.asarray([0.5, 1.0])),
    "abs at 0": lambda xp, x: xp.abs(x - 0.5),
    "sign at 0": lambda xp, x: xp.sign(x - 0.5) * x,
    "clip at its edge": lambda xp, x: xp.clip(x, 0.5, 3.0),
}


@pytest.mark.parametrize("name", KINKS)
@pytest.mark.parametrize("xp", [ball.xp, F32], ids=["ball", "tracked"])
def test_a_kink_has_no_derivative(name: str, xp: Any) -> None:
    def function(arrays: Mapping[str, Any]) -> Any:
        x = arrays["x"]
        space = x.__array_namespace__()
        return space.sum(KINKS[name](space, x))

    with pytest.raises(taped.Undecided, match=r"expected operands off a kink, got a tie at .*0"):
        taped.derivatives(function, {"x": np.asarray([0.5, 2.0])}, xp)


def test_a_kink_within_rounding_has_none_either() -> None:
    def function(arrays: Mapping[str, Any]) -> Any:
        x = arrays["x"]
        space = x.__array_namespace__()
        return space.abs(x / 3.0 - 1.0 / 3.0)

    near = {"x": np.asarray(1.0 + 2.0**-23)}
    with pytest.raises(taped.Undecided):
        taped.derivatives(function, near, F32)
    assert tracked.error(taped.derivatives(function, near, F64)["x"]) < 1e-15
    assert ball.midpoint(taped.derivatives(function, near, ball.xp)["x"]) == 1 / 3


def test_kinks_of_constants_do_not_matter() -> None:
    def function(arrays: Mapping[str, Any]) -> Any:
        x = arrays["x"]
        space = x.__array_namespace__()
        zero = space.zeros_like(x)
        return space.sum(x * space.maximum(zero, 0.0) + space.abs(zero) + space.sign(zero) * 2.0)

    assert not ball.midpoint(taped.derivatives(function, {"x": X}, ball.xp)["x"]).any()
    assert not tracked.error(taped.derivatives(function, {"x": X}, F32)["x"]).any()


def test_what_has_no_part_in_the_result_has_a_derivative_of_exactly_0() -> None:
    def function(arrays: Mapping[str, Any]) -> Any:
        x, w = arrays["x"], arrays["w"]
        space = x.__array_namespace__()
        mask = space.asarray(np.asarray([[True, False, True]] * 2))
        unused = space.exp(w)  # on the tape, and on no path to the result
        return space.sum(x * space.where(mask, w, space.zeros_like(w))) + 0.0 * space.sum(unused)

    found = taped.derivatives(function, {"x": X, "w": W}, F32)
    for name in ("x", "w"):
        assert tracked.value(found[name])[:, 1].tolist() == [0.0, 0.0]
        assert tracked.error(found[name])[:, 1].tolist() == [0.0, 0.0]
        assert tracked.error(found[name])[:, 0].all()


def test_every_order_of_a_product_of_many_factors_is_covered() -> None:
    """d (x_1 ... x_n) / d x_k by suffixes, prefixes and whole products divided, in float32."""
    values = np.linspace(0.5, 1.75, 40).astype(np.float32)

    def function(arrays: Mapping[str, Any]) -> Any:
        x = arrays["x"]
        return x.__array_namespace__().prod(x)

    bound = tracked.error(taped.derivatives(function, {"x": values}, F32)["x"])
    exact = taped.derivatives(function, {"x": values}, ball.xp)["x"]
    for order in (range(40), range(39, -1, -1), np.random.default_rng(0).permutation(40)):
        computed = np.asarray(
            [np.prod([values[i] for i in order if i != k], dtype=np.float32) for k in range(40)]
        )
        assert np.all(ball.residual(exact, computed) <= bound)


def test_a_formula_that_cancels_is_covered() -> None:
    """Z + 1 for the derivative of expm1, at -15: what PyTorch and JAX compute."""
    x = np.asarray(-15.0, dtype=np.float32)

    def function(arrays: Mapping[str, Any]) -> Any:
        return arrays["x"].__array_namespace__().expm1(arrays["x"])

    exact = taped.derivatives(function, {"x": x}, ball.xp)["x"]
    bound = tracked.error(taped.derivatives(function, {"x": x}, F32)["x"])
    used = np.expm1(x) + np.float32(1.0)
    fine = np.exp(x)
    assert 2.0**-24 * fine < ball.residual(exact, used) <= bound


@pytest.mark.parametrize("profile", profiles.names())
def test_coarser_profiles_have_wider_errors(profile: str) -> None:
    variables = {"x": X, "w": W}
    coarse = taped.derivatives(total("matmul"), variables, tracked.namespace(profile))
    fine = taped.derivatives(total("matmul"), variables, F64)
    for name in variables:
        assert np.all(tracked.error(coarse[name]) >= tracked.error(fine[name]))


def test_numbers_out_of_range_have_no_bound() -> None:
    def function(arrays: Mapping[str, Any]) -> Any:
        x = arrays["x"]
        space = x.__array_namespace__()
        return space.sum(x * 2.0**9 * 2.0**9)  # the value is small, the derivative is not

    found = taped.derivatives(function, {"x": X * 2.0**-12}, tracked.namespace("f16"))["x"]
    assert np.isinf(tracked.error(found)).all()
    fits = taped.derivatives(function, {"x": X * 2.0**-12}, F32)["x"]
    assert np.isfinite(tracked.error(fits)).all()


def test_both_kinds_of_erf_are_covered() -> None:
    assert hasattr(TapedTracked(F32), "erf")
    assert not hasattr(WithoutErf(F32), "erf")
    asked = []

    def function(arrays: Mapping[str, Any]) -> Any:
        x = arrays["x"]
        asked.append(hasattr(x.__array_namespace__(), "erf"))
        return x.__array_namespace__().sum(x)

    taped.derivatives(function, {"x": X}, F32)
    assert asked == [True, False]


def test_functions_that_are_none_are_refused() -> None:
    def run(result: Callable[[Any], Any]) -> None:
        taped.derivatives(lambda arrays: result(arrays["x"]), {"x": X}, ball.xp)

    with pytest.raises(TypeError, match="expected a function with a result of taped ball, got fl"):
        run(lambda x: 1.0)
    with pytest.raises(ValueError, match=r"expected a function with a result of shape \(\), got"):
        run(lambda x: x)
    with pytest.raises(ValueError, match="that depends on a variable, got a constant"):
        run(lambda x: x.__array_namespace__().zeros(()))


def test_taped_arrays_are_arrays() -> None:
    xp = TapedTracked(F32)
    x = xp.variable(X)
    assert float(x[0, 0]) == 0.75
    assert xp.finfo(x).eps == 2.0**-23
    assert bool(xp.all(x > -2.0))
    assert float(xp.sum(xp.astype(x > 0.0, x.dtype))) == 4.0
    with pytest.raises(TypeError, match=r"expected an array of taped tracked\[ieee-f32\]"):
        xp.sum(F32.asarray(X))
