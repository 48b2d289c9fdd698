"""Names for the ways in which people get a density wrong (DENS-1, DENS-3).

Each mistake leaves log q off by a whole multiple of the log-det, which is recognised within the
bound.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from iaf_ref.describe import rebuild

from ..cases import Case, Expected
from .asking import Arrays
from .compare import Doubles


def log_prob_mistake(case: Case, value: Arrays, expected: Expected, bound: Doubles) -> str:
    """Return the mistake that a log density looks like, or nothing.

    Parameters
    ----------
    case : Case
    value : (...), or (..., D) per dimension
    expected : Expected
    bound : array of that shape

    Returns
    -------
    str
    """
    off = (value.astype(np.float64) - expected.hi) - expected.lo
    if case.options.get("per_dimension"):
        off, bound = off.sum(axis=-1), bound.sum(axis=-1)
    log_det, dim = _inverse_log_det(case), case.flow.dim
    for factor, sentence in _mistakes(dim).items():
        # off by the factor, and by rounding: once in the value, |factor| times in the log-det,
        # which is a part of the log density and has no greater bound; our float64 run of it adds
        # no more than that again
        allowed = (1 + 2 * abs(factor)) * bound
        if (
            log_det.size
            and np.all(np.abs(off - factor * log_det) <= allowed)
            and _telling(log_det, bound)
        ):
            return sentence
    return ""


def _mistakes(dim: int) -> dict[int, str]:
    """Factor of the inverse map's log-det -> what has happened."""
    found = {
        -1: "log-det left out: off by the log-det (DENS-1)",
        -2: "log-det with the wrong sign: off by twice the log-det (DENS-1)",
    }
    if dim > 1:
        found[dim - 1] = (
            f"summed log-det over a univariate base, subtracted D times: off by (D-1) = {dim - 1} "
            "times the log-det (DENS-3)"
        )
    return found


def _telling(log_det: Doubles, bound: Doubles) -> bool:
    """Whether some log-det is larger than its rounding, so that a multiple of it says anything."""
    return bool(np.any(np.abs(log_det) > 4.0 * bound))


def _inverse_log_det(case: Case) -> Doubles:
    """log|det dx/dy| at the case's y, in float64."""
    flow = rebuild(dict(case.text), dict(case.tensors), dtype="float64")
    y, context = case.stored["input.y"], case.stored.get("input.context")
    with np.errstate(all="ignore"):
        log_det: Any = flow.inverse(np.array(y), context=context)[1]
    return np.asarray(log_det)
