"""TFP's masked autoregressive flows on ``AutoregressiveNetwork``, and chains of them.

TFP solves y = exp(a(y)) x + shift(y) for y; the way back is x = exp(-a(y)) (y - shift(y)), an IAF
whose scale also multiplies its shift: see :class:`ShiftFirst`. Both heads of the network change
their sign on the way, which is exact.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp
from tensorflow_probability.python.bijectors.chain import _Chain
from tensorflow_probability.python.bijectors.invert import _Invert

import iaf_ref as ir

from ..subjects.peers.layouts import from_interleaved
from .degrees import degrees_from
from .tfp_scale import ShiftFirst

tfb = tfp.bijectors

FUNCTIONS: dict[Any, str] = {
    **{name: name for name in ("relu", "tanh", "elu", "sigmoid", "softplus", "gelu", "silu")},
    "swish": "silu",
    tf.nn.relu: "relu",
    tf.tanh: "tanh",
    tf.nn.elu: "elu",
    tf.sigmoid: "sigmoid",
    tf.nn.softplus: "softplus",
    tf.nn.gelu: "gelu",
    tf.nn.silu: "silu",
}
"""Activation of a Keras layer, by name or function -> name in the specification."""


def from_tfp(module: Any) -> Any:
    """Flow of the specification that computes what a bijector of TFP computes.

    Parameters
    ----------
    module : tfb.Bijector
        ``MaskedAutoregressiveFlow`` whose ``shift_and_log_scale_fn`` is an
        ``AutoregressiveNetwork`` that has been built, ``Permute``, and ``Chain`` and ``Invert`` of
        them.

    Returns
    -------
    AffineAutoregressive, Permutation, Chain or Inverse
        On NumPy, weights copied, dtype kept.

    Raises
    ------
    TypeError
        Another kind of bijector or of network.
    ValueError
        A network that was not called yet, an activation that the specification lacks, a weight
        outside of the masks, context that enters a second hidden layer, or a permutation of
        another axis than the last one.
    """
    if type(module) is tfb.MaskedAutoregressiveFlow:
        return ir.Inverse(_affine(module._shift_and_log_scale_fn))
    if isinstance(module, _Invert):
        found = from_tfp(module.bijector)
        return found.transform if isinstance(found, ir.Inverse) else ir.Inverse(found)
    if isinstance(module, tfb.Permute):
        if int(module.axis) != -1:
            raise ValueError(f"axis: expected -1, that of the event, got {int(module.axis)}")
        return ir.Permutation(np.asarray(module.permutation).tolist())
    if isinstance(module, _Chain):  # its last bijector comes first
        return ir.Chain([from_tfp(part) for part in reversed(module.bijectors)])
    raise TypeError(
        "module: expected MaskedAutoregressiveFlow, Permute, Chain or Invert, "
        f"got {type(module).__name__}"
    )


def _affine(layer: Any) -> ir.AffineAutoregressive:
    """One step of IAF from the Keras layer."""
    if not isinstance(layer, tfb.AutoregressiveNetwork):
        raise TypeError(
            "module: expected an AutoregressiveNetwork as shift_and_log_scale_fn, "
            f"got {type(layer).__name__}"
        )
    if layer._network is None or layer._params != 2 or not layer._use_bias:
        raise ValueError("module: expected a network that was built, with 2 parameters and biases")
    dense = [part for part in layer._network.layers if hasattr(part, "kernel")]
    masks = [np.asarray(mask).T for mask in layer._masks]
    masked = [
        _masked(p, m, k)
        for k, (p, m) in enumerate(zip((d for d in dense if d.use_bias), masks, strict=True))
    ]
    *hidden, (W, b) = masked
    *inner, output = masks
    degrees = degrees_from(inner, output[::2], None, 0)
    skip = None
    if layer._conditional:
        context = [part.kernel.numpy().T for part in dense if not part.use_bias]
        degrees, hidden, W, skip = _conditioned(degrees, hidden, W, context)
    heads = -from_interleaved(W), -from_interleaved(b)
    kind = _activation(layer._activation) if hidden else "relu"
    network = ir.AutoregressiveNetwork(degrees, hidden, heads, skip, kind)
    return ir.AffineAutoregressive(network, ShiftFirst())


def _masked(part: Any, mask: Any, number: int) -> tuple[Any, Any]:
    """Weights of a layer; TFP computes with all of them, so none may stand outside of the mask.

    Raises
    ------
    ValueError
        One does: the network is not autoregressive.
    """
    W = part.kernel.numpy().T
    wrong = np.argwhere((W != 0) & ~mask)
    if len(wrong):
        i, j = wrong[0].tolist()
        raise ValueError(
            f"kernel {number}: expected 0 outside of the mask, got {W[i, j]} at [{j}, {i}]: TFP "
            "masks when it draws and when it trains, not when the network is called"
        )
    return W, part.bias.numpy()


def _conditioned(
    degrees: ir.Degrees, hidden: list[Any], W: Any, context: list[Any]
) -> tuple[ir.Degrees, list[Any], Any, Any]:
    """Bring in the context: into the first layer, and by direct connections into the output.

    Each hidden layer gets one more unit, of degree 0 and with zero weights: in the specification
    the context reaches every variable through the network, in TFP by a kernel of its own.

    Raises
    ------
    ValueError
        A kernel that is not zero joins it to a later hidden layer, or the masks are of a graph.
    """
    if any(kernel.any() for kernel in context[1 : len(hidden)]):
        raise ValueError("context: expected it in the first layer and the output, got a later one")
    if degrees.adjacency is not None:
        raise ValueError("masks: expected those of an order beside a context, got those of a graph")
    size = context[0].shape[1]
    layers = tuple(np.append(layer, 0) for layer in degrees.hidden)
    made = ir.Degrees(np.zeros(size, dtype=np.int64), degrees.input, layers)
    if not hidden:
        return made, hidden, np.concatenate([context[0], W], axis=1), None
    first = np.concatenate([context[0], hidden[0][0]], axis=1), hidden[0][1]
    wider = [_with_unit(W, b, column=k > 0) for k, (W, b) in enumerate([first, *hidden[1:]])]
    skip = None
    if len(context) > 1:
        direct = from_interleaved(-context[-1])
        skip = np.concatenate([direct, np.zeros((2, made.dim, made.dim), direct.dtype)], axis=-1)
    return made, wider, np.pad(W, ((0, 0), (0, 1))), skip


def _with_unit(W: Any, b: Any, *, column: bool) -> tuple[Any, Any]:
    """Weights with one more unit that reads nothing, and is read by nobody."""
    return np.pad(W, ((0, 1), (0, int(column)))), np.pad(b, (0, 1))


def _activation(given: Any) -> str:
    """Name of the activation in the specification.

    Raises
    ------
    ValueError
        It has none of this kind; TFP's default is none at all.
    """
    if given not in FUNCTIONS:
        raise ValueError(f"activation: expected one of {', '.join(ir.ACTIVATIONS)}, got {given}")
    return FUNCTIONS[given]
