"""Whether a contestant computes the flow: before it is timed, its answer is held to the bound.

The first rows of its answer are judged, by error-tracking numbers: an inverse by where it leads
(INV-1), a forward pass by the truth in float64 and the bound of its dtype.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from iaf_ref_backends import tracked
from iaf_ref_backends.profiles import load

from ..cases import Case
from ..oracle import inverse_residual, lift, on
from .entry import Entry
from .jobs import Answer, points, posed

ROWS = 4
"""How many rows of a batch are judged."""
PROFILE = {"float32": "ieee-f32", "float64": "ieee-f64"}


class WrongAnswerError(RuntimeError):
    """A contestant computes something else, and is not timed."""


def verified(entry: Entry, answer: Answer, dtype: str) -> float:
    """Return the worst error of an answer over its derived bound.

    Parameters
    ----------
    entry : Entry
    answer : (batch, D) and (batch,)
        x and log-det of the inverse map; of a forward pass, y and log-det.
    dtype : str

    Returns
    -------
    float
        At most 1.

    Raises
    ------
    WrongAnswerError
        More than 1, or not finite.
    """
    case = posed(entry.size, entry.flow, dtype)
    first, log_det = (part[:ROWS] for part in answer)
    worst = np.inf
    if np.isfinite(first).all() and np.isfinite(log_det).all():
        judge = _forward if entry.task == "forward" else _inverse
        worst = judge(entry, case, (first, log_det))
    if not worst <= 1.0:
        raise WrongAnswerError(
            f"{entry.name}: expected an error of at most the derived bound, got {worst:.3g} of it"
        )
    return worst


def _inverse(entry: Entry, case: Case, answer: Answer) -> float:
    """The residual of an inverse."""
    y = points(entry.size, entry.flow, case.dtype)[1][:ROWS]
    found = inverse_residual(case, load(PROFILE[case.dtype]), answer, y, None, balls=False)
    return _worst(zip(found.error, found.bound, strict=True))


def _forward(entry: Entry, case: Case, answer: Answer) -> float:
    """The distance of a forward pass from the truth."""
    x = points(entry.size, entry.flow, case.dtype)[0][:ROWS]
    pairs = []
    fine, coarse = tracked.namespace("ieee-f64"), tracked.namespace(PROFILE[case.dtype])
    true, legal = (on(xp, case).forward(lift(xp, x)) for xp in (fine, coarse))
    for value, near, bound in zip(answer, true, legal, strict=True):
        error = np.abs(tracked.value(near) - value)
        pairs.append((error, tracked.error(bound) + tracked.error(near)))
    return _worst(pairs)


def _worst(pairs: Iterable[tuple[Any, Any]]) -> float:
    """The greatest error over its bound; NaN if one is.

    An infinite bound excuses nothing: it says that none can be given. A bound of 0 is kept by an
    error of 0.
    """
    worst = []
    for error, bound in pairs:
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(error == 0, 0.0, np.asarray(error) / bound)
        worst.append(np.max(np.where(np.isfinite(bound), ratio, np.inf)))
    return float(np.max(worst))
