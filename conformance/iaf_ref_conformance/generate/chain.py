"""CHAIN: composition, permutations, the inverse of a flow."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

import iaf_ref as ir
from iaf_ref.transform import Transform

from .inv import inverse
from .net import CYCLE5, forward
from .question import Question, made, points, require

CYCLES = {
    3: [2, 0, 1],
    5: CYCLE5,
    8: [3, 7, 0, 5, 1, 6, 2, 4],
    30: [(7 * k + 3) % 30 for k in range(30)],
}
"""D -> an order that is not its own inverse."""
FIXED = {"log_det": "a permutation has log-det 0"}


def questions() -> Iterator[Question]:
    """Yield the questions about CHAIN."""
    yield from compositions()
    yield from permutations()
    yield from round_trips()
    yield from backwards()


def stack(dim: int, steps: int, seed: int) -> ir.Chain:
    """Steps with a permutation that is no involution between any two."""
    parts: list[Transform] = []
    for k in range(steps):
        scale = (ir.Gated(), ir.Exp(), ir.Softplus())[k % 3]
        parts += [made(dim, (dim + 1,), seed=seed + k, scale=scale), ir.Permutation(CYCLES[dim])]
    return ir.Chain(parts[:-1])


def compositions() -> Iterator[Question]:
    """Two and three steps, both directions."""
    for dim, steps in ((3, 2), (5, 3), (8, 2)):
        flow, x = stack(dim, steps, 700 + dim), points((4, dim), 700)
        other = ir.Chain(list(reversed(flow.transforms)))
        require(
            not np.allclose(other.forward(x)[0], flow.forward(x)[0]),
            "another result in the reverse order",
        )
        reason = (
            f"{steps} steps and permutations between them: applied in reverse, or the permutation "
            "undone twice"
        )
        yield forward(f"chain-{steps}-d{dim}", ("CHAIN-1", "CHAIN-3"), reason, flow, x)
        reason = f"{steps} steps backwards: last step first, permutations by their inverses"
        yield inverse(
            f"chain-inverse-{steps}-d{dim}",
            ("CHAIN-1", "CHAIN-3", "INV-1"),
            reason,
            flow,
            points((4, dim), 701),
        )
    step = made(3, (4,), seed=710, order=CYCLES[3])
    inside = ir.Chain(
        [ir.Permutation(CYCLES[3]), step, ir.Permutation(np.argsort(CYCLES[3]).tolist())]
    )
    x = points((4, 3), 710)
    require(
        not np.allclose(inside.forward(x)[0], step.forward(x)[0]), "another map than the step's own"
    )
    reason = (
        "a step between a permutation and its inverse: permuting data and permuting the network "
        "are confused"
    )
    yield forward("chain-conjugate", ("CHAIN-1", "CHAIN-3"), reason, inside, x)


def permutations() -> Iterator[Question]:
    """y[k] = x[order[k]], exactly, and back."""
    for dim in (3, 5, 8):
        order, x = CYCLES[dim], points((4, dim), 720)
        flow = ir.Permutation(order)
        require(
            not np.array_equal(flow.inverse(x)[0], flow.forward(x)[0]),
            "an order that is not its own inverse",
        )
        reason = (
            "y[k] = x[order[k]]: gather, not scatter; the log-det is 0 of the batch shape, in the "
            "dtype of x"
        )
        yield forward(f"chain-permutation-d{dim}", ("CHAIN-2",), reason, flow, x, exempt=FIXED)
        reason = "x[order[k]] = y[k]: applying the same order again is right for involutions only"
        clauses = ("CHAIN-3", "CHAIN-2")
        yield Question(
            f"chain-permutation-inverse-d{dim}",
            "inverse_explicit",
            clauses,
            reason,
            flow,
            {"y": x},
            exempt=FIXED,
        )


def round_trips() -> Iterator[Question]:
    """There and back."""
    for dim in (3, 8, 30):
        flow, x = ir.Permutation(CYCLES[dim]), points((3, dim), 721)
        reason = "there and back, bit for bit, log-dets exactly 0"
        yield Question(
            f"chain-round-trip-d{dim}", "round_trip", ("CHAIN-3", "CHAIN-2"), reason, flow, {"x": x}
        )
    two = ir.Chain([ir.Permutation(CYCLES[5]), ir.Permutation([4, 0, 1, 2, 3])])
    x = points((3, 5), 722)
    first, second = two.transforms
    require(
        not np.array_equal(first.forward(second.forward(x)[0])[0], two.forward(x)[0]),
        "permutations that do not commute",
    )
    reason = "two permutations that do not commute, undone in reverse"
    yield Question(
        "chain-round-trip-two", "round_trip", ("CHAIN-3", "CHAIN-1"), reason, two, {"x": x}
    )


def backwards() -> Iterator[Question]:
    """Inverse(IAF) is the MAF: its forward is sequential, its inverse parallel."""
    for dim, options in (
        (5, {"order": CYCLE5}),
        (8, {"context_dim": 3, "skip": True}),
        (16, {"activation": "elu"}),
    ):
        step = made(dim, (16,), seed=730, **options)
        flow, y = ir.Inverse(step), points((4, dim), 730)
        c = points((4, 3), 731) if "context_dim" in options else None
        require(
            not np.allclose(flow.inverse(y, c)[0], step.inverse(y, c)[0]), "directions that differ"
        )
        reason = "MAF: data to noise in one pass; exchanging the directions gives an IAF"
        inputs = {"y": y} if c is None else {"y": y, "context": c}
        yield Question(f"chain-maf-d{dim}", "inverse_explicit", ("CHAIN-4",), reason, flow, inputs)
    step = made(3, (4,), seed=740, order=CYCLES[3], scale=ir.Softplus())
    reason = "MAF forward, noise to data: the sequential inverse of the step, log-det negative"
    yield forward(
        "chain-maf-forward", ("CHAIN-4", "DET-4"), reason, ir.Inverse(step), points((4, 3), 740)
    )
    flow = ir.Inverse(stack(3, 2, 750))
    reason = "the inverse of a chain is the chain of inverses in reverse"
    yield Question(
        "chain-inverse-of-chain",
        "inverse_explicit",
        ("CHAIN-4", "CHAIN-1"),
        reason,
        flow,
        {"y": points((4, 3), 750)},
    )
