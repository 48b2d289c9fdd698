"""The maps against the truth: forward, per-dimension log-det, inverses that are formulas."""

from __future__ import annotations

from iaf_ref_backends.profiles import Profile

from ..cases import Case
from ..subject import Subject
from .asking import array, ask, log_det, pair
from .compare import bound_of, within
from .outcome import Score, settle, verdict


@verdict
def forward(case: Case, subject: Subject, profile: Profile) -> Score:
    """Y and log|det dy/dx| at x (STEP-6, DET-2)."""
    return _map(case, subject, profile, method="forward", source="x", target="y")


@verdict
def inverse_explicit(case: Case, subject: Subject, profile: Profile) -> Score:
    """X and log|det dx/dy| at y, by a formula: permutations, MAF (CHAIN-3, CHAIN-4)."""
    return _map(case, subject, profile, method="inverse", source="y", target="x")


def _map(
    case: Case, subject: Subject, profile: Profile, method: str, source: str, target: str
) -> Score:
    """Ask for a map, compare the value first: a wrong log-det is often its consequence."""
    answer = ask(case, subject, method, case.input(source), case.input("context"))
    value, det = pair(answer, f"{target}, log_det")
    true, true_det = case.expected[target], case.expected["log_det"]
    value = array(target, value, true.hi.shape, case.dtype)
    det = log_det(det, true_det.hi.shape, case.flow.dim, case.dtype)
    bounds = {name: bound_of(case, profile, name) for name in (target, "log_det")}
    return settle(
        [
            within(_clause(case), target, value, true, bounds[target], profile),
            within(_clause(case, "DET"), "log_det", det, true_det, bounds["log_det"], profile),
        ]
    )


@verdict
def log_scale(case: Case, subject: Subject, profile: Profile) -> Score:
    """Per-dimension log sigma at x (DET-1)."""
    answer = ask(case, subject, "log_scale", case.input("x"), case.input("context"))
    true = case.expected["log_scale"]
    value = array("log_scale", answer, true.hi.shape, case.dtype)
    bound = bound_of(case, profile, "log_scale")
    return settle([within(_clause(case, "DET"), "log_scale", value, true, bound, profile)])


def _clause(case: Case, family: str = "") -> str:
    """The clause to name: the case's first of a family, or its first."""
    return next((c for c in case.clauses if c.startswith(family)), case.clauses[0])
