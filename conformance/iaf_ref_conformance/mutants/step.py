"""STEP: mistakes in the scale maps and in the step itself."""

from __future__ import annotations

import numpy as np

from .plain import Plain
from .plain.masks import Array, Text
from .plain.network import Weights, softplus
from .plain.step import Step
from .registry import REGISTRY

mutant = REGISTRY.mutant


@mutant(
    "STEP-1", source="Pyro 1.9.2, numpyro 0.22.0, FlowTorch 0.8: x + stop_gradient(clip(x) - x)"
)
class ClipByDifference(Plain):
    """Clip as raw + (clip(raw) - raw), which is 0 and not the bound for a large raw."""

    def clipped(self, raw: Array, least: float, most: float) -> Array:
        return raw + (np.clip(raw, least, most) - raw)


@mutant("STEP-1", source="TFP AutoregressiveNetwork does not clip, its default template does")
class ClipMissing(Plain):
    """log sigma is not clipped."""

    def clipped(self, raw: Array, least: float, most: float) -> Array:
        return raw


@mutant("STEP-1", "INV-1", source="gpapamak/maf mades.py:293,585; e-hulten/maf maf_layer.py:29")
class ClipInOneDirection(Plain):
    """log sigma is clipped in the forward map and not in the inverse."""

    def step_back(self, text: Text, net: Weights, x: Array, context: Array | None) -> Step:
        free = {**text["scale"], "min": -np.inf, "max": np.inf}
        return self.step({**text, "scale": free}, net, x, context)


@mutant(
    "STEP-1", "STEP-6", source="gpapamak/maf: its second head is a log precision, not a log scale"
)
class ScaleInverted(Plain):
    """sigma is exp(-log sigma): a log precision taken for a log scale."""

    def step(self, text: Text, net: Weights, x: Array, context: Array | None) -> Step:
        step = super().step(text, net, x, context)
        return step._replace(sigma=1.0 / step.sigma)


@mutant("STEP-2", source="zuko MonotonicAffineTransform documents exp(a) x + b, and clips a softly")
class SoftClipMissing(Plain):
    """log sigma is raw itself, as the documentation of the soft clip had it."""

    def bent(self, raw: Array, slope: float) -> Array:
        return raw


@mutant("STEP-2", source="zuko: slope 1e-3 up to 1.0.0, 1e-4 in 1.0.1 to 1.4.1, 1e-3 from 1.5.0 on")
class SoftClipOfAnotherVersion(Plain):
    """Soft clip with the slope of another version of the library."""

    def bent(self, raw: Array, slope: float) -> Array:
        return super().bent(raw, 1e-4)


@mutant("STEP-3", source="FlowTorch main: log-det -inf and inverse NaN at -110")
class SoftplusWithoutFloor(Plain):
    """softplus without its floor: sigma underflows to 0."""

    def floored_softplus(self, raw: Array, shift: float, floor: float) -> Array:
        return softplus(raw + shift)


@mutant("STEP-3", source="mlpack PR #2371: parameters turned to NaN in training")
class SoftplusOverflows(Plain):
    """softplus as log(1 + exp(a)), which overflows for a large a."""

    def floored_softplus(self, raw: Array, shift: float, floor: float) -> Array:
        return np.log(1.0 + np.exp(raw + shift)) + floor


@mutant(
    "STEP-3", source="flowjax adds the transformer's initial parameters to the network's output"
)
class SoftplusShiftForgotten(Plain):
    """The constant that softplus adds to raw is forgotten."""

    def floored_softplus(self, raw: Array, shift: float, floor: float) -> Array:
        return super().floored_softplus(raw, 0.0, floor)


@mutant("STEP-3", "STEP-1", source="FlowTorch main, clamp_values=True")
class ClipOfRawValue(Plain):
    """The raw value is clipped to -5..3 before softplus, though the bounds are of log sigma."""

    def floored_softplus(self, raw: Array, shift: float, floor: float) -> Array:
        return super().floored_softplus(np.clip(raw, -5.0, 3.0), shift, floor)


@mutant("STEP-4", source="VincentStimper/normalizing-flows #47; pytorch #1835")
class SigmoidWithoutFloor(Plain):
    """sigmoid without its floor: sigma underflows to 0."""

    def floored_sigmoid(self, raw: Array, bias: float, floor: float) -> Array:
        return super().floored_sigmoid(raw, bias, 0.0)


@mutant(
    "STEP-4", source="nflows made its scale sigmoid(u + 2) + eps, then softplus(u) + eps (v0.11)"
)
class SigmoidBiasForgotten(Plain):
    """The constant that sigmoid adds to raw is forgotten."""

    def floored_sigmoid(self, raw: Array, bias: float, floor: float) -> Array:
        return super().floored_sigmoid(raw, 0.0, floor)


@mutant(
    "STEP-5", source="normflows: s = sigmoid(u + 2) with y = s x + t, which is not the gated form"
)
class GateAddsTheWholeShift(Plain):
    """The gated step adds m, not (1 - sigma) m."""

    def location_of(self, scale: Text, m: Array, raw: Array) -> Array:
        return m


@mutant("STEP-5", "DET-1", source="pytorch #1835 and PR #2211; Pyro 1.9.2 stable=True at -95")
class GateLogOfSigmoid(Plain):
    """log sigma as log(sigmoid(a)), which is -inf where sigmoid underflows."""

    def log_scale_of(self, scale: Text, raw: Array) -> Array:
        if scale["kind"] != "gated":
            return super().log_scale_of(scale, raw)
        return np.log(1.0 / (1.0 + np.exp(-(raw + scale["bias"]))))


@mutant(
    "STEP-6",
    "DET-3",
    source="openai/glow #34; chrischute/glow #9, after the paper's code and not its text",
)
class ShiftBeforeScale(Plain):
    """y = sigma (x + mu): the shift is scaled."""

    def mapped(self, step: Step, x: Array) -> Array:
        return step.sigma * (x + step.mu)


@mutant("STEP-6", source="openai/iaf: z = (z - m) / exp(a); direction confused: nflows PR #16")
class StepDivides(Plain):
    """y = (x - mu) / sigma: the step of the other direction."""

    def mapped(self, step: Step, x: Array) -> Array:
        return (x - step.mu) / step.sigma


@mutant(
    "STEP-6", "DENS-1", source="AiDotNet.Tensors PR #261: a MAF whose mu and log sigma are frozen"
)
class ParametersFrozen(Plain):
    """mu and sigma do not depend on x."""

    def step(self, text: Text, net: Weights, x: Array, context: Array | None) -> Step:
        return super().step(text, net, np.zeros_like(x), context)
