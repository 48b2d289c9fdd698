"""Densities: against the truth, with the conventions that people mix named, and against 1."""

from __future__ import annotations

import math

import numpy as np

from iaf_ref_backends.profiles import Profile

from ..cases import Case
from ..subject import Subject
from .asking import Arrays, array, ask
from .compare import bound_of, within
from .conventions import log_prob_mistake
from .outcome import Broken, Finding, Score, settle, verdict


@verdict
def log_prob(case: Case, subject: Subject, profile: Profile) -> Score:
    """Log density at y, per dimension where the case says so (DENS-1 to DENS-4)."""
    value = _log_prob(case, subject)
    bound = bound_of(case, profile, "log_prob")
    found = within(_clause(case), "log_prob", value, case.expected["log_prob"], bound, profile)
    if found.reason:
        mistake = log_prob_mistake(case, value, case.expected["log_prob"], bound)
        found = Finding(found.score, found.reason + (f"; looks like: {mistake}" if mistake else ""))
    return settle([found])


@verdict
def integral(case: Case, subject: Subject, profile: Profile) -> Score:
    """Sum over a grid of exp(log density) times the volume of a cell is 1 (DENS-5).

    Off by no more than the quadrature is, as the case knows it, plus what rounding of each log
    density may change, plus 2^-52 of each term for its exponential; the sum itself is exact to one
    rounding.
    """
    value = _log_prob(case, subject)
    bound, cell = bound_of(case, profile, "log_prob"), float(case.options["cell"])
    with np.errstate(over="ignore"):
        terms = np.exp(value.astype(np.float64)) * cell
    if not np.isfinite(terms).all():
        raise Broken("DENS-5: expected finite densities, got others")
    total = math.fsum(terms.ravel())
    rounding = math.fsum((terms * (np.expm1(bound) + 2.0**-52)).ravel())
    allowed = float(case.options["quadrature"]) + rounding
    error = abs(total - 1.0)
    # what the quadrature explains is no rounding: only the rest is held against that bound
    score = Score(max(error - float(case.options["quadrature"]), 0.0) / rounding)
    if error <= allowed:
        return score
    raise Broken(
        f"DENS-5: integral of the density: expected 1 within {allowed:.3g}, got {total!r}: "
        f"off by {error:.3g}, {error / allowed:.3g} times the bound ({profile.name})",
        score,
    )


def _log_prob(case: Case, subject: Subject) -> Arrays:
    """Ask for the log density, and say whose shape it has where it is a wrong one."""
    answer = ask(case, subject, "log_prob", case.input("y"), case.input("context"))
    shape = _shape(case)
    got, dim = getattr(answer, "shape", None), case.flow.dim
    if got == (*shape, dim) and not case.options.get("per_dimension"):
        mistake = "one term per dimension where their sum is expected: sum them over the event axis"
        raise Broken(f"DENS-2: log_prob: expected shape {shape}, got {got}: {mistake} (DENS-2)")
    return array("log_prob", answer, shape, case.dtype)


def _shape(case: Case) -> tuple[int, ...]:
    """The shape that is expected: of the truth, or for an integral that of the grid."""
    if "log_prob" in case.expected:
        return tuple(case.expected["log_prob"].hi.shape)
    y = case.input("y")
    return () if y is None else y.shape[:-1]


def _clause(case: Case) -> str:
    """The case's first clause on densities, or its first."""
    return next((c for c in case.clauses if c.startswith("DENS")), case.clauses[0])
