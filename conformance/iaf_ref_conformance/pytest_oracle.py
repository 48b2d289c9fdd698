"""What the fixtures of the plugin return."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any

import pytest

from iaf_ref_backends import profiles

from . import assertions
from .cases import DTYPES, Case
from .checks.outcome import FAILED, UNSUPPORTED
from .corpus import Corpus, load
from .explanation import explained
from .implementation import check_implementation
from .results import Run
from .run import judge

_ASSERTIONS = ("assert_forward", "assert_inverse", "assert_log_prob", "assert_log_scale")


@cache
def corpus() -> Corpus:
    """The shipped corpus, read once."""
    return load()


@cache
def case(name: str, dtype: str) -> Case:
    """Return a case in a dtype; the same object to every test that asks for it."""
    return corpus().case(name, dtype)


def chosen(
    marked: Mapping[str, Sequence[str]], options: Mapping[str, Sequence[str]]
) -> list[tuple[str, str]]:
    """Cases that a test wants and that the command line leaves it.

    Parameters
    ----------
    marked : mapping
        ``dtypes``, ``clauses`` and ``cases`` of the mark.
    options : mapping
        ``dtype``, ``clause`` and ``case`` of the command line.

    Returns
    -------
    list of (id, dtype)

    Raises
    ------
    pytest.UsageError
        A pattern that matches nothing, or an unknown dtype.
    """
    try:
        wanted = corpus().select(marked.get("cases", ()), marked.get("clauses", ())).ids
        left = corpus().select(options["case"], options["clause"]).ids
    except ValueError as error:
        raise pytest.UsageError(str(error)) from error
    dtypes = [*marked.get("dtypes", ()), *options["dtype"]]
    for dtype in dtypes:
        if dtype not in DTYPES:
            raise pytest.UsageError(f"dtype: expected one of {', '.join(DTYPES)}, got {dtype!r}")
    kept = [
        d
        for d in marked.get("dtypes", ()) or DTYPES
        if not options["dtype"] or d in options["dtype"]
    ]
    return [(name, dtype) for dtype in kept for name in wanted if name in left]


def check_profile(name: str) -> None:
    """Refuse a profile that there is not.

    Raises
    ------
    pytest.UsageError
    """
    try:
        profiles.load(name)
    except ValueError as error:
        raise pytest.UsageError(f"--iaf-profile: {error}") from error


class Oracle:
    """Judge; ``assert_forward`` and its kin are those of the package, held to ``--iaf-profile``.

    Parameters
    ----------
    profile : str, optional
        As of the command line.
    dtypes : sequence of str
        As of the command line; none: all.
    """

    def __init__(self, profile: str | None = None, dtypes: Sequence[str] = ()) -> None:
        self.profile = profile
        self.dtypes = tuple(dtypes)

    def __getattr__(self, name: str) -> Callable[..., None]:
        """Return one of the assertions."""
        if name not in _ASSERTIONS:
            raise AttributeError(f"the oracle has no {name}; it has {', '.join(_ASSERTIONS)}")
        return partial(getattr(assertions, name), profile=self.profile)

    def judge(self, subject: Any, case: Case) -> None:
        """Put one case to a subject; a case that it does not support is skipped with its reason.

        Parameters
        ----------
        subject : Subject
            Or a class of such.
        case : Case

        Raises
        ------
        AssertionError
            The subject fails the case.
        """
        judged = subject() if isinstance(subject, type) else subject
        if case.dtype not in judged.dtypes:
            pytest.skip(f"{judged.name} has no {case.dtype}")
        profile = profiles.load(self.profile or judged.profile[case.dtype])
        outcome = explained(case, judged, judge(case, judged, profile), profile)
        if outcome.status == UNSUPPORTED:
            pytest.skip(outcome.reason)
        if outcome.status == FAILED:
            raise AssertionError(f"{case.id} [{case.dtype}] {outcome.reason}")

    def check_implementation(
        self, subject: Any, expected_failures: Mapping[str, str] | None = None, **options: Any
    ) -> tuple[Run, ...]:
        """As :func:`iaf_ref_conformance.check_implementation`, with the command line's choices."""
        given = {"profile": self.profile, "dtypes": self.dtypes, **options}
        return check_implementation(subject, expected_failures, **given)
