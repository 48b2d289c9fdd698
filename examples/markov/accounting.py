"""The same draws of a trained guide counted by every convention, and what rounding may add."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

import iaf_ref as ir
from iaf_ref.describe import describe, rebuild
from iaf_ref_backends import tracked

from .conventions import CONVENTIONS, counted
from .data import Sequences
from .model import DeepMarkovModel, Path
from .networks import Z

Array = Any


@dataclass(frozen=True)
class Totals:
    """Sums over the steps that there are, of all sequences together, nats."""

    log_q: Mapping[str, Array]
    log_det: Array

    @property
    def apart(self) -> Array:
        """Old less new: 0 but for rounding."""
        return self.log_q["old"] - self.log_q["new"]

    @property
    def off(self) -> Array:
        """How much the mixture takes off log q, and so adds to the bound."""
        return self.log_q["new"] - self.log_q["mixture"]

    @property
    def unexplained(self) -> Array:
        """What (Z - 1) log-det leaves of that: 0 but for rounding."""
        return self.off - (Z - 1) * self.log_det


@dataclass(frozen=True)
class Account:
    """Totals as PyTorch has them, the bounds of two differences, and the joint's part of L.

    ``density`` is log q by hand, ``bounds`` how far rounding may take each convention from it.
    """

    totals: Totals
    apart_bound: float
    unexplained_bound: float
    density: float
    bounds: Mapping[str, float]
    log_joint: float
    shapes: Mapping[str, tuple[tuple[int, ...], tuple[int, ...]]]

    @property
    def holds(self) -> bool:
        """Whether both differences are rounding, and both conventions right."""
        apart, unexplained = abs(float(self.totals.apart)), abs(float(self.totals.unexplained))
        explained = apart <= self.apart_bound and unexplained <= self.unexplained_bound
        return explained and all(self.verdict(n).startswith("right") for n in ("old", "new"))

    def verdict(self, name: str) -> str:
        """Whether a convention counts the joint density, or what it counts in its place."""
        off = float(self.totals.log_q[name]) - self.density
        per_dimension = len(self.shapes[name][0]) > 1
        if abs(off) <= self.bounds[name]:
            return f"right: {'the sum of B Z terms is ' if per_dimension else ''}the joint density"
        left = off + (Z - 1) * float(self.totals.log_det)
        if abs(left) <= self.unexplained_bound + self.bounds["new"]:
            return "WRONG: every one of Z terms has the whole log-det"
        return f"WRONG: off by {off:.6g}"


def totals(xp: Any, flow: ir.Chain, arrays: Mapping[str, Array]) -> Totals:
    """Count the draws x of (T, B, Z) in a namespace, all steps at once."""
    base = ir.Normal(arrays["loc"], arrays["scale"])
    x, h, mask = arrays["x"], arrays["context"], arrays["mask"]
    log_q = {
        name: xp.sum(counted(push(base, flow, x, h)[1], mask)) for name, push in CONVENTIONS.items()
    }
    return Totals(log_q, xp.sum(counted(flow.forward(x, h)[1], mask)))


def by_hand(xp: Any, flow: ir.Chain, arrays: Mapping[str, Array]) -> Array:
    """Log q of the same draws by eq. 11 of Kingma et al. 2016, from log scales alone."""
    scale, x = arrays["scale"], arrays["x"]
    noise = (x - arrays["loc"]) / scale
    (step,) = flow.transforms
    log_scale = xp.log(scale) + step.log_scale(x, arrays["context"])
    terms = -(0.5 * noise * noise + 0.5 * math.log(2.0 * math.pi) + log_scale)
    return xp.sum(counted(terms, arrays["mask"]))


def account(model: DeepMarkovModel, batch: Sequences, noise: torch.Tensor) -> Account:
    """Count one draw of every sequence, noise (T, B, Z), by PyTorch and by tracked numbers."""
    flow, path = model.flow.flow(), model.guide(batch, noise)
    arrays = {
        "loc": path.loc,
        "scale": path.scale,
        "x": path.x,
        "context": path.context,
        "mask": batch.mask,
    }
    xp = tracked.namespace("ieee-f64")
    followed = rebuild(*describe(flow), xp=xp)
    given = {name: xp.asarray(array.numpy()) for name, array in arrays.items()}
    tracking, density = totals(xp, followed, given), by_hand(xp, followed, given)
    error = tracked.error(density)
    within = {name: float(tracked.error(v) + error) for name, v in tracking.log_q.items()}
    joint = counted(model.log_joint(batch, path.z), batch.mask).sum()
    return Account(
        totals(torch, flow, arrays),
        float(tracked.error(tracking.apart)),
        float(tracked.error(tracking.unexplained)),
        float(tracked.value(density)),
        within,
        float(joint),
        shapes(flow, path, batch.mask),
    )


def shapes(
    flow: ir.Chain, path: Path, mask: torch.Tensor
) -> dict[str, tuple[tuple[int, ...], tuple[int, ...]]]:
    """Of the log-det of a step in time, and of the mask that its log q meets."""
    x, h = path.x[0], path.context[0]
    log_scale, log_det = flow.transforms[0].log_scale(x, h), flow.forward(x, h)[1]
    per_dimension = tuple(mask[0][:, None].shape)
    return {
        "old": (tuple(log_scale.shape), per_dimension),
        "new": (tuple(log_det.shape), tuple(mask[0].shape)),
        "mixture": (tuple(log_det[:, None].shape), per_dimension),
    }


def table(found: Account) -> list[str]:
    """A row for each convention, then what the differences are."""
    lines = [f"{'log-det':<9} {'shape':<9} {'mask':<9} {'log q':>18} {'L':>18}  verdict"]
    for name, log_q in found.totals.log_q.items():
        shape, mask = map(str, found.shapes[name])
        bound = found.log_joint - float(log_q)
        numbers = f"{float(log_q):18.10f} {bound:18.10f}"
        lines.append(f"{name:<9} {shape:<9} {mask:<9} {numbers}  {found.verdict(name)}")
    t, log_det = found.totals, float(found.totals.log_det)
    return [
        *lines,
        "",
        f"old - new      = {float(t.apart):.3g}, within the derived bound {found.apart_bound:.2g}",
        f"log-det        = {log_det:.10f}, times Z - 1 = {(Z - 1) * log_det:.10f}",
        f"L off by       = {float(t.off):.10f}, the same within {found.unexplained_bound:.2g}",
    ]
