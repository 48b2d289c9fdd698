"""The inverse at the cost of one forward pass (INV-3).

The definition evaluates the network at each of the K degrees, K times too much: a hidden unit of
degree d needs the variables of degree <= d only, and once these are known it never changes. With
all units sorted by the time at which they can be computed (:mod:`iaf_ref.schedule`), the inverse is
a triangular solve through the network:

- a block of degrees receives what all earlier blocks contribute to its pre-activations, one matrix
  product for each layer and earlier block;
- inside a block, the second half receives the contributions of the first one, and so down to a few
  degrees;
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
    columns_cut,
    corners,
    events,
    rows_by_time,
    rows_cut,
    weights_by_time,
)
from .layers import hand_on
from .looped import looped
from .looped_plan import FEWEST_STEPS
from .loops import loop_of
from .scales import Bindable
from .schedule import WIDEST_PART, Part, Schedule

if TYPE_CHECKING:
    from .affine import AffineAutoregressive, ScaleMap

Array = Any

FEW_EVENTS = 256
"""Up to so many, parts are twice as wide: steps cost by their number, not by their size."""


class Pending(NamedTuple):
    """What a part starts from: y, and what is known of its pre-activations and parameters."""

    y: Array  # (n, N)
    hidden: Sequence[Array]  # (n_l, N)
    output: Array  # (P, n, N)


class Found(NamedTuple):
    """Values of the units of each stage, (n_l, N), and the raw scale of the variables, (n, N).

    After the largest degree, those of the inputs only: nobody reads the others.
    """

    values: tuple[Array, ...]
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
    """x_i = (y_i - mu_i) / sigma_i in the order of degrees, each unit computed once (INV-3).

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
    loop = loop_of(xp)
    if loop is not None and plan.last >= FEWEST_STEPS and flow.degrees.loops.even:
        return looped(loop, flow, y, context)
    given = net.inputs(y, context)
    rows, C = rows_by_time(given, plan), flow.context_dim
    N, batch = rows.shape[1], given.shape[:-1]
    scale = flow.scale.bound(y) if isinstance(flow.scale, Bindable) else flow.scale
    f, widest = (
        activation_of(net.activation, y),
        WIDEST_PART if N <= FEW_EVENTS else WIDEST_PART // 2,
    )
    p = Problem(xp, f, net.residual, scale, rows[:C, :], plan.last, widest)
    pending = Pending(rows[C:, :], *biases_by_time(net, plan, N))
    found = _solve_blocks(p, plan, weights_by_time(net, plan), pending)
    x = xp.concat([part.values[0] for part in found], axis=0)[C:, :]
    log_sigma = scale.log_scale(xp.concat([raw for part in found for raw in part.raw], axis=0))
    return events(x, plan.places, batch), events(log_sigma, plan.places, batch)


def _solve_blocks(p: Problem, plan: Schedule, W: Weights, pending: Pending) -> list[Found]:
    """Block after block, each with the contributions of those before it."""
    found: list[Found] = []
    for block in plan.blocks:
        now, pending = _divided(pending, block)
        row, W = rows_cut(W, block)
        for earlier, part in zip(found, plan.blocks, strict=False):
            across, row = columns_cut(row, part)
            now = _received(p, now, across, earlier.values)
        found.append(_solve(p, block, columns_cut(row, block)[0], now))
    return found


def _solve(p: Problem, part: Part, W: Weights, pending: Pending) -> Found:
    """The first half, what it contributes to the second one, the second half."""
    if part.halves is None or part.widest <= p.widest:
        return _walk(p, part, W, pending)
    first, second = part.halves
    head, tail = _divided(pending, first)
    above, across, below = corners(W, first)
    one = _solve(p, first, above, head)
    two = _solve(p, second, below, _received(p, tail, across, one.values))
    pairs = zip(one.values, two.values, strict=False)  # two has the inputs only where it is last
    return Found(tuple([p.xp.concat(pair, axis=0) for pair in pairs]), one.raw + two.raw)


def _received(p: Problem, pending: Pending, W: Weights, values: tuple[Array, ...]) -> Pending:
    """Add what units that are known contribute to pre-activations and parameters."""
    layers = zip(pending.hidden, W.hidden, values, strict=False)
    hidden = tuple([a + W_l @ h for a, W_l, h in layers])
    o = pending.output + W.output @ values[-1]
    if W.skip is not None:
        o = o + W.skip @ values[0]
    return Pending(pending.y, hidden, o)


def _walk(p: Problem, part: Part, W: Weights, pending: Pending) -> Found:
    """The definition, one degree after the other, on the few units of a part."""
    y, hidden, output = pending
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
    return Found(tuple(values), raws)


def _divided(pending: Pending, part: Part) -> tuple[Pending, Pending]:
    """What is pending of a part that comes first, and of the others."""
    y, n, o = pending.y, part.outputs, pending.output
    rows = list(zip(pending.hidden, part.units[1:], strict=True))
    return (
        Pending(y[:n, :], [a[:k, :] for a, k in rows], o[:, :n, :]),
        Pending(y[n:, :], [a[k:, :] for a, k in rows], o[:, n:, :]),
    )
