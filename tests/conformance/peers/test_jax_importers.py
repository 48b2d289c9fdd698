"""Random models of NumPyro and flowjax as flows of the specification: the same map."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest

import iaf_ref as ir
from iaf_ref_conformance import assert_forward, assert_inverse

jax = pytest.importorskip("jax", reason="JAX is not installed (extra: jax)")


@pytest.fixture(params=["float32", "float64"])
def dtype(request: pytest.FixtureRequest) -> Iterator[str]:
    from iaf_ref_backends.jax_ import BACKEND

    with BACKEND.computing(request.param, "cpu"):
        yield request.param


def draw(dtype: str, *shape: int, seed: int = 0) -> np.ndarray:
    return np.random.Generator(np.random.PCG64(seed)).normal(size=shape).astype(dtype)


def numpyro_model(dim: int, hidden: list[int], order: list[int], skip: bool, layer: Any) -> Any:
    pytest.importorskip("numpyro", reason="numpyro is not installed (extra: peers)")
    from numpyro.distributions.flows import InverseAutoregressiveTransform
    from numpyro.nn import AutoregressiveNN

    init, apply = AutoregressiveNN(
        dim,
        hidden,
        permutation=jax.numpy.asarray(order),
        skip_connections=skip,
        nonlinearity=layer,
    )
    params = jax.tree.map(lambda w: 3 * w, init(jax.random.key(dim), (dim,))[1])
    return InverseAutoregressiveTransform(partial(apply, params), -2.0, 1.5)


@pytest.mark.parametrize(
    ("dim", "hidden", "order", "skip", "layer"),
    [
        (3, [5, 4], [2, 0, 1], False, "Relu"),
        (7, [11], list(range(7)), True, "Tanh"),  # the widths at which its rounding differs
        (1, [3], [0], False, "Softplus"),
    ],
)
def test_numpyro(
    dim: int, hidden: list[int], order: list[int], skip: bool, layer: str, dtype: str
) -> None:
    from jax.example_libraries import stax

    from iaf_ref_conformance.importers import from_numpyro

    transform = numpyro_model(dim, hidden, order, skip, getattr(stax, layer))
    flow = from_numpyro(transform)
    x = draw(dtype, 4, dim)
    y = transform(jax.numpy.asarray(x))
    assert_forward(flow, x, y, transform.log_abs_det_jacobian(x, y))
    back = transform.inv(y)
    assert_inverse(flow, y, back, transform.inv.log_abs_det_jacobian(y, back))


def test_numpyro_chain() -> None:
    from jax.example_libraries import stax

    transform = numpyro_model(3, [4], [0, 1, 2], False, stax.Sigmoid)
    from numpyro.distributions.transforms import ComposeTransform, PermuteTransform

    from iaf_ref_conformance.importers import from_numpyro

    swap = PermuteTransform(jax.numpy.array([2, 0, 1]))
    chain = ComposeTransform([transform, swap, transform])
    x = draw("float32", 4, 3)
    y = chain(jax.numpy.asarray(x))
    assert_forward(from_numpyro(chain), x, y, chain.log_abs_det_jacobian(x, y))
    assert isinstance(from_numpyro(transform.inv), ir.Inverse)


def test_numpyro_refuses_what_it_cannot_read() -> None:
    from jax.example_libraries import stax

    made = numpyro_model(3, [4], [0, 1, 2], False, stax.Gelu)
    from numpyro.distributions.flows import InverseAutoregressiveTransform
    from numpyro.distributions.transforms import ExpTransform

    from iaf_ref_conformance.importers import from_numpyro

    with pytest.raises(ValueError, match=r"activation: expected one of .* got gelu"):
        from_numpyro(made)
    with pytest.raises(TypeError, match=r"expected a network partial\(apply, params\)"):
        from_numpyro(InverseAutoregressiveTransform(lambda x: (x, x)))
    with pytest.raises(TypeError, match="got ExpTransform"):
        from_numpyro(ExpTransform())


def flowjax_model(dim: int, context: int, **options: Any) -> Any:
    pytest.importorskip("flowjax", reason="flowjax is not installed (extra: peers)")
    from flowjax.distributions import StandardNormal
    from flowjax.flows import masked_autoregressive_flow

    return masked_autoregressive_flow(
        jax.random.key(dim), base_dist=StandardNormal((dim,)), cond_dim=context or None, **options
    )


@pytest.mark.parametrize(
    ("dim", "context", "options", "invert", "dtype"),
    [
        (3, 0, {"flow_layers": 2, "nn_width": 3}, False, "float32"),
        (3, 2, {"flow_layers": 1, "nn_width": 3, "nn_activation": "tanh"}, True, "float64"),
        (2, 0, {"flow_layers": 1, "nn_depth": 0}, False, "float64"),
        (1, 0, {"flow_layers": 1, "nn_width": 4}, False, "float32"),
        (1, 0, {"flow_layers": 1, "nn_depth": 0}, False, "float32"),
        (6, 0, {"flow_layers": 1, "nn_width": 3}, False, "float32"),  # too narrow: a graph
    ],
    indirect=["dtype"],
)
def test_flowjax(dim: int, context: int, options: Any, invert: bool, dtype: str) -> None:
    from iaf_ref_conformance.importers import from_flowjax

    options = dict(options)
    if "nn_activation" in options:
        options["nn_activation"] = getattr(jax.nn, options["nn_activation"])
    made = flowjax_model(dim, context, invert=invert, **options)
    flow, bijection = from_flowjax(made), made.bijection
    given = (draw(dtype, 4, dim), *([draw(dtype, 4, context, seed=1)] if context else []))
    forward, inverse = (
        (bijection.inverse_and_log_det, bijection.transform_and_log_det)
        if invert
        else (bijection.transform_and_log_det, bijection.inverse_and_log_det)
    )
    flow = flow.transform if invert else flow
    condition = given[1] if context else None
    y, log_det = jax.jit(jax.vmap(forward))(*given)
    assert_forward(flow, given[0], y, log_det, context=condition)
    back, log_det = jax.jit(jax.vmap(inverse))(y, *given[1:])
    assert_inverse(flow, y, back, log_det, context=condition)


def test_flowjax_refuses_another_transformer() -> None:
    flowjax_model(2, 0)
    from flowjax.bijections import Exp, Loc, MaskedAutoregressive

    from iaf_ref_conformance.importers import from_flowjax

    options = {"dim": 2, "nn_width": 2, "nn_depth": 1}
    made = MaskedAutoregressive(jax.random.key(0), transformer=Loc(0.0), **options)
    with pytest.raises(ValueError, match=r"transformer: expected Affine .* got Loc"):
        from_flowjax(made)
    with pytest.raises(TypeError, match="got Exp"):
        from_flowjax(Exp((2,)))


def test_flowjax_scale_without_a_floor_keeps_its_shift() -> None:
    flowjax_model(2, 0)
    from flowjax.bijections import Affine, MaskedAutoregressive

    from iaf_ref_conformance.importers import from_flowjax

    made = MaskedAutoregressive(
        jax.random.key(0), transformer=Affine(scale=2.0), dim=2, nn_width=2, nn_depth=1
    )
    flow = from_flowjax(made)
    assert flow.scale.floor == 1e-30
    assert flow.scale.shift == float(made.transformer_constructor(np.zeros(2)).scale.args[0])
    x = draw("float32", 4, 2)
    assert_forward(flow, x, *jax.jit(jax.vmap(made.transform_and_log_det))(x))
