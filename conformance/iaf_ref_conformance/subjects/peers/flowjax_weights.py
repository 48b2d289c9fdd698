"""Bijections of flowjax with the weights of a case, in its layout, order and masks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from flowjax.bijections import Affine, MaskedAutoregressive
from paramax import Parameterize

import iaf_ref as ir

from .jax_peer import ACTIVATIONS
from .layouts import context_last, to_interleaved
from .parts import Step


def masks_of(step: Step) -> list[Any]:
    """Masks of a bijection that nothing is loaded into, in its layout."""
    layers = bijection(step, Affine()).masked_autoregressive_mlp.layers
    return [layer.weight.args[0] for layer in layers]


def bijection(step: Step, transformer: Any) -> Any:
    """A bijection of these sizes, with its own masks and weights that are still drawn."""
    return MaskedAutoregressive(
        jax.random.key(0, impl="rbg"),  # quick to compile; what is drawn is replaced
        transformer=transformer,
        dim=step.dim,
        cond_dim=step.context_dim or None,
        nn_width=max(step.widths, default=1),
        nn_depth=len(step.widths),
        nn_activation=ACTIVATIONS[step.network.activation],
    )


def loaded(made: Any, step: Step, own: bool) -> Any:
    """The bijection with the weights of the case, and its masks where it has not its own."""
    *hidden, (W, b) = *step.weights.hidden, step.weights.output
    given = [*hidden, (to_interleaved(W[:, step.order]), to_interleaved(b[:, step.order]))]
    given[0] = (_columns(given[0][0], step), given[0][1])
    layers = made.masked_autoregressive_mlp.layers
    masks = [layer.weight.args[0] for layer in layers] if own else _written(step)
    loaded = tuple(
        eqx.tree_at(
            lambda linear: (linear.weight, linear.bias),
            layer,
            (Parameterize(jnp.where, mask, jnp.asarray(W), 0), jnp.asarray(b)),
        )
        for layer, mask, (W, b) in zip(layers, masks, given, strict=True)
    )
    return eqx.tree_at(lambda bijection: bijection.masked_autoregressive_mlp.layers, made, loaded)


def _written(step: Step) -> list[Any]:
    """Masks of the case in the layout of the library."""
    *hidden, output = step.masks()
    masks = [*hidden, np.repeat(output[step.order], 2, axis=0)]
    masks[0] = _columns(masks[0], step)
    return [jnp.asarray(mask) for mask in masks]


def _columns(array: Any, step: Step) -> Any:
    """Columns (context, x) as (x in the library's order, context)."""
    turned = context_last(array, step.context_dim)
    return np.concatenate([turned[:, step.order], turned[:, step.dim :]], axis=1)


def transformer_of(scale: Any) -> Any:
    """``Affine`` with the scale of a case, its parameter what the network's output is added to."""
    start = scale.shift if isinstance(scale, ir.Softplus) else 0.0
    start = scale.bias if isinstance(scale, ir.Sigmoid) else start
    made = Parameterize(_function(scale), jnp.asarray(start))
    return eqx.tree_at(lambda affine: affine.scale, Affine(), made)


def _function(scale: Any) -> Callable[[Any], Any]:
    """From the parameter to sigma, in JAX's own functions."""
    if isinstance(scale, ir.Softplus):
        return lambda raw: jax.nn.softplus(raw) + scale.floor
    if isinstance(scale, ir.Sigmoid):
        return lambda raw: jax.nn.sigmoid(raw) + scale.floor
    if isinstance(scale, ir.Exp):
        return lambda raw: jnp.exp(jnp.clip(raw, scale.min, scale.max))
    bend = -np.log(scale.slope)
    return lambda raw: jnp.exp(raw / (1.0 + jnp.abs(raw) / bend))
