"""DET: mistakes in the log-det."""

from __future__ import annotations

import numpy as np

from ..cases import Case
from .plain import Plain
from .plain.masks import Array, Text
from .plain.network import Weights
from .plain.step import Step
from .plain.transforms import Mapped
from .registry import REGISTRY

mutant = REGISTRY.mutant


@mutant(
    "DET-1", source="pyro #2503, fixed in PR #2504 (1.4.0): the stable variant cached the scale"
)
class LogScaleIsScale(Plain):
    """sigma in the place of log sigma."""

    def step(self, text: Text, net: Weights, x: Array, context: Array | None) -> Step:
        step = super().step(text, net, x, context)
        return step._replace(log_sigma=step.sigma)


@mutant("DET-2", "DENS-3", source="pyro up to 0.3.1: per dimension; fixed by event_dim in PR #1638")
class LogDetPerDimension(Plain):
    """log-det per dimension where the summed one is expected."""

    def log_det(self, log_sigma: Array) -> Array:
        return log_sigma


@mutant("DET-2", "DENS-3", source="Pyro forum, thread 471: log_scale.sum(dim=1, keepdim=True)")
class LogDetKeepsItsAxis(Plain):
    """Summed log-det with a kept axis: it passes for one per dimension."""

    def log_det(self, log_sigma: Array) -> Array:
        return np.sum(log_sigma, axis=-1, keepdims=True)


@mutant("DET-2", "SHAPE-3", source="pymc PR #800")
class LogDetOverBatch(Plain):
    """log-det summed over the batch too: each row gets the sum of all rows."""

    def log_det(self, log_sigma: Array) -> Array:
        rows = super().log_det(log_sigma)
        return np.full_like(rows, np.sum(rows))


@mutant("DET-2", "DET-3", source="ikostrikov/pytorch-flows #16; normflows #27, fixed by PR #28")
class LogDetNegated(Plain):
    """The log-det has the wrong sign, forward and back."""

    def log_det(self, log_sigma: Array) -> Array:
        return -super().log_det(log_sigma)


@mutant("DET-2", source="NICE to RealNVP: shifts alone keep volumes, and with a scale they do not")
class LogDetOfZero(Plain):
    """log-det of 0, as of a map that keeps volumes."""

    def log_det(self, log_sigma: Array) -> Array:
        return np.zeros_like(super().log_det(log_sigma))


@mutant("DET-2", source="discussed in vislearn/FrEIA PR #6: a log-det divided by the dimensions")
class LogDetAveraged(Plain):
    """log-det as the mean over the event, not the sum."""

    def log_det(self, log_sigma: Array) -> Array:
        return np.mean(log_sigma, axis=-1)


@mutant("DET-3", source="gpapamak/maf: half a log precision is the log-det, the whole of it is not")
class LogDetOfTheVariance(Plain):
    """log-det of sigma squared: a log variance taken for a log scale."""

    def log_det(self, log_sigma: Array) -> Array:
        return 2.0 * super().log_det(log_sigma)


@mutant(
    "DET-4", "DENS-1", source="ikostrikov/pytorch-flows #16; normflows #27, fixed in PR #28 (1.6.2)"
)
class InverseLogDetNotNegated(Plain):
    """The inverse returns the log-det of the forward map: the sign is wrong."""

    def inverse_log_det(self, log_sigma: Array) -> Array:
        return self.log_det(log_sigma)


@mutant("DET-4", source="pyro PR #2384 (fixed in 1.3.1): the log-det of other x, y than these")
class InverseLogDetAtY(Plain):
    """The log-det of the inverse is taken at y, not at x."""

    def invert(
        self, text: Text, net: Weights, y: Array, context: Array | None
    ) -> tuple[Array, Array]:
        x, _ = super().invert(text, net, y, context)
        return x, self.step_back(text, net, np.broadcast_to(y, x.shape), context).log_sigma


@mutant(
    "DET-5",
    "DENS-4",
    source="p0p4k/vits2_pytorch #45: of what a flow returns, not all is carried on",
)
class ChainKeepsTheLastLogDet(Plain):
    """A chain returns the log-det of its last step: overwritten, not added."""

    def accumulated(self, total: Array, log_det: Array) -> Array:
        return log_det


@mutant("DET-5", source="ikostrikov/pytorch-flows #16: direct and inverse do not cancel")
class ChainSubtractsLogDets(Plain):
    """Log-dets of a chain are subtracted where its inverse adds them."""

    def accumulated(self, total: Array, log_det: Array) -> Array:
        return total - log_det


@mutant(
    "DET-2", "SHAPE-1", source="wohlert/semi-supervised-pytorch #21: sum(log_det_z) of the batch"
)
class LogDetIsOneNumber(Plain):
    """log-det as one number for the whole batch: it broadcasts, and nothing complains."""

    def forward(self, case: Case, x: Array, context: Array | None) -> Mapped:
        y, log_det = super().forward(case, x, context)
        return y, np.sum(log_det)
