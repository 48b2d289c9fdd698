"""DENS-5: densities that integrate to 1, by a sum over a grid whose own error is certified."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

import iaf_ref as ir

from .answer import truth
from .bases import diagonal, normal, tril
from .document import state
from .question import Floats, Question, made, points, require

FINE = 2.0**-53
"""Largest error of a sum over a grid: nothing beside the rounding of a float64."""


def questions() -> Iterator[Question]:
    """Yield the questions about integrals."""
    one = made(1, (4,), seed=600, context_dim=3, scale=ir.Softplus())
    c = points((3,), 600)
    reason = (
        "one variable, given a context: a density off by a constant, or of the wrong end of the "
        "flow, does not integrate to 1"
    )
    yield integral("d1-context", reason, one, normal(1), line(0.125, 192), c)
    backwards = ir.Inverse(made(1, (2,), seed=601, context_dim=1, scale=ir.Sigmoid()))
    reason = (
        "one variable, MAF: the sign of the log-det, which cancels in every round trip, does not "
        "cancel here"
    )
    yield integral("d1-maf", reason, backwards, normal(1), line(0.125, 192), points((1,), 601))
    flow = made(2, (5,), seed=602, order=[1, 0], scale=ir.Gated(), gain=1.0)
    reason = "two variables, gated: the scale of the second depends on the first"
    yield integral("d2-gated", reason, flow, diagonal(2), plane(0.375, 64))
    flow = made(2, (5,), seed=605, scale=ir.SoftClip(), gain=0.5)
    reason = "two variables over a correlated base: log det of the base's factor counted once"
    yield integral("d2-tril", reason, ir.Inverse(flow), tril(2), plane(0.375, 64))


def line(h: float, n: int) -> Floats:
    """Grid of n points at distance h around 0, shape (n, 1)."""
    return np.asarray((np.arange(n) - n // 2)[:, None] * h, dtype=np.float64)


def plane(h: float, n: int) -> Floats:
    """Grid of n x n points at distance h around 0, shape (n n, 2)."""
    axis = line(h, n)[:, 0]
    return np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)


def integral(
    slug: str,
    reason: str,
    flow: Any,
    base: Mapping[str, Any],
    y: Floats,
    context: Floats | None = None,
) -> Question:
    """Ask for log densities on a grid on which the exact ones sum to 1."""
    from iaf_ref_backends import ball

    inputs = {"y": y} if context is None else {"y": y, "context": context}
    dim = y.shape[-1]
    h = float(y[1, -1] - y[0, -1])
    options = {"cell": h**dim, "quadrature": 0.0}
    question = Question(
        f"dens-integral-{slug}",
        "integral",
        ("DENS-5", "DENS-1"),
        reason,
        flow,
        inputs,
        base,
        options,
    )
    with ball.precision(256):
        values = truth(state(question))["log_prob"]
        total = ball.xp.sum(ball.xp.exp(values)) * h**dim
        error = float(ball.residual(total, np.asarray(1.0)))
    require(error < FINE, f"an error of quadrature below {FINE}, not {error}")
    return replace(question, options={**options, "quadrature": error})
