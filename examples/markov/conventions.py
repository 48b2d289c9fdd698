"""The log-det of the guide's flow, counted in three ways; the third is a mistake (DENS-2, DENS-3).

    convention  log-det              base                  log q(z_t)  mask       what is summed
    old         (B, Z), event_dim 0  Normal, (B, Z)        (B, Z)      (B, 1)     all B Z terms
    new         (B,), event_dim 1    Independent(Normal)   (B,)        (B,)       all B terms
    mixture     (B, 1), kept axis    Normal, (B, Z)        (B, Z)      (B, 1)     all B Z terms

A mask of (B, 1) broadcasts to (B, Z). Old and new are the same sum in another order. In the mixture
each of the Z terms carries the whole log-det, so that log q is too small by (Z - 1) log-det at
every step, and the bound, from which log q is subtracted, too large by as much.

The text is of the array API, so that error-tracking numbers run it as PyTorch does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from array_api_compat import array_namespace

import iaf_ref as ir

Array = Any
Push = Callable[[ir.Normal, ir.Chain, Array, Array], tuple[Array, Array]]


def old(base: ir.Normal, flow: ir.Chain, x: Array, context: Array) -> tuple[Array, Array]:
    """Z and log q per dimension, (..., B, Z) both: event_dim 0 over a univariate base."""
    steps = [ir.PerDimension(step) for step in flow.transforms]
    return ir.TransformedDistribution(base, steps).push(x, context)


def new(base: ir.Normal, flow: ir.Chain, x: Array, context: Array) -> tuple[Array, Array]:
    """Z and log q of the event, (..., B): event_dim 1 over a multivariate base."""
    return ir.TransformedDistribution(ir.Independent(base), [flow]).push(x, context)


def mixture(base: ir.Normal, flow: ir.Chain, x: Array, context: Array) -> tuple[Array, Array]:
    """WRONG: a log-det summed with its axis kept, over a univariate base. By hand, being refused.

    ``TransformedDistribution`` takes no log-det of another shape than its event_dim declares.
    """
    z, log_det = flow.forward(x, context)
    return z, base.log_prob(x) - log_det[..., None]


CONVENTIONS: Mapping[str, Push] = {"old": old, "new": new, "mixture": mixture}


def counted(log_prob: Array, mask: Array) -> Array:
    """Terms (..., B) or (..., B, Z) where the mask (..., B) is true, 0 elsewhere.

    A term per dimension meets the mask as (..., B, 1). Not multiplied: 0 times infinity is no 0.
    """
    xp = array_namespace(log_prob)
    per_dimension = len(log_prob.shape) > len(mask.shape)
    return xp.where(mask[..., None] if per_dimension else mask, log_prob, xp.zeros_like(log_prob))
