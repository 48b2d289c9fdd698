"""Weights and events in the order in which units can be computed (INV-3).

Units are rows, events are columns: (units, N), N the number of events. So the units of a few times
lie together, and a slice of them is a product's operand as it is. The rows are taken anew at each
call: what is kept would outlive the derivative, or the trace, of which it is a part.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from array_api_compat import array_namespace, device

from .schedule import Order, Part, Schedule

if TYPE_CHECKING:
    from .network import AutoregressiveNetwork

Array = Any


class Weights(NamedTuple):
    """Weights from the units of some times (columns) to those of some times (rows)."""

    hidden: Sequence[Array]  # (n_l, n_{l-1}) for l = 1, ..., L
    output: Array  # (P, n, n_L)
    skip: Array | None  # (P, n, n_0)


def weights_by_time(net: AutoregressiveNetwork, plan: Schedule) -> Weights:
    """Weights of a network, rows and columns by time: block lower triangular."""
    orders = zip(net.hidden, plan.orders[1:], plan.orders, strict=False)
    hidden = [taken(taken(W, rows, 0), columns, 1) for (W, _), rows, columns in orders]
    output = taken(taken(net.output[0], plan.variables, 1), plan.orders[-1], 2)
    if net.skip is None:
        return Weights(hidden, output, None)
    return Weights(hidden, output, taken(taken(net.skip, plan.variables, 1), plan.orders[0], 2))


def biases_by_time(net: AutoregressiveNetwork, plan: Schedule, N: int) -> tuple[list[Array], Array]:
    """Biases of the hidden layers, (n_l, N), and of the output, (P, D, N), for N events."""
    xp = array_namespace(net.output[1])

    def spread(b: Array) -> Array:
        return xp.broadcast_to(xp.expand_dims(b, axis=-1), (*b.shape, N))

    orders = zip(net.hidden, plan.orders[1:], strict=True)
    hidden = [spread(taken(b, rows, 0)) for (_, b), rows in orders]
    return hidden, spread(taken(net.output[1], plan.variables, 1))


def rows_by_time(inputs: Array, plan: Schedule) -> Array:
    """Events (..., C + D) as rows by time, (C + D, N)."""
    xp, n = array_namespace(inputs), inputs.shape[-1]
    flat = inputs if len(inputs.shape) == 2 else xp.reshape(inputs, (prod(inputs.shape[:-1]), n))
    # taken even if they are in order: it brings together in memory what is read together
    return taken(xp.matrix_transpose(flat), plan.orders[0] or tuple(range(n)), 0)


def events(rows: Array, places: Order, batch: tuple[int, ...]) -> Array:
    """Rows of variables by degree, (D, N), as events (..., D)."""
    xp = array_namespace(rows)
    # taken even if they are in order, so that an event's variables are neighbours in memory again
    flat = taken(xp.matrix_transpose(rows), places or tuple(range(rows.shape[0])), 1)
    return flat if len(batch) == 1 else xp.reshape(flat, (*batch, rows.shape[0]))


def taken(array: Array, order: Order, axis: int) -> Array:
    """Entries of an axis in this order; None: as they are."""
    if order is None:
        return array
    xp = array_namespace(array)
    return xp.take(array, xp.asarray(list(order), device=device(array)), axis=axis)


def corners(W: Weights, first: Part) -> tuple[Weights, Weights, Weights]:
    """First rows and columns, the other rows of these columns, the other rows and columns."""
    o, c, m = first.outputs, first.units[0], first.units[-1]
    cut = list(zip(W.hidden, first.units[1:], first.units, strict=False))
    V, A = W.output, W.skip
    direct = (None,) * 3 if A is None else (A[:, :o, :c], A[:, o:, :c], A[:, o:, c:])
    return (
        Weights([W_l[:n, :k] for W_l, n, k in cut], V[:, :o, :m], direct[0]),
        Weights([W_l[n:, :k] for W_l, n, k in cut], V[:, o:, :m], direct[1]),
        Weights([W_l[n:, k:] for W_l, n, k in cut], V[:, o:, m:], direct[2]),
    )


def rows_cut(W: Weights, part: Part) -> tuple[Weights, Weights]:
    """Rows of a part that comes first, and the others."""
    n, rows = part.outputs, list(zip(W.hidden, part.units[1:], strict=True))
    direct = (None, None) if W.skip is None else (W.skip[:, :n, :], W.skip[:, n:, :])
    return (
        Weights([W_l[:k, :] for W_l, k in rows], W.output[:, :n, :], direct[0]),
        Weights([W_l[k:, :] for W_l, k in rows], W.output[:, n:, :], direct[1]),
    )
