"""Flows on PyTorch: derivatives reach weights and inputs, transforms and the compiler see through.

A compiled run and the eager one are two legal evaluations of the text, each within the tracked
bound of the truth; where the compiler only traces and every operation stays, they are equal.
"""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import iaf_ref as ir
from iaf_ref_backends import tracked

torch = pytest.importorskip("torch", reason="PyTorch is not installed (extra: torch)")
from iaf_ref_backends import torch_  # noqa: E402

BACKEND = torch_.BACKEND
D, C, WIDTH, ROWS = 3, 1, 4, 2
DEGREES = ir.made_degrees(D, (WIDTH,), order=[2, 0, 1], context_dim=C)
MASKS = ir.made_masks(DEGREES)
NAMES = ("W", "b", "V", "c", "A")
"""The paper's letters of the weights: hidden layer, output, direct connections."""


def drawn(dtype: Any = torch.float64, seed: int = 0) -> dict[str, Any]:
    """Weights by their names: dense, so that the masks have something to do."""
    rng = np.random.default_rng(seed)
    shapes = ((WIDTH, C + D), (WIDTH,), (2, D, WIDTH), (2, D), (2, D, C + D))
    return {
        name: torch.asarray(rng.normal(size=shape), dtype=dtype)
        for name, shape in zip(NAMES, shapes, strict=True)
    }


def made(weights: Any, scale: Any = None, activation: str = "tanh") -> ir.AffineAutoregressive:
    W, b, V, c, A = (weights[name] for name in NAMES)
    net = ir.AutoregressiveNetwork(DEGREES, [(W, b)], (V, c), A, activation)
    return ir.AffineAutoregressive(net, ir.SoftClip() if scale is None else scale)


def points(dtype: Any = torch.float64) -> tuple[Any, Any]:
    """Events and contexts."""
    rng = np.random.default_rng(7)
    return tuple(torch.asarray(rng.normal(size=(ROWS, n)), dtype=dtype) for n in (D, C))


def base(dtype: Any = torch.float64) -> ir.Independent:
    return ir.Independent(ir.Normal(torch.zeros(D, dtype=dtype), torch.ones(D, dtype=dtype)))


TEXTS: dict[str, Callable[..., Any]] = {
    "forward": lambda flow, x, c: flow.forward(x, c),
    "sequential": lambda flow, x, c: flow.inverse(x, c),
    "fixed_point": lambda flow, x, c: flow.inverse(x, c, method="fixed_point"),
    "log_prob": lambda flow, x, c: ir.TransformedDistribution(base(x.dtype), [flow]).log_prob(x, c),
    "per_dimension": lambda flow, x, c: ir.TransformedDistribution(
        base(x.dtype).base, [ir.PerDimension(flow)]
    ).log_prob(x, c),
}
SCRIPT = "ignore:.torch.jit.script:DeprecationWarning"  # PyTorch's own use of what it deprecates
every_text = pytest.mark.parametrize("text", TEXTS)


def parts(result: Any) -> tuple[Any, ...]:
    return result if isinstance(result, tuple) else (result,)


def existing(name: str) -> np.ndarray:
    """Which entries of a weight there are: those within its mask; all of a bias."""
    masks = {"W": MASKS.hidden[0], "V": MASKS.output, "A": MASKS.skip}
    return np.broadcast_to(masks.get(name, np.asarray(True)), tuple(drawn()[name].shape))


# -- derivatives --


@every_text
def test_a_derivative_reaches_every_weight_and_input_and_no_masked_entry(text: str) -> None:
    weights = {name: torch.nn.Parameter(value) for name, value in drawn().items()}
    x, context = (a.requires_grad_() for a in points())
    sum(torch.sum(torch.sin(a)) for a in parts(TEXTS[text](made(weights), x, context))).backward()
    assert bool(torch.all(x.grad != 0.0))
    assert bool(torch.all(context.grad != 0.0))
    for name, weight in weights.items():
        assert np.array_equal(weight.grad.numpy() != 0.0, existing(name))


@every_text
@pytest.mark.parametrize("scale", [ir.SoftClip(), ir.Gated()], ids=["softclip", "gated"])
def test_derivatives_are_limits_of_differences(text: str, scale: Any) -> None:
    def function(*arrays: Any) -> Any:
        return TEXTS[text](made(dict(zip(NAMES, arrays, strict=False)), scale), *arrays[5:])

    arrays = [a.requires_grad_() for a in (*drawn().values(), *points())]
    assert torch.autograd.gradcheck(function, arrays)


def test_a_step_on_the_weights_changes_no_flow_that_was_made_before() -> None:
    weights = {name: torch.nn.Parameter(value) for name, value in drawn().items()}
    x, context = points()
    flow = made(weights)
    before, _ = flow.forward(x, context)
    with torch.no_grad():
        for weight in weights.values():
            weight.add_(1.0)
    assert torch.equal(flow.forward(x, context)[0], before)
    assert not torch.equal(made(weights).forward(x, context)[0], before)
    torch.sum(before).backward()  # what it needs has not been written over


def test_the_example_of_the_readme_learns_and_masked_entries_stay(example: Any) -> None:
    left = example("import array_api_compat.torch")
    assert sorted(left["losses"], reverse=True) == left["losses"]
    masks = left["net"].masks
    for weight, drawn_weight, mask in (
        (left["weights"][0], left["drawn"].hidden[0][0], masks.hidden[0]),
        (left["weights"][2], left["drawn"].output[0], masks.output),
    ):
        assert not np.any(weight.grad.numpy()[..., ~mask])
        moved = (weight.detach() != drawn_weight).numpy()
        assert not np.any(moved[..., ~mask])
        assert np.any(moved[..., mask])


# -- torch.func --


def tolerance(text: str, weights: Any, x: Any, context: Any) -> list[Any]:
    """Twice the bound: how far two legal evaluations may be apart."""
    xp = tracked.namespace(BACKEND.profiles[str(x.dtype).removeprefix("torch.")])
    weights = {name: xp.asarray(value.numpy()) for name, value in weights.items()}
    flow, (x, context) = made(weights), (xp.asarray(a.numpy()) for a in (x, context))
    if text != "log_prob":
        return [2.0 * tracked.error(a) for a in parts(TEXTS[text](flow, x, context))]
    normal = ir.Independent(ir.Normal(xp.zeros(D), xp.ones(D)))
    return [2.0 * tracked.error(ir.TransformedDistribution(normal, [flow]).log_prob(x, context))]


def agree(found: Any, expected: Any, tolerances: list[Any]) -> None:
    for one, other, most in zip(parts(found), parts(expected), tolerances, strict=True):
        assert (one.dtype, one.shape) == (other.dtype, other.shape)
        assert np.isfinite(most).all()
        assert np.all(np.abs(one.double().numpy() - other.double().numpy()) <= most)


@pytest.mark.parametrize("text", ["forward", "sequential", "fixed_point", "log_prob"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=["float32", "float64"])
def test_rows_may_be_mapped(text: str, dtype: Any) -> None:
    weights, (x, context) = drawn(dtype), points(dtype)
    mapped = torch.func.vmap(TEXTS[text], in_dims=(None, 0, 0))
    expected = TEXTS[text](made(weights), x, context)
    agree(mapped(made(weights), x, context), expected, tolerance(text, weights, x, context))


def test_an_ensemble_is_a_map_over_weights() -> None:
    x, context = points()
    several = [drawn(seed=seed) for seed in range(3)]
    stacked = {name: torch.stack([weights[name] for weights in several]) for name in NAMES}
    found = torch.func.vmap(lambda w: made(w).forward(x, context))(stacked)
    for k, weights in enumerate(several):
        expected = made(weights).forward(x, context)
        agree(tuple(a[k] for a in found), expected, tolerance("forward", weights, x, context))


@pytest.mark.filterwarnings(SCRIPT)
@pytest.mark.parametrize("transform", [torch.func.jacrev, torch.func.jacfwd])
def test_jacobians_are_triangular(transform: Any) -> None:
    flow, (x, context) = made(drawn()), points()
    J = torch.func.vmap(transform(lambda x, c: flow.forward(x, c)[0]))(x, context)
    lower = DEGREES.input[:, None] > DEGREES.input[None, :]
    assert np.array_equal(J.numpy() != 0.0, np.broadcast_to(lower | np.eye(D, dtype=bool), J.shape))


def test_derivatives_by_row_leave_the_masked_entries_alone() -> None:
    by_row = torch.func.vmap(
        torch.func.grad(lambda w, x, c: TEXTS["log_prob"](made(w), x, c)), in_dims=(None, 0, 0)
    )(drawn(), *points())
    for name, derivative in by_row.items():
        assert np.array_equal(
            derivative.numpy() != 0.0, np.broadcast_to(existing(name), derivative.shape)
        )


# -- torch.compile --


def compiled(test: Any) -> Any:
    """A test of the compiler, which warns of what it does itself, not of what it was given.

    array_api_compat keeps what it found out about a class, and the compiler looks anew; it looks
    for a ``.grad`` that a masked weight has not, being none of the leaves.
    """
    for message in ("Dynamo detected a call to a .functools.lru_cache", "The .grad attribute of a"):
        test = pytest.mark.filterwarnings(f"ignore:{message}:UserWarning")(test)
    return pytest.mark.filterwarnings(SCRIPT)(test)


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    """What one test compiled, the next does not meet."""
    torch.compiler.reset()
    yield
    torch.compiler.reset()


SCALES = (ir.Exp(), ir.SoftClip(), ir.Softplus(), ir.Sigmoid(), ir.Gated())


@compiled
@pytest.mark.parametrize(
    ("activation", "scale"), list(zip(ir.ACTIVATIONS, 2 * SCALES, strict=False))
)
def test_forward_is_one_graph(activation: str, scale: Any) -> None:
    flow, (x, context) = made(drawn(), scale, activation), points()
    traced = torch.compile(flow.forward, backend="eager", fullgraph=True)(x, context)
    assert all(map(torch.equal, traced, flow.forward(x, context)))


@compiled
@pytest.mark.parametrize("method", ["sequential", "fixed_point"])
def test_a_density_is_one_graph(method: str) -> None:
    x, context = points()
    q = ir.TransformedDistribution(base(), [ir.Chain([made(drawn()), ir.Permutation([1, 2, 0])])])
    traced = torch.compile(q.log_prob, backend="eager", fullgraph=True)(x, context, method=method)
    assert torch.equal(traced, q.log_prob(x, context, method=method))


@compiled
def test_a_training_step_is_compiled_once() -> None:
    from torch._dynamo.testing import CompileCounter

    counter = CompileCounter()
    weights = {name: torch.nn.Parameter(value) for name, value in drawn().items()}
    step = torch.compile(lambda q, y, c: -q.log_prob(y, c).mean(), backend=counter, fullgraph=True)
    optimizer, losses = torch.optim.SGD(weights.values(), lr=1e-3), []
    for _ in range(3):
        optimizer.zero_grad()
        loss = step(ir.TransformedDistribution(base(), [made(weights)]), *points())
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert sorted(losses, reverse=True) == losses
    assert counter.frame_count == 1


CXX = os.environ.get("CXX", "clang++" if sys.platform == "darwin" else "g++")


@compiled
@pytest.mark.skipif(shutil.which(CXX) is None, reason=f"inductor compiles C++, and finds no {CXX}")
def test_what_inductor_makes_agrees_with_the_eager_run() -> None:
    weights, (x, context) = drawn(torch.float32), points(torch.float32)
    flow = made(weights)
    found = torch.compile(flow.forward, backend="inductor", fullgraph=True)(x, context)
    expected = flow.forward(x, context)
    agree(found, expected, tolerance("forward", weights, x, context))
