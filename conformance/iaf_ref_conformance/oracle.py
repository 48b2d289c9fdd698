"""Truth and tolerance at points that nobody knows beforehand: those that a subject returns.

The inverse is judged by where its answer x' lies: f(x') must be y up to what rounding explains. So
f is evaluated at x', an exact number, at run time: by balls where python-flint is installed, else
by error-tracking numbers at ``ieee-f64``, whose own error then widens the tolerance. The second way
stays sound; for a float64 subject it costs a factor of about 2, for a float32 subject nothing that
could be seen.

The tolerance is what solving for x may lose, by one of two legal ways (``solving``), beside what a
tracked forward run at x' may. In a chain the same holds from step to step: the sum is the error
with which the next step starts, and the tracked run carries it on.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np

import iaf_ref as ir
from iaf_ref.describe import rebuild
from iaf_ref_backends import tracked
from iaf_ref_backends.profiles import Profile

from .cases import Case, Floats
from .generate.evaluate import Stated, evaluate
from .solving import OWN, solving

Doubles = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Residual:
    """How far off an inverse is, and how far it may be: of y, and of the log-det."""

    error: tuple[Doubles, Doubles]
    bound: tuple[Doubles, Doubles]


@cache
def have_balls() -> bool:
    """Whether python-flint, the extra ``oracle``, is installed."""
    return find_spec("flint") is not None


def inverse_residual(
    case: Case,
    profile: Profile,
    answer: tuple[Floats, Floats],
    y: Floats,
    context: Floats | None,
    *,
    balls: bool | None = None,
) -> Residual:
    """|f(x') - y| and |log_det' + log|det df/dx|(x')|, with the bounds of both.

    Parameters
    ----------
    case : Case
    profile : Profile
        Of the subject.
    answer : (..., D) and (...)
        x', finite, and log_det' of the inverse map.
    y : (..., D)
    context : (..., C), optional
    balls : bool, optional
        Whether the truth is taken by balls, which take longer for wide networks; default: where
        they can be had.

    Returns
    -------
    Residual
        A bound is inf where x' is so large that no bound can be given.

    Raises
    ------
    TypeError
        The flow has steps other than affine ones and permutations: there the inverse is explicit.
    """
    x, log_det = answer
    exactly = have_balls() if balls is None else balls
    error, doubt = _error(case, x, y, log_det, context, exactly)
    namespace = tracked.namespace(profile.name)
    flow = on(namespace, case)
    reached = _walk(flow, lift(namespace, x), lift(namespace, context), profile)
    first, second = (tracked.error(a) + d for a, d in zip(reached, doubt, strict=True))
    return Residual(error, (first, second))


def _error(
    case: Case, x: Floats, y: Floats, log_det: Floats, context: Floats | None, exactly: bool
) -> tuple[tuple[Doubles, Doubles], tuple[Doubles, Doubles]]:
    """Errors of y and of the log-det, and what is not known about each of them."""
    if exactly:
        from iaf_ref_backends import ball

        true = on(ball, case).forward(lift(ball, x), lift(ball, context))
        error = ball.residual(true[0], y), ball.residual(true[1], -log_det)
        return error, (np.zeros(y.shape[-1]), np.zeros(()))
    xp = tracked.namespace("ieee-f64")
    true = on(xp, case).forward(lift(xp, x), lift(xp, context))
    (y64, log_det64), doubt = map(tracked.value, true), tuple(map(tracked.error, true))
    return (np.abs(y64 - y), np.abs(log_det64 + log_det)), (doubt[0], doubt[1])


def derived_bounds(case: Case, profile: Profile) -> dict[str, Doubles]:
    """Bounds of what a case expects, by a tracked run now: what the corpus stores, at any profile.

    Parameters
    ----------
    case : Case
        Of a check that compares numbers.
    profile : Profile

    Returns
    -------
    dict
        Name -> bound.
    """
    stated = Stated(
        case.check,
        dict(case.text),
        dict(case.tensors),
        case.base_text,
        dict(case.stored),
        case.options,
    )
    found = evaluate(stated, tracked.namespace(profile.name), case.dtype)
    return {name: tracked.error(value) for name, value in found.items()}


def on(xp: Any, case: Case) -> Any:
    """The flow of a case in another arithmetic, with the weights as stored."""
    return rebuild(dict(case.text), dict(case.tensors), xp=xp, dtype="float64")


def lift(xp: Any, array: Floats | None) -> Any:
    """An array of another arithmetic with exactly these numbers."""
    return None if array is None else xp.asarray(array)


def _walk(flow: Any, x: Any, context: Any, profile: Profile) -> tuple[Any, Any]:
    """Tracked forward run in which each step ends with the last rounding of its inverse."""
    if isinstance(flow, ir.Permutation):
        return flow.forward(x)
    if isinstance(flow, ir.AffineAutoregressive):
        y, log_det = flow.forward(x, context)
        return _widened(y, solving(flow.step(x, context), x, y, profile)), log_det
    if not isinstance(flow, ir.Chain):
        raise TypeError(f"flow: expected steps, permutations and chains, got {type(flow).__name__}")
    total: Any = 0.0
    for step in flow.transforms:
        x, log_det = _walk(step, x, context if step.context_dim else None, profile)
        total = log_det + total
    return x, total


def _widened(x: Any, extra: Doubles) -> Any:
    """The same numbers with a greater error."""
    xp = x.__array_namespace__()
    return xp.wrap((tracked.value(x), (tracked.error(x) + extra) * OWN), xp.real)
