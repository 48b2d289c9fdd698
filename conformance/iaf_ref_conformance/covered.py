"""Clauses that count for a subject: those on something optional only where the subject has it.

The sequential inverse is the definition. Blocked evaluation and fixed-point iteration are ways to
the same numbers that a subject may have, and says so in ``inverse_methods``; a case that the
sequential inverse passes shows nothing about them. Derivatives are asked of a subject that has a
method ``gradient``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from .cases import Case

OPTIONAL: Mapping[str, str] = MappingProxyType({"INV-3": "blocked", "INV-4": "fixed_point"})
"""Clause -> name of the algorithm that it is about."""
GRADIENT = "GRAD-1"
"""The clause about derivatives."""


def methods_of(subject: Any) -> tuple[str, ...]:
    """Names of the algorithms that a subject is asked for; none: it has one without a name."""
    return tuple(getattr(subject, "inverse_methods", ()) or ())


def counted(case: Case, subject: Any) -> tuple[str, ...]:
    """Clauses under which a case counts for a subject.

    A case of the inverse that is left without any counts as one of the inverse (INV-1); one of the
    gradient keeps its clause, which then is uncovered.
    """
    lacking = uncovered(set(case.clauses), subject)
    own = tuple(clause for clause in case.clauses if clause not in lacking)
    return own or (case.clauses if GRADIENT in lacking else ("INV-1",))


def uncovered(cases_clauses: set[str], subject: Any) -> dict[str, str]:
    """Clauses of some cases that a subject has nothing for, and what it lacks."""
    methods = methods_of(subject)
    found = {
        clause: f"no {name.replace('_', '-')} algorithm"
        for clause, name in OPTIONAL.items()
        if clause in cases_clauses and name not in methods
    }
    if GRADIENT in cases_clauses and not hasattr(subject, "gradient"):
        found[GRADIENT] = "no gradient"
    return found
