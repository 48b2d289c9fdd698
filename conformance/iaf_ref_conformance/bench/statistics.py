"""From times to numbers: ratios of what stood side by side, and their medians.

Every number is made once for each round in which all of a group were timed, so that what the
machine did at the moment touches both sides; its median over the rounds is what is said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from .timing import Timing


@dataclass(frozen=True)
class Spread:
    """Median and quartiles of some numbers, and how many there were."""

    median: float
    lower: float
    upper: float
    count: int


def spread(values: Sequence[float]) -> Spread:
    """Return median and quartiles, linear between neighbours.

    Raises
    ------
    ValueError
        There are no values.
    """
    if not values:
        raise ValueError("values: expected one at least, got none")
    lower, median, upper = np.quantile(np.asarray(values, dtype=np.float64), (0.25, 0.5, 0.75))
    return Spread(float(median), float(lower), float(upper), len(values))


def common(group: Sequence[Timing]) -> list[tuple[float, ...]]:
    """Return the values of a group side by side, for each round that all of it took part in."""
    shared = set.intersection(*(set(timing.values) for timing in group))
    return [tuple(timing.values[k] for timing in group) for k in sorted(shared)]


def ratio(group: Sequence[Timing]) -> list[float]:
    """The first over the second."""
    return [first / second for first, second in common(group)]


def exponent(group: Sequence[Timing]) -> list[float]:
    """e of the line through (log D, log t) by least squares: t ~ D^e."""
    x = np.log([timing.entry.size.dim for timing in group])
    x -= np.mean(x)
    return [float(x @ np.log(times) / (x @ x)) for times in common(group)]


def floor(group: Sequence[Timing]) -> list[float]:
    """The inverse over half a dense product and the steps that wait for each other."""
    return [inverse / (product / 2 + steps) for inverse, product, steps in common(group)]


def rate(group: Sequence[Timing]) -> list[float]:
    """1e9 operations a second of the products of a forward pass."""
    (timing,) = group
    return [timing.entry.size.operations / seconds / 1e9 for seconds in timing.values.values()]


def memory(group: Sequence[Timing]) -> list[float]:
    """Bytes over those of the activations of one forward pass."""
    (timing,) = group
    activations = timing.entry.size.activations * timing.itemsize
    return [peak / activations for peak in timing.values.values()]


def first(group: Sequence[Timing]) -> list[float]:
    """Seconds of the call before all others, which compiles."""
    return [timing.first for timing in group]


HOW: Mapping[str, Callable[[Sequence[Timing]], list[float]]] = MappingProxyType(
    {
        "ratio": ratio,
        "exponent": exponent,
        "floor": floor,
        "rate": rate,
        "memory": memory,
        "first": first,
    }
)
"""Name in a row -> from the timings of a group to a number for each round."""
