"""A testee over a whole run: started, asked, killed where it breaks the protocol, started again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..cases import Case, Floats
from ..checks.patience import patience
from .announced import Announcement, announcement
from .messages import QUESTIONS, ask, line, start, stop
from .process import Overdue, Process, ProgramError, alarm_put_off, printable
from .validation import parsed
from .wire import Arrays, read_array

_ENOUGH = 3
"""Starts in a row that may fail."""


class Session:
    """A program that speaks the protocol.

    Parameters
    ----------
    command : sequence of str
    seconds : float
        Time limit of the announcement, and of each answer.

    Attributes
    ----------
    restarts : int
        How often it had to be started again.
    """

    def __init__(self, command: Sequence[str], seconds: float) -> None:
        self.command, self.seconds, self.restarts = tuple(command), seconds, -1
        self._process: Process | None = None
        self._announced: Announcement | None = None
        self._failed_starts, self._seq = 0, 0

    def start(self) -> Announcement:
        """Start the program, unless it runs, and return what it announced.

        Raises
        ------
        OSError
            The program cannot be run.
        ProgramError
            It does not announce itself, or as something else than before.
        """
        if self._process is None or self._announced is None:
            if self._failed_starts >= _ENOUGH:
                raise ProgramError(f"not started again, as it failed {_ENOUGH} times to start")
            self._failed_starts += 1
            self.close()  # one whose announcement was refused
            self._process = Process(self.command)
            self.restarts += 1
            found = announcement(self._said(start(), "announcement"))
            if found != (self._announced or found):
                self.close()
                raise ProgramError("expected the announcement of the first start, got another")
            self._announced, self._failed_starts = found, 0
        return self._announced

    def ask(
        self, case: Case, question: str, inputs: Mapping[str, Floats | None], method: str = ""
    ) -> tuple[Arrays, ...]:
        """Put a question; what breaks the protocol ends the program, and the next one starts it.

        An answer too late is counted by the patience of the run, under a name of its own: by that
        of the question, the check would stop before the announcement is looked at.

        Parameters
        ----------
        case, question, inputs, method
            As of :func:`.messages.ask`.

        Returns
        -------
        tuple of NumPy arrays
            In the order of :data:`.messages.QUESTIONS`; the masks, as many as came.

        Raises
        ------
        NotImplementedError
            The testee does not support it: as announced, or as answered.
        TypeError, ValueError
            It refuses a dtype, or a shape or a value.
        ProgramError
            It says that it failed, or it did not answer by the protocol.
        """
        counted, patient = f"{question} of a program", patience()
        try:
            lacks = self.start().lacks(question, case)
            if lacks:
                raise NotImplementedError(lacks)
            if patient.spent(counted):
                late = patient.hung[counted]
                raise ProgramError(f"{question}: not asked any more, after {late} answers too late")
            self._seq += 1
            answer = self._said(ask(self._seq, case, question, inputs, method), "answer")
        except Overdue:
            patient.hung[counted] += 1
            raise
        _raise_refusal(answer)
        return _values(answer["values"], question, case.dtype)

    def _said(self, message: Mapping[str, Any], kind: str) -> dict[str, Any]:
        """Say something, and return what the testee says to it; end it where that is no answer."""
        process = self._process
        if process is None:
            raise ProgramError("expected a testee that runs, got none")
        try:
            with alarm_put_off():
                found = process.exchange(line(message), self.seconds)
            said = parsed(found, kind)
            _check_seq(said, message)
        except BaseException as error:
            self._process = None
            words = process.kill()
            what = f"{message.get('question', 'start')}: {error}"
            if isinstance(error, ProgramError):
                raise type(error)(f"{what}; standard error: {words}" if words else what) from error
            raise
        return said

    def close(self) -> None:
        """Let the program end; see that it does."""
        process, self._process = self._process, None
        if process is not None:
            process.stop(line(stop()))


def _check_seq(said: Mapping[str, Any], message: Mapping[str, Any]) -> None:
    """Refuse the answer to another question."""
    if said.get("seq") != message.get("seq"):
        raise ProgramError(f"seq: expected {message.get('seq')}, got {said.get('seq')}")


def _raise_refusal(answer: Mapping[str, Any]) -> None:
    """Raise what an answer stands for that has no values."""
    if "unsupported" in answer:
        reason = printable(answer["unsupported"])
        raise NotImplementedError(reason or "unsupported, without a reason")
    if "error" in answer:
        kinds = {"dtype": TypeError, "value": ValueError}
        message = printable(answer["error"]["message"])
        raise kinds.get(answer["error"]["kind"], ProgramError)(message)


def _values(values: Mapping[str, Any], question: str, dtype: str) -> tuple[Arrays, ...]:
    """Arrays of an answer.

    Raises
    ------
    ProgramError
        Others than the question asks for, or one that is none.
    """
    names = QUESTIONS[question]
    if set(names) - set(values):
        got = ", ".join(sorted(values))[:100] or "none"
        raise ProgramError(f"{question}: expected the values {', '.join(names)}, got {got}")
    try:
        if question == "masks":
            listed = enumerate(values["masks"])
            return tuple(read_array(f"masks[{k}]", mask, "bool") for k, mask in listed)
        return tuple(read_array(name, values[name], dtype) for name in names)
    except (ValueError, OverflowError) as error:
        raise ProgramError(f"{question}: {error}") from error
