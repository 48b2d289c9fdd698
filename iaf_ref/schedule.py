"""When each unit of a network can be computed: the plan of the blocked inverse (INV-3).

A unit of degree d can be computed as soon as the variables of degree d are known; call d its
*time*. Context has time 0; on a graph (MASK-9), a unit that serves variable v has the largest
degree of v's parents as its time. Sorted by time, every weight matrix is block lower triangular,
whatever the order, the ties and the strategy of the hidden degrees: rows of some times have no
columns of later ones.

So times 0, ..., K are cut into halves again and again, down to parts so small that it costs less to
compute their units anew at each degree than to cut them once more; for a forward pass, into bands.

Plain integers on the host, found once, when the degrees are made.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .degrees import Degrees

BANDS = 8
"""Bands of a forward pass: b of them leave (b + 1) / 2b of a dense product."""

WIDEST_PART = 20
"""Units of the widest stage of a part that is cut no further; docs/speed.md has the measurement."""

Counts = tuple[int, ...]
Order = tuple[int, ...] | None


class Step(NamedTuple):
    """One degree of a part: its outputs, and how many units of each stage are known after it."""

    time: int
    outputs: tuple[int, int]
    known: Counts


class Band(NamedTuple):
    """Consecutive times of a forward pass: units of each stage before and by its end, outputs."""

    begin: Counts
    end: Counts
    outputs: tuple[int, int]


class Part(NamedTuple):
    """Consecutive times with so many units of each stage and outputs: two halves, or steps."""

    units: Counts
    outputs: int
    widest: int
    halves: tuple[Part, Part] | None
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Schedule:
    """Units of each stage by time; stage 0 are the inputs (context, x), then the hidden layers.

    Attributes
    ----------
    orders : for each stage its units by time, or None where they are so already
    variables : the variables by degree, or None
    places : where each variable stands among ``variables``, or None
    last : int, the largest degree K
    whole : Part, all times
    bands : tuple of Band
    """

    orders: tuple[Order, ...]
    variables: Order
    places: Order
    last: int
    whole: Part
    bands: tuple[Band, ...]

    @property
    def sorted(self) -> bool:
        """Whether all units are by time as they stand."""
        return self.variables is None and not any(self.orders)


def times(degrees: Degrees) -> tuple[list[int], ...]:
    """Time of each unit of each stage."""
    inputs = degrees.context.tolist() + list(degrees.levels)
    hidden = [layer.tolist() for layer in degrees.hidden]
    if degrees.adjacency is not None:  # a label is the variable whose parents the unit collects
        latest = [
            max((t for t, p in zip(inputs, row, strict=True) if p), default=0)
            for row in degrees.adjacency.tolist()
        ]
        hidden = [[latest[v] for v in layer] for layer in hidden]
    return inputs, *hidden


def schedule(degrees: Degrees) -> Schedule:
    """Sort the units of each stage by their times, and cut the times (INV-3).

    Parameters
    ----------
    degrees : Degrees

    Returns
    -------
    Schedule
    """
    stages, last = times(degrees), max(degrees.levels)
    variables = _sorted(list(degrees.levels))
    places = None if variables is None else tuple(_sorted(list(variables)) or ())
    ends = [sorted(stage) for stage in stages]
    below = [tuple(bisect_left(end, t) for t in range(last + 2)) for end in ends]
    outputs = tuple(max(n - degrees.context_dim, 0) for n in below[0])
    table = _Table(tuple(below), outputs)
    width = max(len(stage) for stage in stages)
    bands = tuple(table.band(a, b) for a, b in table.cut(0, last + 1, -(-width // BANDS)))
    orders = tuple(_sorted(stage) for stage in stages)
    return Schedule(orders, variables, places, last, table.part(0, last + 1), bands)


def _sorted(values: list[int]) -> Order:
    """Places of the values in their order, those of equal ones as they stand; None: as they are."""
    order = tuple(sorted(range(len(values)), key=values.__getitem__))
    return None if order == tuple(range(len(values))) else order


class _Table(NamedTuple):
    """Number of units of each stage, and of outputs, of a time below t, for t = 0, ..., K + 1."""

    below: tuple[Counts, ...]
    outputs: Counts

    def cut(self, t0: int, t1: int, widest: int) -> list[tuple[int, int]]:
        """Cut times t0 <= t < t1 into spans of about equally many units, if possible <= widest."""
        widths = [counts[t1] - counts[t0] for counts in self.below]
        counts = self.below[widths.index(max(widths))][t0 : t1 + 1]
        parts = max(1, -(-max(widths) // widest))
        wanted = [counts[0] + (counts[-1] - counts[0]) * k / parts for k in range(1, parts)]
        edges = sorted({t0, *(t0 + max(1, bisect_left(counts, w)) for w in wanted), t1})
        return [(a, b) for a, b in pairwise(edges) if a < b]

    def band(self, t0: int, t1: int) -> Band:
        """Times t0 <= t < t1."""
        begin, end = (tuple(counts[t] for counts in self.below) for t in (t0, t1))
        return Band(begin, end, (self.outputs[t0], self.outputs[t1]))

    def part(self, t0: int, t1: int) -> Part:
        """Cut times t0 <= t < t1 into halves, or where they are few units into steps."""
        units = tuple(counts[t1] - counts[t0] for counts in self.below)
        outputs = self.outputs[t1] - self.outputs[t0]
        steps = tuple(self.step(t0, t) for t in range(t0, t1))
        if t1 - t0 == 1 or max(units) <= WIDEST_PART // 2:
            return Part(units, outputs, max(units), None, steps)
        middle = self.cut(t0, t1, -(-max(units) // 2))[0][1]
        middle = min(middle, t1 - 1)
        return Part(
            units, outputs, max(units), (self.part(t0, middle), self.part(middle, t1)), steps
        )

    def step(self, t0: int, t: int) -> Step:
        """Time t of a part that begins at t0."""
        first = self.outputs[t0]
        outputs = self.outputs[t] - first, self.outputs[t + 1] - first
        return Step(t, outputs, tuple(counts[t + 1] - counts[t0] for counts in self.below))
