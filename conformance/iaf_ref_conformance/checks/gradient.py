"""Derivatives of the density, by inputs and by weights (GRAD-1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iaf_ref_backends.profiles import Profile

from ..cases import Case
from ..subject import Subject
from .asking import array, ask
from .compare import bound_of, within
from .outcome import Broken, Finding, Score, settle, verdict


@verdict
def gradient(case: Case, subject: Subject, profile: Profile) -> Score:
    """Derivatives of the sum over all rows of log q(y): of y, context and every weight (GRAD-1).

    A weight that a mask removes has a derivative that is 0, exactly.
    """
    found = _named(case, ask(case, subject, "gradient", case.input("y"), case.input("context")))
    return settle([_compared(case, profile, name, found[name]) for name in sorted(case.expected)])


def _named(case: Case, answer: Any) -> Mapping[str, Any]:
    """Return a mapping with the names that are expected.

    Raises
    ------
    Broken
        No mapping, or one of other names.
    """
    if not isinstance(answer, Mapping):
        got = type(answer).__name__
        raise Broken(f"GRAD-1: expected a mapping of name to derivatives, got {got}")
    missing, extra = (sorted(map(str, a)) for a in _differ(set(case.expected), set(answer)))
    if missing or extra:
        lacks = [f"none of {', '.join(missing)}"] if missing else []
        more = [f"some of {', '.join(extra)}, which the case does not have"] if extra else []
        raise Broken(
            f"GRAD-1: expected the derivatives of y, of the context if there is one, and of every "
            f"weight, got {' and '.join(lacks + more)}"
        )
    return answer


def _differ(expected: set[str], got: set[Any]) -> tuple[set[str], set[Any]]:
    """What is missing, and what is too much."""
    return expected - got, got - expected


def _compared(case: Case, profile: Profile, name: str, value: Any) -> Finding:
    """Compare one array of derivatives."""
    true, called = case.expected[name], f"d log q / d {name}"
    value = array(called, value, true.hi.shape, case.dtype)
    return within("GRAD-1", called, value, true, bound_of(case, profile, name), profile)
