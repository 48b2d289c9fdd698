"""Densities by change of variables, with the accounting that makes them right or wrong.

    log q(y) = log p(x) - log|det dy/dx|,   x = T^-1(y)

A log-det comes per dimension (event_dim 0, shape of y) or summed over the event (event_dim 1, shape
of the batch); a base is univariate (event shape ()) or multivariate (event shape (D,)). With
event_dim the largest of them all,

    log q(y) = sum_rightmost(base.log_prob(x), event_dim - len(base.event_shape))
               - sum over transforms of sum_rightmost(log_det, event_dim - transform.event_dim)

Each of the four combinations gives the joint density, per dimension over a univariate base as D
terms yet to be added up. What is wrong is a *summed* log-det that calls itself per-dimension: over
a univariate base, each of the D terms then carries the whole log-det, and their sum is off by
(D - 1) log-det. Such a log-det has another shape than it declares, and is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ._values import check_type
from .affine import AffineAutoregressive
from .distributions import Distribution, sum_rightmost
from .transform import Transform, check_context, check_log_det, check_transforms

Array = Any


@dataclass(frozen=True)
class PerDimension:
    """A step whose log-det is kept per dimension: event_dim 0 (DET-1, DENS-2, DENS-3).

    Over a univariate base of shape (D,), the density comes as D terms log p(x_i) - log sigma_i (eq.
    11 before its sum).

    Parameters
    ----------
    flow : AffineAutoregressive

    Raises
    ------
    TypeError
        It is something else.
    """

    flow: AffineAutoregressive
    event_dim = 0

    def __post_init__(self) -> None:
        """Check the flow."""
        check_type("flow", self.flow, AffineAutoregressive)

    @property
    def dim(self) -> int:
        """Number of variables D."""
        return self.flow.dim

    @property
    def context_dim(self) -> int:
        """Number of context variables C."""
        return self.flow.context_dim

    def forward(self, x: Array, context: Array | None = None) -> tuple[Array, Array]:
        """Y and log sigma_i, both (..., D), nats; arguments as of the flow."""
        return self.flow.forward(x, context)[0], self.flow.log_scale(x, context)

    def inverse(
        self, y: Array, context: Array | None = None, **options: str
    ) -> tuple[Array, Array]:
        """X and -log sigma_i(x), both (..., D), nats; arguments as of the flow."""
        x, _ = self.flow.inverse(y, context, **options)
        return x, -self.flow.log_scale(x, context)


@dataclass(frozen=True, eq=False)
class TransformedDistribution:
    """Distribution of y = fT(... f1(x)), x from the base (DENS-1, DENS-2, DENS-3).

    Parameters
    ----------
    base : Distribution
        ``Normal``, ``Independent``, ``MultivariateNormal``, ``LowRankMultivariateNormal``, or any
        other object with ``log_prob`` and ``event_shape``.
    transforms : sequence of transforms

    Raises
    ------
    TypeError
        The base is no distribution, or something is no transform.
    """

    base: Distribution
    transforms: Sequence[Transform]

    def __post_init__(self) -> None:
        """Check the base and the transforms."""
        check_type("base", self.base, Distribution)
        object.__setattr__(self, "transforms", check_transforms("transforms", self.transforms))

    @property
    def event_dim(self) -> int:
        """Number of event axes: the largest of the base's and the transforms' (DENS-2)."""
        return max([len(self.base.event_shape), *(t.event_dim for t in self.transforms)])

    def log_prob(self, y: Array, context: Array | None = None, **options: str) -> Array:
        """Log density at y (DENS-1, DENS-2).

        Parameters
        ----------
        y : (..., D)
        context : (..., C), optional
        **options
            ``method`` as of the flow's inverse.

        Returns
        -------
        (...), nats; (..., D), one term per dimension, where neither the base nor any transform has
        event axes

        Notes
        -----
        Where the library differentiates, its derivatives by y, context and weights are those of
        this text (GRAD-1). There is none at a kink: a pre-activation of relu or leaky_relu that is
        0, a raw scale at an end of Exp's clip. At 0 of elu and SoftClip there is one, which the
        library may miss. Outside of the clip log sigma is constant, so its derivative by the raw
        scale is exactly 0.

        Raises
        ------
        TypeError
            Library, dtype or device differ from those of the weights.
        ValueError
            Another shape, or a log-det of another shape than its event_dim declares (DENS-3).
        """
        check_context(self.transforms, context)
        total: Array = 0.0
        for t in reversed(self.transforms):
            x, log_det = t.inverse(y, context if t.context_dim else None, **options)
            total = self._summed(t, x, log_det) + total  # the inverse map's: the negative
            y = x
        return self._base_log_prob(y) + total

    def push(self, noise: Array, context: Array | None = None) -> tuple[Array, Array]:
        """Push a draw of the base forward, with its log density: no inverse is needed (DENS-1).

        Parameters
        ----------
        noise : (..., D)
            A draw x of the base.
        context : (..., C), optional

        Returns
        -------
        y : (..., D)
        log_prob : (...), nats, of y; see :meth:`log_prob`

        Raises
        ------
        TypeError, ValueError
            As :meth:`log_prob`.
        """
        check_context(self.transforms, context)
        x, total = noise, self._base_log_prob(noise)
        for t in self.transforms:
            x, log_det = t.forward(x, context if t.context_dim else None)
            total = total - self._summed(t, x, log_det)
        return x, total

    def _base_log_prob(self, x: Array) -> Array:
        """log p(x), summed over the event axes that the base lacks."""
        return sum_rightmost(self.base.log_prob(x), self.event_dim - len(self.base.event_shape))

    def _summed(self, transform: Transform, result: Array, log_det: Array) -> Array:
        """Sum a log-det over the event axes that the transform lacks; refuse another shape."""
        log_det = check_log_det(transform, result, log_det)
        return sum_rightmost(log_det, self.event_dim - transform.event_dim)
