"""Log densities of bases by other formulas."""

from __future__ import annotations

import math

import numpy as np

from ..plain import Plain
from ..plain.densities import Base
from ..plain.masks import Array
from ..registry import REGISTRY

variant = REGISTRY.variant


@variant
class ConstantsOnce(Plain):
    """Squares first, then log scales, then D log(2 pi) / 2, each summed by itself."""

    def joint(self, base: Base, x: Array, y: Array) -> Array:
        if base["kind"] in ("tril", "low_rank"):
            return super().joint(base, x, y)
        scale = base["scale_diag" if base["kind"] == "diagonal" else "scale"]
        z = (x - base["loc"]) / scale
        constant = np.sum(np.log(scale)) + 0.5 * len(scale) * math.log(2.0 * math.pi)
        return -0.5 * np.sum(z * z, axis=-1) - constant


@variant
class FactorByLinearSolve(Plain):
    """A triangular base by a general linear solver, with pivots."""

    def tril(self, loc: Array, L: Array, x: Array) -> Array:
        z = np.linalg.solve(L, (x - loc)[..., None])[..., 0]
        log_scale = np.sum(np.log(np.diagonal(L)))
        return -0.5 * np.sum(z * z, axis=-1) - log_scale - len(loc) * self.half_log_two_pi()


@variant
class LowRankByLemma(Plain):
    """A low-rank base by the matrix inversion and determinant lemmas, covariance never formed."""

    def low_rank(self, loc: Array, F: Array, d: Array, x: Array) -> Array:
        r, scaled = x - loc, F / d[:, None]
        inner = np.eye(F.shape[1], dtype=F.dtype) + F.T @ scaled
        m = np.linalg.solve(inner, (r @ scaled)[..., None])[..., 0]
        rest = r - m @ F.T
        square = np.sum(rest * rest / d, axis=-1) + np.sum(m * m, axis=-1)
        log_det = np.sum(np.log(d)) + np.linalg.slogdet(inner)[1]
        return -0.5 * square - 0.5 * log_det - len(loc) * self.half_log_two_pi()
