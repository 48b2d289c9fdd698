"""INV: the sequential inverse, plainly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .masks import Array, Text
from .network import Weights, spread
from .step import Step, Steps


class Inverses(Steps):
    """Solve y = sigma(x) x + mu(x) for x, one degree after the other."""

    def groups(self, text: Text) -> Sequence[Array]:
        """Variables that are solved for together, in order (INV-1)."""
        degrees = self.input_degrees(text)
        return [np.flatnonzero(degrees == d) for d in range(1, degrees.max() + 1)]

    def step_back(self, text: Text, net: Weights, x: Array, context: Array | None) -> Step:
        """mu, sigma and log sigma as the inverse takes them: those of the forward map."""
        return self.step(text, net, x, context)

    def solved(self, step: Step, y: Array) -> Array:
        """x = (y - mu) / sigma."""
        return (y - step.mu) / step.sigma

    def start(self, y: Array) -> Array:
        """What x holds where nothing is known yet."""
        return np.zeros_like(y)

    def invert(
        self, text: Text, net: Weights, y: Array, context: Array | None
    ) -> tuple[Array, Array]:
        """x and log sigma at x, by the definition (INV-2)."""
        if context is not None:
            y = spread(context, y)[1]
        x, log_sigma = self.start(y), np.zeros_like(y)
        for group in self.groups(text):
            step = self.step_back(text, net, x, context)
            part = Step(*(values[..., group] for values in step))
            x[..., group] = self.solved(part, y[..., group])
            log_sigma[..., group] = part.log_sigma
        return x, log_sigma

    def inverse_log_det(self, log_sigma: Array) -> Array:
        """The negative of the forward map's, at the same point (DET-4)."""
        return -self.log_det(log_sigma)
