"""INV-4, INV-5: inverses that are small while an algorithm overflows or underflows on the way."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

import iaf_ref as ir

from .inv import inverse
from .question import FLOAT32, Floats, Question, points, require

ASKED = ("INV-5", "INV-4", "INV-1")


def questions() -> Iterator[Question]:
    """Yield solutions that are small while a Jacobi sweep ends in NaN."""
    yield from overflows()
    yield underflow()


def overflows() -> Iterator[Question]:
    """Sweeps that overflow in float32, and one case in float64 as well."""
    for slug, dim, order, power, exact_in in (
        ("d48", 48, [*range(48)], 4, "bfloat16"),
        ("d48-reversed", 48, [*range(47, -1, -1)], 4, "bfloat16"),
        ("d40-stride", 40, [(7 * k) % 40 for k in range(40)], 4, "bfloat16"),
        ("float64-d49", 49, [(10 * k + 3) % 49 for k in range(49)], 22, FLOAT32),
    ):
        flow, x = bidiagonal(dim, order, 2.0**-power)
        y, _ = flow.forward(x)
        for dtype in ("float32", "float64") if exact_in == FLOAT32 else ("float32",):
            require(_sweeps_fail(flow, y, dtype), f"sweeps that overflow in {dtype}")
        require(bool(np.all(flow.inverse(y)[0] == x)), "a sequential inverse without any rounding")
        reason = (
            f"sigma = 2^-{power}, x_i reads its predecessor, D = {dim}: exact in sequence, a "
            "Jacobi sweep ends in NaN"
        )
        exempt = {"jacobian": "each variable depends on one predecessor only"}
        yield inverse(
            f"inv-overflow-{slug}", ASKED, reason, flow, y, exempt=exempt, exact_in=exact_in
        )


def bidiagonal(dim: int, order: list[int], floor: float) -> tuple[ir.AffineAutoregressive, Floats]:
    """y_i = floor x_i + x_(predecessor of i), and an x for which every step of it is exact.

    The raw scale is -9984, so that softplus underflows in every format and sigma is the floor.
    """
    W, b = np.zeros((2, dim, dim)), np.zeros((2, dim))
    for before, after in pairwise(order):
        W[0, after, before] = 1.0
    b[1] = -9984.0
    net = ir.AutoregressiveNetwork(ir.made_degrees(dim, (), order=order), [], (W, b))
    x = np.sign(points((2, dim), dim)) * np.asarray([0.5, 1.0])[:, None]
    return ir.AffineAutoregressive(net, ir.Softplus(floor=floor)), x


def underflow() -> Question:
    """A first sweep takes x_1 to about -1000, where the gate of x_2 is 0: 0 / 0."""
    W = np.zeros((2, 3, 3))
    W[0, 1, 0], W[1, 2, 1] = 8000.0, 1.0
    net = ir.AutoregressiveNetwork(ir.made_degrees(3, ()), [], (W, np.zeros((2, 3))))
    flow = ir.AffineAutoregressive(net, ir.Gated())
    y = flow.forward(np.asarray([[-1.0, 0.5, 0.0]]))[0].astype(np.float32).astype(np.float64)
    for dtype in ("float32", "float64"):
        require(_sweeps_fail(flow, y, dtype), f"sweeps that divide 0 by 0 in {dtype}")
    require(bool(np.all(np.abs(flow.inverse(y)[0]) < 2.0)), "a solution of usual size")
    reason = (
        "y_2 = 0 and a scale that is 0 at the x_1 of the first sweep only: 0 / 0 there, which no "
        "later sweep takes back"
    )
    exempt = {"jacobian": "two dependencies, one of a shift and one of a scale"}
    return inverse("inv-transient-d3", ASKED, reason, flow, y, exempt=exempt, exact_in=FLOAT32)


def _sweeps_fail(flow: ir.AffineAutoregressive, y: Floats, dtype: str) -> bool:
    """Whether D sweeps over all variables at once end in numbers that are not finite."""
    (W, b), degrees = flow.network.output, flow.network.degrees
    net = ir.AutoregressiveNetwork(degrees, [], (W.astype(dtype), b.astype(dtype)))
    rounded, right = ir.AffineAutoregressive(net, flow.scale), y.astype(dtype)
    x = np.zeros_like(right)
    with np.errstate(all="ignore"):
        for _ in range(flow.dim):
            step = rounded.step(x)
            x = (right - step.mu) / step.sigma
    return not bool(np.all(np.isfinite(x)))
