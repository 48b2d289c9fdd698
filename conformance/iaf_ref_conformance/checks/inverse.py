"""The inverse, judged by where its answer lies: by the residual, never by |x' - x|.

|x' - x| is the condition number's business: on an ill-conditioned flow it is large for every
correct program.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from iaf_ref_backends import profiles
from iaf_ref_backends.profiles import Profile

from ..cases import Case, Floats
from ..covered import methods_of
from ..oracle import Residual, inverse_residual
from ..subject import Subject
from .asking import Arrays, array, ask, log_det, pair
from .compare import Doubles, rate
from .outcome import Broken, Finding, Score, Unsupported, settle, verdict
from .overflow import Booleans, Judged, judged

FINE: Mapping[str, str] = MappingProxyType({"float32": "ieee-f32", "float64": "ieee-f64"})
"""Dtype -> profile of its own arithmetic, in which nothing is coarser than the dtype."""


@verdict
def inverse(case: Case, subject: Subject, profile: Profile) -> Score:
    """F(x') is y, and log_det' the negative of the log-det at x' (INV-1 to INV-5, DET-4).

    How far off they may be, says ``oracle``. A subject that names several algorithms is asked for
    each: they have to give one answer.
    """
    methods = methods_of(subject) or (None,)
    return settle(
        [finding for method in methods for finding in _judge(case, subject, profile, method)]
    )


def _judge(case: Case, subject: Subject, profile: Profile, method: str | None) -> list[Finding]:
    """Ask for one algorithm."""
    options = {} if method is None else {"method": method}
    y, context = case.input("y"), case.input("context")
    x, det = pair(ask(case, subject, "inverse", y, context, **options), "x, log_det")
    y = _spread(case, y, context)
    x = array("x", x, y.shape, case.dtype)
    det = log_det(det, y.shape[:-1], y.shape[-1], case.dtype)
    asked = judged(case, profile, x, y, context)
    _finite(x, y, asked.entries)
    x, known = asked.x, np.where(asked.rows, det, np.zeros_like(det))
    residual = inverse_residual(case, profile, (x, known), y, context)
    fine = profiles.load(FINE[case.dtype])
    silent = fine.name != profile.name and not _bounded(residual)
    if silent:
        finer = inverse_residual(case, fine, (x, known), y, context)
        residual = _excused(residual, finer)
    residual = _reached(residual, asked)
    found = [_of_y(residual, x, profile), _of_log_det(residual, det, profile)]
    named = f" by the algorithm {method}" if method else ""
    found = [Finding(f.score, f.reason and f.reason + named) for f in found]
    if silent and not any(f.reason for f in found):
        raise Unsupported(f"{profile.name} gives no finite bound for the residual of x{named}")
    return found


def _bounded(residual: Residual) -> bool:
    """Whether all bounds are finite."""
    return all(bool(np.isfinite(bound).all()) for bound in residual.bound)


def _excused(residual: Residual, finer: Residual) -> Residual:
    """Count no error where a coarse profile has no bound, but the arithmetic of the dtype has.

    There x' does not lie too far out: it is the profile that says nothing.
    """
    silent = [
        ~np.isfinite(coarse) & np.isfinite(fine)
        for coarse, fine in zip(residual.bound, finer.bound, strict=True)
    ]
    first, second = (np.where(s, 0.0, e) for s, e in zip(silent, residual.error, strict=True))
    return Residual((first, second), residual.bound)


def _spread(case: Case, y: Floats | None, context: Floats | None) -> Floats:
    """Y in the shape that it has beside the context (SHAPE-2)."""
    if y is None:
        raise KeyError(f"{case.id}: expected input.y, got none")
    batch = np.broadcast_shapes(y.shape[:-1], () if context is None else context.shape[:-1])
    return np.broadcast_to(y, (*batch, y.shape[-1]))


def _reached(residual: Residual, asked: Judged) -> Residual:
    """Count no error behind an overflow that is legal."""
    seen = (asked.entries, asked.rows)
    first, second = (np.where(s, e, 0.0) for s, e in zip(seen, residual.error, strict=True))
    return Residual((first, second), residual.bound)


def _finite(x: Arrays, y: Floats, entries: Booleans) -> None:
    """Refuse an x that is not finite where all of its y is, unless legally so (INV-5)."""
    given = np.isfinite(y).all(axis=-1, keepdims=True)
    wrong = np.argwhere(~np.isfinite(x) & given & entries)
    if len(wrong):
        place = tuple(int(i) for i in wrong[0])
        raise Broken(
            f"INV-5: x[{_index(place)}]: expected a finite number, as y is finite, got {x[place]}"
        )


def _of_y(residual: Residual, x: Arrays, profile: Profile) -> Finding:
    """Compare |f(x') - y|."""
    error, bound = residual.error[0], residual.bound[0]
    score, place = _rated(error, bound, profile)
    if _inside(score):
        return Finding(score)
    where = f"INV-1: x[{_index(place)}] = {x[place]}: the forward map takes it to"
    off = f"{where} a value {error[place]:.3g} away from y, {_times(error, bound, place)}"
    return Finding(score, f"{off} ({profile.name})")


def _of_log_det(residual: Residual, det: Arrays, profile: Profile) -> Finding:
    """Compare |log_det' + log-det at x'|."""
    error, bound = residual.error[1], residual.bound[1]
    score, place = _rated(error, bound, profile)
    if _inside(score):
        return Finding(score)
    name = f"log_det[{_index(place)}]" if place else "log_det"
    expected = "expected the negative of the log-det of the forward map at x"
    off = f"DET-4: {name}: {expected}, got {det[place]}: off by {error[place]:.3g}"
    return Finding(score, f"{off}, {_times(error, bound, place)} ({profile.name})")


def _rated(error: Doubles, bound: Doubles, profile: Profile) -> tuple[Score, tuple[int, ...]]:
    """As ``rate``; an infinite bound excuses nothing: x' lies where no bound can be given."""
    return rate(error, np.where(np.isfinite(bound), bound, 0.0), profile)


def _inside(score: Score) -> bool:
    """Whether the worst error is within its bound."""
    return score.ratio is not None and score.ratio <= 1.0


def _times(error: Doubles, bound: Doubles, place: tuple[int, ...]) -> str:
    """Write error over bound."""
    if not np.isfinite(bound[place]):
        return "and so large that no bound can be given"
    return f"{error[place] / bound[place]:.3g} times the bound {bound[place]:.3g}"


def _index(place: tuple[int, ...]) -> str:
    """Write an index."""
    return ", ".join(map(str, place))
