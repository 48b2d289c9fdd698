"""Derivatives by other modes, in other precisions, and by other formulas."""

from __future__ import annotations

import numpy as np

from ..plain import Plain
from ..plain.adjoint import At, StepPulled
from ..plain.backward import Named, rows
from ..plain.masks import Array
from ..plain.network import sigmoid
from ..registry import REGISTRY
from .sums import wide

variant = REGISTRY.variant


@variant
class ImplicitDifferentiation(Plain):
    """Derivatives through the inverse from those of the forward map: J^T v = dL/dx, J = dy/dx."""

    def pull_solved(self, at: At, g: Array) -> tuple[Array, Array, Named]:
        zero, by_log = np.zeros_like(at.x), self.by_log_det(-np.ones_like(at.x))
        direct, _ = self.pull_parameters(at, StepPulled(zero, zero, by_log))
        v = self.solution(at, self.jacobian(at), g + direct[..., -at.x.shape[-1] :])
        return v, *self.pull_parameters(at, StepPulled(-v, -v * at.x, by_log))

    def jacobian(self, at: At) -> Array:
        """dy/dx, (..., D, D), row by row in reverse mode."""
        found, zero = [], np.zeros_like(at.x)
        for one in np.eye(at.x.shape[-1], dtype=at.x.dtype):
            step = StepPulled(zero + one, one * at.x, zero)
            through = self.pull_parameters(at, step)[0][..., -len(one) :]
            found.append(one * at.sigma + through)
        return np.stack(found, axis=-2)

    def solution(self, at: At, J: Array, g: Array) -> Array:
        """Substitution in J^T v = g, which is triangular in the order of the degrees."""
        v = np.zeros_like(at.x)
        for i in np.argsort(self.input_degrees(at.text), kind="stable")[::-1]:
            v[..., i] = (g[..., i] - np.sum(J[..., i] * v, axis=-1)) / J[..., i, i]
        return v


@variant
class ForwardModeJacobian(ImplicitDifferentiation):
    """The Jacobian dy/dx column by column in forward mode, then implicit differentiation."""

    def jacobian(self, at: At) -> Array:
        count, dim = at.inputs.shape[-1], at.x.shape[-1]
        along = np.eye(count, dtype=at.x.dtype)[count - dim :]
        return np.stack([self.tangent(at, np.zeros_like(at.inputs) + t) for t in along], axis=-1)

    def tangent(self, at: At, t: Array) -> Array:
        """Derivative of y along t."""
        reads, h, block = self.reads(at.text, at.net.hidden, at.inputs), t, None
        for k, (W, _) in enumerate(at.net.hidden):
            h = self.product(W, h)
            if at.text["residual"] and k % 2 == 0:  # the first layer, or the end of a block
                h = block = h if block is None else block + h
            before, value = reads[k + 1]
            if before is not None:
                h = h * self.slope(at.text["activation"], before, value)
        by_m, by_raw = self.split(self.heads(at.net.output[0], h) + self.direct(at.net.skip, t))
        mu = by_m * at.slopes.mu_by_m + by_raw * at.slopes.mu_by_raw
        return mu + at.x * (by_raw * at.slopes.sigma) + at.sigma * t[..., -at.x.shape[-1] :]


@variant
class WideDerivatives(Plain):
    """Derivatives by weights summed over the rows in the next wider format."""

    def outer(self, g: Array, h: Array) -> Array:
        return np.asarray((wide(rows(g)).T @ wide(rows(h))).astype(g.dtype))

    def over_rows(self, g: Array) -> Array:
        return np.asarray(np.sum(wide(rows(g)), axis=0).astype(g.dtype))


@variant
class RowsFromTheLast(Plain):
    """Derivatives by weights added up row by row, from the last row to the first."""

    def outer(self, g: Array, h: Array) -> Array:
        total = np.zeros((g.shape[-1], h.shape[-1]), dtype=g.dtype)
        for left, right in zip(rows(g)[::-1], rows(h)[::-1], strict=True):
            total = total + left[:, None] * right
        return total


@variant
class TanhSlopeBySigmoids(Plain):
    """tanh' as 4 sigmoid(2a) sigmoid(-2a), which does not cancel, as in JAX."""

    def slope(self, name: str, a: Array, h: Array) -> Array:
        if name != "tanh":
            return super().slope(name, a, h)
        return 4.0 * sigmoid(2.0 * a) * sigmoid(-2.0 * a)
