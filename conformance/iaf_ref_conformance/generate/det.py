"""DET: log-dets, per dimension and summed, of both directions."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

import iaf_ref as ir

from .net import CYCLE5, forward
from .question import Question, made, points, require


def questions() -> Iterator[Question]:
    """Yield the questions about DET."""
    yield from per_dimension()
    yield from summed()
    yield from full_jacobian()
    yield from of_the_inverse()
    yield from chains()


def per_dimension() -> Iterator[Question]:
    """log sigma_i itself."""
    for dim, hidden, scale in (
        (3, (16,), ir.Softplus()),
        (8, (9,), ir.Gated()),
        (16, (15,), ir.SoftClip()),
    ):
        flow, x = (
            made(dim, hidden, seed=400 + dim, scale=scale, order=[*range(1, dim), 0]),
            points((4, dim), 400),
        )
        log_sigma, sigma = flow.log_scale(x), flow.step(x).sigma
        require(not np.allclose(log_sigma, sigma), "a log scale that is not the scale")
        require(
            np.allclose(np.sum(log_sigma, axis=-1), flow.forward(x)[1]),
            "terms that add up to the log-det",
        )
        reason = (
            "one log sigma per dimension, (..., D): the scale in place of its log, or the raw "
            "output"
        )
        yield Question(f"det-per-dimension-d{dim}", "log_scale", ("DET-1",), reason, flow, {"x": x})


def summed() -> Iterator[Question]:
    """A sum over the event, and over nothing else."""
    for dim, rows in ((5, 2), (2, 3), (16, 16)):
        flow = made(dim, (16,) if dim > 1 else (1,), seed=410 + dim, order=[*range(1, dim), 0])
        x = points((rows, dim), 410)
        log_det = flow.forward(x)[1]
        require(len(set(log_det.tolist())) == rows, "rows with different log-dets")
        require(
            not np.allclose(log_det, np.mean(flow.log_scale(x), axis=-1)),
            "a sum that is not a mean",
        )
        reason = (
            "rows with different log-dets: a sum over the batch, a mean over the event, a kept axis"
        )
        yield forward(f"det-sum-d{dim}", ("DET-2", "DET-1"), reason, flow, x)


def full_jacobian() -> Iterator[Question]:
    """The truth is log|det| of the full Jacobian, which needs no formula for log sigma."""
    for slug, dim, scale, options in (
        ("exp", 5, ir.Exp(), {"order": CYCLE5, "context_dim": 1}),
        ("gated", 5, ir.Gated(), {"order": CYCLE5}),
        ("softclip", 8, ir.SoftClip(), {"order": [3, 7, 0, 5, 1, 6, 2, 4], "skip": True}),
        ("sigmoid-ties", 5, ir.Sigmoid(), {"order": [[3], [0, 1], [4, 2]], "activation": "elu"}),
        ("softplus", 16, ir.Softplus(), {"activation": "silu"}),
    ):
        flow, x = made(dim, (16,), seed=420, scale=scale, **options), points((4, dim), 420)
        context = points((4, 1), 421) if "context_dim" in options else None
        J = ir.jacobian(flow, x, context)
        off = J * (1.0 - np.eye(dim))
        require(bool(np.max(np.abs(off)) > 0.05), "a Jacobian that is not diagonal")
        reason = (
            "log-det from the determinant of the full Jacobian: a leak through the masks, a sign, "
            "a wrong scale map show"
        )
        clauses = ("DET-3", "DET-2")
        yield forward(f"det-jacobian-{slug}", clauses, reason, flow, x, context, by_jacobian=True)


def of_the_inverse() -> Iterator[Question]:
    """The negative, at the same point."""
    for slug, dim, scale in (
        ("exp", 5, ir.Exp()),
        ("gated", 3, ir.Gated()),
        ("softplus", 8, ir.Softplus()),
    ):
        flow = made(dim, (16,), seed=430, scale=scale, order=[2, 0, 1, *range(dim - 1, 2, -1)])
        y = points((4, dim), 430)
        x, log_det = flow.inverse(y)
        require(np.allclose(log_det, -flow.forward(x)[1]), "the negative at x")
        require(not np.allclose(log_det, -flow.forward(y)[1]), "another value at y")
        reason = "log-det of the inverse: the sign, or the negative taken at y in place of x"
        yield Question(f"det-inverse-{slug}", "inverse", ("DET-4", "INV-1"), reason, flow, {"y": y})
        backwards = ir.Inverse(flow)
        reason = "the inverse of the inverse: its log-det has the sign of the step's own"
        clauses = ("DET-4", "CHAIN-4")
        yield Question(
            f"det-maf-{slug}",
            "inverse_explicit",
            clauses,
            reason,
            backwards,
            {"y": points((4, dim), 431)},
        )


def chains() -> Iterator[Question]:
    """Log-dets add, permutations add nothing."""
    for slug, dim, order in (
        ("cycle", 3, [1, 2, 0]),
        ("reversal", 5, [4, 3, 2, 1, 0]),
        ("order8", 8, [3, 7, 0, 5, 1, 6, 2, 4]),
    ):
        first, second = (
            made(dim, (16,), seed=440 + k, scale=s) for k, s in enumerate((ir.Exp(), ir.Gated()))
        )
        flow, x = ir.Chain([first, ir.Permutation(order), second]), points((4, dim), 440)
        total = flow.forward(x)[1]
        require(
            not np.allclose(total, first.forward(x)[1] + second.forward(x)[1]),
            "a second step at its own x",
        )
        require(not np.allclose(total, first.forward(x)[1]), "a second log-det that counts")
        reason = (
            "log-dets of a chain add, each at the point that its step sees: one dropped, or all "
            "taken at the first x"
        )
        yield forward(
            f"det-chain-{slug}", ("DET-5", "CHAIN-1", "DET-3"), reason, flow, x, by_jacobian=True
        )
