"""Where two answers have to differ: a constant keeps every law that says what must not change."""

from __future__ import annotations

from typing import Any

import numpy as np

from iaf_ref_backends import tracked
from iaf_ref_backends.profiles import Profile

from ..cases import Case, Floats
from ..oracle import lift, on


def apart(
    case: Case, profile: Profile, before: Floats, after: Floats, context: Floats | None
) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Where the values of the forward map at two inputs cannot be the same, however they round.

    Parameters
    ----------
    case : Case
    profile : Profile
        Of the subject.
    before, after : (..., D)
        The two inputs.
    context : (..., C), optional

    Returns
    -------
    (..., D) array of bool
        A tracked value v with error e holds the truth within e, and each legal evaluation within e
        of the truth: two of them differ where |v - v'| > 2 (e + e').
    """
    xp = tracked.namespace(profile.name)
    flow, given = on(xp, case), lift(xp, context)
    first, second = (flow.forward(lift(xp, x), given)[0] for x in (before, after))
    with np.errstate(invalid="ignore"):
        distance = np.abs(tracked.value(first) - tracked.value(second))
    doubt = 2.0 * (tracked.error(first) + tracked.error(second)) * (1.0 + 2.0**-50)
    found: np.ndarray[Any, np.dtype[np.bool_]] = distance > doubt
    return found
