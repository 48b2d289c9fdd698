"""What is said of a failure beside its number: where it begins, and which mistake it looks like."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from iaf_ref_backends.profiles import Profile

from .cases import Case
from .checks.outcome import FAILED, Outcome
from .checks.patience import patience
from .divergence import first_difference
from .nearest import nearest

_BEGINS = "; first to differ: "
_LOOKS = "; looks like: "
MOST = 24
"""Failures of a run that are explained; the others have their numbers."""


def explained(case: Case, subject: Any, outcome: Outcome, profile: Profile) -> Outcome:
    """Return an outcome whose reason says more, if it is a failure and more can be said.

    Parameters
    ----------
    case : Case
    subject : Subject
        Asked again, for its intermediates.
    outcome : Outcome
    profile : Profile

    Returns
    -------
    Outcome
    """
    if outcome.status != FAILED or patience().hung:  # who did not answer is not asked for more
        return outcome
    try:
        begins = first_difference(case, subject, profile)
        reason, told, mistake = outcome.reason.partition(_LOOKS)  # the check may know it already
        if not told and not patience().hung:  # by now it may hang: it is asked for no more
            mistake = nearest(case, subject, reason.partition(":")[0])
    except Exception:  # noqa: BLE001 - an explanation that cannot be given takes no verdict away
        return outcome
    reason += f"{_BEGINS}{begins}" if begins else ""
    reason += f"{_LOOKS}{mistake}" if mistake else ""
    return replace(outcome, reason=reason, mistake=mistake)


def parts(reason: str) -> tuple[str, str, str]:
    """Take the reason of a failure apart: what is wrong, where it begins, what it looks like.

    >>> parts("y[0]: off by 1; first to differ: the output mask; looks like: >= for > (MASK-5)")
    ('y[0]: off by 1', 'the output mask', '>= for > (MASK-5)')
    >>> parts("y[0]: off by 1")
    ('y[0]: off by 1', '', '')
    """
    told, _, mistake = reason.partition(_LOOKS)
    wrong, _, begins = told.partition(_BEGINS)
    return wrong, begins, mistake
