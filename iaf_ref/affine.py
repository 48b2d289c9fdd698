"""The affine autoregressive transform: one step of IAF (Kingma et al. 2016, section 4).

With x_<i the variables of smaller degree than i:

    [m, raw] = AutoregressiveNetwork(x, context)        algorithm 1
    y_i = sigma_i(x_<i) x_i + mu_i(x_<i)                eq. 10, or eqs. 12-14 with the gated map
    log|det dy/dx| = sum_i log sigma_i                  eq. 11
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, runtime_checkable

from array_api_compat import array_namespace

from . import forwards, inverses
from ._values import check_one_of, check_type
from .degrees import Degrees
from .network import AutoregressiveNetwork
from .scales import Exp, Slopes

Array = Any


@runtime_checkable
class ScaleMap(Protocol):
    """What turns (m, raw) into a step: see :mod:`iaf_ref.scales`."""

    def log_scale(self, raw: Array) -> Array:
        """Log sigma, in nats."""

    def scale(self, raw: Array) -> Array:
        """Sigma."""

    def location(self, m: Array, raw: Array) -> Array:
        """Mu."""

    def slopes(self, m: Array, raw: Array) -> Slopes:
        """Derivatives of sigma and mu."""


class Step(NamedTuple):
    """Parameters of y = sigma x + mu, and log sigma in nats, each (..., D)."""

    mu: Array
    sigma: Array
    log_sigma: Array


@dataclass(frozen=True, eq=False)
class AffineAutoregressive:
    """Inverse Autoregressive Flow, y = sigma(x) x + mu(x), parallel in x (STEP-6, DET-2, INV-1).

    Any number of batch dimensions leads; rows are independent (SHAPE-1, SHAPE-3, NUM-2).

    Parameters
    ----------
    network : AutoregressiveNetwork
        With P = 2 parameters per variable, the shift m and the raw scale.
    scale : Exp, SoftClip, Softplus, Sigmoid or Gated
        From the raw scale to log sigma. Default: ``Exp()``.

    Raises
    ------
    TypeError
        Not a network, or not a scale map.
    ValueError
        The network has another number of parameters.
    """

    network: AutoregressiveNetwork
    scale: ScaleMap = Exp()  # noqa: RUF009 - frozen, so that one instance may serve all

    event_dim = 1

    def __post_init__(self) -> None:
        """Check the kinds of both, and the number of parameters."""
        check_type("network", self.network, AutoregressiveNetwork)
        check_type("scale", self.scale, ScaleMap)
        params = self.network.output[0].shape[0]
        if params != 2:
            raise ValueError(f"network: expected P = 2 parameters per variable, got {params}")

    @property
    def degrees(self) -> Degrees:
        """Degrees of the network."""
        return self.network.degrees

    @property
    def dim(self) -> int:
        """Number of variables D."""
        return self.degrees.dim

    @property
    def context_dim(self) -> int:
        """Number of context variables C."""
        return self.degrees.context_dim

    def step(self, x: Array, context: Array | None = None) -> Step:
        """(mu, sigma, log sigma) at x; see :meth:`forward` for shapes and what is refused."""
        o = self.network(x, context)
        m, raw = o[..., 0, :], o[..., 1, :]
        return Step(self.scale.location(m, raw), self.scale.scale(raw), self.scale.log_scale(raw))

    def forward(
        self, x: Array, context: Array | None = None, method: str = "auto"
    ) -> tuple[Array, Array]:
        """y = sigma x + mu and log|det dy/dx| = sum_i log sigma_i (STEP-6, DET-2; eqs. 10 and 11).

        Parameters
        ----------
        x : (..., D)
        context : (..., C), optional
            Needed where the network has context; its batch dimensions broadcast against those of
            ``x``.
        method : {"auto", "dense", "triangular"}
            The network as it is defined, or without the products with masked weights; by default
            the cheaper one for the size at hand.

        Returns
        -------
        y : (..., D)
        log_det : (...), nats

        Raises
        ------
        TypeError
            Library, dtype or device differ from those of the weights.
        ValueError
            Another shape or method, or a context too many or too few.
        """
        check_one_of("method", method, forwards.METHODS)
        self.network.check("x", x, context)
        if forwards.banded(self.network, x, method):
            return forwards.triangular(self, x, context)
        mu, sigma, log_sigma = self.step(x, context)
        y = sigma * x + mu  # eq. 10
        return y, array_namespace(x).sum(log_sigma, axis=-1)  # eq. 11

    def log_scale(self, x: Array, context: Array | None = None) -> Array:
        """Per-dimension log-det log sigma_i, (..., D), nats (DET-1); arguments as of forward."""
        return self.step(x, context).log_sigma

    def inverse(
        self, y: Array, context: Array | None = None, method: str = "blocked"
    ) -> tuple[Array, Array]:
        """Solve forward(x) = y for x; log|det dx/dy| = -sum_i log sigma_i(x) (INV-1, DET-4).

        Parameters
        ----------
        y : (..., D)
        context : (..., C), optional
        method : {"blocked", "sequential", "fixed_point"}
            Each weight about once; the definition, a network for each of the K degrees; or K
            sweeps over all variables at once. On JAX the first is a loop, which compiles in
            seconds, once ``iaf_ref_backends.jax_`` is imported.

        Returns
        -------
        x : (..., D)
        log_det : (...), nats, of the inverse map

        Raises
        ------
        TypeError
            Library, dtype or device differ from those of the weights.
        ValueError
            Another shape or method, or a context too many or too few.
        """
        check_one_of("method", method, tuple(inverses.METHODS))
        self.network.check("y", y, context)
        x, log_sigma = inverses.METHODS[method](self, y, context)
        return x, -array_namespace(y).sum(log_sigma, axis=-1)
