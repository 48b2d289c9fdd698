"""Derivatives of a text: exact ones on balls, and how far a legal evaluation may be off.

A function of arrays is run once on an arithmetic that writes down what it computes (a tape); one
sweep over the tape from the end gives the derivatives with respect to all of its arguments. On
balls, what comes out encloses the exact derivatives; on error-tracking numbers it bounds the error
of every legal evaluation of them, by forward or by reverse mode, at a profile.

>>> import numpy as np
>>> from iaf_ref_backends import ball, taped, tracked
>>> def square(arrays):
...     x = arrays["x"]
...     xp = x.__array_namespace__()
...     return xp.sum(x * x)
>>> variables = {"x": np.asarray([0.5, 3.0])}
>>> ball.midpoint(taped.derivatives(square, variables, ball.xp)["x"]).tolist()
[1.0, 6.0]
>>> dx = taped.derivatives(square, variables, tracked.namespace("ieee-f32"))["x"]
>>> bool(np.all(tracked.error(dx) < 1e-5))
True

The rules stand in ``_taped_edges`` (what is written down), ``_taped_namespace`` (how functions do
it), ``_taped_partials`` (derivatives of functions, by the formulas in use) and ``_taped_tracked``
(the bound, and why it holds). Where a derivative hangs on a choice that is not certain
(:class:`Undecided`), there is none: at a kink, and where rounding may lead to the other side.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iaf_ref_backends._lifted import Array, Namespace
from iaf_ref_backends._lifted_core import Undecided
from iaf_ref_backends._taped_namespace import TapedNamespace
from iaf_ref_backends._taped_tracked import TapedTracked, WithoutErf
from iaf_ref_backends._tracked_namespace import TrackedNamespace

__all__ = ["Undecided", "derivatives"]

Function = Callable[[Mapping[str, Array]], Array]
Variables = Mapping[str, NDArray[Any]]


def derivatives(function: Function, variables: Variables, xp: Namespace) -> dict[str, Array]:
    """Return the derivatives of a function with respect to all of its arguments.

    Parameters
    ----------
    function
        From named arrays to a 0-d array, in functions of their namespace. It is run twice on
        error-tracking numbers, with an ``erf`` in the namespace and without: the standard has none.
    variables
        NumPy arrays by name.
    xp
        ``ball.xp``, or a namespace of ``tracked``.

    Returns
    -------
    dict
        Name -> array of ``xp`` in the shape of the variable: balls around the derivatives, or
        numbers whose error bounds any evaluation of them. A derivative that is 0 whatever is
        computed has error 0; one without a bound has error inf.

    Raises
    ------
    TypeError
        The function returns no array of the namespace that it was given.
    ValueError
        It returns an array of another shape than (), or one that depends on no variable.
    Undecided
        It has a kink there, or rounding may lead across one.
    """
    if not isinstance(xp, TrackedNamespace):
        from iaf_ref_backends._taped_balls import TapedBalls

        return _run(TapedBalls(), function, variables)
    own, series = (_run(kind(xp), function, variables) for kind in (TapedTracked, WithoutErf))
    return {name: _wider(xp, own[name], series[name]) for name in variables}


def _run(xp: TapedNamespace, function: Function, variables: Variables) -> dict[str, Array]:
    """Run once, and sweep."""
    arrays = {name: xp.variable(np.asarray(values)) for name, values in variables.items()}
    found = xp.derivatives(xp.single(function(arrays)), list(arrays.values()))
    return dict(zip(arrays, found, strict=True))


def _wider(xp: TrackedNamespace, first: Array, second: Array) -> Array:
    """Return the first number with the greater of both errors."""
    value, error = first._parts[:2]
    return xp.wrap((value, np.maximum(error, second._parts[1])), xp.real)
