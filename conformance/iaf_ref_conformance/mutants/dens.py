"""DENS: mistakes in the density."""

from __future__ import annotations

from typing import Any

import numpy as np

from .plain import Plain
from .plain.densities import Base
from .plain.masks import Array, Text
from .registry import REGISTRY

mutant = REGISTRY.mutant


@mutant("DENS-1", source="flowjax #208; bayesflow PR #471; normflows #27")
class LogDetWithTheWrongSign(Plain):
    """log p(x) minus the log-det of the map from y to x: the sign is wrong."""

    def change_of_variables(self, log_p: Array, log_det: Array, text: Text) -> Array:
        return log_p - log_det


@mutant(
    "DENS-1", source="jaywalnut310/vits #6: no log-det, right as long as the flow keeps volumes"
)
class LogDetLeftOut(Plain):
    """log p(x) alone: the log-det is left out."""

    def change_of_variables(self, log_p: Array, log_det: Array, text: Text) -> Array:
        return log_p + 0.0 * log_det


@mutant("DENS-1", source="casperkaae/parmesan PR #21: p(z0) was used in place of p(zK)")
class BaseAtTheWrongEnd(Plain):
    """The base is evaluated at y, not at x."""

    def joint(self, base: Base, x: Array, y: Array) -> Array:
        return super().joint(base, np.broadcast_to(y, x.shape), y)


@mutant(
    "DENS-2", source="aspire #3: a vector of D numbers for one row; acids-ircam/pytorch_flows #2"
)
class BaseNotSummed(Plain):
    """The univariate base is not summed over the event."""

    def summed(self, terms: Array) -> Array:
        return terms

    def change_of_variables(self, log_p: Array, log_det: Array, text: Text) -> Array:
        return log_p + (log_det if log_p.ndim == log_det.ndim else log_det[..., None])


@mutant("DENS-2", "SHAPE-1", source="pytorch PR #4937; pyro #721: axes counted from the left")
class BaseSummedOverTheFirstAxis(Plain):
    """The univariate base is summed over the first axis: the event only without a batch."""

    def summed(self, terms: Array) -> Array:
        return np.sum(terms, axis=0)


@mutant("DENS-3", source="Pyro forum, thread 471; numpyro PR #233; sbibm PR #15")
class LogDetCountedDTimes(Plain):
    """Summed log-det over a univariate base: subtracted D times."""

    def change_of_variables(self, log_p: Array, log_det: Array, text: Text) -> Array:
        return log_p + len_of(text) * log_det

    def terms(self, text: Text, raw: Any, base: Base, y: Array, context: Array | None) -> Array:
        x, log_det = self.inverse_of(text, raw, y, context)
        return self.univariate(base["loc"], base["scale"], x) + log_det[..., None]


@mutant(
    "DENS-4", "NET-3", source="TFP conditional_input_layers='first_layer'; FlowTorch flow.py:104"
)
class ContextInTheFirstStepOnly(Plain):
    """Of several steps, only the first gets the context."""

    def given_to(self, k: int, context: Array | None) -> Array | None:
        return context if k == 0 or context is None else np.zeros_like(context)


@mutant("DENS-4", source="thuhcsi/VAENAR-TTS #8; NVlabs/NVAE #42: whether log sigma belongs there")
class EncoderScaleForgotten(Plain):
    """log q leaves out log sigma_0, the scale of the base."""

    def univariate(self, loc: Array, scale: Array, x: Array) -> Array:
        return super().univariate(loc, scale, x) + np.log(scale)


@mutant("DENS-5", source="Qinyu-Allen-Zhao/Arinar #1: no gradient is lost, but the density is")
class TwoPiForgotten(Plain):
    """log(2 pi) / 2 is left out: the density does not integrate to 1."""

    def half_log_two_pi(self) -> float:
        return 0.0


@mutant("DENS-5", "DENS-1", source="hill-a/stable-baselines #1059; tensorflow #20261")
class ScaleTakenForVariance(Plain):
    """z = (x - loc) / sqrt(scale): a standard deviation taken for a variance."""

    def univariate(self, loc: Array, scale: Array, x: Array) -> Array:
        return super().univariate(loc, np.sqrt(scale), x)


@mutant("DENS-1", "DENS-5", source="pyro #3232: the scale from the diagonal of the factor alone")
class DiagonalOfTheFactorOnly(Plain):
    """Of a triangular factor only the diagonal is used: a correlated base loses that."""

    def tril(self, loc: Array, L: Array, x: Array) -> Array:
        return super().tril(loc, np.diag(np.diagonal(L)), x)


def len_of(text: Text) -> int:
    """Number of variables D of a flow."""
    if text["kind"] == "chain":
        return len_of(text["transforms"][0])
    if text["kind"] == "inverse":
        return len_of(text["transform"])
    return len(text["order"] if text["kind"] == "permutation" else text["degrees"])
