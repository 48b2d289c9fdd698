"""GRAD: reverse mode through one step, in either direction, plainly.

The sequential inverse is undone variable by variable: the derivative by x_i is complete once all
variables of greater degree have handed theirs down. The network is evaluated once, at the x that
was found: it gives what the inverse has read of it, variable by variable.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .backward import Backward, Named
from .masks import Array, MaskSet, Text
from .network import Weights, spread
from .slopes import StepSlopes


class At(NamedTuple):
    """A step at a point: what its derivatives are made from."""

    text: Text
    net: Weights
    masks: MaskSet
    x: Array
    inputs: Array
    sigma: Array
    slopes: StepSlopes


class StepPulled(NamedTuple):
    """Derivatives by mu, sigma and log sigma."""

    mu: Array
    sigma: Array
    log_sigma: Array


class Adjoints(Backward):
    """From derivatives by the result of a step to those by what it is given."""

    def at(self, text: Text, raw: Any, x: Array, context: Array | None) -> At:
        """Evaluate the step once."""
        net, kind = self.load(text, raw), text["scale"]
        if context is not None:
            context, x = spread(context, x)
        m, scale = self.parameters(text, net, x, context)
        sigma, slopes = self.scale_of(kind, scale), self.step_slopes(kind, m, scale)
        return At(text, net, self.mask_set(text), x, self.inputs(x, context), sigma, slopes)

    def pull_mapped(self, at: At, g: Array) -> tuple[Array, Array, Named]:
        """Through y = sigma x + mu and the log-det, sum of log sigma."""
        step = StepPulled(g, g * at.x, self.by_log_det(np.ones_like(at.x)))
        by_inputs, weights = self.pull_parameters(at, step)
        return g * at.sigma + by_inputs[..., -at.x.shape[-1] :], by_inputs, weights

    def pull_solved(self, at: At, g: Array) -> tuple[Array, Array, Named]:
        """Through x = (y - mu) / sigma, from the greatest degree to the least (INV-1)."""
        by_x, by_y = np.array(np.broadcast_to(g, at.x.shape)), np.zeros_like(at.x)
        total, weights = np.zeros_like(at.inputs), Named()
        for group in reversed(self.groups(at.text)):
            one = np.zeros_like(at.x)
            one[..., group] = 1.0
            by_y = by_y + one * by_x / at.sigma
            by_mu = -one * by_x / at.sigma
            step = StepPulled(by_mu, by_mu * at.x, self.by_log_det(-one))
            by_inputs, found = self.pull_parameters(at, step)
            by_x = self.handed_down(by_x, by_inputs[..., -by_x.shape[-1] :])
            total = total + by_inputs
            weights = {n: a + weights[n] if n in weights else a for n, a in found.items()}
        return by_y, total, weights

    def handed_down(self, by_x: Array, through: Array) -> Array:
        """A variable reaches the density itself, and through mu and sigma of later ones (INV-2)."""
        return by_x + through

    def by_log_det(self, g: Array) -> Array:
        """By log sigma, of the log-det; ``g`` with the sign of the direction (DET-4)."""
        return g

    def pull_parameters(self, at: At, step: StepPulled) -> tuple[Array, Named]:
        """Through mu, sigma and log sigma to the parameters, and through the network."""
        slopes = at.slopes
        by_raw = step.sigma * slopes.sigma + step.log_sigma * slopes.log_sigma
        by_raw = by_raw + step.mu * slopes.mu_by_raw
        g = np.stack([step.mu * slopes.mu_by_m, by_raw], axis=-2)
        return self.pull_network(at.text, at.net, at.masks, at.inputs, g)
