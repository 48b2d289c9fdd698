"""MASK-6 to MASK-9: direct connections, completeness, graphs in place of an order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import iaf_ref as ir

from .masks import mask_question
from .question import Question, made, points, require

CHAIN = [[int(j == i - 1) for j in range(5)] for i in range(5)]
"""x_i depends on x_(i-1) alone."""
DIAMOND = [[0, 0, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0], [0, 1, 1, 0]]
"""0 -> 1, 2 -> 3, and 3 does not see 0."""
TREE_EDGES = ((0, 2), (2, 7), (3, 1), (3, 2), (4, 1), (5, 4), (6, 0), (6, 5))
TREE = [[int((i, j) in TREE_EDGES) for j in range(8)] for i in range(8)]
"""Two roots, 1 and 7, and children whose indices are below their parents'."""
PARTIAL = [[1, 0, 0, 0, 0], [0, 1, 1, 0, 0], [0, 0, 0, 1, 0]]
"""Columns (context 0, context 1, x): each variable reads a part of the context, the last none."""


def questions() -> Iterator[Question]:
    """Yield the questions about skip connections, completeness and graphs."""
    yield from skips()
    yield from complete()
    yield from graphs()


def skips() -> Iterator[Question]:
    """The skip mask is strict, and it is there."""
    for dim, hidden, context_dim in ((5, (6,), 0), (3, (), 1), (8, (16, 8), 3)):
        order = [*range(1, dim), 0]
        flow = made(dim, hidden, seed=60 + dim, context_dim=context_dim, order=order, skip=True)
        own = flow.network.masks.skip[:, context_dim:]
        require(
            not own.diagonal().any() and own.sum() == dim * (dim - 1) // 2, "a strict skip mask"
        )
        reason = (
            "direct connections, strict: with >= a variable reads itself and the Jacobian is wrong"
        )
        yield mask_question(f"skip-d{dim}-c{context_dim}", ("MASK-6",), reason, flow)
    flow = made(5, (), seed=66, order=[2, 0, 1, 4, 3])
    require(flow.network.masks.output.shape == (5, 5), "an output layer on the inputs")
    reason = "no hidden layer: the output mask is strict on the inputs themselves"
    yield mask_question("no-hidden-d5", ("MASK-5", "MASK-6"), reason, flow)


def complete() -> Iterator[Question]:
    """Widths at and around the least that keeps every dependency: D - 1, or D with context."""
    for dim, hidden, context_dim in (
        (8, (7,), 0), (8, (8,), 1), (5, (4, 5, 4), 0), (16, (15, 16), 0), (30, (29, 31), 0), (16,
        (17,), 3),
    ):  # fmt: skip
        flow = made(
            dim, hidden, seed=70 + dim, context_dim=context_dim, order=[*range(2, dim), 0, 1]
        )
        allowed = ir.expected_connectivity(flow.degrees)
        require(
            allowed.sum() == dim * (dim - 1) // 2 + dim * context_dim,
            "every earlier variable and the context",
        )
        reason = (
            "the product of the masks is the strict order: narrow layers lose pairs silently, >= "
            "in the output adds some"
        )
        widths = "-".join(map(str, hidden))
        yield _connectivity(
            f"d{dim}-h{widths}-c{context_dim}", ("MASK-7", "MASK-4", "MASK-5"), reason, flow
        )
    flow = made(5, (64,), seed=79, strategy="random", order=[2, 0, 1, 4, 3])
    reason = "random degrees may disconnect inputs: each draw has to be looked at"
    yield _connectivity("random-d5", ("MASK-7", "MASK-3"), reason, flow)


def graphs() -> Iterator[Question]:
    """Any directed acyclic graph."""
    for slug, adjacency, hidden, context_dim, reason in (
        (
            "chain",
            CHAIN,
            (8, 8),
            0,
            "a Markov chain: a numeric order would add every earlier variable",
        ),
        ("diamond", DIAMOND, (9,), 0, "a diamond: the sink sees its parents but not their parent"),
        ("tree", TREE, (16,), 0, "two trees whose children come before their parents by index"),
        (
            "partial",
            PARTIAL,
            (6,),
            2,
            "each variable reads a part of the context, the last one none of it",
        ),
    ):
        dim = len(adjacency)
        flow = made(dim, hidden, seed=80 + dim, adjacency=adjacency, context_dim=context_dim)
        full = flow.degrees.input[:, None] > flow.degrees.input[None, :]
        own = ir.expected_connectivity(flow.degrees)[:, context_dim:]
        require(own.sum() < full.sum() or context_dim > 0, "a graph that is no total order")
        yield _connectivity(f"graph-{slug}", ("MASK-9", "MASK-7"), reason, flow)
        inputs = {"x": points((6, dim), 80 + dim)}
        if context_dim:
            inputs["context"] = points((6, context_dim), 90)
        values = f"{reason}; values, log-det from the full Jacobian"
        yield Question(
            f"graph-{slug}", "forward", ("MASK-9", "DET-3"), values, flow, inputs, by_jacobian=True
        )
    flow = made(4, (9,), seed=84, adjacency=DIAMOND)
    require(np.shape(flow.network.masks.hidden[0]) == (9, 4), "a mask per edge set")
    yield mask_question(
        "graph-diamond", ("MASK-9",), "masks by inclusion of parent sets, in place of degrees", flow
    )


def _connectivity(slug: str, clauses: tuple[str, ...], reason: str, flow: Any) -> Question:
    """Compare the dependencies that the masks leave, whatever the masks are."""
    return Question(f"connectivity-{slug}", "connectivity", clauses, reason, flow)
