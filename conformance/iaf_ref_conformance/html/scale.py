"""Effective precision on a scale, between the unit roundoffs of the profiles."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby

from ..checks.compare import coarsest
from ..diagnosis_precision import ladder
from ..summary import power
from .pictures import WIDTH, exponent

_FINEST, _COARSEST = -56.0, -4.0  # powers of two at the two ends
_MARGIN = 12.0
_LETTER = 5.6  # units that one takes, about


@dataclass(frozen=True)
class Mark:
    """A unit roundoff: where, its label and on which line, and whether the run is held to it."""

    x: float
    label: str
    line: int
    anchor: str
    held: bool


@dataclass(frozen=True)
class Scale:
    """The scale of one run.

    Attributes
    ----------
    marks : tuple of Mark
    x : float or None
        Of the effective precision; None: not measured, or no matter of precision.
    anchor : str
        Of its label.
    text, says : str
        Its label, and the picture in one sentence.
    """

    marks: tuple[Mark, ...]
    x: float | None
    anchor: str
    text: str
    says: str


def scale(profile: str, shown: float | None, beyond: bool = False) -> Scale:
    """Place the effective precision of a run between the unit roundoffs.

    Parameters
    ----------
    profile : str
        That the run is held to.
    shown : float or None
        Its effective precision.
    beyond : bool
        Whether its errors are no matter of precision: then they have no place on the scale.

    Returns
    -------
    Scale
    """
    said = f"effective {power(shown)}" if shown else "effective precision not measured"
    said = "not a matter of precision" if beyond else said
    x = _x(math.log2(shown)) if shown and not beyond else None
    return Scale(_marks(profile), x, _anchor(x or 0.0), said, f"{said}; held to {profile}")


def _x(log2: float) -> float:
    """Place of a power of two; what lies beyond an end is drawn there."""
    part = (min(max(log2, _FINEST), _COARSEST) - _FINEST) / (_COARSEST - _FINEST)
    return _MARGIN + part * (WIDTH - 2 * _MARGIN)


def _anchor(x: float) -> str:
    """Which part of a label stands at its place, so that it stays inside the picture."""
    return "start" if x < WIDTH / 4 else "end" if x > WIDTH * 3 / 4 else "middle"


def _marks(held: str) -> tuple[Mark, ...]:
    """Unit roundoffs from the finest on, each label on the lowest line that is free."""
    marks: list[Mark] = []
    taken: list[tuple[int, float, float]] = []  # line, left, right
    for u, group in groupby(ladder(), key=coarsest):
        names = sorted((profile.name for profile in group), key=len)
        x = _x(math.log2(u))
        label = f"{', '.join(names)} {exponent(round(math.log2(u)))}"
        left, right, anchor = _extent(x, label)
        # above what it would cover: a label, or a mark, which rises to its own label
        line = 1 + max((k for k, a, b in taken if a < right and b > left), default=-1)
        taken.append((line, left - _LETTER, right + _LETTER))
        marks.append(Mark(x, label, line, anchor, held in names))
    return tuple(marks)


def _extent(x: float, label: str) -> tuple[float, float, str]:
    """Where a label begins and ends, and its anchor."""
    width, anchor = len(label) * _LETTER, _anchor(x)
    left = x - width * ("start", "middle", "end").index(anchor) / 2
    return left, left + width, anchor
