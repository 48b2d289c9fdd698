"""The Keras layer of TFP with the weights of a case."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
import tensorflow_probability as tfp

from .layouts import to_interleaved
from .parts import Step

ACTIVATIONS: dict[str, Any] = {
    "relu": tf.nn.relu,
    "tanh": tf.tanh,
    "elu": tf.nn.elu,
    "leaky_relu": lambda x: tf.nn.leaky_relu(x, alpha=0.01),  # TensorFlow's default is 0.2
    "sigmoid": tf.sigmoid,
    "softplus": tf.nn.softplus,
    "gelu": tf.nn.gelu,
    "silu": tf.nn.silu,
}
"""Name in a case -> function."""


def equal_degrees(dim: int, width: int) -> list[int]:
    """Degrees of a layer by TFP's rule, in whole numbers."""
    return [max(1, -(-k * (dim - 1) // (width + 1))) for k in range(1, width + 1)]


def layer_of(step: Step, dtype: str) -> Any:
    """Build the Keras layer, with its own masks and weights that are still drawn."""
    conditional = {"conditional": True, "conditional_event_shape": [step.context_dim]}
    layer = tfp.bijectors.AutoregressiveNetwork(
        params=2,
        event_shape=[step.dim],
        hidden_units=list(step.widths),
        # without an order of its own (graphs, ties) it may have any: its masks are not used then
        input_order=[step.order.index(i) + 1 for i in range(step.dim)],
        activation=ACTIVATIONS[step.network.activation],
        dtype=dtype,
        **(conditional if step.context_dim else {}),
    )
    layer.build((step.dim,))
    return layer


def load(layer: Any, step: Step, own: bool) -> None:
    """Load kernels and biases: as stored, through the constraint that masks them, or masked."""
    given = step.weights if own else step.network
    layers = [*given.hidden, tuple(map(to_interleaved, given.output))]
    dense = [part for part in layer._network.layers if hasattr(part, "kernel")]
    masked = [part for part in dense if part.use_bias]
    for k, (part, (W, b)) in enumerate(zip(masked, layers, strict=True)):
        kernel = tf.constant(W[:, step.context_dim :].T if k == 0 else W.T)
        part.kernel.assign(part.kernel_constraint(kernel) if own else kernel)
        part.bias.assign(b)
    for k, part in enumerate(part for part in dense if not part.use_bias):
        first = k == 0
        part.kernel.assign(
            layers[0][0][:, : step.context_dim].T if first else tf.zeros_like(part.kernel)
        )
