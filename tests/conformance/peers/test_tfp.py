"""TFP as a subject and its models as flows of the specification, where it is installed."""

from typing import Any

import numpy as np
import pytest

import iaf_ref as ir
from iaf_ref_backends import profiles, tracked
from iaf_ref_conformance import corpus
from iaf_ref_conformance.run import judge

tfp = pytest.importorskip("tensorflow_probability", reason="TFP is not installed (extra: tfp)")
tf = pytest.importorskip("tensorflow", reason="TensorFlow is not installed (extra: tfp)")

CASES = corpus.load()


@pytest.mark.parametrize(
    ("pattern", "dtype", "status"),
    [
        ("net-relu-*", "float32", "passed"),
        ("masks-no-hidden-d5-*", "float64", "passed"),
        ("net-context-d3-c3-*", "float32", "passed"),
        ("chain-maf-d5-*", "float32", "passed"),
        ("chain-conjugate-*", "float32", "passed"),
        ("dens-maf-diagonal-*", "float32", "passed"),
        ("type-refuse-plain-*", "float32", "passed"),
        ("net-no-hidden-*", "float64", "passed"),
        ("chain-maf-d5-*", "float64", "failed"),  # its activations are float32
        ("net-skip-alone-*", "float32", "unsupported"),
        ("step-gated-1-*", "float32", "unsupported"),
        ("net-residual-1-elu-*", "float32", "unsupported"),
    ],
)
def test_the_subject(pattern: str, dtype: str, status: str) -> None:
    from iaf_ref_conformance.subjects.peers.tfp_ import TFP

    (name,) = CASES.select([pattern]).ids
    kind = profiles.load({"float32": "ieee-f32", "float64": "ieee-f64"}[dtype])
    outcome = judge(CASES.case(name, dtype), TFP(), kind)
    assert outcome.status == status, outcome.reason


def layer(dim: int, hidden: list[int], context: int, **options: Any) -> Any:
    if context:
        options |= {"conditional": True, "conditional_event_shape": [context]}
    made = tfp.bijectors.AutoregressiveNetwork(
        params=2, event_shape=[dim], hidden_units=hidden, **options
    )
    made.build((dim,))
    rng = np.random.Generator(np.random.PCG64(dim))
    for part in made._network.layers:
        if hasattr(part, "kernel"):
            drawn = tf.constant(rng.normal(size=part.kernel.shape), "float32")
            part.kernel.assign(part.kernel_constraint(drawn) if part.kernel_constraint else drawn)
    return made


def lifted(flow: Any, xp: Any) -> Any:
    """The same step in another arithmetic; its scale map is none that a file could name."""
    net = flow.network
    hidden = [(xp.asarray(W), xp.asarray(b)) for W, b in net.hidden]
    output = tuple(xp.asarray(a) for a in net.output)
    skip = None if net.skip is None else xp.asarray(net.skip)
    made = ir.AutoregressiveNetwork(net.degrees, hidden, output, skip, net.activation)
    return ir.AffineAutoregressive(made, flow.scale)


@pytest.mark.parametrize(
    ("dim", "hidden", "context", "options"),
    [
        (3, [8], 0, {"activation": "tanh"}),
        (5, [7, 9], 0, {"activation": "relu", "input_order": [2, 4, 1, 5, 3]}),
        (3, [8], 2, {"activation": "softplus"}),
        (4, [8, 8], 2, {"activation": "elu", "conditional_input_layers": "first_layer"}),
        (3, [], 1, {}),
        (1, [4], 0, {"activation": "relu"}),
    ],
)
def test_an_imported_model_is_the_same_map(
    dim: int, hidden: list[int], context: int, options: Any
) -> None:
    from iaf_ref_conformance.importers import from_tfp

    maf = tfp.bijectors.MaskedAutoregressiveFlow(layer(dim, hidden, context, **options))
    rng = np.random.Generator(np.random.PCG64(0))
    x = rng.normal(size=(4, dim)).astype("float32")
    c = rng.normal(size=(4, context)).astype("float32") if context else None
    given = {"conditional_input": tf.constant(c)} if context else {}
    flow, iaf = from_tfp(tfp.bijectors.Invert(maf)), tfp.bijectors.Invert(maf)
    y, log_det = iaf.forward(x, **given), iaf.forward_log_det_jacobian(x, event_ndims=1, **given)
    xp = tracked.namespace("ieee-f32")
    bounded = lifted(flow, xp).forward(xp.asarray(x), None if c is None else xp.asarray(c))
    for got, expected in zip((y, log_det), bounded, strict=True):
        assert (np.abs(got.numpy() - tracked.value(expected)) <= tracked.error(expected)).all()
    assert isinstance(from_tfp(maf), ir.Inverse)


def test_a_permutation_of_another_axis_is_refused() -> None:
    from iaf_ref_conformance.importers import from_tfp

    assert from_tfp(tfp.bijectors.Permute([1, 2, 0])).order == (1, 2, 0)
    with pytest.raises(ValueError, match="axis: expected -1, that of the event, got -2"):
        from_tfp(tfp.bijectors.Permute([1, 2, 0], axis=-2))


def test_weights_outside_of_the_masks_are_refused() -> None:
    from iaf_ref_conformance.importers import from_tfp

    made = layer(3, [8], 0, activation="tanh")
    made.set_weights([np.ones_like(w) for w in made.get_weights()])
    with pytest.raises(ValueError, match=r"kernel 0: expected 0 outside of the mask, got 1\.0"):
        from_tfp(tfp.bijectors.MaskedAutoregressiveFlow(made))
    with pytest.raises(ValueError, match="activation: expected one of"):
        from_tfp(tfp.bijectors.MaskedAutoregressiveFlow(layer(3, [8], 0)))
    with pytest.raises(TypeError, match="got Exp"):
        from_tfp(tfp.bijectors.Exp())
