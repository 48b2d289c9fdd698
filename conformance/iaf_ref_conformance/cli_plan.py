"""What ``iaf-ref conform`` is to run: names on the command line as subjects, dtypes, profiles."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from iaf_ref_backends import profiles
from iaf_ref_backends.profiles import Profile

from . import cli_ending as ending
from .cases import DTYPES
from .subject import Subject
from .subjects.find import MissingSubjectError, UnknownSubjectError, checked, find
from .testee.subject import Program

Job = tuple[Subject, str, Profile]
"""Who is asked, in which dtype, held to which profile."""


def plan(
    names: Sequence[str],
    dtypes: Sequence[str],
    profile: str | None,
    testees: Sequence[Program] = (),
) -> tuple[list[Job], dict[str, str]]:
    """Return who is asked in which dtype under which profile, and who cannot be had.

    Raises
    ------
    click.UsageError
        An unknown subject, dtype or profile, or a combination that there is not.
    """
    for dtype in dtypes:
        if dtype not in DTYPES:
            ending.usage(f"--dtype: expected one of {', '.join(DTYPES)}, got {dtype!r}")
    forced = None if profile is None else _profile("--profile", profile)
    jobs: list[Job] = []
    missing: dict[str, str] = {}
    wanted: dict[str, Callable[[], Subject]] = {name: partial(find, name) for name in names}
    wanted |= {testee.command: partial(_announced, testee) for testee in testees}
    for name, get in wanted.items():
        try:
            jobs += _jobs(name, get(), dtypes, forced)
        except UnknownSubjectError as error:
            ending.usage(str(error))
        except MissingSubjectError as error:
            missing[name] = str(error)
    return jobs, missing


def _announced(testee: Program) -> Subject:
    """Start a testee; what it announces has to be what a subject says of itself."""
    return checked(testee.announce(), testee.command)


def _jobs(
    name: str, subject: Subject, dtypes: Sequence[str], forced: Profile | None
) -> Iterator[Job]:
    """Runs of one subject: the dtypes asked for, and of those the ones that the profile is for."""
    for dtype in dtypes:
        if dtype not in subject.dtypes:
            ending.usage(
                f"--dtype: expected one of {', '.join(subject.dtypes)} for {name}, got {dtype!r}"
            )
    chosen = [
        d for d in dict.fromkeys(dtypes or subject.dtypes) if forced is None or forced.dtype == d
    ]
    if not chosen and forced is not None:
        wanted = ", ".join(dtypes or subject.dtypes)
        ending.usage(
            f"--profile: expected a profile for {wanted}, "
            f"got {forced.name}, which is for {forced.dtype}"
        )
    for dtype in chosen:
        yield subject, dtype, forced or _declared(name, dtype, subject.profile[dtype])


def _declared(name: str, dtype: str, profile: str) -> Profile:
    """Return the profile that a subject declares for a dtype: one of that dtype."""
    found = _profile(f"{name}, profile of {dtype}", profile)
    if found.dtype != dtype:
        ending.usage(
            f"{name}, profile of {dtype}: expected a profile for {dtype}, "
            f"got {found.name}, which is for {found.dtype}"
        )
    return found


def _profile(whose: str, name: str) -> Profile:
    """Return a profile; an unknown one is a mistake in the command."""
    try:
        return profiles.load(name)
    except ValueError as error:
        ending.usage(f"{whose}: {error}")
