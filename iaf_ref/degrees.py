"""Degrees of the units of a MADE: who may depend on whom (Germain et al. 2015, section 4).

A variable of degree d may depend on the variables of smaller degree. A hidden unit of degree d may
depend on the variables of degree <= d. Context has degree 0. Nothing here is rounded in floating
point: a library that computes ``round(linspace(1, D - 1, H))`` in float32 gets other masks from the
same widths.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ._checks import show
from .looped_plan import LoopPlan, loop_plan
from .schedule import Schedule, schedule
from .strategies import Integers, given_labels

Booleans = np.ndarray[tuple[int, int], np.dtype[np.bool_]]


@dataclass(frozen=True, eq=False)
class Degrees:
    """Degrees of the context, the variables and the hidden units (MASK-1, MASK-2, MASK-3).

    Attributes
    ----------
    context : (C,) int64, all 0
    input : (D,) int64, 1..K; variables of equal degree are generated together
    hidden : tuple of (H,) int64; with an adjacency, the variable whose parents the unit collects
    adjacency : (D, C + D) bool or None; columns are (context, x); None: all of smaller degree
    levels : tuple of int; ``input`` as plain numbers, for compilers that trace NumPy too
    schedule : Schedule; when each unit can be computed, the plan of the blocked inverse

    Raises
    ------
    TypeError
        A degree is not an integer.
    ValueError
        A degree is out of range or left out, or an edge does not lead to a larger one.
    """

    context: Integers
    input: Integers
    hidden: tuple[Integers, ...]
    adjacency: Booleans | None = None
    levels: tuple[int, ...] = field(init=False, repr=False)
    schedule: Schedule = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Check, and keep read-only copies: degrees are compared and hashed."""
        context, degrees = integers(self.context), integers(self.input)
        hidden = tuple(integers(layer) for layer in self.hidden)
        last = check_degrees(context.tolist(), degrees.tolist())
        high = last - 1 if self.adjacency is None else len(degrees) - 1
        for k, layer in enumerate(hidden):
            given_labels(f"hidden[{k}]", layer.tolist(), high)
        for name, value in (("context", context), ("input", degrees), ("hidden", hidden)):
            object.__setattr__(self, name, value)
        object.__setattr__(self, "levels", tuple(degrees.tolist()))
        if self.adjacency is not None:
            object.__setattr__(self, "adjacency", check_graph(self.adjacency, context, degrees))
        object.__setattr__(self, "schedule", schedule(self))

    def __deepcopy__(self, memo: object) -> Degrees:
        """Return the degrees themselves: they cannot change."""
        return self

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle what was given: NumPy would bring arrays back that can be written to."""
        return type(self), (self.context, self.input, self.hidden, self.adjacency)

    @property
    def dim(self) -> int:
        """Number of variables D."""
        return len(self.input)

    @property
    def context_dim(self) -> int:
        """Number of context variables C."""
        return len(self.context)

    @property
    def widths(self) -> tuple[int, ...]:
        """Number of units of each hidden layer."""
        return tuple(len(layer) for layer in self.hidden)

    @property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """Variables generated together, in order: those of ``groups[d - 1]`` have degree d."""
        found: list[list[int]] = [[] for _ in range(max(self.levels))]
        for i, d in enumerate(self.levels):
            found[d - 1].append(i)
        return tuple(tuple(group) for group in found)

    @cached_property
    def loops(self) -> LoopPlan:
        """Plan of the inverse in loops, made when a library first asks for it (INV-3)."""
        return loop_plan(self)

    @cached_property
    def _key(self) -> tuple[object, ...]:
        """Everything that tells two sets of degrees apart, kept: every call of a jit asks for it.

        Bytes, as they keep their own hash; their length tells a layer's width.
        """
        adjacency = None if self.adjacency is None else self.adjacency.tobytes()
        hidden = tuple(layer.tobytes() for layer in self.hidden)
        return len(self.context), self.input.tobytes(), hidden, adjacency

    def __eq__(self, other: object) -> bool:
        """Whether all degrees, and the graph if there is one, are equal."""
        return isinstance(other, Degrees) and self._key == other._key

    def __hash__(self) -> int:
        """Hash of what is compared: degrees are the static part of a jitted flow."""
        return hash(self._key)


def check_degrees(context: list[int], degrees: list[int]) -> int:
    """Return the largest degree, if those of the context are 0 and those of the variables 1..K.

    Raises
    ------
    ValueError
        Other degrees.
    """
    if any(context):
        raise ValueError(f"context: expected degrees 0, got {context}")
    last = max(degrees, default=0)
    if last == 0 or set(degrees) != set(range(1, last + 1)):
        raise ValueError(f"input: expected each degree of 1..K at least once, got {degrees}")
    return last


def check_graph(adjacency: Booleans, context: Integers, degrees: Integers) -> Booleans:
    """Return a read-only copy of a graph whose edges lead from smaller degrees to larger ones.

    Raises
    ------
    ValueError
        Another shape, or an edge that does not.
    """
    graph = np.array(adjacency, dtype=np.bool_)
    shape = (len(degrees), len(context) + len(degrees))
    if graph.shape != shape:
        raise ValueError(f"adjacency: expected shape {show(shape)}, got {show(graph.shape)}")
    smaller = degrees[:, None] > np.concatenate([context, degrees])[None, :]
    if np.any(graph & ~smaller):
        raise ValueError("adjacency: expected parents of smaller degree, got others")
    graph.flags.writeable = False
    return graph


def integers(values: Sequence[int] | Integers) -> Integers:
    """Return a read-only int64 vector.

    Raises
    ------
    TypeError
        A value is not an integer.
    """
    if not all(hasattr(v, "__index__") and not isinstance(v, bool | np.bool_) for v in values):
        raise TypeError(f"degrees: expected integers, got {list(values)}")
    vector = np.array(values, dtype=np.int64)
    vector.flags.writeable = False
    return vector
