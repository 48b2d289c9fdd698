"""The blocked inverse as two loops, for libraries that compile whole programs (INV-3).

:mod:`iaf_ref.blocked` is some twenty operations for each degree, all different in their shapes. A
compiler that unrolls them takes minutes at D = 784. Here blocks of degrees have one shape
(:mod:`iaf_ref.looped_plan`), so that the whole is a loop in a loop:

- for each block: take what is pending for its pre-activations and parameters; solve it; add what
  its units contribute to what is pending for all others, one matrix product for each layer;
- inside, for each degree of the block: the definition, on the block's own small network. Evaluate
  it at the variables found so far, the others 0; x = (y - mu) / sigma where it is their turn.

What is pending is only ever added to, so that a derivative in reverse mode keeps no copy of it for
each block; and it solves a block again, in place of keeping what each degree computed. Units are
rows, events are columns, (units, N). Nothing is written in place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from array_api_compat import array_namespace

from .activations import activation_of
from .layers import Layer, hand_on
from .looped_layout import (
    events,
    pending_at_first,
    plain_layers,
    turns,
    variables,
    weights_in_blocks,
)
from .loops import Arrays, Loop
from .scales import bound

if TYPE_CHECKING:
    from .affine import AffineAutoregressive, ScaleMap
    from .degrees import Degrees

Array = Any


class Problem(NamedTuple):
    """What all blocks have in common."""

    xp: Any
    loop: Loop
    activation: Callable[[Array], Array]
    residual: bool
    skip: bool
    scale: ScaleMap


class Block(NamedTuple):
    """The network of a block: for each layer its weights and what is pending of it; and y.

    A layer has r rows and c columns; the last layer puts out all shifts, then all raw scales.
    """

    weights: Sequence[Array]  # (r, c)
    pending: Sequence[Array]  # (r, N)
    y: Array  # (n, N)


def looped(
    loop: Loop, flow: AffineAutoregressive, y: Array, context: Array | None
) -> tuple[Array, Array]:
    """x_i = (y_i - mu_i) / sigma_i in the order of degrees, a loop over blocks of them (INV-3).

    Parameters
    ----------
    loop : Loop
    flow : AffineAutoregressive
    y : (..., D)
    context : (..., C), optional

    Returns
    -------
    x : (..., D)
    log_sigma : (..., D), nats
    """
    net = flow.network
    static = (flow.degrees, net.activation, net.residual)
    arrays = (net.hidden, net.output, net.skip, flow.scale, net.inputs(y, context))
    x, log_sigma = loop.call(solution, loop, static, arrays)
    return x, log_sigma


def solution(
    loop: Loop,
    degrees: Degrees,
    activation: str,
    residual: bool,
    hidden: Sequence[Layer],
    output: Layer,
    skip: Array | None,
    scale: ScaleMap,
    inputs: Array,
) -> tuple[Array, Array]:
    """x and log sigma, each (..., D), for inputs (..., C + D): context, then y (INV-3)."""
    xp, plan = array_namespace(inputs), degrees.loops
    f, direct = activation_of(activation, inputs), skip is not None
    p = Problem(xp, loop, f, residual, direct, bound(scale, inputs))
    layers = plain_layers(hidden, output, skip)
    context, y = variables(inputs, degrees)
    rows = (*turns(plan, inputs), y, *weights_in_blocks(layers, degrees, direct))
    pending = pending_at_first(layers, context, degrees, direct)
    _, (x, raw) = loop.fold(partial(_block, p), pending, rows)
    batch = inputs.shape[:-1]
    return events(x, plan, batch), scale.log_scale(events(raw, plan, batch))


def _block(p: Problem, pending: Arrays, row: Arrays) -> tuple[Arrays, Arrays]:
    """Solve the block of this number, and hand on what its units contribute to all others.

    What is added to blocks that are solved already, this one among them, nobody reads.
    """
    number, turns_, y, *columns = row
    rows = [
        p.xp.reshape(W, (*a.shape[:2], W.shape[1])) for W, a in zip(columns, pending, strict=True)
    ]
    mine, here = ([p.xp.take(a, number, axis=0)[0, ...] for a in of] for of in (rows, pending))
    block = Block(mine, here, y)
    x, raw = p.loop.again(partial(_solved, p))(block, turns_)
    read = zip(pending, columns, _read(p, block, x), strict=True)
    return tuple([a + p.xp.reshape(W @ v, a.shape) for a, W, v in read]), (x, raw)


def _solved(p: Problem, block: Block, turns_: Array) -> tuple[Array, Array]:
    """x and raw scales of a block, (n, N), one degree after the other."""
    zero = p.xp.zeros_like(block.y)
    found, _ = p.loop.fold(partial(_degree, p, block), (zero, zero), (turns_,))
    return found[0], found[1]


def _degree(p: Problem, block: Block, state: Arrays, row: Arrays) -> tuple[Arrays, Arrays]:
    """x = (y - mu) / sigma for the variables whose turn it is (eq. 10); the others stay as is.

    Where it is not their turn, the parameters are 0, so that nothing overflows that nobody asked
    for (INV-5), and no derivative is 0 times an infinity.
    """
    (x, raw), (turn,), where = state, row, p.xp.where
    o = block.pending[-1] + block.weights[-1] @ _read(p, block, x)[-1]
    zero = p.xp.zeros_like(x)
    shift, new = (where(turn, part, zero) for part in (o[: x.shape[0], :], o[x.shape[0] :, :]))
    value = (block.y - p.scale.location(shift, new)) / p.scale.scale(new)  # eq. 10, for x
    return (where(turn, value, x), where(turn, new, raw)), ()


def _read(p: Problem, block: Block, x: Array) -> list[Array]:
    """What each layer reads of the block: x, the hidden layers; the last one with skip also x."""
    found, value, h = [x], x, None
    layers = list(zip(block.weights, block.pending, strict=True))[:-1]
    for k, (W, a) in enumerate(layers):
        value, h = hand_on(p.activation, p.residual, k, len(layers) - 1, a + W @ value, h)
        found.append(value)
    if p.skip:
        found[-1] = p.xp.concat((value, x), axis=0)
    return found
