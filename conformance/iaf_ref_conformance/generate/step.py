"""STEP: scale maps from the raw output to log sigma, in their range and far outside of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

import iaf_ref as ir

from .net import CYCLE5, forward
from .question import Floats, Question, made, network, points, require

FAR = [-9984.0, -200.0, 0.25, 200.0, 9984.0]
"""Raw scales: what bfloat16 has next to -1e4 and 1e4, and where exp(200) overflows float32."""
NEAR = [-12.0, -3.0, 0.25, 2.0, 9.0]
"""Raw scales on both sides of the clip -5..3, and where an unfloored scale nears its limit."""


class Map(NamedTuple):
    """A scale map, what it is, and whether to ask for its extremes and for log sigma as well."""

    clause: str
    scale: Any
    reason: str
    extremes: bool = False
    log_scale: bool = False


MAPS: Mapping[str, Map] = {
    "exp": Map("STEP-1", ir.Exp(), "a true clip -5..3 of log sigma, in both directions", True),
    "exp-narrow": Map(
        "STEP-1", ir.Exp(-2.0, 1.0), "bounds are parameters; whoever hard-codes -5..3 ignores them"
    ),
    "softclip": Map(
        "STEP-2", ir.SoftClip(), "raw / (1 + |raw / log slope|), slope 1e-3", True, True
    ),
    "softclip-1e-4": Map(
        "STEP-2", ir.SoftClip(1e-4), "slope 1e-4, as some versions of zuko have it"
    ),
    "softplus": Map("STEP-3", ir.Softplus(), "softplus(raw) + 1e-3, as nflows has it", True),
    "softplus-shift": Map(
        "STEP-3",
        ir.Softplus(0.53125, 1e-2),
        "shift inside softplus, floor 1e-2 outside, as flowjax has it",
        log_scale=True,
    ),
    "sigmoid": Map(
        "STEP-4",
        ir.Sigmoid(),
        "sigmoid(raw + 2) + 1e-3, as normflows has it, not the gated form",
        True,
        True,
    ),
    "sigmoid-0": Map("STEP-4", ir.Sigmoid(0.0, 1e-2), "bias 0 and floor 1e-2 are parameters"),
    "gated": Map(
        "STEP-5", ir.Gated(), "eqs. 12-14: y = sigma x + (1 - sigma) m, not sigma x + m", True, True
    ),
    "gated-1": Map(
        "STEP-5", ir.Gated(1.0), "bias 1: whoever hard-codes the bias 2 has another gate"
    ),
}
"""Slug -> scale map."""


def questions() -> Iterator[Question]:
    """Yield the questions about STEP."""
    for slug, scale_map in MAPS.items():
        yield from of_map(f"step-{slug}", scale_map)
        if scale_map.extremes:
            yield from extremes(f"step-{slug}-extremes", scale_map)
    yield from affine()
    yield from beyond_both_clips()
    yield beyond_a_threshold()


def of_map(slug: str, scale_map: Map) -> Iterator[Question]:
    """Values on both sides of the usual limits, and log sigma per dimension."""
    flow, x = (
        made(5, (16,), seed=200, scale=scale_map.scale, order=CYCLE5, raw=NEAR),
        points((5, 5), 200),
    )
    _, raw = network(flow, x)
    require(bool(np.any(raw < -5.0) and np.any(raw > 3.0)), "raw scales beyond both clips")
    reason = scale_map.reason
    yield forward(slug, (scale_map.clause, "STEP-6"), reason, flow, x)
    if scale_map.log_scale:
        require(_log_scales_differ(flow, x), "log sigma that is not the raw scale")
        reason = f"{reason}; log sigma per dimension is neither the raw scale nor sigma"
        asked = (scale_map.clause, "DET-1")
        yield Question(f"{slug}-log-scale", "log_scale", asked, reason, flow, {"x": x})


def extremes(slug: str, scale_map: Map) -> Iterator[Question]:
    """Raw scales of -1e4, -200, 200 and 1e4."""
    flow, x = (
        made(5, (6,), seed=201, scale=scale_map.scale, order=CYCLE5, raw=FAR),
        points((5, 5), 200),
    )
    _, raw = network(flow, x)
    require(bool(np.any(raw < -9000.0) and np.any(raw > 9000.0)), "raw scales near -1e4 and 1e4")
    reason = (
        f"{scale_map.reason}; raw scales of -1e4, -200, 200, 1e4: in the naive form exp overflows "
        "and log(0) is -inf"
    )
    closed = scale_map.clause == "STEP-5"
    exempt = {"jacobian": "at 1e4 the gate lets x through alone"} if closed else {}
    yield forward(slug, (scale_map.clause, "STEP-6"), reason, flow, x, exempt=exempt)
    asked, name = (scale_map.clause, "DET-1"), f"{slug}-log-scale"
    yield Question(name, "log_scale", asked, reason, flow, {"x": x}, exempt=exempt)


def _log_scales_differ(flow: ir.AffineAutoregressive, x: Floats) -> bool:
    """Whether log sigma, sigma and the raw scale are three different things."""
    _, raw = network(flow, x)
    log_sigma = flow.log_scale(x)
    return not np.allclose(log_sigma, raw) and not np.allclose(log_sigma, flow.scale.scale(raw))


def affine() -> Iterator[Question]:
    """The step itself, at several sizes."""
    for dim, hidden, order in (
        (2, (16,), [1, 0]),
        (8, (7,), [3, 7, 0, 5, 1, 6, 2, 4]),
        (16, (64,), [*range(15, -1, -1)]),
    ):
        flow, x = made(dim, hidden, seed=210 + dim, order=order), points((4, dim), 210)
        m, raw = network(flow, x)
        y, _ = flow.forward(x)
        require(not np.allclose(y, (x - m) * np.exp(-raw)), "a step that is not its inverse")
        reason = "y = sigma x + mu: the inverse map, sigma (x + mu), or 1 / sigma in its place"
        yield forward(f"step-affine-d{dim}", ("STEP-6",), reason, flow, x)


def beyond_both_clips() -> Iterator[Question]:
    """A clip must be one in both directions of the map."""
    flow = made(5, (16,), seed=220, order=CYCLE5, raw=[-30.0, -5.5, 0.5, 3.5, 30.0])
    x = points((4, 5), 220)
    _, raw = network(flow, x)
    require(bool(np.any(raw < -5.0) and np.any(raw > 3.0)), "raw scales beyond both clips")
    reason = (
        "raw scales beyond both clips, run backwards: a cap in one direction only breaks the "
        "round trip"
    )
    y = points((4, 5), 221)
    yield Question("step-clip-inverse", "inverse", ("STEP-1", "INV-1"), reason, flow, {"y": y})
    yield false_clip("step-clip-huge", 0, "float32")
    yield false_clip("step-clip-huger", 3, "float64")


def false_clip(slug: str, layers: int, dtype: str) -> Question:
    """Raw scales beyond 10^8, or 2^60: no weight of float16 is so large, but products of some are.

    Each layer multiplies by about 2^13; every other raw scale has its sign changed.
    """
    drawn = made(5, (16,) * layers, seed=221, order=CYCLE5, activation="relu").network
    W, b = drawn.output
    W = np.stack([W[0], 2.0**14 * W[1] * np.asarray([[1.0], [-1.0], [1.0], [-1.0], [1.0]])])
    hidden = [(2.0**13 * V, a) for V, a in drawn.hidden]
    net = ir.AutoregressiveNetwork(drawn.degrees, hidden, (W, b))
    x = 2.0**14 * points((4, 5), 222)
    flow = ir.AffineAutoregressive(net)
    raw = network(flow, x)[1].astype(dtype)
    huge = 1e8 if dtype == "float32" else 2.0**60
    require(bool(np.any(raw > huge) and np.any(raw < -huge)), f"raw scales beyond +-{huge:.3g}")
    low, high = (raw.dtype.type(end) for end in (-5.0, 3.0))
    wrong = raw + (np.clip(raw, low, high) - raw)
    require(bool(np.any(wrong == 0.0)), f"a clip that lets gradients through to give 0 in {dtype}")
    reason = (
        f"raw scales beyond {huge:.3g}: raw + stop_gradient(clip(raw) - raw), a clip that lets "
        f"gradients through, gives 0 in {dtype}"
    )
    return Question(slug, "log_scale", ("STEP-1", "DET-1"), reason, flow, {"x": x})


def beyond_a_threshold() -> Question:
    """Raw scales from 20 on, where some libraries return a for softplus(a)."""
    flow = made(
        5, (16,), seed=223, scale=ir.Softplus(), order=CYCLE5, raw=[20.5, 22.0, 24.0, 26.0, 28.0]
    )
    x = points((4, 5), 223)
    raw = network(flow, x)[1]
    lost = np.log1p(np.exp(-raw)) / raw
    require(bool(np.any((raw > 20.0) & (lost > 2.0**-36))), "digits of float64 that are lost")
    reason = (
        "softplus of 20 to 30: whoever returns a for softplus(a) from a threshold on, 20 in "
        "PyTorch, loses digits that float64 has"
    )
    return forward("step-softplus-threshold", ("STEP-3", "NUM-3"), reason, flow, x)
