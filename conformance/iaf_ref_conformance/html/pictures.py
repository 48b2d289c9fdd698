"""Two pictures of a run as numbers to draw: error / bound of its cases, and its precision.

The template draws them as SVG inside the page, in the colours of its style sheet, so that they are
light or dark as the page is, and each mark says in words what it stands for.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from ..checks.outcome import FAILED, UNSUPPORTED
from ..results import Result, Run

WIDTH, HEIGHT = 400.0, 84.0
"""Units across, and of the highest bar; a picture is scaled to the room that it has."""
LOW, HIGH = -10, 10
"""Powers of two between which error / bound is drawn; the outermost bars hold what lies beyond."""
EXACT, NONE = LOW - 1, HIGH
"""Places of the two bars apart: no error at all, and no number."""
_STEP, _MARGIN = 16.0, 12.0  # units


@dataclass(frozen=True)
class Bar:
    """Cases at one place: how many, how high their bars are, and a sentence."""

    x: float
    passed: int
    failed: int
    passed_height: float
    failed_height: float
    says: str


@dataclass(frozen=True)
class Tick:
    """A mark below an axis."""

    x: float
    text: str


@dataclass(frozen=True)
class Histogram:
    """How many cases came how near to their bound.

    Attributes
    ----------
    bars : tuple of Bar
    ticks : tuple of Tick
    bound : float
        Where the error is the bound.
    says : str
        The picture in one sentence.
    """

    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    bound: float
    says: str


def histogram(run: Run) -> Histogram:
    """Count the cases of a run by log2(error / bound).

    What is exact has a bar of its own at the left. One at the right is for what has no number: a
    wrong shape, an exception, an error where the bound is 0.

    Parameters
    ----------
    run : Run

    Returns
    -------
    Histogram
    """
    judged = [r for r in run.results if r.outcome.status != UNSUPPORTED]
    found = Counter((place_of(r), r.outcome.status == FAILED) for r in judged)
    counts = {k: (found[k, False], found[k, True]) for k in range(EXACT, NONE + 1)}
    most = max(1, *map(sum, counts.values()))
    bars = [_bar(place, *pair, most) for place, pair in counts.items() if sum(pair)]
    powers = [Tick(_x(k), "bound" if k == 0 else exponent(k)) for k in range(LOW + 5, HIGH, 5)]
    apart = [Tick(_x(EXACT) + _STEP / 2, "exact"), Tick(_x(NONE) + _STEP / 2, "none")]
    return Histogram(tuple(bars), (*powers, *apart), _x(0), _sentence(counts))


def place_of(result: Result) -> int:
    """Return k where 2^k < error / bound <= 2^(k+1), or the place of one of the bars apart."""
    ratio = result.outcome.ratio
    if ratio is None or math.isinf(ratio):
        return NONE
    if ratio == 0.0:
        return EXACT
    return min(max(math.ceil(math.log2(ratio)) - 1, LOW), HIGH - 1)


def _x(place: int) -> float:
    """Left edge of a bar; half a step is left free before and after what was measured."""
    gaps = (place > EXACT) + (place >= NONE)
    return _MARGIN + (place - EXACT + gaps / 2) * _STEP


def _bar(place: int, passed: int, failed: int, most: int) -> Bar:
    """One bar; a single case is to be seen beside hundreds."""
    good, bad = (max(HEIGHT * n / most, 2.5) if n else 0.0 for n in (passed, failed))
    counts = [f"{n} {word}" for n, word in ((passed, "passed"), (failed, "failed")) if n]
    return Bar(_x(place), passed, failed, good, bad, f"{_where(place)}: {', '.join(counts)}")


def _where(place: int) -> str:
    """Say what a bar stands for."""
    if place in (EXACT, NONE):
        return "no error" if place == EXACT else "no number"
    low, high = exponent(place), exponent(place + 1)
    if place == LOW:
        return f"error / bound up to {high}"
    return f"error / bound above {low}" + ("" if place == HIGH - 1 else f", up to {high}")


def _sentence(counts: Mapping[int, tuple[int, int]]) -> str:
    """Say what the picture shows."""
    within = sum(sum(pair) for place, pair in counts.items() if EXACT < place < 0)
    beyond = sum(sum(pair) for place, pair in counts.items() if 0 <= place < NONE)
    return (
        f"{sum(counts[EXACT])} cases without an error, {within} within their bound, "
        f"{beyond} beyond it, {sum(counts[NONE])} without a number"
    )


def exponent(k: int) -> str:
    """Write a power of two.

    >>> exponent(-10)
    '2⁻¹⁰'
    """
    return "2" + str(k).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
