"""INV-5: inverses that are small while an algorithm overflows on the way."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

import iaf_ref as ir

from .inv import inverse
from .question import Floats, Question, points, require


def questions() -> Iterator[Question]:
    """Solutions that are small while a Jacobi sweep overflows on the way."""
    for slug, dim, order in (
        ("d48", 48, [*range(48)]),
        ("d48-reversed", 48, [*range(47, -1, -1)]),
        ("d40-stride", 40, [(7 * k) % 40 for k in range(40)]),
    ):
        flow, x = bidiagonal(dim, order)
        y, _ = flow.forward(x)
        require(_sweeps_overflow(flow, y), "sweeps that overflow in float32")
        require(bool(np.all(flow.inverse(y)[0] == x)), "a sequential inverse without any rounding")
        reason = (
            f"sigma = 2^-4, x_i reads its predecessor, D = {dim}: exact in sequence, a Jacobi "
            "sweep ends in NaN"
        )
        exempt = {"jacobian": "each variable depends on one predecessor only"}
        yield inverse(
            f"inv-overflow-{slug}", ("INV-5", "INV-4", "INV-1"), reason, flow, y, exempt=exempt
        )


def bidiagonal(dim: int, order: list[int]) -> tuple[ir.AffineAutoregressive, Floats]:
    """y_i = x_i / 16 + x_(predecessor of i), and an x for which every step of it is exact.

    The raw scale is -9984, so that softplus underflows in every format and sigma is the floor,
    2^-4.
    """
    W, b = np.zeros((2, dim, dim)), np.zeros((2, dim))
    for before, after in pairwise(order):
        W[0, after, before] = 1.0
    b[1] = -9984.0
    net = ir.AutoregressiveNetwork(ir.made_degrees(dim, (), order=order), [], (W, b))
    x = np.sign(points((2, dim), dim)) * np.asarray([0.5, 1.0])[:, None]
    return ir.AffineAutoregressive(net, ir.Softplus(floor=2.0**-4)), x


def _sweeps_overflow(flow: ir.AffineAutoregressive, y: Floats) -> bool:
    """Whether sweeps over all variables at once overflow in float32."""
    step_y, x = y.astype(np.float32), np.zeros(y.shape, dtype=np.float32)
    single = ir.AffineAutoregressive(_single(flow.network), flow.scale)
    with np.errstate(all="ignore"):
        for _ in range(flow.dim):
            step = single.step(x)
            x = (step_y - step.mu) / step.sigma
    return not bool(np.all(np.isfinite(x)))


def _single(net: ir.AutoregressiveNetwork) -> ir.AutoregressiveNetwork:
    """The network in float32."""
    W, b = net.output
    return ir.AutoregressiveNetwork(net.degrees, [], (W.astype(np.float32), b.astype(np.float32)))
