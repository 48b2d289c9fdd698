"""INV-3 on JAX: many degrees are a ``lax.scan`` in a ``lax.scan``, compiled once for all of them.

Few degrees are a loop here as well, in blocks of a few units, so that cases small enough to be
judged go through all of it.
"""

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import iaf_ref as ir
from iaf_ref import blocked, looped, looped_plan
from iaf_ref.loops import LOOPS, PLAIN, loop_of
from iaf_ref_backends import profiles
from iaf_ref_conformance import assert_inverse, corpus
from iaf_ref_conformance.generate.overflow import bidiagonal
from iaf_ref_conformance.run import judge
from iaf_ref_conformance.subjects.reference import Reference

jax = pytest.importorskip("jax", reason="JAX is not installed (extra: jax)")
from iaf_ref_backends import jax_, jax_loops  # noqa: E402

BACKEND = jax_.BACKEND
DTYPES = ("float32", "float64")
every_dtype = pytest.mark.parametrize("dtype", DTYPES)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let few degrees be a loop; the dimensions of all that were given to it."""
    seen: list[int] = []
    original = blocked.looped

    def noted(loop: Any, flow: Any, *given: Any) -> Any:
        assert loop is LOOPS["jax.numpy"]
        seen.append(flow.dim)
        return original(loop, flow, *given)

    monkeypatch.setattr(blocked, "looped", noted)
    monkeypatch.setattr(looped_plan, "FEWEST_STEPS", 1)
    monkeypatch.setattr(looped_plan, "BLOCK", 2)
    return seen


@pytest.fixture
def loops(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The loops that the text is run in, or traced in."""
    found: list[Any] = []
    original = looped.solution

    def solution(loop: Any, *given: Any) -> Any:
        found.append(loop)
        return original(loop, *given)

    monkeypatch.setattr(looped, "solution", solution)
    return found


def on_jax(tree: Any, dtype: str) -> Any:
    return jax.tree.map(lambda a: jax.numpy.asarray(a, dtype=dtype), tree)


def draw(dtype: str, *shape: int) -> Any:
    return np.random.default_rng(0).normal(size=shape).astype(dtype)


def inverse(flow: Any, y: Any, context: Any = None) -> Any:
    return flow.inverse(y, context, method="blocked")


def test_it_is_the_loop_of_arrays_of_jax() -> None:
    loop = loop_of(jax.numpy.zeros(1).__array_namespace__())
    assert loop is LOOPS["jax.numpy"]
    assert loop.fold is jax.lax.scan
    jax_loops.register()  # importing the backend did
    assert LOOPS["jax.numpy"] == loop


def test_it_folds_as_plain_python_does() -> None:
    def step(state: Any, row: Any) -> Any:
        return state + row[0], (state * row[1], row[0])

    rows = np.arange(6.0).reshape(3, 2), np.asarray([10.0, 20.0, 30.0])
    found = LOOPS["jax.numpy"].fold(step, jax.numpy.zeros(2), on_jax(rows, "float32"))
    wanted = PLAIN.fold(step, np.zeros(2), rows)
    assert jax.tree.all(jax.tree.map(np.array_equal, found, wanted))


# -- within the bounds --


class Compiled:
    """A subject: the weights of a case are arguments of what is compiled."""

    def inverse(self, case: Any, y: Any, context: Any) -> Any:
        with BACKEND.computing(case.dtype, "cpu"):
            given = on_jax((case.flow, y, context), case.dtype)
            return tuple(map(np.asarray, jax.jit(inverse)(*given)))


def judged(subject: Any, name: str, dtype: str) -> tuple[str, int]:
    """Put a case to a subject; why it fails, and its dimension."""
    (case,) = corpus.load().select([name]).cases(dtype)
    return judge(case, subject, profiles.load(BACKEND.profiles[dtype])).reason, case.flow.dim


@pytest.mark.parametrize(
    ("name", "dtype"), [("inv-block-d33-*", "float32"), ("inv-skip-context-*", "float64")]
)  # few, as each is compiled
def test_cases_of_the_clause_are_within_their_bounds(
    small: list[int], name: str, dtype: str
) -> None:
    assert judged(Compiled(), name, dtype) == ("", *small)


def test_derivatives_are_within_their_bounds(small: list[int]) -> None:
    # by y, by a context that serves three rows, by all weights
    assert judged(Reference(BACKEND), "grad-context-broadcast-*", "float32") == ("", *small)


D, C = 7, 2


def made(dtype: str, seed: int = 0) -> ir.AffineAutoregressive:
    degrees = ir.made_degrees(D, (9, 8), order=[2, 0, 4, 6, 1, 3, 5], context_dim=C)
    net = ir.AutoregressiveNetwork.init(degrees, seed, skip=True, dtype=dtype)
    return ir.AffineAutoregressive(net, ir.Gated())


@every_dtype
def test_an_ensemble_mapped_over_rows_keeps_the_bound_and_is_causal_to_the_bit(
    small: list[int], dtype: str
) -> None:
    flows, y, context = [made(dtype, k) for k in range(2)], draw(dtype, 3, D), draw(dtype, 3, C)
    degree = flows[0].degrees.input
    rows = jax.vmap(inverse, in_axes=(None, 0, 0))
    text = jax.jit(jax.vmap(rows, in_axes=(0, None, None)))
    with BACKEND.computing(dtype, "cpu"):
        stacked = jax.tree.map(lambda *leaves: jax.numpy.stack(leaves), *flows)

        def solved(y: Any) -> Any:
            return tuple(map(np.asarray, text(stacked, *on_jax((y, context), dtype))))

        found = solved(y)
        for flow, x, log_det in zip(flows, *found, strict=True):
            assert_inverse(flow, y, x, log_det, context)
        for j in range(D):
            moved = y.copy()
            moved[:, j] += 1.0
            x, _ = solved(moved)
            still = (degree <= degree[j]) & (np.arange(D) != j)
            assert np.array_equal(x[..., still], found[0][..., still])
            assert not np.any(x[..., j] == found[0][..., j])
    assert small == [D]


# -- exactly --


def test_a_chain_of_48_is_exact_and_so_are_its_derivatives(small: list[int]) -> None:
    # y_i = x_i / 16 + x_{i-1}, so that d x_i / d y_j = 16 (-16)^(i - j): powers of 2, and no sum
    flow, x = bidiagonal(48, [*range(48)], 2.0**-4)
    y, _ = flow.forward(x)
    back, _ = jax.jit(inverse)(*on_jax((flow, y), "float32"))
    assert np.array_equal(back, x)  # 16^48 overflows there

    def last(y: Any) -> Any:
        found, _ = inverse(on_jax(flow, "float64"), y)
        return found[-1], found

    with BACKEND.computing("float64", "cpu"):
        slopes, back = jax.jit(jax.vmap(jax.grad(last, has_aux=True)))(on_jax(y, "float64"))
        assert np.array_equal(back, x)
        assert np.array_equal(slopes, [[16.0 * (-16.0) ** (47 - j) for j in range(48)]] * 2)
    assert small == [48, 48]


def test_a_scale_before_its_turn_leaves_no_trace_in_a_derivative(small: list[int]) -> None:
    # sigma_1 = sigmoid(1e4 (x_0 - 1)) is 1/2 at x_0 = 1, and 0 as long as x_0 is not known: behind
    # a where(), the derivative of (y - mu) / 0 would still be NaN
    W, c = np.zeros((2, 2, 2)), np.asarray([[0.0, 0.0], [0.0, -1e4]])
    W[1, 1, 0] = 1e4
    net = ir.AutoregressiveNetwork(ir.made_degrees(2, ()), [], (W, c))
    flow = on_jax(ir.AffineAutoregressive(net, ir.Gated(0.0)), "float32")
    value, slope = jax.jit(jax.value_and_grad(lambda y: inverse(flow, y)[0][1]))(
        jax.numpy.asarray([0.5, 3.0])
    )
    assert value == 6.0
    assert slope.tolist() == [-6e4, 2.0]  # -y_1 / sigma_1^2 * sigma_1 (1 - sigma_1) 1e4 / sigma_0
    assert small == [2]


class Sixteenth:
    """A scale map of somebody's own, which JAX does not know: sigma = 1/16."""

    def log_scale(self, raw: Any) -> Any:
        return 0.0 * raw - np.log(16.0)

    def scale(self, raw: Any) -> Any:
        return 0.0 * raw + 2.0**-4

    def location(self, m: Any, raw: Any) -> Any:
        return m

    def slopes(self, m: Any, raw: Any) -> Any:
        raise NotImplementedError


def test_a_scale_map_that_jax_does_not_know_is_served_too(
    small: list[int], loops: list[Any]
) -> None:
    flow, x = bidiagonal(2, [1, 0], 2.0**-4)
    y = on_jax(flow.forward(x)[0], "float32")
    foreign = dataclasses.replace(on_jax(flow, "float32"), scale=Sixteenth())

    def text(y: Any) -> Any:
        return inverse(foreign, y)[0]

    assert np.array_equal(text(y), x)
    assert np.array_equal(jax.jit(text)(y), x)
    assert loops == [PLAIN, LOOPS["jax.numpy"]]  # in Python, and as a part of what is compiled
    assert small == [2, 2]


# -- what is compiled --


def equations(jaxpr: Any) -> Iterator[str]:
    """Names of the primitives of a program, and of the programs inside of it."""
    for equation in jaxpr.eqns:
        yield equation.primitive.name
        for value in equation.params.values():
            inner = getattr(value, "jaxpr", value)
            if hasattr(inner, "eqns"):
                yield from equations(inner)


def program(dim: int) -> list[str]:
    net = ir.AutoregressiveNetwork.init(ir.made_degrees(dim, (dim,)), dtype="float32")
    flow = ir.AffineAutoregressive(net)
    return list(
        equations(jax.make_jaxpr(inverse)(*on_jax((flow, draw("float32", dim)), "float32")))
    )


def test_the_program_does_not_grow_with_the_degrees() -> None:
    one, two = program(64), program(128)
    assert one.count("scan") == 2  # a loop in a loop
    again = next(equations(jax.make_jaxpr(jax.checkpoint(jax.numpy.sin))(0.0)))
    assert one.count(again) == 1  # around the inner one, which a derivative runs again
    assert one == two


def test_what_is_compiled_serves_all_flows_of_equal_degrees(
    small: list[int], loops: list[Any]
) -> None:
    flow, x = bidiagonal(3, [1, 2, 0], 2.0**-4)
    for factor in (1.0, 2.0):
        other = jax.tree.map(lambda w, factor=factor: factor * w, flow)
        y, _ = other.forward(x)
        assert np.array_equal(inverse(*on_jax((other, y), "float32"))[0], x)
        assert loops == [LOOPS["jax.numpy"]]  # traced once
    assert small == [3, 3]
