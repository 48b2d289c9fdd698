"""Inverses by other algorithms, and by other formulas for one variable."""

from __future__ import annotations

import numpy as np

from ..inv import Sweeping
from ..plain import Plain
from ..plain.masks import Array, Text
from ..plain.network import Weights, spread
from ..plain.step import Step
from ..registry import REGISTRY

variant = REGISTRY.variant


@variant
class TimesTheInverseScale(Plain):
    """x = (y - mu) exp(-log sigma), in place of a division."""

    def solved(self, step: Step, y: Array) -> Array:
        return (y - step.mu) * np.exp(-step.log_sigma)


@variant
class TimesTheReciprocal(Plain):
    """x = (y - mu) (1 / sigma)."""

    def solved(self, step: Step, y: Array) -> Array:
        return (y - step.mu) * (1.0 / step.sigma)


@variant
class StartsFromY(Plain):
    """The sequential inverse starts from y, not from zeros, as in flowjax."""

    def start(self, y: Array) -> Array:
        return np.array(y)


@variant
class SweepsHeldBack(Sweeping):
    """A fixed-point inverse in which variables stay 0 until their sweep."""


@variant
class OneVariableAtATime(Plain):
    """The sequential inverse with one evaluation for each variable, groups not taken together."""

    def groups(self, text: Text) -> list[Array]:
        return [np.asarray([i]) for group in super().groups(text) for i in group]


@variant
class LogDetOfASecondRun(Plain):
    """The log-det of the inverse from a forward run at the x that was found."""

    def invert(
        self, text: Text, net: Weights, y: Array, context: Array | None
    ) -> tuple[Array, Array]:
        x, _ = super().invert(text, net, y, context)
        if context is not None:
            context, x = spread(context, x)
        return x, self.step(text, net, x, context).log_sigma
