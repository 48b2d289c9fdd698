"""What solving y = sigma x + mu for x may lose, seen in y: the tolerance of an inverse.

There are two ways to solve for x', both legal: y - mu is divided by sigma, or it is multiplied by
t = exp(-log sigma). With some legal mu', sigma', t' at x', |d1| <= u, |d2| <= d, the error of a
division and no less than that of a product, and r = (1 + u)(1 + d) - 1,

    x'_i = ((y_i - mu'_i)(1 + d1)) (1 + d2) / sigma'_i
    |sigma'_i x'_i + mu'_i - y_i| <= |sigma'_i x'_i| r / (1 - r) + (1 + 2 sigma'_i) eta

eta what underflow may lose. A tracked forward run at x' bounds how far any legal
sigma'_i x'_i + mu'_i is from the true f(x')_i; the sum of the two bounds |f(x')_i - y_i|.

Multiplied, the exponential of a rounded log sigma stands in the place of sigma', and is further off
where sigma is not itself made as exp(log sigma): by |log sigma| u, and by the logarithm's error. A
tracked run of exp(-log sigma) knows it: t' = (1 + e) / sigma, |e| <= rho, sigma the true one. Then

    x'_i = ((y_i - mu'_i)(1 + d1)) t'_i (1 + d2)
    y_i - mu'_i = sigma_i x'_i / ((1 + e)(1 + d1)(1 + d2))
    |f(x')_i - y_i| <= |mu_i - mu'_i| + |sigma_i x'_i| (1 / ((1 - rho)(1 - r)) - 1)

and 1 / ((1 - rho)(1 - r)) - 1 = r / (1 - r) + rho / ((1 - rho)(1 - r)): the last rounding as above,
and a term that stands in the place of what sigma' adds to the tracked forward run. The tolerance is
the larger of both; where exp(-log sigma) may be off by half of itself, that of the division. To
multiply by a computed 1 / sigma' is a division in two roundings: d is no less than both together.

Behind the first step of a chain, x' is known within an error e_x, with which the tracked run goes
on; multiplied, it adds sigma_i e_x.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from iaf_ref_backends import tracked
from iaf_ref_backends.profiles import Profile

Doubles = np.ndarray[Any, np.dtype[np.float64]]

OWN = 1.0 + 2.0**-48
"""Factor that pays for the float64 roundings of the formulas below, at most 16 of them."""


def solving(step: Any, x: Any, y: Any, profile: Profile) -> Doubles:
    """By how much |f(x') - y| may exceed the error of a tracked forward run at x'.

    Parameters
    ----------
    step : Step of error-tracking numbers
        At x.
    x, y : arrays of error-tracking numbers
        x', and the forward run's sigma x' + mu.
    profile : Profile

    Returns
    -------
    array of float64
    """
    forward = tracked.error(y)
    with np.errstate(invalid="ignore", over="ignore"):
        carried = most(step.sigma) * tracked.error(x)
        multiplied = (tracked.error(step.mu) + carried + exponential(step, x, profile)) * OWN
    # where there is no bound by multiplication, that by division stands alone
    wider = np.isfinite(multiplied) & (multiplied > forward)
    more = np.where(wider, multiplied, 0.0) - np.where(wider, forward, 0.0)
    return more + last_rounding(step.sigma, x, profile)


def last_rounding(sigma: Any, x: Any, profile: Profile) -> Doubles:
    """|sigma x| r / (1 - r) + (1 + 2 sigma) eta: what solving for x may lose, seen in y.

    Parameters
    ----------
    sigma, x : arrays of error-tracking numbers
    profile : Profile

    Returns
    -------
    array of float64
    """
    r, store = _solving(profile), profile.store
    eta = store.smallest_normal if profile.flush_to_zero else store.smallest_subnormal
    most_sigma, most_x = most(sigma), most(x)
    lost = most_sigma * most_x * (r / (1.0 - r)) + (1.0 + 2.0 * most_sigma) * eta
    return lost * OWN


def exponential(step: Any, x: Any, profile: Profile) -> Doubles:
    """|sigma x| rho / ((1 - rho)(1 - r)): what exp(-log sigma) may lose, seen in y.

    Parameters
    ----------
    step : Step of error-tracking numbers
    x : array of error-tracking numbers
    profile : Profile

    Returns
    -------
    array of float64
        inf where rho may be 1/2 or more.
    """
    xp = x.__array_namespace__()
    t = xp.exp(-step.log_sigma)
    with np.errstate(all="ignore"):
        least = tracked.value(t) - tracked.error(t)  # of 1 / sigma, which lies within the error
        rho = tracked.error(t) / least
        lost = most(step.sigma) * most(x) * rho / ((1.0 - rho) * (1.0 - _solving(profile)))
        known = (least > 0.0) & (rho < 0.5)  # nor does 1 - rho cancel there
        return np.where(known, lost * OWN, np.inf)


def most_solved(step: Any, y: Any, profile: Profile) -> Doubles:
    """No legal x = (y - mu) / sigma, or (y - mu) exp(-log sigma), is greater in magnitude.

    Parameters
    ----------
    step : Step of error-tracking numbers
    y : array of error-tracking numbers
    profile : Profile

    Returns
    -------
    array of float64
        inf where there is no limit.
    """
    least = tracked.value(step.sigma) - 2.0 * tracked.error(step.sigma)
    multiplied = most(y.__array_namespace__().exp(-step.log_sigma))
    with np.errstate(all="ignore"):
        divided = np.where(least > 0.0, 1.0 / least, np.inf)
        greatest = most(y - step.mu) * np.maximum(divided, multiplied)
        return np.asarray(greatest * (1.0 + _solving(profile)) * OWN)


def most(a: Any) -> Doubles:
    """No number that error-tracking numbers may stand for is greater in magnitude."""
    bound: Doubles = np.abs(tracked.value(a)) + 2.0 * tracked.error(a)
    return bound


def _solving(profile: Profile) -> float:
    """r = (1 + u)(1 + d) - 1, of a subtraction and a division, in one rounding or in two."""
    u = profile.store.roundoff
    once, reciprocal = (2.0 * u * profile.ulps(name) for name in ("divide", "reciprocal"))
    d = max(once, (1.0 + reciprocal) * (1.0 + u) - 1.0)
    return (1.0 + u) * (1.0 + d) - 1.0
