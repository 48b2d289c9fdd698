"""The T-step posterior of a variational autoencoder (Kingma et al. 2016, algorithm 1).

The encoder gives mu, sigma and the context h; epsilon ~ N(0, I). For t = 1, ..., T:

    z_0 = mu + sigma epsilon
    z_t = sigma_t(z_{t-1}, h) z_{t-1} + mu_t(z_{t-1}, h)                       eq. 10, or eqs. 12-14
    log q(z_T | x) = -sum_i (epsilon_i^2/2 + log(2 pi)/2 + sum_{t=0..T} log sigma_{t,i})     eq. 11
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from array_api_compat import array_namespace

from ._checks import check_alike, check_broadcast, check_event, show
from .distributions import log_two_pi
from .transform import Transform, check_context, check_log_det, check_transforms

Array = Any


def iaf_posterior(
    noise: Array, loc: Array, scale: Array, steps: Sequence[Transform], context: Array | None = None
) -> tuple[Array, Array]:
    """Sample of the posterior and its log density (DENS-4; Kingma et al. 2016, algorithm 1).

    Parameters
    ----------
    noise : (..., D)
        epsilon, standard normal draws.
    loc, scale : arrays that broadcast against ``noise``
        mu and sigma of the encoder; sigma > 0.
    steps : sequence of transforms
        The T steps; permutations may stand between them.
    context : (..., C), optional
        h of the encoder, for the steps that take a context.

    Returns
    -------
    z : (..., D)
        z_T.
    log_prob : (...), nats
        log q(z_T | x).

    Raises
    ------
    TypeError
        Library, dtype or device differ.
    ValueError
        Another shape, or a step whose event_dim is not 1.
    """
    check_event("noise", noise)
    check_event("loc", loc, noise.shape[-1])
    check_event("scale", scale, noise.shape[-1])
    check_alike("noise", noise, loc=loc, scale=scale)
    check_broadcast("loc", loc, noise)
    check_broadcast("scale", scale, noise, loc)
    steps = check_transforms("steps", steps)
    check_context(steps, context)
    event_dims = [step.event_dim for step in steps]
    if any(n != 1 for n in event_dims):
        raise ValueError(
            f"steps: expected event_dim 1 of each, got {show(tuple(event_dims))} (DENS-3)"
        )
    xp = array_namespace(noise)
    noise, loc, scale = xp.broadcast_arrays(noise, loc, scale)
    z = loc + scale * noise
    log_q = -xp.sum(0.5 * (noise * noise) + 0.5 * log_two_pi(noise) + xp.log(scale), axis=-1)
    for step in steps:
        z, log_det = step.forward(z, context if step.context_dim else None)
        log_q = log_q - check_log_det(step, z, log_det)  # eq. 11
    return z, log_q
