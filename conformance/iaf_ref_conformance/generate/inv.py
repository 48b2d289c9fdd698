"""INV: the inverse, where blocked, fixed-point and order-blind algorithms go wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import iaf_ref as ir

from .graphs import DIAMOND, TREE
from .net import CYCLE5
from .question import Floats, Question, made, points, require

ALL = ("INV-1", "INV-2", "INV-3", "INV-4")
"""Clauses of a case whose answer no algorithm may miss."""
TIED: tuple[tuple[str, dict[str, Any], str], ...] = (
    (
        "coupling",
        {"order": [[0, 2, 5], [1, 3, 4, 6, 7]]},
        "a coupling layer: two groups, so two sweeps, not D",
    ),
    (
        "groups",
        {"order": [[7, 1], [0, 3, 5], [2], [6, 4]]},
        "groups of several sizes that cross the index order",
    ),
    ("tree", {"adjacency": TREE}, "a graph: the order is that of its levels"),
)
"""Slug, what makes the variables tie, why."""


def questions() -> Iterator[Question]:
    """Yield the questions about INV."""
    yield from small()
    yield from orders()
    yield from block_edges()
    yield from tied()


def inverse(
    slug: str,
    clauses: tuple[str, ...],
    reason: str,
    flow: Any,
    y: Floats,
    context: Floats | None = None,
    **more: Any,
) -> Question:
    """Ask for x, judged by the residual of the forward map."""
    inputs = {"y": y} if context is None else {"y": y, "context": context}
    return Question(slug, "inverse", clauses, reason, flow, inputs, **more)


def small() -> Iterator[Question]:
    """One, two and three variables, with and without context."""
    for dim, context_dim, order in ((1, 0, [0]), (1, 3, [0]), (2, 0, [1, 0]), (3, 1, [1, 2, 0])):
        flow = made(dim, (4,), seed=300 + dim, context_dim=context_dim, order=order)
        c = points((5, context_dim), 301) if context_dim else None
        reason = (
            "small inverses: one variable is a constant affine map, two are one step of "
            "substitution"
        )
        yield inverse(
            f"inv-d{dim}-c{context_dim}", ("INV-1", "INV-2"), reason, flow, points((5, dim), 302), c
        )


def orders() -> Iterator[Question]:
    """Loops over the order, over the degrees, over the index."""
    for dim, order, scale in (
        (5, CYCLE5, ir.Gated()),
        (8, [3, 7, 0, 5, 1, 6, 2, 4], ir.SoftClip()),
        (30, [(7 * k + 3) % 30 for k in range(30)], ir.Softplus()),
    ):
        flow, y = (
            made(dim, (16,) if dim < 16 else (64,), seed=310, order=order, scale=scale),
            points((3, dim), 310),
        )
        require(np.argsort(order).tolist() != order, "an order that is not its own inverse")
        require(
            not np.allclose(_one_pass(flow, y, order), flow.inverse(y)[0]),
            "another result of the wrong order",
        )
        reason = (
            "x is found in the order of degrees: looping over the degrees themselves, or over the "
            "index, is wrong"
        )
        yield inverse(f"inv-order-d{dim}", ALL, reason, flow, y)


def _one_pass(flow: ir.AffineAutoregressive, y: Floats, order: list[int]) -> Floats:
    """Substitute in the inverse order: the mistake."""
    x = np.zeros_like(y)
    for i in np.argsort(order).tolist():
        step = flow.step(x)
        x[..., i] = ((y - step.mu) / step.sigma)[..., i]
    return x


def block_edges() -> Iterator[Question]:
    """Sizes around the edges of blocks of 16 and 32, and dependencies across all of them."""
    for dim, hidden in ((15, (16,)), (16, (16,)), (17, (16, 17)), (32, (31,)), (33, (64,))):
        order = (
            [(dim - 1 - 2 * k) % dim for k in range(dim)] if dim % 2 else [*range(dim - 1, -1, -1)]
        )
        flow, y = made(dim, hidden, seed=320 + dim, order=order, gain=1.0), points((3, dim), 320)
        require(
            bool(ir.jacobian(flow, flow.inverse(y)[0])[..., order[-1], order[0]].any()),
            "last to depend on first",
        )
        reason = (
            f"D = {dim}: the edge of a block of 16 or 32, and the last variable depends on the "
            "first"
        )
        yield inverse(f"inv-block-d{dim}", ("INV-2", "INV-3", "INV-4"), reason, flow, y)
    flow = made(17, ([*range(16, 0, -1)],), seed=329, gain=1.0)
    reason = (
        "hidden units in falling degrees: a blocked algorithm has to sort units, not to assume "
        "them sorted"
    )
    yield inverse("inv-block-unsorted", ("INV-3",), reason, flow, points((3, 17), 329))


def tied() -> Iterator[Question]:
    """Variables of equal degree are found together; a graph needs as many sweeps as it is deep."""
    for slug, options, reason in TIED:
        flow = made(8, (16,), seed=330, **options)
        require(1 < len(flow.degrees.groups) < 8, "fewer levels than variables")
        yield inverse(f"inv-{slug}", ALL, reason, flow, points((4, 8), 330))
    flow = made(4, (9,), seed=331, adjacency=DIAMOND, scale=ir.Sigmoid())
    yield inverse(
        "inv-diamond",
        ("INV-1", "INV-4"),
        "a diamond: three levels for four variables",
        flow,
        points((4, 4), 331),
    )
    flow = made(8, (16, 9), seed=332, skip=True, context_dim=3, activation="relu")
    reason = "skip connections and context in the inverse, which evaluates the network at partial x"
    yield inverse("inv-skip-context", ALL, reason, flow, points((4, 8), 332), points((4, 3), 333))
    deep = made(
        16,
        ([*range(1, 16)], [*range(1, 16)], [*range(1, 16)]),
        seed=334,
        activation="leaky_relu",
        gain=1.0,
    )
    reason = (
        "a long chain of dependencies through three layers of one unit per degree: a fixed number "
        "of sweeps stops early"
    )
    yield inverse("inv-deep", ALL, reason, deep, points((3, 16), 335))
