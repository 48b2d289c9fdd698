"""The plan of the looped inverse: times in blocks of one shape (INV-3).

Times as in :mod:`iaf_ref.schedule`; here they are cut once, into blocks of about equally many
units. A loop wants all blocks alike, so that each is padded, in every stage, to the units of the
largest: places without a unit have weights 0 to and from them, and no time. Plain integers on the
host.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from .schedule import times

if TYPE_CHECKING:
    from .degrees import Degrees

FEWEST_STEPS = 16
"""From so many degrees on, the loop, however much has to be padded: unrolled, the inverse of more
takes a compiler longer than it takes the loop to run."""

BLOCK = 32
"""Units of the widest stage of a block: its own network is small, and the blocks are few."""

Indices = tuple[int, ...]


class Stage(NamedTuple):
    """Units of a stage, block after block; where there is none, their number stands."""

    units: Indices  # (B n,)
    n: int


class LoopPlan(NamedTuple):
    """Blocks of one shape.

    Attributes
    ----------
    blocks : int, their number B
    stages : tuple of Stage; stage 0 are the variables, then the hidden layers
    places : for each variable where it stands among the B n of stage 0
    turns : (B, T, n) nested; whether the degree of a variable is the block's t-th
    """

    blocks: int
    stages: tuple[Stage, ...]
    places: Indices
    turns: tuple[tuple[tuple[bool, ...], ...], ...]


def loop_plan(degrees: Degrees) -> LoopPlan:
    """Cut the times into blocks, and pad these to one shape (INV-3).

    Parameters
    ----------
    degrees : Degrees

    Returns
    -------
    LoopPlan
    """
    inputs, *hidden = times(degrees)
    timed = [inputs[degrees.context_dim :], *hidden]
    edges = _edges([sorted(stage) for stage in timed], max(degrees.levels))
    blocks = [_members(stage, edges) for stage in timed]
    stages = tuple(
        _stage(members, len(stage)) for members, stage in zip(blocks, timed, strict=True)
    )
    first = [1, *edges[1:]]  # at time 0 no variable is found
    n, T = stages[0].n, max(b - a for a, b in pairwise(first))
    turns = tuple(
        tuple(_turn(timed[0], members, t, n) for t in range(a, a + T))
        for a, members in zip(first, blocks[0], strict=False)
    )
    places = [0] * degrees.dim
    for place, i in enumerate(stages[0].units):
        if i < degrees.dim:
            places[i] = place
    return LoopPlan(len(edges) - 1, stages, tuple(places), turns)


def worth_a_loop(degrees: Degrees) -> bool:
    """Whether there are many degrees (INV-3)."""
    return max(degrees.levels) >= FEWEST_STEPS


def _edges(stages: list[list[int]], last: int) -> list[int]:
    """Times at which blocks begin, and last + 1: about equally many units, all stages counted."""
    units = sorted(t for stage in stages for t in stage)
    below = [bisect_left(units, t) for t in range(last + 2)]
    parts = -(-max(len(stage) for stage in stages) // BLOCK)
    wanted = [len(units) * k / parts for k in range(1, parts)]
    inner = {bisect_left(below, w) for w in wanted}
    return sorted({0, last + 1} | {t for t in inner if 1 < t <= last})


def _members(stage: list[int], edges: list[int]) -> list[list[int]]:
    """Units of each block, by time."""
    order = sorted(range(len(stage)), key=stage.__getitem__)
    ends = [bisect_left(order, edge, key=stage.__getitem__) for edge in edges]
    return [order[a:b] for a, b in pairwise(ends)]


def _stage(blocks: list[list[int]], total: int) -> Stage:
    """Pad each block to the units of the largest."""
    n = max(len(members) for members in blocks)
    return Stage(tuple(u for m in blocks for u in (*m, *[total] * (n - len(m)))), n)


def _turn(degrees: list[int], members: list[int], t: int, n: int) -> tuple[bool, ...]:
    """Whether the degree of a block's variables is t."""
    found = [degrees[i] == t for i in members]
    return (*found, *[False] * (n - len(found)))
