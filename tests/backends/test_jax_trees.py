"""Flows as pytrees: compiled, mapped and differentiated as arguments, masked whatever befalls them.

What jit or vmap computes is one legal evaluation of the text, the eager run another: each is within
the tracked bound of the truth, so that they differ by at most twice the bound.
"""

import dataclasses
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import iaf_ref as ir
from iaf_ref_backends import tracked

jax = pytest.importorskip("jax", reason="JAX is not installed (extra: jax)")
from iaf_ref_backends import jax_, jax_trees  # noqa: E402

BACKEND = jax_.BACKEND
D, C, WIDTH, ROWS = 3, 1, 4, 2  # few shapes: each is compiled
DEGREES = ir.made_degrees(D, (WIDTH,), order=[2, 0, 1], context_dim=C)
BLOCKS = ir.made_degrees(D, (WIDTH, WIDTH, WIDTH))


def affine(seed: int = 0, scale: Any = None, dtype: str = "float32", **options: Any) -> Any:
    """A step on NumPy."""
    net = ir.AutoregressiveNetwork.init(DEGREES, seed, skip=True, dtype=dtype, **options)
    return ir.AffineAutoregressive(net, ir.Exp() if scale is None else scale)


def draw(dtype: str, *shape: int) -> Any:
    return np.random.default_rng(0).normal(size=shape).astype(dtype)


def chain(dtype: str) -> ir.Chain:
    blocks = ir.AutoregressiveNetwork.init(BLOCKS, 2, dtype=dtype, activation="elu", residual=True)
    undone = ir.Inverse(ir.AffineAutoregressive(blocks, ir.Gated()))
    return ir.Chain([affine(1, dtype=dtype), ir.Permutation([1, 2, 0]), undone])


def over(base: Any, scale: Any, dtype: str, kind: Any = lambda flow: flow) -> Any:
    return ir.TransformedDistribution(base, [kind(affine(3, scale, dtype, activation="tanh"))])


def univariate(dtype: str) -> ir.Normal:
    return ir.Normal(draw(dtype, D), np.exp(draw(dtype, D)))


def factored(dtype: str) -> ir.MultivariateNormal:
    tril = np.eye(D, dtype=dtype) + np.tril(draw(dtype, D, D), -1)
    return ir.MultivariateNormal(draw(dtype, D), scale_tril=tril)


def low_rank(dtype: str) -> ir.LowRankMultivariateNormal:
    loc = draw(dtype, D)
    return ir.LowRankMultivariateNormal(loc, draw(dtype, D, 1), np.exp(loc))


MADE = {
    "exp": lambda dtype: affine(dtype=dtype),
    "chain": chain,
    "softclip over independent": lambda dtype: over(
        ir.Independent(univariate(dtype)), ir.SoftClip(), dtype
    ),
    "softplus per dimension": lambda dtype: over(
        univariate(dtype), ir.Softplus(), dtype, ir.PerDimension
    ),
    "sigmoid over multivariate": lambda dtype: over(factored(dtype), ir.Sigmoid(), dtype),
    "gated over low rank": lambda dtype: over(low_rank(dtype), ir.Gated(), dtype),
}
"""Name -> what is made on NumPy: every class at least once."""


def forward(made: Any, x: Any, context: Any) -> Any:
    return made.forward(x, context)


def inverse(made: Any, x: Any, context: Any) -> Any:
    return made.inverse(x, context)


def fixed_point(made: Any, x: Any, context: Any) -> Any:
    return made.inverse(x, context, method="fixed_point")


def log_prob(made: Any, x: Any, context: Any) -> Any:
    return (made.log_prob(x, context),)


TEXTS = [
    *[(text, name) for name in list(MADE)[:2] for text in (forward, inverse)],
    (fixed_point, "exp"),
    *[(log_prob, name) for name in list(MADE)[2:]],
]


def on_jax(tree: Any) -> Any:
    return jax.tree.map(jax.numpy.asarray, tree)


def agree(text: Any, made: Any, x: Any, context: Any, *answers: Any) -> None:
    """Hold answers to one another: twice the bound apart at most."""
    xp = tracked.namespace(BACKEND.profiles[x.dtype.name])
    bounds = text(*jax.tree.map(xp.asarray, (made, x, context)))
    for results in zip(*answers, bounds, strict=True):
        *found, bound = results
        error = tracked.error(bound)
        assert np.isfinite(error).all()
        first, *others = (np.asarray(a) for a in found)
        assert np.isfinite(first).all()
        for other in others:
            assert (first.dtype, first.shape) == (other.dtype, other.shape)
            apart = np.abs(first.astype(np.float64) - other.astype(np.float64))
            assert np.all(apart <= 2.0 * error)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("text", "name"), TEXTS, ids=lambda p: getattr(p, "__name__", p))
def test_jit_and_vmap_agree_with_the_eager_run(text: Any, name: str, dtype: str) -> None:
    made, x, context = MADE[name](dtype), draw(dtype, ROWS, D), draw(dtype, ROWS, C)
    with BACKEND.computing(dtype, "cpu"):
        given = on_jax((made, x, context))
        rows = jax.vmap(text, in_axes=(None, 0, 0))
        # NumPy's is an eager run as well, and compiles nothing
        eager = text(*given) if dtype == "float32" else text(made, x, context)
        agree(text, made, x, context, eager, jax.jit(text)(*given), jax.jit(rows)(*given))


@pytest.mark.parametrize("axis", [0, -1])
def test_an_ensemble_is_one_flow_with_stacked_leaves(axis: int) -> None:
    x, context = draw("float32", ROWS, D), draw("float32", ROWS, C)
    flows = [affine(seed) for seed in range(WIDTH)]  # as many as a layer has units
    stacked = jax.tree.map(lambda *leaves: jax.numpy.stack(leaves, axis), *flows)
    for k, flow in enumerate(flows):
        again = jax.tree.map(lambda a, k=k: jax.numpy.take(a, k, axis), stacked)
        assert jax.tree.all(jax.tree.map(np.array_equal, again, flow))
    mapped = jax.jit(jax.vmap(forward, in_axes=(axis, None, None)))(stacked, x, context)
    for k, flow in enumerate(flows):
        eager = forward(*on_jax((flow, x, context)))
        agree(forward, flow, x, context, eager, [a[k] for a in mapped])


# -- what is a leaf --


def test_every_class_is_a_pytree() -> None:
    found = {kind for name in ir.__all__ if dataclasses.is_dataclass(kind := getattr(ir, name))}
    static = {ir.Degrees}  # compared by value, no array of a library in it
    assert set(jax_trees.ARRAYS) == found - static
    jax_trees.register()  # importing the backend did: a second time does nothing


def test_leaves_are_named_by_the_fields() -> None:
    def names(tree: Any) -> list[str]:
        paths, _ = jax.tree_util.tree_flatten_with_path(tree)
        return [jax.tree_util.keystr(path) for path, _ in paths]

    assert names(affine()) == [
        f".network.{field}" for field in ("hidden[0][0]", "hidden[0][1]", "output[0]", "output[1]")
    ] + [".network.skip"]
    assert names(MADE["sigmoid over multivariate"]("float32"))[:2] == [
        ".base.loc",
        ".base.scale_tril",
    ]
    assert names(ir.made_masks(DEGREES)) == [".hidden[0]", ".output", ".skip"]
    assert names(ir.Permutation([1, 0])) == []


@pytest.mark.parametrize("name", MADE)
def test_what_is_taken_apart_is_put_together(name: str) -> None:
    made = MADE[name]("float32")
    leaves, kind = jax.tree.flatten(made)
    again = jax.tree.unflatten(kind, leaves)
    assert jax.tree.structure(again) == kind
    assert type(again) is type(made)
    for before, after in zip(leaves, jax.tree.leaves(again), strict=True):
        assert type(after) is np.ndarray  # what was made on NumPy stays there
        assert np.array_equal(before, after)
    x, context = draw("float32", ROWS, D), draw("float32", ROWS, C)
    text = log_prob if isinstance(made, ir.TransformedDistribution) else forward
    assert all(map(np.array_equal, text(again, x, context), text(made, x, context)))
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(again, dataclasses.fields(again)[0].name, None)


@pytest.mark.parametrize("junk", [None, object(), 3, "here", (), [1.0, 2.0], np.zeros(7)])
def test_anything_may_stand_for_a_leaf(junk: Any) -> None:
    for make in MADE.values():
        made = make("float32")
        kind = jax.tree.structure(made)
        filled = jax.tree.unflatten(kind, [junk] * kind.num_leaves)
        assert all(leaf is junk for leaf in kind.flatten_up_to(filled))
    network = affine().network
    bare = jax.tree.map(lambda _: junk, network, is_leaf=lambda t: isinstance(t, tuple))
    assert bare.hidden is bare.output is bare.skip is junk


def test_shapes_and_truths_of_leaves_are_trees_too() -> None:
    flow = affine()
    assert jax.tree.map(np.shape, flow).network.hidden == (((WIDTH, C + D), (WIDTH,)),)
    shapes = jax.eval_shape(lambda flow: flow, flow)
    assert shapes.network.skip.shape == (2, D, C + D)
    assert all(np.all(a) for a in jax.tree.leaves(jax.tree.map(np.isfinite, flow)))
    assert all(np.all(a) for a in jax.tree.leaves(jax.tree.map(jax.numpy.isfinite, flow)))


def test_equal_flows_share_what_was_compiled() -> None:
    traced = []

    @jax.jit
    def count(flow: Any, x: Any) -> Any:
        traced.append(flow)
        return x

    def flow(order: list[int], bias: float, activation: str = "relu") -> Any:
        degrees = ir.made_degrees(D, (WIDTH,), order=order)
        net = ir.AutoregressiveNetwork.init(degrees, len(traced), 2, activation, dtype="float32")
        return ir.Chain([ir.AffineAutoregressive(net, ir.Gated(bias)), ir.Permutation(order)])

    x = draw("float32", D)
    for calls, given in enumerate(
        [([0, 1, 2], 2.0), ([2, 1, 0], 2.0), ([0, 1, 2], 1.0), ([0, 1, 2], 1.0, "tanh")], start=1
    ):
        for _ in range(2):
            count(flow(*given), x)
            assert len(traced) == calls


def test_numpy_flows_and_loaded_ones_are_arguments(tmp_path: Any) -> None:
    flow, x, context = affine(), draw("float32", ROWS, D), draw("float32", ROWS, C)
    ir.save(tmp_path / "flow", flow)
    loaded = ir.load(tmp_path / "flow", xp=jax.numpy)
    assert all(isinstance(leaf, jax.Array) for leaf in jax.tree.leaves(loaded))
    answers = [jax.jit(forward)(given, x, context) for given in (flow, loaded)]
    assert all(map(np.array_equal, *answers))
    assert isinstance(flow.forward(x, context)[0], np.ndarray)
    assert jax.tree.structure(flow) == jax.tree.structure(loaded)


# -- masks --


def outside(tree: Any) -> Any:
    """What stands in the entries of the weights that the masks of DEGREES leave out."""
    masks, net = ir.made_masks(DEGREES), tree.network
    pairs = [
        (net.hidden[0][0], masks.hidden[0]), (net.output[0], masks.output), (net.skip, masks.skip)
    ]  # fmt: skip
    return np.concatenate([np.asarray(weight)[..., ~mask].ravel() for weight, mask in pairs])


@pytest.fixture(name="integral")
def _integral() -> tuple[Any, Any]:
    """A network, and a text that is exact on it: integers, biases between them, and max(a, 0).

    The text is linear in each single weight, as long as no unit changes sides.
    """
    rng = np.random.default_rng(5)
    weights = [rng.integers(-2, 3, size=leaf.shape) for leaf in jax.tree.leaves(affine())]
    W, b, V, c, A = (w.astype(np.float32) for w in weights)
    x, context, factor = (
        rng.integers(-3, 4, size=(ROWS, *shape)).astype(np.float32)
        for shape in ((D,), (C,), (2, D))
    )

    def text(net: Any) -> Any:
        return (net(*(array_of(net)(a) for a in (x, context))) * array_of(net)(factor)).sum()

    return ir.AutoregressiveNetwork(DEGREES, [(W, b + 0.5)], (V, c), A), text


def array_of(net: Any) -> Any:
    return jax.numpy.asarray if isinstance(net.skip, jax.Array) else np.asarray


def test_the_derivative_by_a_network_is_exact_and_zero_outside_of_the_masks(integral: Any) -> None:
    net, text = integral
    h = np.float32(2.0**-10)  # too little for any unit to change sides, and exact

    def central(k: int, place: tuple[int, ...]) -> Any:
        def moved(step: Any) -> Any:
            leaves = [leaf.copy() for leaf in jax.tree.leaves(net)]
            leaves[k][place] += step
            return text(jax.tree.unflatten(jax.tree.structure(net), leaves))

        return (moved(h) - moved(-h)) / (2.0 * h)

    slope = jax.jit(jax.grad(text))(net)
    for k, found in enumerate(jax.tree.leaves(slope)):
        assert np.any(found)
        for place in np.ndindex(found.shape):
            assert found[place] == central(k, place)
    assert not np.any(outside(SimpleNamespace(network=slope)))


def test_derivatives_by_row_and_by_flow_are_zero_outside_of_the_masks() -> None:
    def loss(flow: Any, x: Any, context: Any) -> Any:
        y, log_det = flow.forward(x, context)
        return jax.numpy.sum(y * y) - log_det

    given = on_jax((affine(), draw("float32", ROWS, D), draw("float32", ROWS, C)))
    by_row = jax.jit(jax.vmap(jax.grad(loss), in_axes=(None, 0, 0)))(*given)
    assert by_row.network.skip.shape == (ROWS, 2, D, C + D)
    assert all(np.any(leaf) for leaf in jax.tree.leaves(by_row))
    assert not np.any(outside(by_row))


def test_no_step_breaks_causality() -> None:
    flow, x, context = on_jax((affine(), draw("float32", D), draw("float32", C)))
    jacobian = jax.jit(ir.jacobian)
    earlier = DEGREES.input[:, None] > DEGREES.input[None, :]
    broken = ~(earlier | np.eye(D, dtype=bool))
    noisy = jax.tree.map(lambda w: w + 1.0, flow)
    hurt = jax.tree.map(lambda w: jax.numpy.where(w == 0.0, np.nan, w), flow)  # by a lost gradient
    for changed in (noisy, hurt, jax.jit(lambda f: jax.tree.map(lambda w: w + 1.0, f))(flow)):
        assert outside(changed).tolist() == outside(flow).tolist()
        J = np.asarray(jacobian(changed, x, context))
        assert not np.any(J[broken])
        assert np.all(J[earlier])
    stacked = jax.tree.map(lambda w: jax.numpy.stack([w, w]) + 1.0, flow)
    J = np.asarray(jax.vmap(jacobian, in_axes=(0, None, None))(stacked, x, context))
    assert not np.any(J[:, broken])
    assert np.all(J[:, earlier])


def test_a_numpy_flow_is_masked_on_numpy() -> None:
    noisy = jax.tree.map(lambda w: w + 1.0, affine())
    assert isinstance(noisy.network.skip, np.ndarray)
    assert not np.any(outside(noisy))


def test_the_example_of_the_readme_learns_and_stays_causal(example: Any) -> None:
    left = example("import jax")
    losses, flow = left["losses"], left["flow"]
    assert sorted(losses, reverse=True) == losses
    masks = flow.transform.network.masks
    assert not np.any(np.asarray(flow.transform.network.output[0])[:, ~masks.output])
    assert not np.any(np.asarray(flow.transform.network.hidden[0][0])[~masks.hidden[0]])
