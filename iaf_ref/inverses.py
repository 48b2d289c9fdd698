"""The inverse of the step: x_i = (y_i - mu_i(x_<i)) / sigma_i(x_<i), in the order of degrees.

mu_i and sigma_i depend on variables of smaller degree only, so the equations are triangular and
have exactly one solution (INV-1). Each algorithm returns x and the per-dimension log sigma at x.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from array_api_compat import array_namespace, device

from .blocked import blocked

if TYPE_CHECKING:
    from .affine import AffineAutoregressive

Array = Any


def sequential(flow: AffineAutoregressive, y: Array, context: Array | None) -> tuple[Array, Array]:
    """One degree after the other: the definition (INV-2).

    For d = 1, ..., K: evaluate the network at the variables found so far, the others 0; for each i
    of degree d, x_i = (y_i - mu_i) / sigma_i. No other entry is solved for, so that none can
    overflow (INV-5).

    Parameters
    ----------
    flow : AffineAutoregressive
    y : (..., D)
    context : (..., C), optional

    Returns
    -------
    x : (..., D)
    log_sigma : (..., D), nats
    """
    xp = array_namespace(y)
    y = _spread(flow, y, context)
    x = [xp.zeros_like(y[..., 0])] * flow.dim
    log_sigma = list(x)
    for group in flow.degrees.groups:
        step = flow.step(xp.stack(x, axis=-1), context)
        for i in group:
            x[i] = (y[..., i] - step.mu[..., i]) / step.sigma[..., i]  # eq. 10, solved for x_i
            log_sigma[i] = step.log_sigma[..., i]
    return xp.stack(x, axis=-1), xp.stack(log_sigma, axis=-1)


def fixed_point(flow: AffineAutoregressive, y: Array, context: Array | None) -> tuple[Array, Array]:
    """K sweeps of x <- (y - mu(x)) / sigma(x) from x = 0: sweep d settles degree d (INV-4).

    A variable that is not settled yet may grow beyond any bound although the solution is small, and
    0 * inf would then leak through the masks. So it stays 0 until its sweep (INV-5); what a sweep
    makes of it could change nothing in the end.

    Parameters
    ----------
    flow : AffineAutoregressive
    y : (..., D)
    context : (..., C), optional

    Returns
    -------
    x : (..., D)
    log_sigma : (..., D), nats
    """
    xp = array_namespace(y)
    y = _spread(flow, y, context)
    degree = xp.asarray(list(flow.degrees.levels), device=device(y))
    x, one = xp.zeros_like(y), xp.ones_like(y)
    for d, _ in enumerate(flow.degrees.groups, start=1):
        step, settled = flow.step(x, context), degree <= d
        x = xp.where(settled, (y - step.mu) / xp.where(settled, step.sigma, one), xp.zeros_like(y))
    return x, flow.log_scale(x, context)


METHODS: MappingProxyType[
    str, Callable[[AffineAutoregressive, Array, Array | None], tuple[Array, Array]]
] = MappingProxyType({"blocked": blocked, "sequential": sequential, "fixed_point": fixed_point})
"""Name -> algorithm."""


def _spread(flow: AffineAutoregressive, y: Array, context: Array | None) -> Array:
    """Broadcast y against the batch dimensions of the context (SHAPE-2)."""
    return flow.network.inputs(y, context)[..., flow.degrees.context_dim :]
