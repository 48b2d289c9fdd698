"""An inverse that overflows where its definition does too: at the values that it had found so far.

Where sigma is small, a rounding error in x_1 is the error of x_2 divided by sigma, and so on: after
many variables the solution of a slightly other equation may be too large for the format. A program
is not to blame for that if each value up to there is within its tolerance, and if solving for the
next one, from these values, may overflow: no legal evaluation of (y_i - mu_i) / sigma_i exceeds
``solving.most_solved``, and that exceeds the greatest number. What comes after it cannot be judged,
nor can the log-det of its row.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

import iaf_ref as ir
from iaf_ref_backends import tracked
from iaf_ref_backends.profiles import Profile

from ..cases import Case, Floats
from ..oracle import lift, on
from ..solving import most_solved
from .asking import Arrays

Booleans = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]


class Judged(NamedTuple):
    """An inverse with 0 in place of what is not finite, and which entries, and rows, to judge."""

    x: Arrays
    entries: Booleans
    rows: Booleans


def judged(case: Case, profile: Profile, x: Arrays, y: Floats, context: Floats | None) -> Judged:
    """Tell legal overflows from others.

    Parameters
    ----------
    case : Case
    profile : Profile
    x : (..., D)
        Answer of the subject.
    y : (..., D)
    context : (..., C), optional

    Returns
    -------
    Judged
        ``entries`` are all that were solved for before anything overflowed legally; an overflow
        that is not legal is among them, so that it is found.
    """
    finite = np.isfinite(x) | ~np.isfinite(y).all(axis=-1, keepdims=True)
    if finite.all() or not isinstance(case.flow, ir.AffineAutoregressive):
        return Judged(x, np.ones_like(finite), np.ones(finite.shape[:-1], dtype=np.bool_))
    degrees = case.flow.degrees.input
    last = np.where(finite, degrees.max() + 1, degrees).min(axis=-1)  # degree of the first overflow
    known = np.where(finite, x, np.zeros_like(x))
    namespace = tracked.namespace(profile.name)
    flow, at = on(namespace, case), lift(namespace, known)
    most = most_solved(flow.step(at, lift(namespace, context)), lift(namespace, y), profile)
    legal = np.isinf(x) & (most >= np.finfo(case.dtype).max)
    reached = degrees == last[..., None]
    legal_rows = np.all(~reached | finite | legal, axis=-1)
    entries = (degrees < last[..., None]) | (reached & (finite | ~legal)) | ~legal_rows[..., None]
    return Judged(known, entries, np.asarray(finite.all(axis=-1)))
