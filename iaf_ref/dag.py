"""MADE on any directed acyclic graph (MASK-9), as zuko does it for structured densities.

In place of one number, a hidden unit carries the *set* of variables it may depend on: the parents
of the variable it serves. A unit may read another whose set is a subset of its own; an output may
read a unit whose set is a subset of its parents. A total order is the case in which these sets are
nested.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ._checks import show
from ._values import check_int, check_sequence
from .degrees import Booleans, Degrees, integers
from .strategies import given_labels


def dag_degrees(
    adjacency: object, hidden: Sequence[int | Sequence[int]], *, dim: int, context_dim: int = 0
) -> Degrees:
    """Degrees of a MADE whose dependencies are the edges of a graph (MASK-9).

    degree(i) = 1 + max degree(parents of i), or 1 without any: the variables of a degree are
    generated together. Hidden units serve the distinct non-empty parent sets in the order of
    degrees, dealt out in turn.

    Parameters
    ----------
    adjacency : (D, D) or (D, C + D) Boolean matrix
        ``adjacency[i, j]``: variable i depends on column j of (context, x); D columns: on the whole
        context. The diagonal says nothing: a variable never is its own parent.
    hidden : sequence
        Width of each layer, or for each of its units the variable that it serves.
    dim, context_dim : int
        Numbers of variables D and of context variables C.

    Returns
    -------
    Degrees

    Raises
    ------
    TypeError
        A width is not an integer.
    ValueError
        Another shape, entries other than 0 and 1, or a cycle, which is named.
    """
    graph = _graph(adjacency, dim, context_dim)
    levels = _levels(graph[:, context_dim:])
    serving = _distinct(graph, levels)
    layers = []
    for number, layer in enumerate(check_sequence("hidden", hidden)):
        if isinstance(layer, Sequence | np.ndarray):
            layers.append(integers(given_labels(f"hidden[{number}]", layer, dim - 1)))
        else:
            width = check_int(f"hidden[{number}]", layer, 1)
            layers.append(integers([serving[k % len(serving)] for k in range(width)]))
    return Degrees(integers([0] * context_dim), integers(levels), tuple(layers), graph)


def _graph(adjacency: object, dim: int, context_dim: int) -> Booleans:
    """Check the matrix, add the context's columns where they lack, clear the diagonal."""
    given = np.asarray(adjacency) if isinstance(adjacency, np.ndarray) else _matrix(adjacency)
    if given.shape not in {(dim, dim), (dim, context_dim + dim)}:
        expected = " or ".join(show((dim, n)) for n in sorted({dim, context_dim + dim}))
        raise ValueError(f"adjacency: expected shape {expected}, got {show(given.shape)}")
    if not np.all((given == 0) | (given == 1)):
        raise ValueError("adjacency: expected entries 0 or 1, got others")
    graph = given.astype(bool)
    if given.shape[1] == dim:
        graph = np.concatenate([np.ones((dim, context_dim), dtype=bool), graph], axis=1)
    own = np.concatenate(
        [np.zeros((dim, context_dim), dtype=bool), np.eye(dim, dtype=bool)], axis=1
    )
    graph = np.asarray(graph & ~own, dtype=np.bool_)
    graph.flags.writeable = False
    return graph


def _matrix(rows: object) -> Booleans:
    """Return nested sequences as an array; ragged ones are not one."""
    try:
        return np.asarray(rows)
    except ValueError:
        raise ValueError("adjacency: expected rows of one length, got others") from None


def _levels(parents: Booleans) -> list[int]:
    """degree(i) = 1 + max degree(parents), found level by level (Kahn's algorithm)."""
    dim = len(parents)
    levels = [0] * dim
    for level in range(1, dim + 1):
        done = {i for i in range(dim) if levels[i]}
        free = [
            i
            for i in range(dim)
            if not levels[i] and set(np.flatnonzero(parents[i]).tolist()) <= done
        ]
        for i in free:
            levels[i] = level
    if not all(levels):
        raise ValueError(f"adjacency: expected no cycle, got {_cycle(parents, levels)}")
    return levels


def _cycle(parents: Booleans, levels: list[int]) -> str:
    """Walk from parent to parent among the variables without a level until one comes back."""
    walk = [levels.index(0)]
    while walk[-1] not in walk[:-1]:
        walk.append(next(j for j in np.flatnonzero(parents[walk[-1]]).tolist() if not levels[j]))
    return " <- ".join(str(i) for i in walk[walk.index(walk[-1]) :])


def _distinct(graph: Booleans, levels: list[int]) -> list[int]:
    """One variable for each distinct non-empty parent set, by degree; variable 0 without any."""
    seen: dict[bytes, int] = {}
    for i in sorted(range(len(graph)), key=lambda i: levels[i]):
        if graph[i].any():
            seen.setdefault(graph[i].tobytes(), i)
    return list(seen.values()) or [0]
