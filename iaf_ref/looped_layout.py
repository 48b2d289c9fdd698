"""Weights, events and biases in blocks of one shape (INV-3); see :mod:`iaf_ref.looped_plan`.

All layers are plain here, W h + b: the P outputs of a variable are rows, all shifts first, and what
the output reads is the last hidden layer and, with direct connections, the inputs after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any

from array_api_compat import array_namespace, device

from .layers import Layer
from .looped_plan import Indices, LoopPlan

if TYPE_CHECKING:
    from .degrees import Degrees

Array = Any


def plain_layers(hidden: Sequence[Layer], output: Layer, skip: Array | None) -> list[Layer]:
    """Hidden layers, and the output as one more: (P D, H), or (P D, H + C + D) with skip."""
    (V, c), xp = output, array_namespace(output[0])
    if skip is not None:
        V = xp.concat((V, skip), axis=2)
    return [
        *hidden,
        (
            xp.reshape(V, (V.shape[0] * V.shape[1], V.shape[2])),
            xp.reshape(c, (V.shape[0] * V.shape[1],)),
        ),
    ]


def variables(inputs: Array, degrees: Degrees) -> tuple[Array, Array]:
    """Context as rows, (C, N), and y in blocks, (B, n, N)."""
    xp, C = array_namespace(inputs), degrees.context_dim
    rows = xp.matrix_transpose(xp.reshape(inputs, (prod(inputs.shape[:-1]), inputs.shape[-1])))
    plan = degrees.loops
    y = _taken(rows[C:, :], plan.stages[0].units, 0)
    return rows[:C, :], xp.reshape(y, (plan.blocks, plan.stages[0].n, y.shape[1]))


def events(found: Array, plan: LoopPlan, batch: tuple[int, ...]) -> Array:
    """Variables in blocks, (B, n, N), as events (..., D)."""
    xp, (B, n, N) = array_namespace(found), found.shape
    flat = xp.matrix_transpose(_taken(xp.reshape(found, (B * n, N)), plan.places, 0))
    return xp.reshape(flat, (*batch, len(plan.places)))


def turns(plan: LoopPlan, like: Array) -> tuple[Array, Array]:
    """Numbers of the blocks, (B, 1), and whose turn it is at each degree, (B, T, n, 1)."""
    xp = array_namespace(like)
    numbers = [[b] for b in range(plan.blocks)]
    flags = xp.asarray(
        [[list(turn) for turn in block] for block in plan.turns], device=device(like)
    )
    return xp.asarray(numbers, device=device(like)), xp.expand_dims(flags, axis=-1)


def pending_at_first(
    layers: Sequence[Layer], context: Array, degrees: Degrees, skip: bool
) -> tuple[Array, ...]:
    """Biases, and what the context contributes: for each layer (B, r, N)."""
    C, blocks, found = degrees.context_dim, degrees.loops.blocks, []
    for (W, b), rows, starts in zip(
        layers, _rows(layers, degrees), _inputs(layers, degrees, skip), strict=True
    ):
        xp = array_namespace(b)
        shape = (len(rows), context.shape[1])
        a = xp.broadcast_to(xp.expand_dims(_taken(b, rows, 0), axis=-1), shape)
        for k in starts if C else ():
            a = a + _taken(W[:, k : k + C], rows, 0) @ context
        found.append(xp.reshape(a, (blocks, len(rows) // blocks, shape[1])))
    return tuple(found)


def weights_in_blocks(layers: Sequence[Layer], degrees: Degrees, skip: bool) -> tuple[Array, ...]:
    """For each layer (B, B r, c): the columns of each block, all rows block after block."""
    blocks, found = degrees.loops.blocks, []
    axes = zip(layers, _rows(layers, degrees), _columns(layers, degrees, skip), strict=True)
    for (W, _), rows, columns in axes:
        xp = array_namespace(W)
        inside = _taken(_taken(W, rows, 0), columns, 1)
        inside = xp.reshape(inside, (len(rows), blocks, len(columns) // blocks))
        found.append(xp.permute_dims(inside, (1, 0, 2)))
    return tuple(found)


def _inputs(layers: Sequence[Layer], degrees: Degrees, skip: bool) -> list[list[int]]:
    """For each layer the columns at which the inputs (context, x) begin."""
    found: list[list[int]] = [[] for _ in layers]
    found[0].append(0)
    if skip:
        found[-1].append(layers[-1][0].shape[1] - degrees.context_dim - degrees.dim)
    return found


def _rows(layers: Sequence[Layer], degrees: Degrees) -> list[Indices]:
    """For each layer its rows, block after block."""
    plan, total = degrees.loops, layers[-1][0].shape[0]
    params = range(0, total, degrees.dim)
    outputs = [_shifted(plan.stages[0].units, degrees.dim, p, total) for p in params]
    return [*(stage.units for stage in plan.stages[1:]), _joined(plan.blocks, outputs)]


def _columns(layers: Sequence[Layer], degrees: Degrees, skip: bool) -> list[Indices]:
    """For each layer its columns, block after block; those of the context are none of them."""
    plan, C, found = degrees.loops, degrees.context_dim, []
    for k, starts in enumerate(_inputs(layers, degrees, skip)):
        total, stage = layers[k][0].shape[1], plan.stages[k]
        parts = [_shifted(plan.stages[0].units, degrees.dim, s + C, total) for s in starts]
        if k:
            parts.insert(0, _shifted(stage.units, degrees.widths[k - 1], 0, total))
        found.append(_joined(plan.blocks, parts))
    return found


def _shifted(units: Indices, count: int, start: int, total: int) -> Indices:
    """Units that stand from ``start`` on among ``total``; what is none of ``count`` is none."""
    return tuple(start + u if u < count else total for u in units)


def _joined(blocks: int, parts: Sequence[Indices]) -> Indices:
    """One block of each part, then the next ones."""
    sizes = [len(part) // blocks for part in parts]
    found: list[int] = []
    for b in range(blocks):
        for part, n in zip(parts, sizes, strict=True):
            found += part[b * n : (b + 1) * n]
    return tuple(found)


def _taken(array: Array, indices: Indices, axis: int) -> Array:
    """Entries of an axis; a number beyond the last one takes a 0."""
    xp = array_namespace(array)
    shape = [1 if k == axis else n for k, n in enumerate(array.shape)]
    zero = xp.zeros(tuple(shape), dtype=array.dtype, device=device(array))
    padded = xp.concat((array, zero), axis=axis)
    return xp.take(padded, xp.asarray(list(indices), device=device(array)), axis=axis)
