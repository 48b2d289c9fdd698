"""Multivariate normal bases: diagonal, or by a triangular factor of the covariance."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any

from array_api_compat import array_namespace

from ._checks import check_alike, check_array, check_broadcast, check_event
from .distributions import log_two_pi
from .triangular import diagonal_of, solve_lower

Array = Any


@dataclass(frozen=True, eq=False)
class MultivariateNormal:
    """Normal distribution over vectors: event shape (D,) (DENS-2, DENS-3).

    Parameters
    ----------
    loc : (..., D)
    scale_diag : (..., D), keyword only
        Standard deviations > 0: covariance diag(scale_diag^2). Entries are not looked at.
    scale_tril : (..., D, D), keyword only
        Lower triangular L with positive diagonal: covariance L L^T. Entries above the diagonal are
        not read.

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
        check_event("loc", self.loc)
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
        check_broadcast("x", x, self.loc)
        xp = array_namespace(x)
        if self.scale_diag is not None:
            z, diagonal = (x - self.loc) / self.scale_diag, self.scale_diag
        else:
            z, diagonal = solve_lower(self.scale_tril, x - self.loc), diagonal_of(self.scale_tril)
        square, log_diagonal = xp.sum(z * z, axis=-1), xp.sum(xp.log(diagonal), axis=-1)
        return -0.5 * square - log_diagonal - 0.5 * self.event_shape[0] * log_two_pi(x)
