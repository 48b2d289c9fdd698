"""DENS-4: posteriors of several steps with context, by algorithm 1 and eq. 11."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

import iaf_ref as ir
from iaf_ref.chain import Transform

from .bases import independent, tril
from .dens import density, log_prob
from .question import Question, made, points, require


def questions() -> Iterator[Question]:
    """T gated steps with context, the order reversed between them (algorithm 1, eq. 11)."""
    for steps, dim, context_dim in ((2, 3, 3), (3, 2, 1), (2, 5, 3)):
        parts: list[Transform] = []
        for t in range(steps):
            parts.append(
                made(
                    dim,
                    (16,),
                    seed=540 + t,
                    scale=ir.Gated(1.0),
                    activation="elu",
                    context_dim=context_dim,
                )
            )
            parts.append(ir.Permutation(range(dim - 1, -1, -1)))
        flow, c = ir.Chain(parts[:-1]), points((4, context_dim), 541)
        y = points((4, dim), 542)
        require(
            not np.allclose(
                density(flow, independent(dim), y, c), density(flow, independent(dim), y, -c)
            ),
            "a context that counts",
        )
        require(
            not np.allclose(
                density(parts[0], independent(dim), y, c), density(flow, independent(dim), y, c)
            ),
            "more steps than one",
        )
        reason = (
            f"T = {steps} gated steps with context: log q of z_T by eq. 11; a log-det left out, "
            "or context in the first step only"
        )
        yield log_prob(
            f"dens-posterior-t{steps}-d{dim}",
            ("DENS-4", "DENS-1", "DET-5"),
            reason,
            flow,
            independent(dim),
            y,
            c,
        )
        x = points((4, dim), 543)
        inputs = {"x": x, "context": c}
        reason = (
            f"T = {steps}: z_T and the sum of the log-dets, from noise forward, as algorithm 1 "
            "samples"
        )
        yield Question(
            f"dens-sample-t{steps}-d{dim}", "forward", ("DENS-4", "CHAIN-1"), reason, flow, inputs
        )
    maf = ir.Inverse(made(3, (5,), seed=550, order=[2, 0, 1], context_dim=1))
    reason = "tril base with context, parallel: the base does not see the context, the flow does"
    yield log_prob(
        "dens-maf-context",
        ("DENS-1", "NET-3"),
        reason,
        maf,
        tril(3),
        points((4, 3), 550),
        points((4, 1), 551),
    )
