"""How the hidden degrees of a layer are chosen, in exact integer arithmetic (MASK-3).

``round(linspace(1, D - 1, H))`` in floating point gives other masks in float32 than in float64, and
others in one library than in the next; fractions are exact.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np

from ._values import check_int

Integers = np.ndarray[tuple[int], np.dtype[np.int64]]


def given_labels(name: str, layer: Sequence[int] | Integers, high: int) -> list[int]:
    """Degrees that the user wrote down, each within 0..high (MASK-3).

    Raises
    ------
    TypeError
        A degree is not an integer.
    ValueError
        No degree, or one out of range.
    """
    units = [check_int(f"{name}[{k}]", d, 0) for k, d in enumerate(layer)]
    if not units or max(units) > high:
        raise ValueError(f"{name}: expected one or more degrees in 0..{high}, got {units}")
    return units


def _even(width: int, least: int, high: int, low: int, rng: random.Random) -> list[int]:
    """low + k (high - low) / (H - 1), rounded half to even, in fractions: exact."""
    return [round(low + Fraction(k * (high - low), max(width - 1, 1))) for k in range(width)]


def _cyclic(width: int, least: int, high: int, low: int, rng: random.Random) -> list[int]:
    """low + k mod (high - low + 1)."""
    return [low + k % (high - low + 1) for k in range(width)]


def _random(width: int, least: int, high: int, low: int, rng: random.Random) -> list[int]:
    """least + floor(r (high - least + 1)), r uniform in [0, 1): the generator serves all layers."""
    return [least + int(rng.random() * (high - least + 1)) for _ in range(width)]


STRATEGIES: dict[str, Callable[[int, int, int, int, random.Random], list[int]]] = {
    "even": _even,
    "cyclic": _cyclic,
    "random": _random,
}
"""Name -> rule (width, least degree, largest, smallest allowed, generator) -> degrees."""
