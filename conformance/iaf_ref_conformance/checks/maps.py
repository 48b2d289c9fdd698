"""The maps against the truth: forward, per-dimension log-det, inverses that are formulas."""

from __future__ import annotations

from iaf_ref_backends.profiles import Profile

from ..cases import Case
from ..subject import Subject
from .asking import array, ask, log_det, pair
from .compare import bound_of, within
from .outcome import Finding, Score, settle, verdict


@verdict
def forward(case: Case, subject: Subject, profile: Profile) -> Score:
    """Y and log|det dy/dx| at x (STEP-6, DET-2).

    A subject that names several ways of a step is asked for each.
    """
    ways: tuple[str | None, ...] = (None,)
    if case.text["kind"] == "affine":
        ways = tuple(getattr(subject, "forward_methods", ()) or ways)
    return settle(
        [
            finding
            for way in ways
            for finding in _map(case, subject, profile, "forward", "x", "y", way)
        ]
    )


@verdict
def inverse_explicit(case: Case, subject: Subject, profile: Profile) -> Score:
    """X and log|det dx/dy| at y, by a formula: permutations, MAF (CHAIN-3, CHAIN-4)."""
    return settle(_map(case, subject, profile, "inverse", "y", "x"))


def _map(
    case: Case,
    subject: Subject,
    profile: Profile,
    method: str,
    source: str,
    target: str,
    way: str | None = None,
) -> list[Finding]:
    """Ask for a map, compare the value first: a wrong log-det is often its consequence."""
    options = {} if way is None else {"method": way}
    answer = ask(case, subject, method, case.input(source), case.input("context"), **options)
    value, det = pair(answer, f"{target}, log_det")
    true, true_det = case.expected[target], case.expected["log_det"]
    value = array(target, value, true.hi.shape, case.dtype)
    det = log_det(det, true_det.hi.shape, case.flow.dim, case.dtype)
    bounds = {name: bound_of(case, profile, name) for name in (target, "log_det")}
    found = [
        within(_clause(case), target, value, true, bounds[target], profile),
        within(_clause(case, "DET"), "log_det", det, true_det, bounds["log_det"], profile),
    ]
    named = f" by the algorithm {way}" if way else ""
    return [Finding(f.score, f.reason and f.reason + named) for f in found]


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
