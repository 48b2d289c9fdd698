"""What failed, taken apart: what is wrong, where it begins, what it looks like, how to see it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection
from dataclasses import dataclass

from ..checks.outcome import FAILED
from ..explanation import parts
from ..results import Result, Run

_UNNAMED = "MODULE:OBJECT"
"""In place of a subject whose name in a report is not what the command line takes."""


@dataclass(frozen=True)
class Failure:
    """A case that failed.

    Attributes
    ----------
    anchor : str
        Its id in the page.
    id, clauses, check
        Of the case.
    wrong, begins, mistake : str
        Parts of the reason (``explanation.parts``).
    ratio : float or None
        Error / bound.
    why : str
        Why the case exists; empty where it is not known.
    command : str
        That puts it again.
    """

    anchor: str
    id: str
    clauses: tuple[str, ...]
    check: str
    wrong: str
    begins: str
    mistake: str
    ratio: float | None
    why: str
    command: str

    @property
    def hint(self) -> str:
        """What it looks like and where it begins in one line, to be read before it is unfolded."""
        said = (("looks like", self.mistake), ("first to differ", self.begins))
        return "; ".join(f"{name}: {text}" for name, text in said if text)


def failures(
    run: Run, anchor: str, why: Callable[[str], str], registered: Collection[str]
) -> tuple[Failure, ...]:
    """Return what failed in a run, in the order in which it was put.

    Parameters
    ----------
    run : Run
    anchor : str
        Of the run.
    why : callable
        Id of a case -> why it exists.
    registered : collection of str
        Subjects whose name is what the command line takes.

    Returns
    -------
    tuple of Failure
    """
    failed = [result for result in run.results if result.outcome.status == FAILED]
    return tuple(
        _failure(result, f"{anchor}-{k}", why(result.id), command(run, result.id, registered))
        for k, result in enumerate(failed, 1)
    )


def _failure(result: Result, anchor: str, why: str, again: str) -> Failure:
    """One of them."""
    told = parts(result.outcome.reason)
    asked = result.id, result.clauses, result.check
    return Failure(anchor, *asked, *told, result.outcome.ratio, why, again)


def command(run: Run, case: str, registered: Collection[str]) -> str:
    """Return the command that puts one case again, for a POSIX shell.

    Parameters
    ----------
    run : Run
    case : str
        Id or pattern.
    registered : collection of str

    Returns
    -------
    str
    """
    environment = run.environment
    if "protocol" in environment and "command" in environment:  # a testee says both of itself
        subject = ["--exec", environment["command"]]
    else:
        known = run.subject.partition(":")[0] in registered
        subject = [run.subject if known else _UNNAMED]
    options = ["--dtype", run.dtype, "--profile", run.profile, "--case", case]
    return shlex.join(["iaf-ref", "conform", *subject, *options])
