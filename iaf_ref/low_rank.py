"""The low-rank multivariate normal base (names as of torch.distributions)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from array_api_compat import array_namespace, device

from ._checks import check_alike, check_array, check_broadcast, check_event
from ._values import check_int
from .distributions import log_two_pi
from .triangular import cholesky, diagonal_of, solve_lower, solve_upper

Array = Any


@dataclass(frozen=True, eq=False)
class LowRankMultivariateNormal:
    """Normal distribution with covariance F F^T + diag(d), never formed (DENS-2, DENS-3).

    Parameters
    ----------
    loc : (..., D)
    cov_factor : (..., D, K)
        F, K >= 1.
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
        check_event("loc", self.loc)
        check_array("cov_factor", self.cov_factor, (*self.loc.shape, None))
        check_array("cov_diag", self.cov_diag, tuple(self.loc.shape))
        check_alike("loc", self.loc, cov_factor=self.cov_factor, cov_diag=self.cov_diag)
        check_int("rank of cov_factor", self.cov_factor.shape[-1], 1)

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """Shape of ``loc`` without its last axis."""
        return tuple(self.loc.shape[:-1])

    @property
    def event_shape(self) -> tuple[int, ...]:
        """(D,)."""
        return tuple(self.loc.shape[-1:])

    def log_prob(self, x: Array) -> Array:
        """Log density by the matrix inversion and determinant lemmas.

        With r = x - loc and I + F^T diag(1/d) F = L L^T:

        r^T cov^-1 r = sum_i (r - F m)_i^2 / d_i + |m|^2,  m = (L L^T)^-1 F^T (r / d)
        log det cov  = sum_i log d_i + 2 sum_k log L_kk

        (m is the posterior mean of the factors. The shorter form r^T (r / d) - |L^-1 F^T (r / d)|^2
        cancels where d is small.)

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
        check_broadcast("x", x, self.loc)
        xp = array_namespace(x)
        F, d = self.cov_factor, self.cov_diag
        r = x - self.loc
        scaled = F / xp.expand_dims(d, axis=-1)  # diag(1/d) F
        eye = xp.eye(F.shape[-1], dtype=x.dtype, device=device(x))
        L = cholesky(eye + xp.matmul(xp.matrix_transpose(F), scaled))
        projected = xp.matmul(xp.expand_dims(r, axis=-2), scaled)[..., 0, :]  # F^T (r / d)
        m = solve_upper(L, solve_lower(L, projected))
        rest = r - xp.matmul(F, xp.expand_dims(m, axis=-1))[..., 0]
        square = xp.sum(rest * rest / d, axis=-1) + xp.sum(m * m, axis=-1)
        log_det = xp.sum(xp.log(d), axis=-1) + 2.0 * xp.sum(xp.log(diagonal_of(L)), axis=-1)
        return -0.5 * square - 0.5 * log_det - 0.5 * self.event_shape[0] * log_two_pi(x)
