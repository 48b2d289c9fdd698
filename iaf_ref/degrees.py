"""Degrees of the units of a MADE: who may depend on whom (Germain et al. 2015, section 4).

A variable of degree d may depend on the variables of smaller degree. A hidden unit of degree d may
depend on the variables of degree <= d. Context has degree 0. Nothing here is rounded in floating
point: a library that computes ``round(linspace(1, D - 1, H))`` in float32 gets other masks from the
same widths.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ._checks import check_int, check_one_of, check_permutation
from .strategies import STRATEGIES, given_labels

Integers = np.ndarray[tuple[int], np.dtype[np.int64]]
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
    """

    context: Integers
    input: Integers
    hidden: tuple[Integers, ...]
    adjacency: Booleans | None = None

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
        last = max(self.input.tolist())
        return tuple(tuple(np.flatnonzero(self.input == d).tolist()) for d in range(1, last + 1))

    def _key(self) -> tuple[object, ...]:
        """Everything that tells two sets of degrees apart."""
        adjacency = None if self.adjacency is None else tuple(map(tuple, self.adjacency.tolist()))
        hidden = tuple(tuple(layer.tolist()) for layer in self.hidden)
        return len(self.context), tuple(self.input.tolist()), hidden, adjacency

    def __eq__(self, other: object) -> bool:
        """Whether all degrees, and the graph if there is one, are equal."""
        return isinstance(other, Degrees) and self._key() == other._key()

    def __hash__(self) -> int:
        """Hash of what is compared: degrees are the static part of a jitted flow."""
        return hash(self._key())


def made_degrees(
    dim: int,
    hidden: Sequence[int | Sequence[int]],
    order: Sequence[int] | Sequence[Sequence[int]] | None = None,
    context_dim: int = 0,
    strategy: str = "even",
    *,
    seed: int = 0,
    adjacency: object | None = None,
) -> Degrees:
    """Degrees of a MADE (MASK-1, MASK-2, MASK-3, MASK-8, MASK-9).

    degree(order[k]) = k + 1. With K the largest of them, hidden degrees lie in low..high = 1..K-1
    without context and 0..K-1 with it, both 0 where K = 1. For unit k of H:

    - ``even``: low + k (high - low) / (H - 1), rounded half to even;
    - ``cyclic``: low + k mod (high - low + 1);
    - ``random``: uniform between the smallest degree of the layer before, at least low, and high.

    Parameters
    ----------
    dim : int
        Number of variables D >= 1.
    hidden : sequence
        Width of each layer, or the degrees of its units.
    order : sequence, optional
        ``order[k]``: the variable generated k-th; or groups of variables generated together, as
        ``[[0, 2], [1]]``. Default: 0..D-1.
    context_dim : int
        Number of context variables C.
    strategy : {"even", "cyclic", "random"}
        How the degrees of a layer given by its width are chosen.
    seed : int
        Of ``random``.
    adjacency : (D, D) or (D, C + D) Boolean matrix, optional
        A directed acyclic graph in place of an order; see :func:`iaf_ref.dag.dag_degrees`.

    Returns
    -------
    Degrees

    Raises
    ------
    TypeError
        A number is not an integer.
    ValueError
        ``order`` is no permutation, a given degree is out of range, or the graph has a cycle.

    Examples
    --------
    >>> made_degrees(dim=5, hidden=(6,), order=[2, 0, 1, 4, 3]).input
    array([2, 3, 1, 5, 4])
    >>> made_degrees(dim=5, hidden=(6,)).hidden
    (array([1, 2, 2, 3, 3, 4]),)
    """
    dim, context_dim = check_int("dim", dim, 1), check_int("context_dim", context_dim, 0)
    check_one_of("strategy", strategy, tuple(STRATEGIES))
    if adjacency is not None:
        from .dag import dag_degrees

        if order is not None:
            raise ValueError("order: expected None beside an adjacency, got an order")
        return dag_degrees(adjacency, hidden, dim=dim, context_dim=context_dim)
    degrees = input_degrees(dim, order)
    last = max(degrees)
    low = 0 if context_dim or last == 1 else 1
    high = last - 1
    rng, layers, least = random.Random(seed), [], low
    for number, layer in enumerate(hidden):
        name = f"hidden[{number}]"
        if isinstance(layer, Sequence | np.ndarray):
            units = given_labels(name, layer, high)
        else:
            width = check_int(name, layer, 1)
            units = STRATEGIES[strategy](width, max(least, low), high, low, rng)
        layers.append(integers(units))
        least = min(units)
    return Degrees(integers([0] * context_dim), integers(degrees), tuple(layers))


def input_degrees(dim: int, order: Sequence[int] | Sequence[Sequence[int]] | None) -> list[int]:
    """degree(order[k]) = k + 1 (MASK-1); the members of a group share their degree.

    Raises
    ------
    TypeError
        An entry is not an integer.
    ValueError
        ``order`` does not hold each of 0..D-1 once.
    """
    entries = range(dim) if order is None else order
    groups = [tuple(g) if isinstance(g, Sequence | np.ndarray) else (g,) for g in entries]
    flat = check_permutation("order", [i for group in groups for i in group])
    if len(flat) != dim:
        raise ValueError(f"order: expected a permutation of 0..{dim - 1}, got {list(flat)}")
    if not all(groups):
        raise ValueError(
            f"order: expected groups of at least one variable, got {[list(g) for g in groups]}"
        )
    degree = {int(i): k + 1 for k, group in enumerate(groups) for i in group}
    return [degree[i] for i in range(dim)]


def integers(values: Sequence[int]) -> Integers:
    """Return a read-only int64 vector."""
    vector = np.asarray(values, dtype=np.int64)
    vector.flags.writeable = False
    return vector
