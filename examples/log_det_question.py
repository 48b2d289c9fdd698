"""Must the log-det of an autoregressive flow be summed? A question of the Pyro forum, with numbers.

The example of thread 471: ten variables, one hidden layer of 40 units, and a *univariate* base,
``Normal(zeros(10), ones(10))``. Its transform returned log sigma per dimension, and the question
was whether it should not be ``log_scale.sum(dim=1, keepdim=True)``.

Over that base, no: each of the ten terms log p(x_i) - log sigma_i is complete, and their sum is the
joint density (eq. 11 of Kingma et al. 2016). Summed with keepdim, each of the ten carries the whole
log-det, and their sum subtracts it ten times. Summing is right where the transform says so, by
event_dim = 1: then the base is summed too.

Run it: ``python examples/log_det_question.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

import iaf_ref as ir
from iaf_ref_backends import tracked

Array = Any

D, HIDDEN = 10, [40]
"""As in the thread."""


def make_flow(xp: Any = np) -> ir.AffineAutoregressive:
    """``InverseAutoregressiveFlow(AutoRegressiveNN(10, [40]))``, the same in every namespace."""
    degrees = ir.made_degrees(dim=D, hidden=HIDDEN)
    return ir.AffineAutoregressive(ir.AutoregressiveNetwork.init(degrees, seed=471, xp=xp))


def make_bases(xp: Any = np) -> dict[str, Any]:
    """The thread's univariate base, the same as a vector, and the low-rank one that it names."""
    zeros, ones = xp.zeros(D, dtype=xp.float64), xp.ones(D, dtype=xp.float64)
    factor = xp.asarray([[0.5, 0.25 * (-1) ** i] for i in range(D)], dtype=xp.float64)
    return {
        "univariate": ir.Normal(zeros, ones),
        "multivariate": ir.MultivariateNormal(zeros, scale_diag=ones),
        "low-rank": ir.LowRankMultivariateNormal(zeros, factor, ones),
    }


def make_point(xp: Any = np) -> Array:
    """Where the density is asked for."""
    return xp.asarray([0.5, -1.0, 0.25, 2.0, -0.75, 1.5, 0.0, -0.5, 1.0, -2.0], dtype=xp.float64)


@dataclass(frozen=True)
class KeptDimension:
    """What the thread asked about: a summed log-det, axis kept, that passes for per-dimension."""

    flow: ir.AffineAutoregressive
    event_dim = 0
    dim = D
    context_dim = 0

    def forward(self, x: Array, context: Array | None = None) -> tuple[Array, Array]:
        """Y, and the summed log-det as a vector of one element."""
        y, log_det = self.flow.forward(x)
        return y, log_det[..., None]

    def inverse(self, y: Array, context: Array | None = None) -> tuple[Array, Array]:
        """X, and the summed log-det as a vector of one element."""
        x, log_det = self.flow.inverse(y)
        return x, log_det[..., None]


def combinations(xp: Any = np) -> dict[tuple[str, str], Array]:
    """Log density by base and convention, shape-checked by event_dim (DENS-2, DENS-3)."""
    flow, y = make_flow(xp), make_point(xp)
    transforms = {"per dimension": ir.PerDimension(flow), "summed": flow}
    return {
        (base_name, name): ir.TransformedDistribution(base, [transform]).log_prob(y)
        for base_name, base in make_bases(xp).items()
        for name, transform in transforms.items()
    }


def mixture(xp: Any = np) -> Array:
    """The thread's formula by hand, univariate base and kept dimension: a vector, and wrong.

    ``log_prob -= sum_rightmost(log_abs_det_jacobian, event_dim - transform.event_dim)``: nothing is
    summed, as both are 0; ``log_prob += sum_rightmost(base.log_prob(x), 0)``: neither is the base.
    """
    x, log_det = KeptDimension(make_flow(xp)).inverse(make_point(xp))
    log_prob = log_det  # the inverse map's: the negative of log_abs_det_jacobian
    return log_prob + make_bases(xp)["univariate"].log_prob(x)


def refusal() -> str:
    """What ``iaf_ref`` says to such a transform."""
    q = ir.TransformedDistribution(make_bases()["univariate"], [KeptDimension(make_flow())])
    try:
        q.log_prob(make_point())
    except ValueError as error:
        return f"{type(error).__name__}: {error}"
    return "nothing"


def total(xp: Any, value: Array) -> Array:
    """Sum of the terms, if there are several."""
    return xp.sum(value)


def table() -> list[str]:
    """All combinations: number, shape, verdict."""
    lines = [f"{'base':<13} {'log-det':<18} {'shape':<7} {'(sum of) log q, nats':<22} verdict"]
    for (base, convention), value in combinations().items():
        terms = (
            "right: ten terms, whose sum is the joint density"
            if value.ndim
            else "right: the joint density"
        )
        lines.append(_line(base, convention, value, terms))
    log_det = make_flow().inverse(make_point())[1]
    wrong = f"WRONG: subtracted D times, off by (D - 1) = {D - 1} times the log-det"
    lines.append(_line("univariate", "summed, kept dim", mixture(), wrong))
    off = float(total(np, mixture()) - total(np, combinations()["univariate", "summed"]))
    return [
        *lines,
        "",
        f"log|det dx/dy| = {float(log_det):.15g}, times {D - 1} = {(D - 1) * float(log_det):.15g}",
        f"wrong - right  = {off:.15g}, which is the same within the derived bound {bound():.2g}",
        f"iaf_ref refuses it: {refusal()}",
    ]


def _line(base: str, convention: str, value: Array, verdict: str) -> str:
    """One row of the table."""
    number = f"{float(np.sum(value)):.15g}"
    return f"{base:<13} {convention:<18} {np.shape(value)!s:<7} {number:<22} {verdict}"


def bound() -> float:
    """What rounding may add to (wrong - right) - (D - 1) log-det, by error-tracking numbers."""
    xp = tracked.namespace("ieee-f64")
    off = total(xp, mixture(xp)) - combinations(xp)["univariate", "summed"]
    return float(tracked.error(off - (D - 1) * make_flow(xp).inverse(make_point(xp))[1]))


if __name__ == "__main__":
    print("\n".join(table()))  # noqa: T201 - it is what an example is for
