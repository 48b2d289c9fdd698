"""Must the log-det of an autoregressive flow be summed? A question of the Pyro forum, with numbers.

The example of thread 471: ten variables, one hidden layer of 40 units, and a *univariate* base,
``Normal(zeros(10), ones(10))``. Its transform returned log sigma per dimension, and the question
was whether it should not be ``log_scale.sum(dim=1, keepdim=True)``.

Over that base, no: each of the ten terms log p(x_i) - log sigma_i is complete, and their sum is the
joint density (eq. 11 of Kingma et al. 2016). Summed with keepdim, each of the ten carries the whole
log-det, and their sum subtracts it ten times. Summing is right where the transform says so, by
event_dim = 1: then the base is summed too.

Then the same is asked of ``torch.distributions`` and of Pyro, where they are installed, and each
density is summed over a grid in two dimensions: the right ones give 1.

Run it: ``python examples/log_det_question.py``. Exit codes: 0 where every verdict is
the one that is due, 1 where one is not, 2 where what was asked for is missing.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import click
import numpy as np
from extras import lacking, require
from log_det import tables
from log_det.conventions import KeptDimension, by_hand, densities
from log_det.verdicts import is_due

import iaf_ref as ir
from iaf_ref_backends import tracked

Array = Any

D, HIDDEN = 10, [40]
"""As in the thread."""


def make_flow(xp: Any = np, dim: int = D) -> ir.AffineAutoregressive:
    """``InverseAutoregressiveFlow(AutoRegressiveNN(10, [40]))``, the same in every namespace."""
    degrees = ir.made_degrees(dim=dim, hidden=HIDDEN)
    return ir.AffineAutoregressive(ir.AutoregressiveNetwork.init(degrees, seed=471, xp=xp))


def make_bases(xp: Any = np, dim: int = D) -> dict[str, Any]:
    """The thread's univariate base, the same as a vector, and the low-rank one that it names."""
    zeros, ones = xp.zeros(dim, dtype=xp.float64), xp.ones(dim, dtype=xp.float64)
    factor = xp.asarray([[0.5, 0.25 * (-1) ** i] for i in range(dim)], dtype=xp.float64)
    return {
        "univariate": ir.Normal(zeros, ones),
        "multivariate": ir.MultivariateNormal(zeros, scale_diag=ones),
        "low-rank": ir.LowRankMultivariateNormal(zeros, factor, ones),
    }


def make_point(xp: Any = np) -> Array:
    """Where the density is asked for."""
    return xp.asarray([0.5, -1.0, 0.25, 2.0, -0.75, 1.5, 0.0, -0.5, 1.0, -2.0], dtype=xp.float64)


def combinations(xp: Any = np) -> dict[tuple[str, str], Array]:
    """Log densities at the point, by base and convention."""
    y = make_point(xp)
    return {key: log_prob(y) for key, log_prob in densities(make_flow(xp), make_bases(xp)).items()}


def mixture(xp: Any = np) -> Array:
    """The wrong ones at the point."""
    return by_hand(make_flow(xp), make_bases(xp)["univariate"])(make_point(xp))


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


def joint(xp: Any, base: str) -> Array:
    """The joint density by hand, log p(x) - log|det dy/dx| at the x that leads to the point."""
    flow = make_flow(xp)
    x, _ = flow.inverse(make_point(xp))
    return total(xp, make_bases(xp)[base].log_prob(x)) - flow.forward(x)[1]  # eq. 11


def verdict(base: str, value: Array, legal: Array) -> str:
    """What is right, or what is wrong by how much, and whether that is the log-det counted anew.

    Parameters
    ----------
    base : str
    value : () or (D,)
    legal : the same density in error-tracking numbers
    """
    xp = tracked.namespace("ieee-f64")
    true = joint(xp, base)
    off = float(np.sum(value)) - float(tracked.value(true))
    within = float(tracked.error(true)) + float(tracked.error(total(xp, legal)))
    if abs(off) <= within:
        return f"right: {'ten terms, whose sum is ' if np.ndim(value) else ''}the joint density"
    again = (D - 1) * make_flow(xp).inverse(make_point(xp))[1]
    if abs(off - float(tracked.value(again))) <= within + float(tracked.error(again)):
        return f"WRONG: subtracted D times, off by (D - 1) = {D - 1} times the log-det"
    return f"WRONG: off by {off:.6g}"


def table() -> list[str]:
    """All combinations: number, shape, verdict."""
    lines = [f"{'base':<13} {'log-det':<18} {'shape':<7} {'(sum of) log q, nats':<22} verdict"]
    xp = tracked.namespace("ieee-f64")
    legal = combinations(xp) | {("univariate", "summed, kept dim"): mixture(xp)}
    found = combinations() | {("univariate", "summed, kept dim"): mixture()}
    for (base, convention), value in found.items():
        judged = verdict(base, value, legal[base, convention])
        lines.append(_line(base, convention, value, judged))
    log_det = make_flow().inverse(make_point())[1]
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


LIBRARIES = {
    "torch": ("PyTorch", "torch"),
    "pyro": ("Pyro", "peers"),
    "flint": ("python-flint", "oracle"),
}
"""Module -> what people call it, and the extra that installs it."""
OTHERS = {
    "PyTorch": (("torch", "flint"), tables.old_convention, "a transform of event_dim 0"),
    "Pyro": (("torch", "pyro", "flint"), tables.pyro_now, "AffineAutoregressive, event_dim 1"),
}
"""Who else is asked -> what that takes, how, and what it is."""


def rest() -> Iterator[str]:
    """What the others answer, and what every density adds up to in two dimensions."""
    flow, bases = make_flow(dim=2), make_bases(dim=2)
    mixed = {("univariate", "summed, kept dim"): by_hand(flow, bases["univariate"])}
    named = {"iaf_ref": densities(flow, bases) | mixed}
    for name, (modules, ask, what) in OTHERS.items():
        missing = next(filter(None, (lacking(m, *LIBRARIES[m]) for m in modules)), "")
        yield f"\n{name}: {f'left out: {missing}' if missing else what}"
        if not missing:
            found = ask(make_flow(), make_bases())
            yield from tables.answers(found, make_flow(), make_bases(), make_point())
            named[name] = ask(flow, bases)
    yield "\nD = 2: the sum of q over a grid"
    yield from tables.sums(named)
    yield f"\n{tables.why(flow, bases['multivariate'])}"


@click.command(help=(__doc__ or "").partition("\n")[0])
@click.option("--with-pyro", is_flag=True, help="Refuse to run where PyTorch or Pyro is missing.")
def main(with_pyro: bool) -> None:
    """Print the tables."""
    for module, (library, extra) in LIBRARIES.items() if with_pyro else ():
        require(module, library, extra)
    all_due = True
    for line in (*table(), *rest()):
        click.echo(line)
        all_due &= is_due(line)
    sys.exit(0 if all_due else 1)


if __name__ == "__main__":
    main()
