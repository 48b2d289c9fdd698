"""Clauses that count for a subject: those on an algorithm only where the subject has it.

The sequential inverse is the definition. Blocked evaluation and fixed-point iteration are ways to
the same numbers that a subject may have, and says so in ``inverse_methods``; a case that the
sequential inverse passes shows nothing about them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from .cases import Case

OPTIONAL: Mapping[str, str] = MappingProxyType({"INV-3": "blocked", "INV-4": "fixed_point"})
"""Clause -> name of the algorithm that it is about."""


def methods_of(subject: Any) -> tuple[str, ...]:
    """Names of the algorithms that a subject is asked for; none: it has one without a name."""
    return tuple(getattr(subject, "inverse_methods", ()) or ())


def counted(case: Case, subject: Any) -> tuple[str, ...]:
    """Clauses under which a case counts for a subject.

    A case of the inverse that is left without any counts as one of the inverse (INV-1).
    """
    methods = methods_of(subject)
    own = tuple(c for c in case.clauses if OPTIONAL.get(c, "") in (*methods, ""))
    return own or ("INV-1",)


def uncovered(cases_clauses: set[str], subject: Any) -> dict[str, str]:
    """Clauses of some cases that a subject has no algorithm for, and which one it lacks."""
    methods = methods_of(subject)
    return {
        clause: f"no {name.replace('_', '-')} algorithm"
        for clause, name in OPTIONAL.items()
        if clause in cases_clauses and name not in methods
    }
