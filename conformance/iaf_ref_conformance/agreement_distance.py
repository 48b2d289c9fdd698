"""How far two answers to one case are from one another: in ulps, and in units of the bounds.

Ulps: |a - b| over the distance of neighbouring floats at the greater of the two magnitudes. Units:
|a - b| over the sum of both subjects' bounds. Two programs that conform are at most 1 unit apart,
however many ulps that is: next to a cancellation a bound is many ulps wide. An inverse has no bound
of its own; there the images f(x') are compared, which the suite evaluates exactly, and the bounds
are those of both images (``oracle``). Masks agree or they do not; where the case leaves the order
of the hidden units open, what is compared is their Boolean product, as the check does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from iaf_ref_backends.profiles import Profile

from .agreement_inverse import Image, apart, image
from .answers import Answer, Replay
from .cases import Case
from .checks.asking import Arrays, same
from .checks.compare import Doubles, bound_of
from .checks.masks import reached
from .checks.outcome import Broken, Unsupported


@dataclass(frozen=True)
class Distance:
    """How far apart answers are.

    Attributes
    ----------
    bitwise : bool
        Whether every bit is the same.
    ulps : float
        The greatest distance; inf where shapes or dtypes differ, or only one number is finite.
    units : float or None
        The greatest distance over the sum of both bounds; None where a profile gives no bound.
    """

    bitwise: bool
    ulps: float
    units: float | None


EQUAL = Distance(True, 0.0, 0.0)
FAR = Distance(False, float("inf"), float("inf"))
"""Not to be compared, so not in agreement."""


def greatest(distances: Iterable[Distance]) -> Distance:
    """Return the greatest of each; bitwise equal only if all are."""
    found = list(distances)
    units = [d.units for d in found if d.units is not None]
    return Distance(
        all(d.bitwise for d in found),
        max((d.ulps for d in found), default=0.0),
        max(units, default=0.0) if units or not found else None,
    )


class Yardstick:
    """Measures answers to one case; bounds and images are derived once, and only if needed.

    Parameters
    ----------
    load : callable
        Returns the case.
    """

    def __init__(self, load: Callable[[], Case]) -> None:
        self._load = load
        self._images: dict[tuple[str, bytes], Image | None] = {}

    @cached_property
    def case(self) -> Case:
        """The case."""
        return self._load()

    def between(self, a: Iterable[Answer], b: Iterable[Answer], *held: Profile) -> Distance | None:
        """Measure two subjects' answers.

        Parameters
        ----------
        a, b : iterables of Answer
        *held : Profile
            To which each of the two is held.

        Returns
        -------
        Distance or None
            None where they answered nothing that both were asked.
        """
        found = [self._pair(first, second, held) for first, second in matched(list(a), list(b))]
        return greatest(found) if found else None

    def _pair(self, a: Answer, b: Answer, held: tuple[Profile, ...]) -> Distance:
        """Measure two answers of one method."""
        both = list(zip(a.values, b.values, strict=False))
        if (
            a.names != b.names
            or len(a.values) != len(b.values)
            or any(u.shape != v.shape for u, v in both)
        ):
            return FAR
        if all(same(u, v) for u, v in both):
            return EQUAL
        if a.method == "masks":
            return self._masks(a, b)
        if any(u.dtype != v.dtype for u, v in both):
            return FAR
        if len(both) != len(a.names):
            return FAR  # alike, and neither is what the method returns
        parts = self._images_apart(a, b, held) if a.method == "inverse" else None
        units = (
            [self._units(n, u, v, held) for n, (u, v) in zip(a.names, both, strict=True)]
            if parts is None
            else [parts]
        )
        rounded = [Distance(same(u, v), ulps(u, v), None) for u, v in both]
        return greatest([*rounded, *(Distance(False, 0.0, number) for number in units)])

    def _masks(self, a: Answer, b: Answer) -> Distance:
        """Compare masks by what is judged of them: that they differ is known already."""
        if self.case.check != "connectivity":
            return FAR
        try:
            first, second = (reached(self.case, Replay([answer])) for answer in (a, b))
        except Broken:
            return FAR
        return EQUAL if same(first, second) else FAR

    def _units(self, name: str, a: Arrays, b: Arrays, held: tuple[Profile, ...]) -> float | None:
        """Distance over the sum of the bounds; inf where the case expects no such value."""
        if name not in self.case.expected:
            return float("inf")
        try:
            bounds = [bound_of(self.case, profile, name) for profile in held]
        except Unsupported:
            return None
        if any(bound.shape != a.shape for bound in bounds):
            return float("inf")
        return over(_difference(a, b), sum(bounds, np.zeros(())))

    def _images_apart(self, a: Answer, b: Answer, held: tuple[Profile, ...]) -> float | None:
        """Distance of the images of two inverses, where the case leaves an inverse to be solved."""
        if self.case.check != "inverse":
            return None
        first, second = (self._image(x, p) for x, p in zip((a, b), held, strict=True))
        if first is None or second is None:
            return float("inf")
        return max(over(d, bound) for d, bound in apart(first, second))

    def _image(self, answer: Answer, profile: Profile) -> Image | None:
        """The image of an inverse."""
        key = (profile.name, b"".join(value.tobytes() for value in answer.values))
        if key not in self._images:
            self._images[key] = image(self.case, profile, answer.values)
        return self._images[key]


def matched(a: list[Answer], b: list[Answer]) -> Iterator[tuple[Answer, Answer]]:
    """Pair answers by method and algorithm; where two share no algorithm, the first of each."""
    for method in dict.fromkeys(answer.method for answer in a):
        left, right = ({x.by: x for x in side if x.method == method} for side in (a, b))
        names = [by for by in left if by in right]
        if names:
            yield from ((left[by], right[by]) for by in names)
        elif right:
            yield next(iter(left.values())), next(iter(right.values()))


def ulps(a: Arrays, b: Arrays) -> float:
    """Greatest distance of two arrays of one float dtype in ulps."""
    magnitude = np.maximum(np.abs(a), np.abs(b))
    with np.errstate(invalid="ignore", over="ignore"):
        return over(_difference(a, b), np.spacing(magnitude).astype(np.float64))


def over(difference: Doubles, unit: Any) -> float:
    """Greatest difference in units; 0 of 0 is 0, and what is not to be measured is inf."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.where(difference == 0.0, 0.0, difference / unit)
    return float(np.where(np.isnan(ratios), np.inf, ratios).max(initial=0.0))


def _difference(a: Arrays, b: Arrays) -> Doubles:
    """|a - b| in float64; 0 for the same infinity and for NaN and NaN."""
    with np.errstate(invalid="ignore", over="ignore"):
        difference = np.abs(a.astype(np.float64) - b.astype(np.float64))
    equal = (a == b) | (np.isnan(a) & np.isnan(b))
    return np.where(equal, 0.0, difference)
