"""Which known mistake a wrong answer looks like: every mutant is asked the same question.

A mutant (``mutants``) is a small implementation with one mistake that people really made. Its
answer explains a wrong one if it is much nearer to it than the right answer is.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from .cases import Case, Floats
from .checks.asking import ask
from .checks.outcome import Broken, Unsupported
from .checks.posing import posed

METHOD: Mapping[str, str] = MappingProxyType(
    {
        "forward": "forward",
        "log_scale": "log_scale",
        "inverse": "inverse",
        "inverse_explicit": "inverse",
        "log_prob": "log_prob",
        "integral": "log_prob",
        "masks": "masks",
        "connectivity": "masks",
        "causality": "forward",
        "rows": "forward",
        "nonfinite": "forward",
        "round_trip": "forward",
        "gradient": "gradient",
    }
)
"""Check -> the method whose answer is compared."""
NEAR = 2.0**-6
"""Part of an error that a mistake may leave unexplained."""

Arrays = Sequence[Any]


def nearest(case: Case, subject: Any, clause: str = "") -> str:
    """Name the mistake whose answer is nearest to a wrong one; empty where none is near.

    Parameters
    ----------
    case : Case
        That the subject fails.
    subject : Subject
        Asked once more.
    clause : str
        That the failure names: of mistakes that explain it alike, one of this clause is named.

    Returns
    -------
    str
        What the mutant says of itself, with its clauses.
    """
    from .mutants import MUTANTS  # they are run by what imports this module
    from .mutants.plain import Plain

    method = METHOD.get(case.check)
    if method is None:
        return ""
    given = _given(case, method)
    wrong = _asked(case, subject, method, given)
    right = _answer(Plain(), case, method, given)
    if not wrong or not right:
        return ""
    own = set(case.clauses)
    telling = all(np.isfinite(part).all() for part in wrong)  # NaN is NaN, whatever it is from
    left = {
        name: _left(wrong, right, _answer(mutant.make(), case, method, given))
        for name, mutant in MUTANTS.items()
        if method in mutant.methods and (telling or own & set(mutant.clauses))
    }

    def rank(name: str) -> tuple[float, bool, bool]:
        """Of two that say the same, that of the clause in question."""
        clauses = MUTANTS[name].clauses
        return left[name], clause not in clauses, not own & set(clauses)

    best = min(left, key=rank, default=None)
    if best is None or left[best] > NEAR:
        return ""
    return f"{MUTANTS[best].mistake} ({', '.join(MUTANTS[best].clauses)})"


def _given(case: Case, method: str) -> tuple[Floats | None, ...]:
    """Inputs of the question."""
    if method == "masks":
        return ()
    source = "x" if method in ("forward", "log_scale") else "y"
    return case.input(source), case.input("context")


def _asked(case: Case, subject: Any, method: str, given: tuple[Floats | None, ...]) -> Arrays:
    """What the subject says, as arrays; nothing where it says nothing."""
    try:
        return _parts(ask(case, subject, method, *given))
    except (Broken, Unsupported):
        return ()


def _answer(mutant: Any, case: Case, method: str, given: tuple[Floats | None, ...]) -> Arrays:
    """What a mutant says; nothing where its mistake is that it cannot."""
    copies = (None if array is None else array.copy() for array in given)
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _parts(getattr(mutant, method)(posed(case), *copies))
    except Exception:  # noqa: BLE001 - a mutant may raise whatever the mistake raises
        return ()


def _parts(answer: Any) -> Arrays:
    """The arrays of an answer, by names in their order; nothing where it is anything else."""
    if isinstance(answer, Mapping):
        answer = tuple(answer[name] for name in sorted(answer, key=str))
    parts = answer if isinstance(answer, tuple | list) else (answer,)
    return tuple(parts) if all(isinstance(p, np.ndarray | np.generic) for p in parts) else ()


def _left(wrong: Arrays, right: Arrays, mutant: Arrays) -> float:
    """Part of the error that a mutant leaves unexplained; inf where it explains nothing."""
    if _shapes(mutant) != _shapes(wrong):
        return np.inf
    unexplained = max((_distance(a, b) for a, b in zip(wrong, mutant, strict=True)), default=0.0)
    if _shapes(right) != _shapes(wrong):  # the error is the shape: as a part of what was said
        size = max((float(np.max(np.abs(a), initial=0.0)) for a in wrong), default=0.0)
        return unexplained / size if size else np.inf
    error = max((_distance(a, b) for a, b in zip(wrong, right, strict=True)), default=0.0)
    if not np.isfinite(error):
        return 0.0 if unexplained == 0.0 else np.inf
    return unexplained / error if error else np.inf


def _shapes(arrays: Arrays) -> list[tuple[int, ...]]:
    """Shapes of all arrays."""
    return [tuple(a.shape) for a in arrays]


def _distance(a: Any, b: Any) -> float:
    """Greatest difference; numbers that are not finite differ infinitely, unless they are alike."""
    first, second = (np.asarray(v, dtype=np.float64) for v in (a, b))
    with np.errstate(invalid="ignore"):
        difference = np.abs(first - second)
    alike = (first == second) | (np.isnan(first) & np.isnan(second))
    difference = np.where(alike, 0.0, np.where(np.isnan(difference), np.inf, difference))
    return float(np.max(difference, initial=0.0))
