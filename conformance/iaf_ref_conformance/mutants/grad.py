"""GRAD: mistakes in putting derivatives together, of a density that is right."""

from __future__ import annotations

import numpy as np

from .plain import Plain
from .plain.adjoint import At
from .plain.backward import rows
from .plain.masks import Array
from .registry import REGISTRY
from .variants.gradients import ImplicitDifferentiation

mutant = REGISTRY.mutant


@mutant("GRAD-1", source="slimgroup/InvertibleNetworks.jl #80: with Flux, only without log-det")
class LogDetOffTheGraph(Plain):
    """The log-det is taken for a constant: only log p(x) is differentiated."""

    def by_log_det(self, g: Array) -> Array:
        return np.zeros_like(g)


@mutant(
    "GRAD-1", source="normflows #27, PR #28 and ikostrikov/pytorch-flows #16 had it in the value"
)
class LogDetSlopeWithTheWrongSign(Plain):
    """The derivative of the log-det enters with the wrong sign, though its value is right."""

    def by_log_det(self, g: Array) -> Array:
        return -g


@mutant("GRAD-1", source="deeprob-kit PR #34; ikostrikov/pytorch-flows: x is filled in place")
class InverseTakenForAConstant(Plain):
    """Derivatives do not go through the inverse: x_i counts as y_i's alone, not as all before."""

    def handed_down(self, by_x: Array, through: Array) -> Array:
        return by_x


@mutant(
    "GRAD-1", source="JuliaDecisionFocusedLearning/ImplicitDifferentiation.jl PR #161: a transpose"
)
class JacobianNotTransposed(ImplicitDifferentiation):
    """Implicit differentiation solves with the Jacobian in place of its transpose."""

    def solution(self, at: At, J: Array, g: Array) -> Array:
        g = np.broadcast_to(g, at.x.shape)
        return np.asarray(np.linalg.solve(J, g[..., None])[..., 0])


@mutant("GRAD-1", source="TFP masked_autoregressive.py:1055: masks by initializer and constraint")
class RemovedWeightsHaveDerivatives(Plain):
    """Masks act on values only: a weight that they remove has a derivative that is not 0."""

    def within_mask(self, mask: Array, by_weight: Array) -> Array:
        return by_weight


@mutant("GRAD-1", source="d2l-ai/d2l-en PR #1000; kvfrans/notes #5: mean for sum")
class MeanOverRows(Plain):
    """Derivatives by weights are means over the rows, of a density that is their sum."""

    def outer(self, g: Array, h: Array) -> Array:
        return super().outer(g, h) / np.asarray(len(rows(g)), dtype=g.dtype)

    def over_rows(self, g: Array) -> Array:
        return super().over_rows(g) / np.asarray(len(rows(g)), dtype=g.dtype)


@mutant("GRAD-1", source="rasbt/stat453-deep-learning-ss21 #5: one sum for all biases")
class BiasesShareOneSum(Plain):
    """All biases of a layer get one derivative: the sum runs over rows and units."""

    def over_rows(self, g: Array) -> Array:
        return np.full(g.shape[-1], np.sum(g), dtype=g.dtype)


@mutant("GRAD-1", source="mlpack PR #3679: the bias gets the error itself, right for one row")
class BiasOfOneRow(Plain):
    """Biases get what one row says, not the sum over the rows."""

    def over_rows(self, g: Array) -> Array:
        return np.array(rows(g)[0])


@mutant("GRAD-1", "SHAPE-2", source="deeplearning4j/nd4j #2424; pytorch #1787; burn #181")
class BroadcastNotSummed(Plain):
    """One context for many rows gets a derivative for each row: the sum is left out."""

    def by_broadcast(self, g: Array, shape: tuple[int, ...]) -> Array:
        return g


@mutant("GRAD-1", "DENS-4", source="karpathy/micrograd, in the lecture: grad = in place of grad +=")
class SecondUseOverwritesTheFirst(Plain):
    """Where two steps read one context, its derivative is that of one of them."""

    def both(self, one: Array, other: Array) -> Array:
        return other


@mutant("GRAD-1", "NET-6", source="paiml/entrenar #313: the gradient vanished from block to block")
class IdentityPathForgotten(Plain):
    """The derivative of a residual block leaves out the identity path."""

    def joined(self, straight: Array, inner: Array) -> Array:
        return inner
