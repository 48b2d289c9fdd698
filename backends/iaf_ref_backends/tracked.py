"""Error-tracking numbers as an array namespace: tolerances that are derived, never chosen.

An element is a pair of doubles (value, error). For EVERY legal evaluation of the same text at the
profile (any order of summation, with or without fused multiply-add; + - * / and sqrt within the
profile's roundings, functions within its ulps; subnormals flushed or not), the computed number c
satisfies |c - t| <= error, where t is the exact real number; and |value - t| <= error too. So a
result and its bound come out of one run of the text.

>>> import numpy as np
>>> from iaf_ref_backends import tracked
>>> xp = tracked.namespace("ieee-f32")
>>> x = xp.asarray(np.asarray([0.5, 0.1], dtype=np.float32))
>>> y = xp.exp(x) + 1.0
>>> bool(np.all(tracked.error(y) < 1e-6))
True

A sum of sums is a sum: arrays carry what their sums are made of, so ``xp.matmul(h, W) + b`` is
bounded for loops that start from b, too (``_tracked_sums``). Sums of plain numbers by ``+`` are
taken as the text writes them.

The rules stand in ``_tracked_arithmetic``, ``_tracked_functions``, ``_tracked_order``,
``_tracked_sums`` and ``_tracked_reductions``, each with its formula; what they share in
``_tracked_number``. Data that the profile's format cannot hold enter with the error of rounding
them, so float32 data may be run at ``bf16``. Comparisons give three-valued bools: ``where`` counts
both branches of a choice that rounding may change, and ``bool()``, ``all``, ``any`` of one raise
:class:`Undecided`.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from iaf_ref_backends import profiles
from iaf_ref_backends._lifted import Array
from iaf_ref_backends._lifted_core import Undecided
from iaf_ref_backends._lifted_dtypes import describe
from iaf_ref_backends._tracked_namespace import TrackedNamespace

__all__ = ["Array", "Undecided", "error", "namespace", "value"]


@cache
def namespace(profile: str) -> TrackedNamespace:
    """Return the namespace of a profile.

    Parameters
    ----------
    profile
        One of :func:`iaf_ref_backends.profiles.names`.

    Returns
    -------
    TrackedNamespace
        Always the same object for the same name.

    Raises
    ------
    ValueError
        For an unknown name.
    """
    return TrackedNamespace(profiles.load(profile))


def _part(x: Array, which: int) -> NDArray[np.float64]:
    xp = x.__array_namespace__() if isinstance(x, Array) else None
    if not isinstance(xp, TrackedNamespace) or x.dtype != xp.real:
        raise TypeError(f"expected an array of error-tracking numbers, got {describe(x)}")
    return x._parts[which]


def value(x: Array) -> NDArray[np.float64]:
    """Return the values.

    Parameters
    ----------
    x
        An array of error-tracking numbers.

    Returns
    -------
    numpy.ndarray
        float64, read-only.

    Raises
    ------
    TypeError
        If ``x`` is something else.
    """
    return _part(x, 0)


def error(x: Array) -> NDArray[np.float64]:
    """Return the errors: bounds on |computed - exact|, and on |value - exact|.

    Parameters
    ----------
    x
        An array of error-tracking numbers.

    Returns
    -------
    numpy.ndarray
        float64, read-only; inf where nothing is known, 0 where every evaluation is exact.

    Raises
    ------
    TypeError
        If ``x`` is something else.
    """
    return _part(x, 1)
