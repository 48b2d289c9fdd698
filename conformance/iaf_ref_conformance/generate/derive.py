"""Derivatives of the density: the truth on balls, bounds on error-tracking numbers (GRAD-1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from iaf_ref.describe import rebuild
from iaf_ref_backends import taped, tracked

from ..joint import joint_log_prob
from ..store import Arrays


def gradient(
    flow: tuple[dict[str, Any], Arrays],
    base: Mapping[str, Any] | None,
    arrays: Arrays,
    xp: Any,
    method: str,
) -> dict[str, Any]:
    """Derivatives of the sum over all rows of log q(y).

    Parameters
    ----------
    flow : text and tensors
        As of :func:`iaf_ref.describe.describe`.
    base : mapping
        Kind of the base.
    arrays : mapping of NumPy arrays
        ``input.y``, ``input.context`` where there is one, and ``base.*``.
    xp : namespace
        Of balls or of error-tracking numbers; on NumPy, a sweep in float64.
    method : str
        Of the inverse.

    Returns
    -------
    dict
        ``y``, ``context`` and the name of each tensor -> array of ``xp``. Where rounding at a
        profile may lead across a kink, the numbers of that profile have error inf.

    Raises
    ------
    ValueError
        At a kink, where there is no derivative; or there is no base.
    """
    text, tensors = flow
    if base is None:
        raise ValueError("base: expected a distribution, whose density has a gradient, got none")
    inputs = {n.removeprefix("input."): a for n, a in arrays.items() if n.startswith("input.")}
    variables = {name: np.asarray(a, dtype=np.float64) for name, a in (inputs | tensors).items()}
    function = joint_log_prob(rebuild(text, tensors), base, arrays, method=method)
    on = tracked.namespace("ieee-f64") if xp is np else xp
    try:
        found = taped.derivatives(function, variables, on)
    except taped.Undecided as error:
        if isinstance(on, type(tracked.namespace("ieee-f64"))):
            return {
                n: on.wrap((a, np.full(a.shape, np.inf)), on.real) for n, a in variables.items()
            }
        raise ValueError(f"expected a point off every kink, got {error}") from error
    return {name: tracked.value(a) for name, a in found.items()} if xp is np else found
