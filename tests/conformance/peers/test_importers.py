"""Random modules of each library as flows of the specification: the same map, within the bound."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import iaf_ref as ir
from iaf_ref_conformance import assert_forward, assert_inverse, importers

torch = pytest.importorskip("torch", reason="PyTorch is not installed (extra: torch)")

Make = Callable[[], tuple[Any, int, int]]  # a module, D, C
DTYPES = pytest.mark.parametrize("dtype", ["float32", "float64"])


def library(name: str) -> Any:
    return pytest.importorskip(name, reason=f"{name} is not installed (extra: peers)")


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def inputs(dtype: str, dim: int, context_dim: int) -> tuple[Any, Any]:
    kind = getattr(torch, dtype)
    x = torch.randn(4, dim, dtype=kind)
    return x, torch.randn(4, context_dim, dtype=kind) if context_dim else None


def judged(flow: Any, answers: Any, x: Any, context: Any) -> None:
    """Compare what a module made of x, and of y, with the flow that was made of the module."""
    with torch.no_grad():
        y, log_det = (a.as_subclass(torch.Tensor) for a in answers[0](x, context))
        assert_forward(flow, x, y, log_det, context=context)
        if len(answers) > 1:
            back, log_det = (a.as_subclass(torch.Tensor) for a in answers[1](y.clone(), context))
            assert_inverse(flow, y, back, log_det, context=context)


def pyro_networks() -> dict[str, Make]:
    transforms = library("pyro.distributions.transforms")
    from pyro.distributions.conditional import ConditionalComposeTransformModule
    from pyro.nn import AutoRegressiveNN, ConditionalAutoRegressiveNN

    def conditional(**options: Any) -> Any:
        return transforms.ConditionalAffineAutoregressive(
            ConditionalAutoRegressiveNN(4, 3, [7, 9], **options), sigmoid_bias=1.0, stable=True
        )

    def plain(*widths: int, **options: Any) -> Any:
        return transforms.AffineAutoregressive(AutoRegressiveNN(5, list(widths), **options))

    swap = transforms.Permute(torch.tensor([2, 0, 1, 4, 3]))
    other = transforms.Permute(torch.tensor([2, 0, 1, 3]))
    return {
        "plain": lambda: (plain(8), 5, 0),
        "skip": lambda: (plain(7, 9, nonlinearity=torch.nn.Tanh(), skip_connections=True), 5, 0),
        "stable, conditional": lambda: (conditional(), 4, 3),
        "chain": lambda: (transforms.ComposeTransform([plain(6), swap, plain(13, 8, 17)]), 5, 0),
        "conditional chain": lambda: (
            ConditionalComposeTransformModule([conditional(), other, conditional()]),
            4,
            3,
        ),
        "inverse": lambda: (plain(8).inv, 5, 0),
    }


@DTYPES
@pytest.mark.parametrize("name", ["plain", "skip", "stable, conditional", "chain",
                                  "conditional chain", "inverse"])  # fmt: skip
def test_pyro(name: str, dtype: str) -> None:
    library("pyro")
    module, dim, context_dim = pyro_networks()[name]()
    if dtype == "float64":
        doubled(module)
    x, context = inputs(dtype, dim, context_dim)

    def run(value: Any, given: Any, *, back: bool = False) -> Any:
        transform = module if given is None else module.condition(given)
        transform = transform.inv if back else transform
        result = transform(value)
        return result, transform.log_abs_det_jacobian(value, result)

    answers = [run, lambda value, given: run(value, given, back=True)]
    if dtype == "float64":  # in which Pyro cannot invert: docs/results/reports
        answers = answers[1:] if name == "inverse" else answers[:1]
    if name == "inverse" and dtype == "float64":
        flow = importers.from_pyro(module.inv)
        judged(flow, answers, x, context)
    else:
        judged(importers.from_pyro(module), answers, x, context)


def doubled(module: Any) -> None:
    """Turn the networks of a Pyro transform of any kind to float64."""
    for each in getattr(module, "parts", getattr(module, "transforms", [module])):
        inner = getattr(each, "transform", each)
        # by the class: zuko, once imported, calls it by another name
        inverse = torch.distributions.transforms._InverseTransform
        inner = inner.inv if isinstance(inner, inverse) else inner
        if isinstance(inner, torch.nn.Module):
            inner.double()


GRAPH = [[1, 0, 0, 0, 0], [1, 1, 0, 0, 0], [1, 0, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 0, 0, 1]]
SEEN = [[1, 0, 1], [1, 1, 1], [0, 0, 0], [1, 0, 0], [0, 0, 1]]
ZUKO: dict[str, dict[str, Any]] = {
    "plain": {},
    "order": {"order": [3, 0, 4, 1, 2], "hidden_features": (16, 12, 9)},
    "groups": {"passes": 2},
    "too narrow": {"hidden_features": (3,)},
    "no hidden layer": {"hidden_features": ()},
    "context": {"context": 3, "order": [1, 2, 0, 4, 3], "activation": torch.nn.ELU},
    "graph": {"adjacency": torch.tensor(GRAPH, dtype=torch.bool)},
    "graph of context": {
        "adjacency": torch.tensor(np.concatenate([GRAPH, SEEN], axis=1), dtype=torch.bool),
        "context": 3,
    },
}


@DTYPES
@pytest.mark.parametrize("name", ZUKO)
def test_zuko(name: str, dtype: str) -> None:
    flows = library("zuko").flows
    module = flows.MaskedAutoregressiveTransform(5, **ZUKO[name]).to(getattr(torch, dtype))
    zuko_judged(module, dtype, 5, ZUKO[name].get("context", 0))


def test_zuko_as_a_whole() -> None:
    flow = library("zuko").flows.MAF(4, 2, transforms=3, randperm=True)
    zuko_judged(flow.transform, "float32", 4, 2)
    assert isinstance(importers.from_zuko(flow), ir.Chain)
    assert isinstance(importers.from_zuko(flow.transform.inv), ir.Inverse)


def zuko_judged(module: Any, dtype: str, dim: int, context_dim: int) -> None:
    x, context = inputs(dtype, dim, context_dim)
    answers = [
        lambda value, given: module(given).call_and_ladj(value),
        lambda value, given: module(given).inv.call_and_ladj(value),
    ]
    judged(importers.from_zuko(module), answers, x, context)


NFLOWS: dict[str, dict[str, Any]] = {
    "residual": {},
    "feed-forward": {"use_residual_blocks": False, "activation": torch.tanh},
    "one residual layer": {"num_blocks": 0},
    "too narrow": {"features": 6, "hidden_features": 3},
}


@DTYPES
@pytest.mark.parametrize("name", NFLOWS)
def test_nflows(name: str, dtype: str) -> None:
    transforms = library("nflows.transforms")
    options = {"features": 5, "hidden_features": 11, **NFLOWS[name]}
    module = transforms.MaskedAffineAutoregressiveTransform(**options).to(getattr(torch, dtype))
    called(importers.from_nflows, module, dtype, options["features"])


def test_nflows_as_a_whole() -> None:
    transforms = library("nflows.transforms")
    one, other = (transforms.MaskedAffineAutoregressiveTransform(5, w) for w in (9, 6))
    chain = transforms.CompositeTransform([one, transforms.RandomPermutation(5), other])
    called(importers.from_nflows, chain, "float32", 5)
    called(importers.from_nflows, transforms.InverseTransform(one), "float32", 5)


@DTYPES
@pytest.mark.parametrize("blocks", [1, 2])
def test_normflows(blocks: int, dtype: str) -> None:
    flows = library("normflows").flows
    module = flows.MaskedAffineAutoregressive(5, 11, num_blocks=blocks).to(getattr(torch, dtype))
    called(importers.from_normflows, module, dtype, 5)


@pytest.mark.parametrize("mode", ["shuffle", "swap"])
def test_normflows_as_a_whole(mode: str) -> None:
    normflows = library("normflows")
    parts = [normflows.flows.MaskedAffineAutoregressive(5, 8) for _ in range(2)]
    parts[1:1] = [normflows.flows.Permute(5, mode)]
    model = normflows.NormalizingFlow(None, parts)
    x, _ = inputs("float32", 5, 0)
    run = [lambda value, given: model.forward_and_log_det(value)]
    judged(importers.from_normflows(model), run, x, None)


@DTYPES
def test_flowtorch(dtype: str) -> None:
    bijectors = library("flowtorch.bijectors")
    from flowtorch.parameters import DenseAutoregressive

    def lazy(*widths: int) -> Any:
        return bijectors.AffineAutoregressive(DenseAutoregressive(hidden_dims=widths))

    swap = bijectors.Permute(permutation=torch.tensor([2, 0, 1, 4, 3]))
    for made in (lazy(9, 7), bijectors.Compose([lazy(8), swap, lazy(5, 6)])):
        module = made(shape=torch.Size([5])).to(getattr(torch, dtype))
        x, _ = inputs(dtype, 5, 0)

        def run(value: Any, given: Any, module: Any = module) -> Any:
            y = module.forward(value)
            return y, module.log_abs_det_jacobian(value, y)

        def back(value: Any, given: Any, module: Any = module) -> Any:
            x = module.inverse(value)
            return x, -module.log_abs_det_jacobian(x, value)

        judged(importers.from_flowtorch(module), [run, back], x, None)


def called(load: Any, module: Any, dtype: str, dim: int) -> None:
    x, _ = inputs(dtype, dim, 0)
    answers = [
        lambda value, given: module(value),
        lambda value, given: module.inverse(value),
    ]
    judged(load(module), answers, x, None)


def test_the_dtype_is_kept() -> None:
    transforms = library("nflows.transforms")
    module = transforms.MaskedAffineAutoregressiveTransform(3, 4)
    assert importers.from_nflows(module).network.output[0].dtype == np.float32
    assert importers.from_nflows(module.double()).network.output[0].dtype == np.float64
    with pytest.raises(TypeError, match="expected a dtype that NumPy has, got bfloat16"):
        importers.from_nflows(module.bfloat16())


def test_the_weights_are_copies() -> None:
    transforms = library("nflows.transforms")
    module = transforms.MaskedAffineAutoregressiveTransform(3, 4)
    flow = importers.from_nflows(module)
    before = flow.network.output[1].copy()
    with torch.no_grad():
        module.autoregressive_net.final_layer.bias += 1.0
    assert np.array_equal(flow.network.output[1], before)


def refused() -> dict[str, Any]:
    """What cannot be expressed: a function that tries it, and what it is told."""

    def nflows(**options: Any) -> Any:
        transforms = library("nflows.transforms")
        return importers.from_nflows(
            transforms.MaskedAffineAutoregressiveTransform(3, 4, **options)
        )

    def zuko(**options: Any) -> Any:
        flows = library("zuko").flows
        return importers.from_zuko(flows.MaskedAutoregressiveTransform(3, **options))

    def normflows(**options: Any) -> Any:
        flows = library("normflows").flows
        return importers.from_normflows(flows.MaskedAffineAutoregressive(3, 4, **options))

    def pyro(**options: Any) -> Any:
        transforms = library("pyro.distributions.transforms")
        from pyro.nn import AutoRegressiveNN

        network = AutoRegressiveNN(3, [4], **options)
        return importers.from_pyro(transforms.AffineAutoregressive(network))

    def flowtorch(**options: Any) -> Any:
        bijectors = library("flowtorch.bijectors")
        from flowtorch.parameters import DenseAutoregressive

        network = DenseAutoregressive(hidden_dims=(4,), **options)
        made = bijectors.AffineAutoregressive(network)(shape=torch.Size([3]))
        return importers.from_flowtorch(made)

    def zuko_activation(**options: Any) -> Any:
        return zuko(activation=lambda: torch.nn.Softplus(**options))

    def pyro_permute() -> Any:
        transforms = library("pyro.distributions.transforms")
        return importers.from_pyro(transforms.Permute(torch.tensor([1, 0]), dim=-2))

    return {
        "zuko softplus": (lambda: zuko_activation(threshold=1.0), "activation: expected one of"),
        "pyro axis": (pyro_permute, "got Permute"),
        "nflows context": (lambda: nflows(context_features=2), "expected no context"),
        "nflows norm": (lambda: nflows(use_batch_norm=True), "expected no batch normalization"),
        "nflows dropout": (lambda: nflows(dropout_probability=0.5), "expected no dropout"),
        "zuko residual": (lambda: zuko(residual=True), "expected residual=False"),
        "zuko one": (
            lambda: importers.from_zuko(library("zuko").flows.MaskedAutoregressiveTransform(1)),
            "expected MaskedAutoregressiveTransform of two variables or more",
        ),
        "zuko spline": (
            lambda: importers.from_zuko(library("zuko").flows.NSF(3)),
            "expected MonotonicAffineTransform",
        ),
        "normflows feed-forward": (
            lambda: normflows(use_residual_blocks=False),
            "expected residual blocks",
        ),
        "normflows context": (lambda: normflows(context_features=2), "expected no context"),
        "pyro activation": (
            lambda: pyro(nonlinearity=torch.nn.LeakyReLU(0.2)),
            "activation: expected one of elu, .* got LeakyReLU",
        ),
        "pyro parameters": (lambda: pyro(param_dims=[1, 3]), r"expected param_dims \[1, 1\]"),
        "flowtorch skip": (lambda: flowtorch(skip_connections=True), "skip_connections=False"),
    }


@pytest.mark.filterwarnings("ignore::UserWarning")  # of Pyro and FlowTorch, about D = 1
@pytest.mark.parametrize("name", refused())
def test_what_cannot_be_expressed_is_refused(name: str) -> None:
    attempt, words = refused()[name]
    with pytest.raises((TypeError, ValueError), match=words):
        attempt()


def test_a_softplus_that_is_cut_later_is_the_same_function() -> None:
    transform = library("zuko").flows.MaskedAutoregressiveTransform
    module = transform(3, activation=lambda: torch.nn.Softplus(threshold=40.0))
    assert importers.from_zuko(module).network.activation == "softplus"


def test_an_inverse_of_pyro_is_known_beside_zuko() -> None:
    library("zuko")  # which gives PyTorch's class of inverses another name
    transforms = library("pyro.distributions.transforms")
    swap = transforms.Permute(torch.tensor([2, 0, 1]))
    assert isinstance(importers.from_pyro(swap.inv), ir.Inverse)


def test_a_class_derived_from_a_step_may_compute_anything() -> None:
    transforms = library("pyro.distributions.transforms")
    from pyro.nn import AutoRegressiveNN

    class Twice(transforms.AffineAutoregressive):  # type: ignore[misc]
        def _call(self, x: Any) -> Any:
            return 2.0 * super()._call(x)

    with pytest.raises(TypeError, match=r"module: expected .*, got Twice"):
        importers.from_pyro(Twice(AutoRegressiveNN(3, [4])))


def test_a_tampered_mask_is_named() -> None:
    transforms = library("pyro.distributions.transforms")
    from pyro.nn import AutoRegressiveNN

    network = AutoRegressiveNN(3, [4], permutation=torch.arange(3))
    network.layers[1].mask[0, 0] = 1.0  # the shift of y[0] reads a unit that reads x[0]
    with pytest.raises(ValueError, match=r"output mask\[0, 0\]: expected the same for shift and"):
        importers.from_pyro(transforms.AffineAutoregressive(network))
    network.layers[1].mask[3, 0] = 1.0
    with pytest.raises(ValueError, match=r"got y\[0\]"):
        importers.from_pyro(transforms.AffineAutoregressive(network))


def test_other_modules_are_refused() -> None:
    for name in ("pyro", "zuko", "nflows", "normflows", "flowtorch"):
        library(name)
        with pytest.raises(TypeError, match=r"module: expected .*, got Linear"):
            getattr(importers, f"from_{name}")(torch.nn.Linear(2, 2))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="expected one of LIBRARIES, from_pyro"):
        importers.from_nowhere  # noqa: B018
