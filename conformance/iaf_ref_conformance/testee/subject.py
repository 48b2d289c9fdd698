"""A testee in the place of a subject: what a case asks becomes a line, the answer arrays again."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ..cases import Case, Floats
from ..subjects.entries import MissingSubjectError
from .messages import VERSION
from .process import ProgramError
from .session import Session
from .wire import Arrays


class Program:
    """A program that speaks the testee protocol, as a subject.

    Parameters
    ----------
    command : str
        Program and arguments, quoted as for a shell; no shell runs it.
    seconds : float
        Time limit of the announcement, and of each answer.

    Raises
    ------
    ValueError
        No command, or one with a quote that does not end.
    """

    def __init__(self, command: str, seconds: float) -> None:
        try:
            words = shlex.split(command)
        except ValueError as error:
            raise ValueError(f"expected a command, got {command!r}: {error}") from error
        if not words or not words[0]:
            raise ValueError(f"expected a command, got {command!r}")
        self.command = command
        self._session = Session(words, seconds)

    def announce(self) -> Program:
        """Start the program; from then on it is a subject.

        Raises
        ------
        MissingSubjectError
            It cannot be run, or does not announce itself by the protocol.
        """
        if os.name != "posix":  # selectors take no pipes elsewhere, and there are no process groups
            raise MissingSubjectError(f"{self.command}: expected a POSIX system, got {os.name}")
        try:
            found = self._session.start()
        except (OSError, ProgramError) as error:
            raise MissingSubjectError(
                f"{self.command}: expected a program that speaks the testee protocol: {error}"
            ) from error
        self.name, self.device = found.name, found.device
        self.dtypes, self.profile = tuple(found.dtypes), dict(found.dtypes)
        self.inverse_methods, self._said = found.inverse_methods, found.environment
        return self

    def environment(self) -> dict[str, str]:
        """What the testee says of itself, how it was started, and how often again."""
        restarts = str(self._session.restarts)
        return dict(self._said) | {
            "command": self.command,
            "protocol": str(VERSION),
            "restarts": restarts,
        }

    def masks(self, case: Case) -> tuple[Arrays, ...]:
        """Masks of the flow."""
        return self._session.ask(case, "masks", {})

    def forward(self, case: Case, x: Floats, context: Floats | None) -> tuple[Arrays, ...]:
        """Y and log-det."""
        return self._session.ask(case, "forward", {"x": x, "context": context})

    def inverse(
        self, case: Case, y: Floats, context: Floats | None, method: str = ""
    ) -> tuple[Arrays, ...]:
        """X and log-det of the inverse map."""
        return self._session.ask(case, "inverse", {"y": y, "context": context}, method)

    def log_scale(self, case: Case, x: Floats, context: Floats | None) -> Arrays:
        """Per-dimension log sigma."""
        return self._session.ask(case, "log_scale", {"x": x, "context": context})[0]

    def log_prob(self, case: Case, y: Floats, context: Floats | None) -> Arrays:
        """Log density under the case's base."""
        return self._session.ask(case, "log_prob", {"y": y, "context": context})[0]

    def close(self) -> None:
        """Let the program end."""
        self._session.close()


@contextmanager
def closing(programs: Sequence[Program]) -> Iterator[Sequence[Program]]:
    """End programs when the block ends, however it does."""
    try:
        yield programs
    finally:
        for program in programs:
            program.close()
