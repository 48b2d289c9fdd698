"""TYPE and NUM: dtypes, exact causality, values that are not finite, rounding."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import iaf_ref as ir

from .bases import normal, tril
from .dens import log_prob
from .graphs import TREE
from .inv import inverse
from .net import CYCLE5, forward
from .question import Floats, Question, bf16, made, points, require


def questions() -> Iterator[Question]:
    """Yield the questions about TYPE and NUM."""
    yield from dtypes()
    yield from causal()
    yield from causal_groups()
    yield from poisoned()
    yield from rounding()


def dtypes() -> Iterator[Question]:
    """Nothing is promoted, nothing is mixed silently."""
    for slug, options in (
        ("plain", {"order": CYCLE5}),
        ("skip", {"skip": True, "activation": "gelu", "scale": ir.SoftClip()}),
        ("gated", {"scale": ir.Gated(), "activation": "leaky_relu"}),
        ("context", {"context_dim": 3, "order": CYCLE5}),
    ):
        flow, x = made(5, (16,), seed=850, **options), points((4, 5), 850)
        c = points((4, 3), 851) if "context_dim" in options else None
        reason = (
            "x of the other dtype than the weights: promoted or cast silently, where a TypeError "
            "is expected"
        )
        inputs = {"x": x} if c is None else {"x": x, "context": c}
        yield Question(f"type-refuse-{slug}", "refuse_dtype", ("TYPE-1",), reason, flow, inputs)
        reason = (
            "results in the dtype of x: constants, buffers of zeros and log-dets of another dtype "
            "promote or truncate"
        )
        yield forward(f"type-keep-{slug}", ("TYPE-1", "NUM-3"), reason, flow, x, c)
    yield from backwards()


def backwards() -> Iterator[Question]:
    """The same of inverses, which fill a buffer, and of densities, which add constants."""
    y, c = points((4, 5), 852), points((4, 3), 853)
    gated = made(5, (16,), seed=852, scale=ir.Gated(), order=CYCLE5)
    given = made(5, (16,), seed=853, context_dim=3, activation="silu")
    reason = "x in the dtype of y: a buffer of zeros of the default dtype promotes or truncates"
    clauses = ("TYPE-1", "INV-1")
    yield inverse("type-keep-inverse-gated", clauses, reason, gated, y)
    yield inverse("type-keep-inverse-context", clauses, reason, given, y, c)
    reason = "a density in the dtype of y: log(2 pi) and the log-det of the base keep it"
    clauses = ("TYPE-1", "DENS-1")
    for base in (normal(5), tril(5)):
        slug = f"type-keep-density-{base['kind']}"
        yield log_prob(slug, clauses, reason, ir.Inverse(gated), base, y)


def causality(
    slug: str, reason: str, flow: Any, x: Floats, variable: int, context: Floats | None = None
) -> Question:
    """Change one variable by so much that each output that reads it moves."""
    changed = x.copy()
    changed[..., variable] = bf16(changed[..., variable] * -2.0 + 1.0)
    moved = np.any(flow.forward(changed, context)[0] != flow.forward(x, context)[0], axis=0)
    depends = ir.expected_connectivity(flow.degrees)[:, flow.degrees.context_dim + variable]
    require(bool(np.all(moved[depends])), "every later output to move")
    require(
        not bool(np.any(np.delete(moved, variable)[~np.delete(depends, variable)])),
        "no other output to move",
    )
    inputs = {"x": x, "changed": changed} | ({} if context is None else {"context": context})
    options = {"variable": variable}
    return Question(
        f"num-causal-{slug}", "causality", ("NUM-1",), reason, flow, inputs, options=options
    )


def causal() -> Iterator[Question]:
    """Outputs that may not see a variable are bitwise unchanged: orders."""
    reason = (
        "the last variable in the order: no output may move but its own; without the masks, or "
        "with those of another order, others do"
    )
    flow, x = made(5, (16,), seed=860, order=CYCLE5), points((4, 5), 860)
    yield causality("last-d5", reason, flow, x, 3)
    reason = (
        "a variable in the middle of an order that is no involution: earlier by index is not "
        "earlier by degree; with >= its own scale moves"
    )
    flow, x = made(5, (16,), seed=861, order=CYCLE5, skip=True), points((4, 5), 861)
    yield causality("middle-d5", reason, flow, x, 0)
    stride = [(7 * k + 3) % 30 for k in range(30)]
    flow = made(30, (64, 64), seed=862, activation="relu", order=stride, gain=2.0)
    yield causality("d30", reason, flow, points((16, 30), 862), 10)


def causal_groups() -> Iterator[Question]:
    """The same: groups, graphs, context."""
    reason = "a variable of a group: its fellows of equal degree do not see it; with >= they do"
    flow = made(8, (16,), seed=863, order=[[7, 1], [0, 3, 5], [2], [6, 4]])
    yield causality("ties", reason, flow, points((4, 8), 863), 3)
    reason = "on a graph only descendants move, although others have a greater degree"
    flow = made(8, (16,), seed=864, adjacency=TREE)
    yield causality("tree", reason, flow, points((4, 8), 864), 2)
    reason = "with context of the size of x: columns mistaken for one another"
    flow = made(3, (4,), seed=865, context_dim=3, order=[1, 2, 0])
    yield causality("context", reason, flow, points((4, 3), 865), 2, points((4, 3), 866))


def poisoned() -> Iterator[Question]:
    """A row that is not finite stays alone."""
    for slug, value, row, options in (
        ("nan", "nan", 1, {"order": CYCLE5}),
        ("inf", "inf", 0, {"activation": "relu", "order": CYCLE5}),
        ("nan-gated", "nan", 3, {"scale": ir.Gated(), "skip": True}),
        ("inf-softplus", "inf", 2, {"scale": ir.Softplus(), "activation": "softplus"}),
    ):
        flow, x = made(5, (16,), seed=870, **options), points((4, 5), 870)
        broken = x.copy()
        broken[row] = float(value)
        with np.errstate(all="ignore"):
            y = flow.forward(broken)[0]
        require(
            not np.all(np.isfinite(y[row]))
            and bool(np.all(np.isfinite(np.delete(y, row, axis=0)))),
            "one bad row",
        )
        reason = (
            f"a row of {value}: 0 times {value} is NaN, so batch statistics or a batch-wide mask "
            "spread it"
        )
        yield Question(
            f"num-{slug}",
            "nonfinite",
            ("NUM-2",),
            reason,
            flow,
            {"x": x},
            options={"row": row, "value": value},
        )


def rounding() -> Iterator[Question]:
    """Long sums, deep networks, cancellation: TF32 or bfloat16 in a matrix product show here."""
    flow = made(30, (64, 64, 64), seed=880, order=[(7 * k + 3) % 30 for k in range(30)])
    reason = (
        "D = 30, three layers of 64: a matrix product in TF32 or bfloat16 is far outside of the "
        "bound of float32"
    )
    yield forward("num-rounding-deep", ("NUM-3",), reason, flow, points((4, 30), 880))
    flow = made(16, (64,), seed=881, activation="relu", gain=1.0)
    x = 64.0 + points((4, 16), 881)
    x = np.round(x * 2.0) / 2.0
    y, _ = flow.forward(x)
    require(bool(np.any(np.abs(y) < 0.5 * np.abs(x))), "large terms that cancel")
    reason = "inputs near 64: large terms cancel, so a sum in lower precision loses what is left"
    yield forward("num-rounding-cancel", ("NUM-3", "TYPE-1"), reason, flow, x)
    flow = made(16, (17, 16), seed=882, scale=ir.Sigmoid(), activation="sigmoid", gain=2.0)
    yield forward(
        "num-rounding-sigmoid",
        ("NUM-3",),
        "saturated units and a floor: no digit is lost in either",
        flow,
        points((4, 16), 882, 4.0),
    )
