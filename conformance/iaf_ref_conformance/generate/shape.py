"""SHAPE: batch dimensions, broadcasting of context, independence of rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

import iaf_ref as ir

from .bases import normal
from .dens import log_prob
from .inv import inverse
from .net import CYCLE5, forward
from .question import Question, made, points, require

BATCHES = {"none": (), "empty": (0,), "one": (1,), "four-one": (4, 1), "two-three": (2, 3)}
"""Name -> batch dimensions."""


def questions() -> Iterator[Question]:
    """Yield the questions about SHAPE."""
    yield from batches()
    yield from broadcasts()
    yield from rows()


def batches() -> Iterator[Question]:
    """Every batch shape, in both directions and for the density."""
    # one layer of smooth units: a single row must show every dependency
    flow = made(3, (16,), seed=800, order=[2, 0, 1], activation="softplus")
    for name, batch in BATCHES.items():
        x = points((*batch, 3), 800)
        require(flow.forward(x)[1].shape == batch, "a log-det of the batch shape")
        reason = (
            f"batch {batch}: indexing [:, ...] in place of [..., ...], or counting passes from "
            "the wrong axis"
        )
        yield forward(f"shape-{name}", ("SHAPE-1", "DET-2"), reason, flow, x)
        yield inverse(f"shape-{name}-inverse", ("SHAPE-1", "INV-2"), reason, flow, x)
        if name in ("none", "empty", "two-three"):
            yield log_prob(
                f"shape-{name}-density", ("SHAPE-1", "DENS-2"), reason, flow, normal(3), x
            )


def broadcasts() -> Iterator[Question]:
    """Context and x of different batch shapes, D of the same size as an axis of the batch."""
    flow = made(3, (16,), seed=810, order=[1, 2, 0], context_dim=3, activation="softplus")
    for slug, left, right in (
        ("column-row", (4, 1), (3,)),
        ("one-many", (), (2, 3)),
        ("many-one", (2, 3), ()),
        ("empty", (0,), (1,)),
    ):
        x, c = points((*left, 3), 810), points((*right, 3), 811)
        batch = np.broadcast_shapes(left, right)
        require(
            flow.forward(x, c)[1].shape == batch != left or batch == left != right,
            "a batch that is broadcast",
        )
        reason = f"x {left}, context {right}: broadcast to {batch}, not zipped, tiled or refused"
        yield forward(f"shape-broadcast-{slug}", ("SHAPE-2",), reason, flow, x, c)
        if slug in ("column-row", "one-many"):
            yield inverse(
                f"shape-broadcast-{slug}-inverse", ("SHAPE-2", "INV-2"), reason, flow, x, c
            )


def rows() -> Iterator[Question]:
    """One row changes; the others may not notice."""
    for slug, dim, n, row, options in (
        ("first", 5, 5, 0, {"order": CYCLE5}),
        ("last", 8, 4, 3, {"activation": "relu", "skip": True}),
        ("wide", 16, 16, 7, {"scale": ir.Gated()}),
    ):
        flow, x = made(dim, (64,), seed=820, **options), points((n, dim), 820)
        changed = x.copy()
        changed[row] = points((dim,), 821, 4.0)
        require(
            not np.allclose(flow.forward(changed)[0][row], flow.forward(x)[0][row]),
            "a row that does change",
        )
        reason = (
            "one row changes: batch statistics, or a sum over the batch, would change the others"
        )
        yield Question(
            f"shape-rows-{slug}",
            "rows",
            ("SHAPE-3",),
            reason,
            flow,
            {"x": x, "changed": changed},
            options={"row": row},
        )
