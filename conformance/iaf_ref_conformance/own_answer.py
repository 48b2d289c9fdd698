"""The answer of a model of one's own, judged as a subject's is."""

from __future__ import annotations

from typing import Any

from iaf_ref_backends import profiles
from iaf_ref_backends.profiles import Profile

from .checks.asking import Arrays
from .checks.inverse import FINE
from .checks.outcome import FAILED, UNSUPPORTED
from .explanation import explained
from .own import Question, hosted, own_case
from .run import judge

Array = Any


class Given:
    """A subject that has answered already."""

    name = "yours"

    def __init__(self, check: str, values: tuple[Arrays, ...]) -> None:
        answer = values if len(values) > 1 else values[0]
        setattr(self, "inverse" if check.startswith("inverse") else check, lambda *_: answer)


def assert_right(question: Question, source: Array, name: str | None, **values: Array) -> None:
    """Judge what was returned; say all that can be said of a failure.

    Parameters
    ----------
    question : Question
    source : array
        The input, by whose dtype the profile is chosen.
    name : str or None
        Of a profile, if one is wished.
    **values : arrays
        What was returned, in the order of the check's results.

    Raises
    ------
    AssertionError
        It is wrong.
    TypeError, ValueError
        As of :func:`own.own_case`, or the profile is unknown or says nothing here.
    """
    profile = _profile(hosted(next(iter(question.inputs)), source).dtype.name, name)
    case = own_case(question, profile)
    given = Given(question.check, tuple(hosted(n, value) for n, value in values.items()))
    outcome = judge(case, given, profile)
    if outcome.status == UNSUPPORTED:
        raise ValueError(f"profile: expected one that says something here, got {outcome.reason}")
    if outcome.status == FAILED:
        raise AssertionError(explained(case, given, outcome, profile).reason)


def _profile(dtype: str, name: str | None) -> Profile:
    """The profile of a name, or that of a dtype."""
    if name is not None:
        return profiles.load(name)
    if dtype not in FINE:
        raise TypeError(f"dtype: expected {' or '.join(FINE)}, got {dtype}")
    return profiles.load(FINE[dtype])
