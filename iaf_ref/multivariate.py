"""Multivariate normal bases: diagonal, by a triangular factor, and low-rank (DENS-3)."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any

from array_api_compat import array_namespace, device

from ._checks import check_alike, check_array, check_event
from .distributions import log_two_pi

Array = Any


@dataclass(frozen=True, eq=False)
class MultivariateNormal:
    """Normal distribution over vectors: event shape (D,) (DENS-2, DENS-3).

    Parameters
    ----------
    loc : (..., D)
    scale_diag : (..., D), keyword only
        Standard deviations: covariance diag(scale_diag^2).
    scale_tril : (..., D, D), keyword only
        Lower triangular L with positive diagonal: covariance L L^T. Entries above the diagonal are not read.

    Raises
    ------
    TypeError
        Not real floating arrays, or of different libraries, dtypes or devices.
    ValueError
        Not exactly one of the scales, or another shape.
    """

    loc: Array
    _: KW_ONLY
    scale_diag: Array | None = None
    scale_tril: Array | None = None

    def __post_init__(self) -> None:
        """Check shapes and dtypes."""
        check_array("loc", self.loc)
        check_event("loc", self.loc, self.loc.shape[-1] if len(self.loc.shape) else 1)
        if (self.scale_diag is None) == (self.scale_tril is None):
            got = "none" if self.scale_diag is None else "both"
            raise ValueError(f"scale: expected one of scale_diag and scale_tril, got {got}")
        shape = tuple(self.loc.shape)
        if self.scale_diag is not None:
            check_array("scale_diag", self.scale_diag, shape)
        else:
            check_array("scale_tril", self.scale_tril, (*shape, shape[-1]))
        check_alike("loc", self.loc, scale_diag=self.scale_diag, scale_tril=self.scale_tril)

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """Shape of ``loc`` without its last axis."""
        return tuple(self.loc.shape[:-1])

    @property
    def event_shape(self) -> tuple[int, ...]:
        """(D,)."""
        return tuple(self.loc.shape[-1:])

    def log_prob(self, x: Array) -> Array:
        """-|z|^2/2 - sum_i log L_ii - D log(2 pi)/2, z = L^-1 (x - loc).

        Parameters
        ----------
        x : (..., D)

        Returns
        -------
        (...), nats

        Raises
        ------
        TypeError
            Library, dtype or device differ from those of ``loc``.
        ValueError
            Another shape.
        """
        check_event("x", x, self.event_shape[0])
        check_alike("loc", self.loc, x=x)
        xp = array_namespace(x)
        if self.scale_diag is not None:
            z, diagonal = (x - self.loc) / self.scale_diag, self.scale_diag
        else:
            z, diagonal = solve_lower(self.scale_tril, x - self.loc), diagonal_of(self.scale_tril)
        square, log_diagonal = xp.sum(z * z, axis=-1), xp.sum(xp.log(diagonal), axis=-1)
        return -0.5 * square - log_diagonal - 0.5 * self.event_shape[0] * log_two_pi(x)


@dataclass(frozen=True, eq=False)
class LowRankMultivariateNormal:
    """Normal distribution with covariance F F^T + diag(d), never formed (DENS-2, DENS-3).

    Parameters
    ----------
    loc : (..., D)
    cov_factor : (..., D, K)
        F.
    cov_diag : (..., D)
        d > 0.

    Raises
    ------
    TypeError
        Not real floating arrays, or of different libraries, dtypes or devices.
    ValueError
        Another shape.
    """

    loc: Array
    cov_factor: Array
    cov_diag: Array

    def __post_init__(self) -> None:
        """Check shapes and dtypes."""
        check_array("loc", self.loc)
        check_event("loc", self.loc, self.loc.shape[-1] if len(self.loc.shape) else 1)
        check_array("cov_factor", self.cov_factor, (*self.loc.shape, None))
        check_array("cov_diag", self.cov_diag, tuple(self.loc.shape))
        check_alike("loc", self.loc, cov_factor=self.cov_factor, cov_diag=self.cov_diag)

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """Shape of ``loc`` without its last axis."""
        return tuple(self.loc.shape[:-1])

    @property
    def event_shape(self) -> tuple[int, ...]:
        """(D,)."""
        return tuple(self.loc.shape[-1:])

    def log_prob(self, x: Array) -> Array:
        """Log density by the matrix inversion and determinant lemmas, with r = x - loc and C = I + F^T diag(1/d) F = L L^T.

        r^T cov^-1 r = sum_i r_i^2 / d_i - |L^-1 F^T (r / d)|^2
        log det cov  = sum_i log d_i + 2 sum_k log L_kk

        Parameters
        ----------
        x : (..., D)

        Returns
        -------
        (...), nats

        Raises
        ------
        TypeError
            Library, dtype or device differ from those of ``loc``.
        ValueError
            Another shape.
        """
        check_event("x", x, self.event_shape[0])
        check_alike("loc", self.loc, x=x)
        xp = array_namespace(x)
        F, d = self.cov_factor, self.cov_diag
        r = x - self.loc
        scaled = F / xp.expand_dims(d, axis=-1)  # diag(1/d) F
        eye = xp.eye(F.shape[-1], dtype=x.dtype, device=device(x))
        L = cholesky(eye + xp.matmul(xp.matrix_transpose(F), scaled))
        projected = xp.matmul(xp.expand_dims(r, axis=-2), scaled)[..., 0, :]  # F^T (r / d)
        z = solve_lower(L, projected)
        square = xp.sum(r * r / d, axis=-1) - xp.sum(z * z, axis=-1)
        log_det = xp.sum(xp.log(d), axis=-1) + 2.0 * xp.sum(xp.log(diagonal_of(L)), axis=-1)
        return -0.5 * square - 0.5 * log_det - 0.5 * self.event_shape[0] * log_two_pi(x)


def diagonal_of(L: Array) -> Array:
    """Diagonal of (..., n, n): (..., n)."""
    xp = array_namespace(L)
    return xp.stack([L[..., i, i] for i in range(L.shape[-1])], axis=-1)


def cholesky(A: Array) -> Array:
    """Lower triangular L with L L^T = A, column by column, A - L_j L_j^T left for the next (DENS-3).

    The standard's linalg extension is optional; this is its definition for the small matrices of a low-rank base.
    """
    xp, columns = array_namespace(A), []
    for j in range(A.shape[-1]):
        column = A[..., j:, j] / xp.sqrt(A[..., j : j + 1, j])
        column = xp.concat([xp.zeros_like(A[..., :j, j]), column], axis=-1)
        A = A - xp.expand_dims(column, axis=-1) * xp.expand_dims(column, axis=-2)
        columns.append(column)
    return xp.stack(columns, axis=-1)


def solve_lower(L: Array, r: Array) -> Array:
    """Z with L z = r, by forward substitution: z_j = r_j / L_jj, then r <- r - L_j z_j (DENS-3)."""
    xp, z = array_namespace(r), []
    for j in range(L.shape[-1]):
        z.append(r[..., j] / L[..., j, j])
        r = r - L[..., :, j] * xp.expand_dims(z[j], axis=-1)
    return xp.stack(z, axis=-1)
