"""How balls leave for the host: doubles, radii, residuals of floats, decimal strings, determinants.

Each function takes an array of balls (a NumPy array of ``flint.arb``) and gives a NumPy array.
"Rounded up" means that the double is never below the exact number.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iaf_ref_backends._ball_kernels import Balls, arb, objects, to_matrix

Doubles = NDArray[np.float64]


def _doubles(function: Callable[..., float], *operands: NDArray[Any]) -> Doubles:
    return np.asarray(np.frompyfunc(function, len(operands), 1)(*operands), dtype=np.float64)


def round_up(x: Any) -> float:
    """Return the least double no less than an exact nonnegative ball; inf if it is not finite."""
    if not x.is_finite():
        return math.inf
    nearest = float(x)
    return (
        nearest if math.isinf(nearest) or arb(nearest) >= x else math.nextafter(nearest, math.inf)
    )


def midpoint(x: Balls) -> Doubles:
    """Return the doubles nearest to the midpoints."""
    return _doubles(float, x)


def rest(x: Balls, high: Doubles) -> Doubles:
    """Return the doubles nearest to ``x - high``; 0 where ``high`` is not finite."""
    return _doubles(
        lambda ball, top: float(ball - arb(top)) if math.isfinite(top) else 0.0, x, high
    )


def radius(x: Balls) -> Doubles:
    """Return the radii, rounded up."""
    return _doubles(lambda ball: round_up(ball.rad()), x)


def _relative(ball: Any) -> float:
    if ball.is_exact():
        return 0.0 if ball.is_finite() else math.inf
    least = ball.abs_lower()
    return round_up((ball.rad() / least).abs_upper()) if least > 0 else math.inf


def relative_radius(x: Balls) -> Doubles:
    """Return radius over least |number| of each ball, rounded up; inf around zero."""
    return _doubles(_relative, x)


def _distance(ball: Any, value: Any) -> float:
    return (
        round_up((value - ball).abs_upper()) if value.is_finite() and ball.is_finite() else math.inf
    )


def residual(x: Balls, values: Balls) -> Doubles:
    """Return the greatest |value - number| over each ball, rounded up; inf if not finite."""
    return _doubles(_distance, *np.broadcast_arrays(x, values))


def strings(x: Balls, digits: int) -> NDArray[Any]:
    """Return decimal strings of at most ``digits`` digits, with the radius unless exact."""
    return np.asarray(np.frompyfunc(lambda ball: ball.str(digits), 1, 1)(x), dtype=object)


def determinants(x: Balls) -> Balls:
    """Return the determinant of each matrix of a stack."""
    stack = x.shape[:-2]
    return objects((to_matrix(x[place]).det() for place in np.ndindex(*stack)), stack)
