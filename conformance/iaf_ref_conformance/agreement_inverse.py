"""Where the inverses of two subjects lead: the images f(x') of their answers, and how far apart.

Two correct inverses may differ by as much as the flow is ill-conditioned, and their images by no
more than both residuals may: |f(x'_a) - f(x'_b)| <= bound_a + bound_b, as each is within its own
bound of y. The same holds of log_det' + log|det df/dx|(x'), which is 0 in exact arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from iaf_ref.describe import rebuild
from iaf_ref_backends import tracked
from iaf_ref_backends.profiles import Profile

from .cases import Case
from .checks.asking import Arrays
from .checks.compare import Doubles
from .oracle import have_balls, inverse_residual


@dataclass(frozen=True)
class Image:
    """f(x') and log_det' + log-det at x', exactly or with their doubt, and the bounds of both."""

    values: tuple[Any, Any]
    bounds: tuple[Doubles, Doubles]


def image(case: Case, profile: Profile, answer: Sequence[Arrays]) -> Image | None:
    """Return the image of an answer (x', log_det'); None where it is not finite, or misshapen.

    Parameters
    ----------
    case : Case
        Of the check ``inverse``.
    profile : Profile
    answer : (..., D) and (...)

    Returns
    -------
    Image or None
    """
    x, log_det = answer
    shape = case.expected["x"].hi.shape
    if (x.shape, log_det.shape) != (shape, shape[:-1]):
        return None
    if not (np.isfinite(x).all() and np.isfinite(log_det).all()):
        return None
    y, context = case.input("y"), case.input("context")
    if y is None:
        raise KeyError(f"{case.id}: expected input.y, got none")
    bounds = inverse_residual(case, profile, (x, log_det), np.broadcast_to(y, x.shape), context)
    xp = _exact()
    flow = rebuild(dict(case.text), dict(case.tensors), xp=xp, dtype="float64")
    reached, there = flow.forward(xp.asarray(x), None if context is None else xp.asarray(context))
    return Image((reached, there + xp.asarray(log_det)), bounds.bound)


def apart(a: Image, b: Image) -> Iterator[tuple[Doubles, Doubles]]:
    """Yield |difference| and the sum of the bounds, of f(x') and of the log-dets."""
    for first, second, one, other in zip(a.values, b.values, a.bounds, b.bounds, strict=True):
        yield _magnitude(first - second), one + other


def _exact() -> Any:
    """Balls, or without python-flint float64 numbers that know their error."""
    if not have_balls():
        return tracked.namespace("ieee-f64")
    from iaf_ref_backends import ball

    return ball


def _magnitude(difference: Any) -> Doubles:
    """|difference|, at least; what is not known of it is in the bounds already."""
    if not have_balls():
        return np.abs(tracked.value(difference))
    from iaf_ref_backends import ball

    return ball.residual(difference, np.zeros(difference.shape))
