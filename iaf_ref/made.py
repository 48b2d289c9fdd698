"""From an order to degrees: the front door of the masks (Germain et al. 2015, section 4)."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np

from ._values import check_int, check_one_of, check_permutation, check_sequence
from .dag import dag_degrees
from .degrees import Degrees, integers
from .strategies import STRATEGIES, given_labels


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
    - ``random``: uniform between the smallest degree of the layer before, at least low, and high,
      by the Mersenne twister (Python's ``random.Random(seed).random()``, one draw for each unit).

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
        if order is not None:
            raise ValueError("order: expected None beside an adjacency, got an order")
        return dag_degrees(adjacency, hidden, dim=dim, context_dim=context_dim)
    degrees = input_degrees(dim, order)
    last = max(degrees)
    low = 0 if context_dim or last == 1 else 1
    high = last - 1
    rng, layers, least = random.Random(check_int("seed", seed, 0)), [], low
    for number, layer in enumerate(check_sequence("hidden", hidden)):
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
    entries = range(dim) if order is None else check_sequence("order", order)
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
