"""MASK-1 to MASK-5: degrees of variables and hidden units, and the masks that compare them."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

import iaf_ref as ir

from .question import Question, made, require


def questions() -> Iterator[Question]:
    """Yield the questions about the masks of an order."""
    yield from orders()
    yield from ties()
    yield from rounding()
    yield from strategies()
    yield from context()
    yield from one_variable()


def mask_question(slug: str, clauses: tuple[str, ...], reason: str, flow: Any) -> Question:
    """Compare every mask, bit by bit."""
    return Question(f"masks-{slug}", "masks", clauses, reason, flow)


def orders() -> Iterator[Question]:
    """Orders that differ from their inverse: identity, reversal and swaps hide the mistake."""
    reason = (
        "an order that is not its own inverse: degree(order[k]) = k + 1, not degree(k) = order[k] "
        "+ 1"
    )
    for dim, order, hidden in (
        (3, [2, 0, 1], (4,)),
        (5, [2, 0, 1, 4, 3], (6,)),
        (8, [3, 7, 0, 5, 1, 6, 2, 4], (7, 9)),
    ):
        flow = made(dim, hidden, seed=dim, order=order)
        require(
            flow.degrees.input.tolist() != [k + 1 for k in order], "an order that is no involution"
        )
        yield mask_question(f"order-d{dim}", ("MASK-1", "MASK-4", "MASK-5"), reason, flow)
    flow = made(2, (2,), seed=1, order=[1, 0])
    require(flow.network.masks.output.sum() == 2, "only the last output to read hidden units")
    reason = (
        "two variables, square masks: degrees that start at 0 in one place and at 1 in another "
        "are off by one"
    )
    yield mask_question("off-by-one-d2", ("MASK-1", "MASK-5"), reason, flow)
    for dim, hidden in ((8, (8, 8)), (30, (64, 64))):
        flow = made(dim, hidden, seed=dim)
        require(
            all(
                not np.array_equal(m, m.T)
                for m in flow.network.masks.hidden
                if m.shape[0] == m.shape[1]
            ),
            "square masks that differ from their transposes",
        )
        reason = "square layers: a mask stored (in, out) has the same shape and the wrong entries"
        yield mask_question(f"square-d{dim}", ("MASK-4", "MASK-5"), reason, flow)
    flow = made(5, (16, 64, 6), seed=9, order=[4, 2, 0, 3, 1])
    reason = (
        "three layers of widths 16, 64, 6: each hidden mask is (out, in), from its own layer's "
        "degrees to the next"
    )
    yield mask_question("three-layers-d5", ("MASK-4", "MASK-1"), reason, flow)


def ties() -> Iterator[Question]:
    """Variables that are generated together share a degree; coupling layers have two groups."""
    for dim, groups in (
        (5, [[0, 2], [1, 3, 4]]),
        (8, [[7, 1], [0, 3, 5], [2], [6, 4]]),
        (3, [[1], [0, 2]]),
    ):
        flow = made(dim, (6,), seed=20 + dim, order=groups)
        expected = ir.expected_connectivity(flow.degrees)
        require(
            not any(expected[i, j] for group in groups for i in group for j in group),
            "no edge in a group",
        )
        reason = (
            "equal degrees: variables of a group must not see each other; a strict order by index "
            "lets them"
        )
        yield mask_question(f"ties-d{dim}", ("MASK-1", "MASK-5"), reason, flow)


def rounding() -> Iterator[Question]:
    """Widths for which even degrees hit a half: half to even in exact arithmetic."""
    for dim, width in ((8, 13), (5, 7), (16, 29)):
        halves = [
            k for k in range(width) if Fraction(k * (dim - 2), width - 1) % 1 == Fraction(1, 2)
        ]
        require(bool(halves), "degrees that lie on a half before they are rounded")
        flow = made(dim, (width,), seed=dim)
        reason = (
            "even degrees on a half: float32 linspace, rounding half up, or flooring give other "
            "masks from the widths"
        )
        yield mask_question(f"rounding-d{dim}-h{width}", ("MASK-3", "MASK-4"), reason, flow)
    step = np.float32(13) / np.float32(22)
    single = np.round(np.float32(1) + np.arange(23, dtype=np.float32) * step).astype(int).tolist()
    flow = made(15, (23,), seed=4)
    require(flow.degrees.hidden[0].tolist() != single, "float32 linspace to round otherwise")
    reason = "1 + k step in float32 rounds a half to the other side than exact arithmetic"
    yield mask_question("rounding-float32-d15-h23", ("MASK-3",), reason, flow)


def strategies() -> Iterator[Question]:
    """Cyclic, random and given degrees."""
    flow = made(5, (16,), seed=31, strategy="cyclic")
    require(flow.degrees.hidden[0].tolist()[:5] == [1, 2, 3, 4, 1], "degrees dealt out in turn")
    reason = "cyclic degrees 1, 2, ..., D-1, 1, ...: cycles of length D make dead units"
    yield mask_question("cyclic-d5", ("MASK-3",), reason, flow)
    flow = made(5, (16,), seed=32, strategy="cyclic", context_dim=1)
    require(
        flow.degrees.hidden[0].tolist()[:6] == [0, 1, 2, 3, 4, 0], "degree 0 among those dealt out"
    )
    yield mask_question(
        "cyclic-context-d5",
        ("MASK-3", "MASK-2"),
        "cyclic degrees start at 0 where there is context",
        flow,
    )
    flow = made(8, (64, 64), seed=33, strategy="random")
    first, second = (layer.tolist() for layer in flow.degrees.hidden)
    require(
        first != second and set(first) == set(range(1, 8)),
        "layers that differ and every degree drawn",
    )
    reason = (
        "random degrees: a seed used again in each layer repeats them, a broken sampler returns "
        "constants"
    )
    yield mask_question("random-d8", ("MASK-3", "MASK-4"), reason, flow)
    flow = made(5, ([4, 1, 3, 2, 1, 4, 2], [2, 4, 1, 3, 3, 1]), seed=34)
    require(flow.degrees.hidden[0].tolist() == [4, 1, 3, 2, 1, 4, 2], "the degrees as given")
    reason = (
        "given degrees, not sorted: whoever recomputes masks from widths cannot load another "
        "library's weights"
    )
    yield mask_question("given-d5", ("MASK-3", "MASK-4"), reason, flow)


def context() -> Iterator[Question]:
    """Context has degree 0 and comes first."""
    for dim, hidden, context_dim in ((5, (5,), 3), (3, (16, 4), 3), (2, (2,), 1)):
        flow = made(dim, hidden, seed=40 + dim, context_dim=context_dim, order=[*range(1, dim), 0])
        require(0 in flow.degrees.hidden[0].tolist(), "hidden units of degree 0")
        require(
            bool(np.all(flow.network.masks.hidden[0][:, :context_dim])),
            "every unit to read the context",
        )
        reason = (
            "context of degree 0 before x: hidden degrees that start at 1 cut the first variable "
            "off from it"
        )
        yield mask_question(
            f"context-d{dim}-c{context_dim}", ("MASK-2", "MASK-4", "MASK-5"), reason, flow
        )


def one_variable() -> Iterator[Question]:
    """D = 1: hidden degrees are 0, no division by D - 1."""
    for hidden, context_dim in (((3,), 0), ((3,), 1), ((4, 2), 3), ((), 3)):
        flow = made(1, hidden, seed=50, context_dim=context_dim)
        require(all(not layer.any() for layer in flow.degrees.hidden), "hidden degrees 0")
        reason = (
            "one variable: k mod (D - 1) and randint(1, D - 1) fail; the variable reads the "
            "context and nothing else"
        )
        layers = "-".join(map(str, hidden)) or "none"
        yield mask_question(f"d1-h{layers}-c{context_dim}", ("MASK-8",), reason, flow)
