"""The inverse at the cost of one forward pass (INV-3).

The definition evaluates the network at each of the K degrees, K times too much: a hidden unit of
degree d needs the variables of degree <= d only, and once these are known it never changes. With
all units sorted by the time at which they can be computed (:mod:`iaf_ref.schedule`), the inverse is
a triangular solve through the network:

- the first half of the degrees is solved; what its units contribute to the pre-activations of the
  second half is one matrix product for each layer; the second half is solved;
- each half likewise, down to parts of a few degrees;
- there the definition is applied: for each degree, x = (y - mu) / sigma, then the units that can be
  computed now.

The sums are those of the definition in another order, so that the bounds hold; the products of a
dense forward pass are taken once, less those with masked weights. Units are rows here, events are
columns, (units, N) with N the number of events. Nothing is written in place.

Where a library compiles whole programs, many degrees are a loop (:mod:`iaf_ref.looped`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from array_api_compat import array_namespace

from .activations import activation_of
from .blocked_layout import (
    Weights,
    biases_by_time,
    corners,
    events,
    rows_by_time,
    rows_cut,
    weights_by_time,
)
from .layers import hand_on
from .looped import looped
from .looped_plan import worth_a_loop
from .loops import loop_of
from .scales import bound
from .schedule import WIDEST_PART, Part

if TYPE_CHECKING:
    from .affine import AffineAutoregressive, ScaleMap

Array = Any

LARGEST = 128
"""Units of the widest stage of a part that takes contributions: its arrays stay in a cache."""

FEW_EVENTS = 256
"""Up to so many, parts are twice as wide: steps cost by their number, not by their size."""


class Pending(NamedTuple):
    """What a part starts from: y, and what is known of its pre-activations and parameters.

    ``late`` are contributions to both that are still to be taken, weights and known values: taken
    at once for all later units, they would fill more memory than a cache has.
    """

    y: Array  # (n, N)
    hidden: Sequence[Array]  # (n_l, N)
    output: Array  # (P, n, N)
    late: list[tuple[Weights, list[Array]]]


class Found(NamedTuple):
    """Values of the units of each stage, (n_l, N), and the raw scale of the variables, (n, N).

    After the largest degree, those of the inputs only: nobody reads the others.
    """

    values: list[Array]
    raw: list[Array]


class Problem(NamedTuple):
    """What all parts have in common."""

    xp: Any
    activation: Callable[[Array], Array]
    residual: bool
    scale: ScaleMap
    context: Array  # (C, N)
    last: int  # the largest degree
    widest: int  # units of a part that is cut no further


def blocked(flow: AffineAutoregressive, y: Array, context: Array | None) -> tuple[Array, Array]:
    """x_i = (y_i - mu_i) / sigma_i in the order of degrees, each weight used about once (INV-3).

    Parameters
    ----------
    flow : AffineAutoregressive
    y : (..., D)
    context : (..., C), optional

    Returns
    -------
    x : (..., D)
    log_sigma : (..., D), nats
    """
    xp, plan, net = array_namespace(y), flow.degrees.schedule, flow.network
    given, C = net.inputs(y, context), flow.context_dim
    batch, loop = given.shape[:-1], loop_of(xp)
    if 0 in batch:  # no event, nothing to be found
        return given[..., C:], given[..., C:]
    if loop is not None and worth_a_loop(flow.degrees):
        return looped(loop, flow, y, context)
    rows = rows_by_time(given, plan)
    N = rows.shape[1]
    f, scale = activation_of(net.activation, y, (1, N)), bound(flow.scale, y, (1, N))
    few = isinstance(N, int) and N <= FEW_EVENTS  # an exported program leaves N open
    widest = WIDEST_PART if few else WIDEST_PART // 2
    p = Problem(xp, f, net.residual, scale, rows[:C, :], plan.last, widest)
    pending = Pending(rows[C:, :], *biases_by_time(net, plan, N), [])
    values, raw = _solve(p, plan.whole, weights_by_time(net, plan), pending, read=False)
    x, log_sigma = values[0][C:, :], scale.log_scale(xp.concat(raw, axis=0))
    return events(x, plan.places, batch), events(log_sigma, plan.places, batch)


def _solve(p: Problem, part: Part, W: Weights, pending: Pending, read: bool) -> Found:
    """The first half, what it contributes to the second one, the second half.

    ``read`` says whether a later part reads the hidden units; at the end they are nobody's concern.
    """
    if part.halves is None or part.widest <= LARGEST:
        pending = _received(pending)
    if part.halves is None or part.widest <= p.widest:
        return _walk(p, part, W, pending)
    first, second = part.halves
    head, tail = _divided(pending, first)
    above, across, below = corners(W, first)
    one = _solve(p, first, above, head, read=True)
    tail.late.append((across, one.values))
    two = _solve(p, second, below, tail, read)
    pairs = zip(one.values if read else one.values[:1], two.values, strict=False)
    return Found([p.xp.concat(pair, axis=0) for pair in pairs], one.raw + two.raw)


def _received(pending: Pending) -> Pending:
    """Add what units that are known contribute to pre-activations and parameters."""
    y, hidden, o, late = pending
    for W, values in late:
        layers = zip(hidden, W.hidden, values, strict=False)
        hidden = [a + W_l @ h for a, W_l, h in layers]
        o = o + W.output @ values[-1]
        if W.skip is not None:
            o = o + W.skip @ values[0]
    return Pending(y, hidden, o, [])


def _walk(p: Problem, part: Part, W: Weights, pending: Pending) -> Found:
    """The definition, one degree after the other, on the few units of a part."""
    y, hidden, output, _ = pending
    layers, last = list(zip(W.hidden, hidden, strict=True)), len(hidden) - 1
    f, blocks, scale, concat = p.activation, p.residual, p.scale, p.xp.concat
    values: list[Array] = []
    raws: list[Array] = []
    for time, (i, j), known in part.steps:
        if time == 0:
            value = p.context
        else:
            o = output[:, i:j, :]
            if values:
                o = o + W.output[:, i:j, : values[-1].shape[0]] @ values[-1]
                if W.skip is not None:
                    o = o + W.skip[:, i:j, : values[0].shape[0]] @ values[0]
            shift, raw = o[0, ...], o[1, ...]
            value = (y[i:j, :] - scale.location(shift, raw)) / scale.scale(raw)  # eq. 10, for x
            value = concat((values[0], value), axis=0) if values else value
            raws.append(raw)
        values, h = [value], None
        if time < p.last:
            for k, (W_l, a) in enumerate(layers):
                m, n = known[k], known[k + 1]
                value, h = hand_on(f, blocks, k, last, a[:n, :] + W_l[:n, :m] @ value, h)
                values.append(value)
    return Found(values, raws)


def _divided(pending: Pending, part: Part) -> tuple[Pending, Pending]:
    """What is pending of a part that comes first, and of the others."""
    y, hidden, o, late = pending
    n, rows = part.outputs, list(zip(hidden, part.units[1:], strict=True))
    cuts = [(rows_cut(W, part), values) for W, values in late]
    return (
        Pending(y[:n, :], [a[:k, :] for a, k in rows], o[:, :n, :], [(W[0], v) for W, v in cuts]),
        Pending(y[n:, :], [a[k:, :] for a, k in rows], o[:, n:, :], [(W[1], v) for W, v in cuts]),
    )
