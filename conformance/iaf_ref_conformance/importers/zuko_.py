"""zuko's masked autoregressive transforms with the affine map, and chains of them."""

from __future__ import annotations

import inspect
from functools import partial
from typing import Any

from zuko import lazy
from zuko.flows import MaskedAutoregressiveTransform
from zuko.nn import MaskedLinear, Residual
from zuko.transforms import MonotonicAffineTransform, PermutationTransform

import iaf_ref as ir

from ..subjects.peers.layouts import context_first, from_interleaved
from .one_step import step
from .torch_ import activation, array, mask, permutation


def from_zuko(module: Any) -> Any:
    """Flow of the specification that computes what a lazy transform of zuko computes.

    Of a ``Flow``, such as ``MAF``, its transform, which leads from data to noise: its density is
    that of ``TransformedDistribution(base, [Inverse(from_zuko(flow))])``.

    Parameters
    ----------
    module : LazyTransform or Flow

    Returns
    -------
    AffineAutoregressive, Permutation, Chain or Inverse
        On NumPy, weights copied, dtype kept.

    Raises
    ------
    TypeError
        Another kind of transform.
    ValueError
        Another elementwise map than the affine one, residual blocks, an activation that the
        specification lacks, or masks that no degrees and no graph have.
    """
    if isinstance(module, lazy.Flow):
        return from_zuko(module.transform)
    if isinstance(module, lazy.LazyComposedTransform):
        return ir.Chain([from_zuko(part) for part in module.transforms])
    if isinstance(module, lazy.LazyInverse):
        return ir.Inverse(from_zuko(module.transform))
    if isinstance(module, lazy.UnconditionalTransform):
        made = module()
        if isinstance(made, PermutationTransform):
            return permutation(made.order)
    if type(module) is MaskedAutoregressiveTransform:
        return _affine(module)
    raise TypeError(
        "module: expected MaskedAutoregressiveTransform of two variables or more, a permutation, "
        f"a composition, an inverse or a Flow of them, got {type(module).__name__}"
    )


def _affine(module: Any) -> ir.AffineAutoregressive:
    """One step; zuko's context stands after x."""
    scale = ir.SoftClip(_slope(module))
    if any(isinstance(layer, Residual) for layer in module.hyper):
        raise ValueError(
            "module: expected residual=False, as zuko's blocks x + W' f(W x + b) + b' are not "
            "those of NET-6, got True"
        )
    layers = [layer for layer in module.hyper if isinstance(layer, MaskedLinear)]
    between = {activation(k) for k in module.hyper if not isinstance(k, MaskedLinear)} or {"relu"}
    if len(between) > 1:
        raise ValueError(f"module: expected one activation, got {sorted(between)}")
    dim = layers[-1].out_features // module.total
    context_dim = layers[0].in_features - dim
    (W, b, m), *others = [(array(k.weight), array(k.bias), mask(k)) for k in layers]
    first = context_first(W, context_dim), b, context_first(m, context_dim)
    *hidden, (W, b, m) = first, *others
    output = from_interleaved(W), from_interleaved(b), from_interleaved(m)
    return step(hidden, output, context_dim, between.pop(), scale)


def _slope(module: Any) -> float:
    """Slope of the affine map: given, or the default of the installed version."""
    given = module.univariate
    keywords = given.keywords if isinstance(given, partial) else {}
    kind = given.func if isinstance(given, partial) else given
    if kind is not MonotonicAffineTransform or set(keywords) - {"slope"}:
        raise ValueError(f"univariate: expected MonotonicAffineTransform, got {given}")
    default = inspect.signature(MonotonicAffineTransform).parameters["slope"].default
    return float(keywords.get("slope", default))
