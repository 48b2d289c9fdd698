"""A low-rank normal base under an IAF: the density of the dense covariance, at less than its cost.

The base N(loc, F F^T + diag(d)) has D K + 2 D numbers; its density comes from the matrix inversion
and determinant lemmas, so that no D x D matrix is formed. Here the same flow stands on it and on
``MultivariateNormal`` with the Cholesky factor of F F^T + diag(d). By balls, both are one number,
to some 70 digits; in float64, each has to be as close to it as its derived bound says.

Beside them are the bases without correlations, univariate and multivariate, of the same means and
variances: their shapes, and the nats that they lose on draws of the low-rank one.

Exit code 0: every number is within its bound; 1: one is not; 2: a mistake in the command, or
python-flint is missing. Run it: ``python examples/low_rank_base.py``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import click
import numpy as np
from extras import lacking, require

import iaf_ref as ir
from iaf_ref.describe import describe, rebuild
from iaf_ref.triangular import cholesky, diagonal_of
from iaf_ref_backends import tracked

require("flint", "python-flint", "oracle")
from iaf_ref_backends import ball  # noqa: E402 - it is what may be missing

Array = Any

D, K, HIDDEN = 12, 2, (24, 24)
BITS = 256


@dataclass(frozen=True)
class System:
    """Mean, factor and diagonal of the base, and the flow upon it, in one array namespace."""

    loc: Array
    F: Array
    d: Array
    flow: ir.AffineAutoregressive

    def on(self, xp: Any) -> System:
        """The same numbers in another arithmetic."""
        loc, F, d = (xp.asarray(a) for a in (self.loc, self.F, self.d))
        return System(loc, F, d, rebuild(*describe(self.flow), xp=xp))

    def density(self, base: Any) -> ir.TransformedDistribution:
        """The flow over a base."""
        return ir.TransformedDistribution(base, [self.flow])

    def low_rank(self) -> ir.LowRankMultivariateNormal:
        """N(loc, F F^T + diag(d)), as three arrays."""
        return ir.LowRankMultivariateNormal(self.loc, self.F, self.d)

    def dense(self, xp: Any) -> ir.MultivariateNormal:
        """The same by the Cholesky factor of the covariance."""
        eye = xp.eye(D, dtype=self.d.dtype)
        covariance = xp.matmul(self.F, xp.matrix_transpose(self.F)) + eye * self.d
        return ir.MultivariateNormal(self.loc, scale_tril=cholesky(covariance))

    def mistaken(self) -> ir.LowRankMultivariateNormal:
        """A mistake that people make: d taken for standard deviations."""
        return ir.LowRankMultivariateNormal(self.loc, self.F, self.d * self.d)


def drawn(rng: np.random.Generator) -> System:
    """A base with correlations up to some 0.9, and a flow."""
    degrees = ir.made_degrees(D, HIDDEN)
    network = ir.AutoregressiveNetwork.init(degrees, int(rng.integers(2**31)), activation="tanh")
    loc, F, d = rng.normal(size=D), rng.normal(size=(D, K)), rng.uniform(0.1, 0.5, D)
    return System(loc, F, d, ir.AffineAutoregressive(network))


def draw(system: System, n: int, rng: np.random.Generator) -> Array:
    """Points (n, D) of the flow over the low-rank base: loc + F z + sqrt(d) e, pushed forward."""
    z, e = rng.normal(size=(n, K)), rng.normal(size=(n, D))
    return system.flow.forward(system.loc + z @ system.F.T + np.sqrt(system.d) * e)[0]


def shapes(system: System, y: Array) -> Iterator[str]:
    """Each base: its shapes, that of the density at y, and how many numbers it holds."""
    loc, low_rank, dense = system.loc, system.low_rank(), system.dense(np)
    scale = np.sqrt(np.sum(system.F * system.F, axis=-1) + system.d)
    step = {"univariate": ir.PerDimension(system.flow)}  # a base of event shape () keeps D terms
    bases: dict[str, tuple[Any, tuple[Array, ...]]] = {
        "univariate": (ir.Normal(loc, scale), (loc, scale)),
        "independent": (ir.Independent(ir.Normal(loc, scale)), (loc, scale)),
        "diagonal": (ir.MultivariateNormal(loc, scale_diag=scale), (loc, scale)),
        "low-rank": (low_rank, (loc, system.F, system.d)),
        "dense": (dense, (loc, dense.scale_tril)),
    }
    yield f"{'base':<12} {'batch':<7} {'event':<7} {'log q':<12} {'numbers':<8} mean log q, nats"
    for name, (base, arrays) in bases.items():
        q = ir.TransformedDistribution(base, [step.get(name, system.flow)])
        value, numbers = q.log_prob(y), sum(a.size for a in arrays)
        total = np.mean(np.sum(value.reshape(len(y), -1), axis=-1))
        shown = f"{base.batch_shape!s:<7} {base.event_shape!s:<7} {value.shape!s:<12} {numbers:<8}"
        yield f"{name:<12} {shown} {total:.3f}"


def loss(system: System, y: Array) -> str:
    """What a base without correlations loses: measured, and by its formula.

    The divergence is that of the bases, as a flow changes none: (sum log cov_ii - log det cov)/2.
    """
    scale = np.sqrt(np.sum(system.F * system.F, axis=-1) + system.d)
    diagonal = ir.MultivariateNormal(system.loc, scale_diag=scale)
    lost = system.density(system.low_rank()).log_prob(y) - system.density(diagonal).log_prob(y)
    error = np.std(lost, ddof=1) / np.sqrt(len(y))
    formula = np.sum(np.log(scale) - np.log(diagonal_of(system.dense(np).scale_tril)))
    return (
        f"the diagonal base loses {np.mean(lost):.3f} +- {error:.3f} nats on {len(y)} draws; "
        f"its divergence is {formula:.3f}"
    )


def judged(system: System, y: Array) -> tuple[list[str], bool]:
    """Low-rank and dense in float64 against balls, and a mistake, which is to be seen."""
    xp, mistake = tracked.namespace("ieee-f64"), "d as standard deviation"
    with ball.precision(BITS):
        exact, points = system.on(ball.xp), ball.asarray(y)
        truth = exact.density(exact.low_rank()).log_prob(points)
        apart = truth - exact.density(exact.dense(ball.xp)).log_prob(points)
        middle, radius = np.abs(ball.midpoint(apart)), ball.radius(apart)
    tracking, points = system.on(xp), xp.asarray(y)
    rows = {
        "low-rank": (system.low_rank(), tracking.low_rank()),
        "dense": (system.dense(np), tracking.dense(xp)),
        mistake: (system.mistaken(), tracking.mistaken()),
    }
    lines = [
        f"by balls, low-rank minus dense lies within {np.max(middle + radius):.0e} of 0, nats",
        f"\n{'float64':<24} {'worst error':<12} {'its bound':<10} verdict",
    ]
    right = {"balls": bool(np.all(middle <= radius))}
    for name, (base, bounding) in rows.items():
        error = ball.residual(truth, system.density(base).log_prob(y))
        bound = tracked.error(tracking.density(bounding).log_prob(points))
        k, right[name] = int(np.argmax(error / bound)), bool(np.all(error <= bound))
        verdict = "right" if right[name] else f"WRONG, {error[k] / bound[k]:.0e} bounds off"
        lines.append(f"{name:<24} {error[k]:<12.1e} {bound[k]:<10.1e} {verdict}")
    seen = not right.pop(mistake)
    return lines, seen and all(right.values())


def by_torch(system: System, y: Array) -> tuple[str, bool]:
    """The base of ``torch.distributions`` under the flow, judged by the oracle."""
    missing = lacking("torch", "PyTorch", "torch")
    if missing:
        return f"torch.distributions: left out: {missing}", True
    import array_api_compat.torch as xp
    import torch

    from iaf_ref_conformance import assert_log_prob

    there = system.on(xp)
    base = torch.distributions.LowRankMultivariateNormal(there.loc, there.F, there.d)
    x, log_det = there.flow.inverse(torch.tensor(y))
    try:
        assert_log_prob(system.flow, y, base.log_prob(x) + log_det, system.low_rank())
    except AssertionError as mistake:
        return f"torch.distributions: WRONG: {mistake}", False
    return "torch.distributions: LowRankMultivariateNormal conforms (ieee-f64)", True


@click.command(help=(__doc__ or "").partition("\n")[0])
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--quick", is_flag=True, help="Fewer draws and points.")
def main(seed: int, quick: bool) -> None:
    """Draw, tell shapes, judge."""
    rng = np.random.default_rng(seed)
    system = drawn(rng)
    many, few = draw(system, 500 if quick else 20000, rng), draw(system, 2 if quick else 8, rng)
    lines, right = judged(system, few)
    told, conforms = by_torch(system, few)
    for line in (*shapes(system, many), "", loss(system, many), *lines, told):
        click.echo(line)
    sys.exit(0 if right and conforms else 1)


if __name__ == "__main__":
    main()
