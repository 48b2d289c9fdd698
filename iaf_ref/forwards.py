"""The step without the products with masked weights: a second way to the same numbers (STEP-6).

With all units sorted by the time at which they can be computed (:mod:`iaf_ref.schedule`), every
weight matrix is block lower triangular. Cut into bands of rows, each band is a product with the
columns up to its own end only: of b bands, (b + 1) / 2b of the multiplications are left. The sums
lack terms that are 0, so that the bounds hold. What is computed elementwise, eqs. 10 and 11
included, is computed band by band, while the band is in a cache.
"""

from __future__ import annotations

from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING, Any

from array_api_compat import array_namespace

from .activations import activation_of
from .blocked_layout import Weights, taken, weights_by_time
from .layers import affine, hand_on
from .scales import bound
from .schedule import Band

if TYPE_CHECKING:
    from .affine import AffineAutoregressive
    from .network import AutoregressiveNetwork

Array = Any

METHODS = ("auto", "dense", "triangular")
"""Names of the ways; ``auto`` takes the one that is expected to be cheaper."""

WORTH = 3e8
"""Multiplications of a dense pass from which on bands save time, three times as many where the
weights have to be sorted first; docs/speed.md has the measurement."""

PER_VALUE = 600
"""Multiplications for each value that a pass computes, from which on bands save time: with fewer,
it is the copies of the values that cost, whatever the number of events."""


def banded(net: AutoregressiveNetwork, x: Array, method: str) -> bool:
    """Whether a step at x is to be computed in bands."""
    if method == "auto":
        D = net.degrees.dim
        sizes = (net.degrees.context_dim + D, *net.degrees.widths, 2 * D)
        batch = prod(x.shape[:-1])
        if not isinstance(batch, int):  # not known yet, or of an exported program any number
            return False
        products = sum(rows * columns for columns, rows in pairwise(sizes))
        if products < PER_VALUE * sum(sizes[1:]):
            return False
        plan = net.degrees.schedule
        return len(plan.bands) > 1 and batch * products >= (WORTH if plan.sorted else 3 * WORTH)
    return method == "triangular"


def triangular(flow: AffineAutoregressive, x: Array, context: Array | None) -> tuple[Array, Array]:
    """y = sigma x + mu and log|det dy/dx| = sum_i log sigma_i, in bands (STEP-6, DET-2).

    Parameters
    ----------
    flow : AffineAutoregressive
    x : (..., D)
    context : (..., C) or None

    Returns
    -------
    y : (..., D)
    log_det : (...), nats
    """
    net, plan, C = flow.network, flow.degrees.schedule, flow.context_dim
    xp, scale = array_namespace(x), bound(flow.scale, x)
    inputs = taken(net.inputs(x, context), plan.orders[0], -1)
    W = weights_by_time(net, plan)
    h = _features(net, W, inputs)
    c, ys, log_dets = taken(net.output[1], plan.variables, 1), [], []
    for band in plan.bands:
        i, j = band.outputs
        m, raw = (_parameter(p, W, c, band, h, inputs) for p in (0, 1))
        y = scale.scale(raw) * inputs[..., C + i : C + j] + scale.location(m, raw)  # eq. 10
        ys.append(y)
        log_dets.append(xp.sum(scale.log_scale(raw), axis=-1))
    return taken(xp.concat(ys, axis=-1), plan.places, -1), sum(log_dets)  # eq. 11


def _features(net: AutoregressiveNetwork, W: Weights, inputs: Array) -> Array:
    """Last hidden layer, units by time, (..., H_L)."""
    xp, plan = array_namespace(inputs), net.degrees.schedule
    f, last = activation_of(net.activation, inputs), len(net.hidden) - 1
    h, sums = inputs, [None] * len(plan.bands)
    for k, (W_k, (_, bias)) in enumerate(zip(W.hidden, net.hidden, strict=True)):
        b, parts = taken(bias, plan.orders[k + 1], 0), []
        for n, (begin, end, _) in enumerate(plan.bands):
            rows = slice(begin[k + 1], end[k + 1])
            a = affine(W_k[rows, : end[k]], b[rows], h[..., : end[k]])
            part, sums[n] = hand_on(f, net.residual, k, last, a, sums[n])
            parts.append(part)
        h = xp.concat(parts, axis=-1)
    return h


def _parameter(p: int, W: Weights, c: Array, band: Band, h: Array, inputs: Array) -> Array:
    """Parameter p of the variables of a band, (..., n)."""
    i, j = band.outputs
    o = affine(W.output[p, i:j, : band.end[-1]], c[p, i:j], h[..., : band.end[-1]])
    if W.skip is None:
        return o
    xp, direct = array_namespace(inputs), W.skip[p, i:j, : band.end[0]]
    return o + xp.matmul(inputs[..., : band.end[0]], xp.matrix_transpose(direct))
