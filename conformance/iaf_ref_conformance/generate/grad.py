"""GRAD: derivatives of the log density, by inputs and by weights.

Points where the density has no derivative, or where rounding may lead across one, are refused:
pre-activations and raw scales near 0 or near a clip. What a library returns at a kink is its own
affair.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import iaf_ref as ir
from iaf_ref.transform import Transform

from .bases import independent, normal, tril
from .question import Floats, Question, made, network, points, require

CYCLE = [2, 0, 1]
"""An order that is not its own inverse."""
GRAD = ("GRAD-1",)
SCALES: dict[str, Any] = {
    "exp": ir.Exp(),
    "softclip": ir.SoftClip(),
    "softplus": ir.Softplus(),
    "sigmoid": ir.Sigmoid(),
    "gated": ir.Gated(),
}


def questions() -> Iterator[Question]:
    """Yield the questions about GRAD."""
    yield from scales()
    yield from clipped()
    yield from tails()
    yield from activations()
    yield from structures()
    yield from contexts()
    yield from chains()


def gradient(
    slug: str, reason: str, flow: Any, y: Floats, context: Floats | None = None, **more: Any
) -> Question:
    """Ask for the derivatives of the density, over univariate normals if nothing else is said."""
    inputs = {"y": y} if context is None else {"y": y, "context": context}
    base = more.pop("base", None) or normal(flow.dim)
    return Question(f"grad-{slug}", "gradient", GRAD, reason, flow, inputs, base, **more)


def scales() -> Iterator[Question]:
    """Each scale map, through the sequential inverse."""
    for number, (name, scale) in enumerate(SCALES.items()):
        flow = made(3, (5,), seed=1100 + number, scale=scale, order=CYCLE)
        reason = (
            f"{name}: derivatives through the inverse, one variable after the other; a log-det or "
            "an x that is cut off from the graph leaves its part out"
        )
        yield gradient(f"scale-{name}", reason, flow, points((2, 3), 1100 + number))


def clipped() -> Iterator[Question]:
    """Raw scales outside of the clip, on both sides."""
    raw = [0.5, 6.0, -8.0]
    flow, y = made(3, (5,), seed=1111, order=CYCLE, raw=raw), points((2, 3), 1111)
    below, inside, above = _sides(flow, y)
    require(below and inside and above, "raw scales below the clip, inside and above it")
    reason = (
        "a true clip: the derivative of log sigma by a raw scale outside is exactly 0; a clip that "
        "hands the gradient on, as Pyro's and NumPyro's do, has other ones"
    )
    yield gradient("exp-clip", reason, flow, y)


def _sides(flow: ir.AffineAutoregressive, y: Floats) -> tuple[bool, bool, bool]:
    """Whether there are raw scales below the clip, inside, and above."""
    raw = network(flow, flow.inverse(y)[0])[1]
    scale: Any = flow.scale
    low, high = raw < scale.min, raw > scale.max
    return bool(np.any(low)), bool(np.any(~low & ~high)), bool(np.any(high))


def tails() -> Iterator[Question]:
    """Raw scales so large that a naive formula overflows in the derivative, if not in the value."""
    raw = [104.0, 1.0, -40.0]
    far = made(3, (5,), seed=1120, scale=ir.Softplus(), order=CYCLE, raw=raw)
    reason = (
        "softplus at 104: log(1 + exp(z)) has the derivative inf / inf in float32, also where a "
        "choice by where() hides the value"
    )
    yield gradient("softplus-far", reason, ir.Inverse(far), points((2, 3), 1120))
    raw = [1.0, -110.0, -60.0]
    far = made(3, (5,), seed=1121, scale=ir.Gated(), order=CYCLE, raw=raw)
    reason = (
        "gated, sigma 1e-26, and 1e-47, which underflows in float32: log(sigmoid) has the "
        "derivative 0 / 0 there, and a sigmoid of exp(60) squares what overflows"
    )
    yield gradient("gated-far", reason, ir.Inverse(far), points((2, 3), 1121))


def activations() -> Iterator[Question]:
    """Each activation, on both sides of 0, in the parallel direction."""
    for number, name in enumerate(ir.ACTIVATIONS):
        step = made(3, (6,), seed=1130 + number, activation=name, order=CYCLE)
        y = points((3, 3), 1130 + number, 1.5)
        W, b = step.network.hidden[0]
        before = np.matmul(y, W.T) + b
        require(bool(np.any(before < -0.25) and np.any(before > 0.25)), "both sides of 0")
        reason = (
            f"{name} on both sides of 0: the derivative of another slope, alpha or approximation; "
            "a weight that the masks remove has derivative 0, exactly"
        )
        slug = name.replace("_", "-")
        yield gradient(slug, reason, ir.Inverse(step), y)


def structures() -> Iterator[Question]:
    """Layers, skip connections and residual blocks."""
    flow, y = made(4, (5, 4), seed=1140, order=[1, 3, 0, 2]), points((2, 4), 1140)
    reason = "two hidden layers, D = 4: masks applied to the values, not to the derivatives"
    yield gradient("two-layers", reason, flow, y)
    flow, y = made(3, (), seed=1141, order=CYCLE), points((2, 3), 1141)
    reason = "no hidden layer: derivatives by the output weights alone, strictly triangular"
    yield gradient("no-hidden", reason, flow, y)
    flow, y = made(3, (4,), seed=1142, order=CYCLE, skip=True), points((2, 3), 1142)
    reason = "skip weights: two ways from x to the outputs, whose derivatives add"
    yield gradient("skip", reason, flow, y)
    step = made(3, (4, 5, 4), seed=1143, activation="elu", order=CYCLE, residual=True)
    reason = "a residual block: the derivative of the identity path is left out, or counted twice"
    yield gradient("residual", reason, ir.Inverse(step), points((2, 3), 1143))


def contexts() -> Iterator[Question]:
    """Derivatives by the context, which every variable reads."""
    flow, y, c = made(2, (4,), seed=1150, context_dim=2), points((2, 2), 1150), points((2, 2), 1151)
    reason = "derivatives by a context, as an encoder needs them: detached, or of the first step"
    yield gradient("context", reason, flow, y, c)
    c = points((1, 2), 1152)
    reason = "one context for three rows: its derivative is the sum over the rows"
    yield gradient("context-broadcast", reason, flow, points((3, 2), 1152), c)
    flow, c = made(1, (2,), seed=1153, context_dim=1, scale=ir.Softplus()), points((2, 1), 1153)
    reason = "D = 1 with context: all degrees 0, and weights that have derivatives all the same"
    yield gradient("d1", reason, flow, points((2, 1), 1154), c)


def chains() -> Iterator[Question]:
    """Two steps and a permutation between them, over multivariate bases."""
    steps: list[Transform] = [
        made(3, (4,), seed=1160, scale=ir.Gated(), context_dim=1, activation="elu"),
        ir.Permutation(CYCLE),
        made(3, (4,), seed=1210, scale=ir.Softplus(1.0), context_dim=1, skip=True),
    ]
    reason = (
        "T = 2 steps, a permutation and a context of both: derivatives of the first step's weights "
        "go through the inverse of the second"
    )
    y, c = points((2, 3), 1160), points((2, 1), 1161)
    yield gradient("chain", reason, ir.Chain(steps), y, c, base=independent(3))
    flow = ir.Inverse(made(3, (4,), seed=1162, order=CYCLE, scale=ir.SoftClip()))
    reason = "base with a triangular covariance factor: derivatives of x through L^-1"
    yield gradient("tril", reason, flow, points((2, 3), 1162), base=tril(3))
