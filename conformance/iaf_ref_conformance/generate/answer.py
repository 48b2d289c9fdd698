"""Truth from balls, tolerance from error-tracking numbers, and what both are worth."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

import iaf_ref as ir
from iaf_ref_backends import profiles, tracked

from ..cases import Expected
from .evaluate import Placed, Results, Stated, evaluate, place
from .question import Floats, Refused
from .vacuity import refuse_flat

PRECISIONS = (256, 512, 1024, 2048)
"""Bits of the balls: the next where one is not enough."""
RADIUS = 2.0**-110
"""Largest relative radius of a certified value: below the 2^-106 that two doubles hold."""
USELESS = 2.0**-6
"""Largest bound at ieee-f32, relative to max(1, |value|)."""

Bounds = dict[tuple[str, str], Floats]


def truth(stated: Stated, by_jacobian: bool = False) -> dict[str, Any]:
    """Balls around what is expected, by name.

    Raises
    ------
    Refused
        A ball is too wide, the determinant of the Jacobian differs from the sum of log sigma, or
        a gradient is zero.
    """
    from iaf_ref_backends import ball

    for bits in PRECISIONS:
        with ball.precision(bits):
            results = evaluate(stated, ball.xp)
            if by_jacobian:
                results["log_det"] = _determinant(place(stated, ball.xp), results["log_det"])
            radii = {n: np.max(ball.relative_radius(v), initial=0.0) for n, v in results.items()}
        if all(radius < RADIUS for radius in radii.values()):
            if stated.check == "gradient":
                refuse_flat({name: ball.midpoint(value) for name, value in results.items()})
            return results
    raise Refused(f"{stated.check}: expected relative radii below {RADIUS}, got {radii}")


def _determinant(placed: Placed, total: Any) -> Any:
    """log|det J| of the full Jacobian, where it overlaps the sum of log sigma (DET-3, DET-5)."""
    from iaf_ref_backends import ball

    log_det = ball.log_abs_det(full_jacobian(placed.flow, placed.get("x"), placed.get("context")))
    gap = log_det - total
    if not np.all(np.abs(ball.midpoint(gap)) <= ball.radius(gap)):
        raise Refused(
            "log_det: expected log|det| of the Jacobian to be the sum of log sigma, got another"
        )
    return log_det


def full_jacobian(flow: Any, x: Any, context: Any) -> Any:
    """J of a step, a permutation or a chain: the chain rule, J_T ... J_1."""
    xp = x.__array_namespace__()
    if isinstance(flow, ir.AffineAutoregressive):
        return ir.jacobian(flow, x, context)
    if isinstance(flow, ir.Permutation):
        rows = xp.asarray(list(flow.order))
        return xp.take(xp.eye(flow.dim, dtype=x.dtype), rows, axis=-2)
    product = xp.eye(flow.dim, dtype=x.dtype)
    for t in flow.transforms:
        given = context if t.context_dim else None
        product = xp.matmul(full_jacobian(t, x, given), product)
        x, _ = t.forward(x, given)
    return product


def doubles(results: Mapping[str, Any]) -> dict[str, Expected]:
    """Double-double midpoints."""
    from iaf_ref_backends import ball

    with ball.precision(PRECISIONS[-1]):
        return {name: Expected(*ball.double_double(value)) for name, value in results.items()}


def bounds(stated: Stated, exact_in: str) -> Bounds:
    """Greatest legal error of each expected value, at every profile that can hold the case."""
    found: Bounds = {}
    if (
        stated.check == "inverse"
    ):  # judged by its residual, with the bound of the forward map at the answer
        return found
    for profile in profiles.names():
        if not holds(profile, exact_in):
            continue
        errors = {n: tracked.error(v) for n, v in _track(stated, profile).items()}
        if all(np.isfinite(e).all() for e in errors.values()):
            found |= {(profile, name): error for name, error in errors.items()}
    return found


def holds(profile: str, exact_in: str) -> bool:
    """Whether the format in which a profile stores numbers holds those of a case exactly."""
    return exact_in == "bfloat16" or profiles.load(profile).store.precision >= 24


def _track(stated: Stated, profile: str) -> Results:
    """Run the text on error-tracking numbers, which may overflow in a small format."""
    xp = tracked.namespace(profile)
    with np.errstate(all="ignore"):
        return evaluate(stated, xp)


def inspect(stated: Stated, balls: Mapping[str, Any], found: Bounds) -> dict[str, float]:
    """Run the text on NumPy against the bounds; return the worst error / bound by profile.

    Raises
    ------
    Refused
        No bound, a useless one, or one that a correct run exceeds.
    """
    from iaf_ref_backends import ball

    worst: dict[str, float] = {}
    for dtype, profile in (("float32", "ieee-f32"), ("float64", "ieee-f64")):
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            results = evaluate(stated, np, dtype)
        for name, value in results.items():
            if (profile, name) not in found:
                raise Refused(f"{name}: expected a finite bound at {profile}, got none")
            bound = found[profile, name]
            with ball.precision(PRECISIONS[-1]):
                error, size = ball.residual(balls[name], value), np.abs(ball.midpoint(balls[name]))
            if np.any(bound > USELESS * np.maximum(1.0, size)):
                got = np.max(bound / np.maximum(1.0, size))
                raise Refused(f"{name}: expected a bound below 2^-6 at {profile}, got {got}")
            if np.any(error > bound):
                raise Refused(
                    f"{name}: expected NumPy within the bound at {profile}, "
                    f"got {np.max(error / bound)} times the bound"
                )
            ratio = np.max(
                np.divide(error, bound, out=np.zeros_like(bound), where=bound > 0), initial=0.0
            )
            worst[profile] = max(worst.get(profile, 0.0), float(ratio))
    return worst
