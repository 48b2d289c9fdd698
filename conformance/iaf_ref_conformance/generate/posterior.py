"""DENS-4: posteriors of several steps with context, by algorithm 1 and eq. 11."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import iaf_ref as ir
from iaf_ref.transform import Transform

from .bases import independent, tril
from .dens import density, log_prob
from .net import forward
from .question import Question, made, points, require


def questions() -> Iterator[Question]:
    """T gated steps with context, the order reversed between them, and a MAF with context."""
    for steps, dim, context_dim in ((2, 3, 3), (3, 2, 1), (2, 5, 3)):
        yield from of_steps(steps, dim, context_dim)
    maf = ir.Inverse(made(3, (5,), seed=550, order=[2, 0, 1], context_dim=1))
    y, c = points((4, 3), 550), points((4, 1), 551)
    reason = "tril base with context, parallel: the base does not see the context, the flow does"
    yield log_prob("dens-maf-context", ("DENS-1", "NET-3"), reason, maf, tril(3), y, c)


def of_steps(steps: int, dim: int, context_dim: int) -> Iterator[Question]:
    """log q of a given z_T by eq. 11, and z_T with its log-det from noise, by algorithm 1."""
    parts = gated_steps(steps, dim, context_dim)
    flow, first, base = ir.Chain(parts), parts[0], independent(dim)
    y, c = points((4, dim), 542), points((4, context_dim), 541)
    q = density(flow, base, y, c)
    require(not np.allclose(q, density(flow, base, y, -c)), "a context that counts")
    require(not np.allclose(q, density(first, base, y, c)), "more steps than one")
    reason = (
        f"T = {steps} gated steps with context: log q of z_T by eq. 11; a log-det left out, "
        "or context in the first step only"
    )
    clauses: tuple[str, ...] = ("DENS-4", "DENS-1", "DET-5")
    yield log_prob(f"dens-posterior-t{steps}-d{dim}", clauses, reason, flow, base, y, c)
    reason = f"T = {steps}: z_T and the sum of the log-dets from noise, as algorithm 1 samples"
    clauses = ("DENS-4", "CHAIN-1")
    yield forward(f"dens-sample-t{steps}-d{dim}", clauses, reason, flow, points((4, dim), 543), c)


def gated_steps(steps: int, dim: int, context_dim: int) -> list[Transform]:
    """Gated steps, a reversal between any two."""
    given: dict[str, Any] = {"activation": "elu", "context_dim": context_dim}
    parts: list[Transform] = []
    for t in range(steps):
        parts.append(made(dim, (16,), seed=540 + t, scale=ir.Gated(1.0), **given))
        parts.append(ir.Permutation(range(dim - 1, -1, -1)))
    return parts[:-1]
