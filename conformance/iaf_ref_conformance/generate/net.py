"""NET: the network between the inputs and the two parameters of each variable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

import iaf_ref as ir

from .question import Floats, Question, made, points, require

CYCLE5 = [2, 0, 1, 4, 3]
"""An order that is not its own inverse."""


def questions() -> Iterator[Question]:
    """Yield the questions about NET."""
    yield from layers()
    yield from activations()
    yield from context()
    yield from skips()
    yield from heads()
    yield from residual()


def forward(
    slug: str,
    clauses: tuple[str, ...],
    reason: str,
    flow: Any,
    x: Floats,
    context: Floats | None = None,
    **more: Any,
) -> Question:
    """Ask for y and log-det."""
    inputs = {"x": x} if context is None else {"x": x, "context": context}
    return Question(slug, "forward", clauses, reason, flow, inputs, **more)


def layers() -> Iterator[Question]:
    """Masked affine layers: one, three, dense weights, biases."""
    flow, x = made(5, (5, 6, 4), seed=7, activation="relu", order=CYCLE5), points((8, 5), 1, 2.0)
    linear = np.matmul(x, flow.network.hidden[0][0].T) + flow.network.hidden[0][1]
    require(
        bool(np.any(linear < 0.0)), "units that relu silences, so that an activation left out shows"
    )
    reason = (
        "three hidden layers: an activation missing between two of them, or one after the last "
        "layer, shows"
    )
    yield forward("net-three-layers", ("NET-1", "NET-2"), reason, flow, x)
    flow = made(5, (16,), seed=2, order=CYCLE5)
    reason = (
        "weights with 3.0 in each entry that the masks remove: masks enforced at initialisation "
        "only let it through"
    )
    yield forward("net-dense-weights", ("NET-1",), reason, flow, points((4, 5), 2))
    flow = made(8, (9, 8), seed=3, skip=True, context_dim=1, order=[3, 7, 0, 5, 1, 6, 2, 4])
    c = points((4, 1), 4)
    reason = "3.0 in each removed entry of every layer and of the skip weights"
    yield forward("net-dense-weights-skip", ("NET-1", "NET-4"), reason, flow, points((4, 8), 3), c)
    flow, x = made(3, (4,), seed=5, order=[1, 2, 0]), points((4, 3), 5)
    first = flow.network(x)[..., :, 1]
    require(
        bool(np.all(first == first[0]) and np.all(first != 0.0)),
        "a first variable that has its bias alone",
    )
    reason = (
        "the first variable reads no unit, only its bias: masking the bias as well kills its "
        "shift and scale"
    )
    yield forward("net-bias-of-the-first", ("NET-1",), reason, flow, x)


def activations() -> Iterator[Question]:
    """One for each activation: libraries differ (gelu by tanh, leaky slope 0.2, elu alpha)."""
    for number, name in enumerate(ir.ACTIVATIONS):
        flow, x = (
            made(5, (16,), seed=100 + number, activation=name, order=CYCLE5),
            points((6, 5), 100 + number, 1.5),
        )
        before = np.matmul(x, flow.network.hidden[0][0].T) + flow.network.hidden[0][1]
        require(
            bool(np.any(before < -0.25) and np.any(before > 0.25)),
            "pre-activations on both sides of 0",
        )
        reason = (
            f"{name} on both sides of 0: another slope, alpha or approximation has other values"
        )
        yield forward(f"net-{name.replace('_', '-')}", ("NET-2", "NET-1"), reason, flow, x)


def context() -> Iterator[Question]:
    """Context before x, in the first layer, and everywhere."""
    for dim, context_dim, hidden in ((3, 3, (16,)), (5, 1, (6, 16)), (5, 3, (5,)), (2, 3, (3,))):
        flow = made(dim, hidden, seed=110 + dim, context_dim=context_dim, order=[*range(1, dim), 0])
        x, c = points((5, dim), 110), points((5, context_dim), 111)
        y, _ = flow.forward(x, c)
        require(
            bool(np.all(flow.forward(x, np.zeros_like(c))[0] != y)),
            "a context that moves every output",
        )
        if dim == context_dim:
            require(
                not np.allclose(flow.forward(c, x)[0], y),
                "another result where context and x are swapped",
            )
        reason = (
            "context before x, read by every variable, the first too: swapped, dropped, or cut "
            "off by degrees from 1"
        )
        yield forward(f"net-context-d{dim}-c{context_dim}", ("NET-3", "MASK-2"), reason, flow, x, c)


def skips() -> Iterator[Question]:
    """Direct connections."""
    flow, x = made(5, (6,), seed=120, skip=True, order=CYCLE5), points((5, 5), 120)
    without = replace(flow.network, skip=None)
    require(not np.allclose(without(x), flow.network(x)), "skip weights that count")
    reason = (
        "skip connections beside a hidden layer: never added, or put into the sequence of layers"
    )
    yield forward("net-skip", ("NET-4", "MASK-6"), reason, flow, x)
    W, b = flow.network.output
    direct = ir.AffineAutoregressive(replace(flow.network, output=(np.zeros_like(W), b)))
    require(
        bool(np.all(direct.network(x)[..., 0, 4] != 0.0)), "an output that skip connections make"
    )
    reason = (
        "skip weights alone, the path through the hidden layer zero: strictly triangular and not "
        "zero"
    )
    yield forward("net-skip-alone", ("NET-4", "MASK-6"), reason, direct, x)
    flow = made(3, (4,), seed=121, skip=True, context_dim=3, order=[1, 2, 0])
    reason = "skip connections from the context: dropped where only those of x are made"
    yield forward(
        "net-skip-context",
        ("NET-4", "NET-3"),
        reason,
        flow,
        points((5, 3), 121),
        points((5, 3), 122),
    )
    flow = made(5, (), seed=123, order=CYCLE5)
    reason = "no hidden layer: the output layer reads x, strictly, and no activation is applied"
    yield forward("net-no-hidden", ("NET-1", "MASK-5"), reason, flow, points((5, 5), 123))


def heads() -> Iterator[Question]:
    """P parameters per variable, shape (..., P, D): which axis is which, which comes first."""
    for dim, hidden in ((2, (3,)), (4, (5,)), (1, (2,)), (8, (64,))):
        flow, x = (
            made(dim, hidden, seed=130 + dim, order=[*range(1, dim), 0]),
            points((5, dim), 130),
        )
        o = flow.network(x)
        swapped = np.reshape(np.reshape(o, (5, 2 * dim)), (5, dim, 2)).swapaxes(-1, -2)
        require(
            dim == 1 or not np.allclose(o, swapped), "blocked and interleaved layouts that differ"
        )
        require(not np.allclose(o[:, 0], o[:, 1]), "a shift and a raw scale that differ")
        reason = (
            "shift first, then raw scale, blocked (P, D): an interleaved reshape or swapped heads "
            "fit by shape"
        )
        yield forward(f"net-heads-d{dim}", ("NET-5",), reason, flow, x)


def residual() -> Iterator[Question]:
    """Pre-activation blocks between units of equal degrees."""
    for hidden, activation, options in (
        ((6, 7, 6), "elu", {}),
        ((8, 5, 8, 6, 8), "tanh", {"context_dim": 1}),
        ((6, 6, 6), "silu", {"skip": True}),
    ):
        flow = made(
            5, hidden, seed=140, activation=activation, residual=True, order=CYCLE5, **options
        )
        x = points((5, 5), 140)
        c = points((5, 1), 141) if options.get("context_dim") else None
        plain = replace(flow.network, residual=False)
        require(
            not np.allclose(plain(x, c), flow.network(x, c)),
            "blocks that differ from a plain stack",
        )
        reason = (
            f"{len(hidden) // 2} residual blocks, pre-activation: without the identity path, or "
            "activated after it"
        )
        yield forward(
            f"net-residual-{len(hidden) // 2}-{activation}", ("NET-6",), reason, flow, x, c
        )
