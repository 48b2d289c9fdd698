"""Failures that are known and have a reason: held to it, so that none outlives its reason."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

from .cases import DTYPES
from .checks.outcome import FAILED, Outcome

Key = tuple[str, str]
Outcomes = Mapping[Key, Outcome]
"""(Id of a case, dtype) -> how it ended."""


def unkept(expected: Mapping[str, str], outcomes: Outcomes) -> tuple[set[Key], list[str]]:
    """Which cases are excused, and which expectations do not hold.

    Parameters
    ----------
    expected : mapping
        Pattern of ids, with ``[dtype]`` behind it or for every dtype -> reason.
    outcomes : mapping

    Returns
    -------
    excused : set
        Cases that fail, as expected.
    broken : list of str
        A sentence for each expectation without a reason, without a case, or with one that does not
        fail.
    """
    excused: set[Key] = set()
    broken = []
    for pattern, reason in expected.items():
        keys = [key for key in outcomes if matches(pattern, key)]
        failing = {key for key in keys if outcomes[key].status == FAILED}
        excused |= failing
        if not isinstance(reason, str) or not reason.strip():
            broken.append(f"expected failure {pattern!r}: expected a reason, got {reason!r}")
        if not keys:
            broken.append(f"expected failure {pattern!r}: matches no case that was run ({reason})")
        broken += [
            f"expected failure {pattern!r}: {key[0]} [{key[1]}] {outcomes[key].status} ({reason})"
            for key in keys
            if key not in failing
        ]
    return excused, broken


def matches(pattern: str, key: Key) -> bool:
    """Whether a pattern means a case in a dtype."""
    name, dtype = key
    for each in DTYPES:
        if pattern.endswith(f"[{each}]"):
            return dtype == each and fnmatchcase(name, pattern.removesuffix(f"[{each}]"))
    return fnmatchcase(name, pattern)
