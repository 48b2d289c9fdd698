"""Pyro's inverse autoregressive flows, with context or without, and chains of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from pyro.distributions import transforms
from pyro.distributions.conditional import (
    ConditionalComposeTransformModule,
    _ConditionalInverseTransformModule,
)
from torch.distributions.transforms import ComposeTransform, _InverseTransform

import iaf_ref as ir

from ..subjects.peers.layouts import from_blocked
from .one_step import step
from .torch_ import activation, array, mask, permutation


def from_pyro(module: Any) -> Any:
    """Flow of the specification that computes what a transform of Pyro computes.

    Parameters
    ----------
    module : transform
        ``AffineAutoregressive``, ``ConditionalAffineAutoregressive``, ``Permute``, a composition of
        them, or the inverse of one.

    Returns
    -------
    AffineAutoregressive, Permutation, Chain or Inverse
        On NumPy, weights copied, dtype kept.

    Raises
    ------
    TypeError
        Another kind of transform.
    ValueError
        An activation that the specification lacks, or masks that no degrees have.

    Notes
    -----
    Pyro's clip returns x + (clip(x) - x), which rounds: see STEP-1 where raw scales are huge.
    """
    if type(module) is transforms.ConditionalAffineAutoregressive:
        return _affine(module.nn, _scale(**module.kwargs))
    if type(module) is transforms.AffineAutoregressive:
        bounds = module.log_scale_min_clip, module.log_scale_max_clip
        return _affine(module.arn, _scale(*bounds, module.sigmoid_bias, module.stable))
    if isinstance(module, transforms.Permute) and module.dim == -1:
        return permutation(module.permutation)
    if isinstance(module, ComposeTransform | ConditionalComposeTransformModule):
        parts = getattr(module, "transforms", None) or module.parts
        return ir.Chain([from_pyro(getattr(part, "transform", part)) for part in parts])
    if isinstance(module, _InverseTransform | _ConditionalInverseTransformModule):
        return ir.Inverse(from_pyro(module.inv))
    raise TypeError(
        "module: expected AffineAutoregressive, ConditionalAffineAutoregressive, Permute, a "
        f"composition or an inverse, got {type(module).__name__}"
    )


def _scale(
    log_scale_min_clip: float = -5.0,
    log_scale_max_clip: float = 3.0,
    sigmoid_bias: float = 2.0,
    stable: bool = False,
) -> Any:
    """Scale map of the arguments of the transform, their defaults being Pyro's."""
    return ir.Gated(sigmoid_bias) if stable else ir.Exp(log_scale_min_clip, log_scale_max_clip)


def _affine(network: Any, scale: Any) -> ir.AffineAutoregressive:
    """One step from Pyro's network; a conditioned one holds its context, which is refused."""
    if not hasattr(network, "layers"):
        raise TypeError(
            f"module: expected an AutoRegressiveNN, or the conditional transform before a context "
            f"is given, got {type(network).__name__}"
        )
    if network.param_dims != [1, 1]:
        raise ValueError(f"module: expected param_dims [1, 1], got {network.param_dims}")
    *hidden, (W, b, m) = [(array(k.weight), array(k.bias), mask(k)) for k in network.layers]
    output = from_blocked(W), from_blocked(b), from_blocked(m)
    skip = network.skip_layer
    direct = (
        None
        if skip is None
        else (from_blocked(array(skip.weight)), np.asarray(from_blocked(mask(skip))))
    )
    kind = activation(network.f)
    return step(hidden, output, network.context_dim, kind, scale, skip=direct)
