"""DENS: bases and change of variables, plainly."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from .masks import Array, Text
from .transforms import Transforms


class Densities(Transforms):
    """log q(y) = log p(x) + log|det dx/dy|, x found from y."""

    def density(self, text: Text, raw: Any, base: Base, y: Array, context: Array | None) -> Array:
        """Joint log density, nats (DENS-1)."""
        x, log_det = self.inverse_of(text, raw, y, context)
        return self.change_of_variables(self.joint(base, x, y), log_det, text)

    def change_of_variables(self, log_p: Array, log_det: Array, text: Text) -> Array:
        """log p(x) + log|det dx/dy| = log p(x) - log|det dy/dx| (DENS-1)."""
        return log_p + log_det

    def terms(self, text: Text, raw: Any, base: Base, y: Array, context: Array | None) -> Array:
        """log p(x_i) - log sigma_i, whose sum is the joint density (DENS-3, DET-1)."""
        x, log_sigma = self.invert(text, self.load(text, raw), y, context)
        return self.univariate(base["loc"], base["scale"], x) - log_sigma

    def joint(self, base: Base, x: Array, y: Array) -> Array:
        """log p(x) of the base; univariate ones are summed over the event (DENS-2)."""
        kind = base["kind"]
        if kind == "tril":
            return self.tril(base["loc"], base["scale_tril"], x)
        if kind == "low_rank":
            return self.low_rank(base["loc"], base["cov_factor"], base["cov_diag"], x)
        scale = base["scale_diag" if kind == "diagonal" else "scale"]
        return self.summed(self.univariate(base["loc"], scale, x))

    def summed(self, terms: Array) -> Array:
        """Sum over the event (DENS-2)."""
        return np.sum(terms, axis=-1)

    def univariate(self, loc: Array, scale: Array, x: Array) -> Array:
        """Log density of D univariate normals, term by term."""
        z = (x - loc) / scale
        return -0.5 * z * z - np.log(scale) - self.half_log_two_pi()

    def half_log_two_pi(self) -> float:
        """log(2 pi) / 2."""
        return 0.5 * math.log(2.0 * math.pi)

    def tril(self, loc: Array, L: Array, x: Array) -> Array:
        """Log density of a normal with covariance L L^T, by forward substitution."""
        r, z = x - loc, np.zeros_like(x)
        for i in range(len(loc)):
            z[..., i] = (r[..., i] - np.sum(L[i, :i] * z[..., :i], axis=-1)) / L[i, i]
        terms = -0.5 * z * z - np.log(np.diagonal(L)) - self.half_log_two_pi()
        return np.sum(terms, axis=-1)

    def low_rank(self, loc: Array, F: Array, d: Array, x: Array) -> Array:
        """Log density of a normal with covariance F F^T + diag(d), formed and factored."""
        return self.tril(loc, np.linalg.cholesky(F @ F.T + np.diag(d)), x)


Base = Mapping[str, Any]
"""Kind and arrays of a base, without the prefix ``base.``."""
