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
    monkeypatch.setattr(looped_plan, "BLOCK", 4)
    return seen


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


def judged(subject: Any, dtype: str, *ids: str) -> list[str]:
    """Put these cases to a subject; ids of those that are within their bounds."""
    profile = profiles.load(BACKEND.profiles[dtype])
    cases = corpus.load().select(ids).cases(dtype)
    found = {case.id: judge(case, subject, profile) for case in cases}
    assert {name: outcome.reason for name, outcome in found.items() if outcome.reason} == {}
    return list(found)


@pytest.mark.parametrize(
    ("dtype", "ids", "dims"),
    [  # each is compiled
        ("float32", ("inv-block-d33-*", "inv-tree-*"), [33, 8]),
        ("float64", ("inv-block-unsorted-*", "inv-skip-context-*"), [17, 8]),
    ],
)
def test_cases_of_the_clause_are_within_their_bounds(
    small: list[int], dtype: str, ids: tuple[str, ...], dims: list[int]
) -> None:
    assert len(judged(Compiled(), dtype, *ids)) == len(dims)
    assert small == dims


@pytest.mark.parametrize(
    ("dtype", "case", "dim"), [("float32", "two-layers", 4), ("float64", "context-broadcast", 2)]
)
def test_derivatives_are_within_their_bounds(
    small: list[int], dtype: str, case: str, dim: int
) -> None:
    assert len(judged(Reference(BACKEND), dtype, f"grad-{case}-*")) == 1
    assert small == [dim]


D, C = 7, 2


def made(dtype: str, seed: int = 0) -> ir.AffineAutoregressive:
    degrees = ir.made_degrees(D, (9, 8), order=[2, 0, 4, 6, 1, 3, 5], context_dim=C)
    net = ir.AutoregressiveNetwork.init(degrees, seed, skip=True, dtype=dtype)
    return ir.AffineAutoregressive(net, ir.Gated())


@every_dtype
def test_an_ensemble_mapped_over_rows_is_within_the_bound(small: list[int], dtype: str) -> None:
    flows, y, context = [made(dtype, k) for k in range(2)], draw(dtype, 3, D), draw(dtype, 3, C)
    assert flows[0].degrees.loops.blocks == 3
    rows = jax.vmap(inverse, in_axes=(None, 0, 0))
    with BACKEND.computing(dtype, "cpu"):
        stacked = jax.tree.map(lambda *leaves: jax.numpy.stack(leaves), *flows)
        found = jax.jit(jax.vmap(rows, in_axes=(0, None, None)))(
            stacked, *on_jax((y, context), dtype)
        )
        for flow, x, log_det in zip(flows, *map(np.asarray, found), strict=True):
            assert_inverse(flow, y, x, log_det, context)
    assert small == [D]


# -- exactly --


@every_dtype
def test_causality_is_bitwise(small: list[int], dtype: str) -> None:
    flow, y, context = made(dtype), draw(dtype, 3, D), draw(dtype, 3, C)
    degree = flow.degrees.input
    with BACKEND.computing(dtype, "cpu"):
        given = on_jax((flow, context), dtype)

        def solved(y: Any) -> Any:
            return np.asarray(inverse(given[0], on_jax(y, dtype), given[1])[0])

        x = solved(y)
        for j in range(D):
            moved = y.copy()
            moved[:, j] += 1.0
            still = (degree <= degree[j]) & (np.arange(D) != j)
            assert np.array_equal(solved(moved)[:, still], x[:, still])
            assert not np.any(solved(moved)[:, j] == x[:, j])
    assert small


def test_a_chain_of_48_is_exact_and_so_are_its_derivatives(small: list[int]) -> None:
    # y_i = x_i / 16 + x_{i-1}, so that d x_i / d y_j = 16 (-16)^(i - j): powers of 2, and no sum
    flow, x = bidiagonal(48, [*range(48)], 2.0**-4)
    y, _ = flow.forward(x)
    assert np.array_equal(inverse(*on_jax((flow, y), "float32"))[0], x)  # 16^48 overflows there

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


def test_a_scale_map_that_jax_does_not_know_is_served_too(small: list[int]) -> None:
    flow, x = bidiagonal(3, [2, 0, 1], 2.0**-4)
    y, _ = flow.forward(x)
    foreign = dataclasses.replace(on_jax(flow, "float32"), scale=Sixteenth())
    assert np.array_equal(inverse(foreign, on_jax(y, "float32"))[0], x)
    assert small == [3]


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
    assert one == two


def test_what_is_compiled_serves_all_flows_of_equal_degrees(
    small: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    traced, original = [], looped.solution

    def solution(*given: Any) -> Any:
        traced.append(given)
        return original(*given)

    monkeypatch.setattr(looped, "solution", solution)
    flow, x = bidiagonal(3, [1, 2, 0], 2.0**-4)
    for factor in (1.0, 2.0):
        other = jax.tree.map(lambda w, factor=factor: factor * w, flow)
        y, _ = other.forward(x)
        assert np.array_equal(inverse(*on_jax((other, y), "float32"))[0], x)
        assert len(traced) == 1
    assert small == [3, 3]
