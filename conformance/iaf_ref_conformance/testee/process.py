"""A child process that is spoken to in lines: every wait has an end, and so has every buffer.

One thread does it all, by a selector over the three pipes: a question that the child does not read
blocks nothing, nor does a child that fills its standard error. Selectors take pipes on POSIX only.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from time import monotonic
from typing import IO

LONGEST = 2**24
"""Bytes of the longest line that is read; the longest that is needed has less than 2^19."""
_CHUNK = 2**16
_TAIL = 1000
"""Bytes of standard error that are kept, the last ones."""
_PIPE = 16
"""Chunks that a pipe may hold, at most."""
_GLANCE = 0.2
"""Seconds after which to see whether the child lives: what it started may hold its pipes open."""
_GRACE = 1.0
"""Seconds for what should take none: to end after the last word."""


class ProgramError(RuntimeError):
    """The testee did not answer, or not by the protocol; the message says what it did instead."""


class Overdue(ProgramError):
    """The testee did not answer in time."""


class Process:
    """A program, started in a process group of its own.

    Parameters
    ----------
    command : sequence of str
        Program and arguments; no shell looks at them.

    Raises
    ------
    OSError
        There is no such program, or it cannot be run.
    """

    def __init__(self, command: Sequence[str]) -> None:
        pipe = subprocess.PIPE
        self._child = subprocess.Popen(  # noqa: S603 - what the user asks for
            command, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0, start_new_session=True
        )
        for stream in self._streams:
            os.set_blocking(stream.fileno(), False)
        self._read = bytearray()
        self._errors = b""

    def exchange(self, line: bytes, seconds: float) -> bytes:
        """Write a line and read the next one.

        Parameters
        ----------
        line : bytes
            With its end.
        seconds : float
            For both together.

        Returns
        -------
        bytes
            Without its end.

        Raises
        ------
        ProgramError
            It ended, was too late (Overdue), answered before it had read, or wrote a line too long.
        """
        deadline, unread = monotonic() + seconds, line
        with selectors.DefaultSelector() as selector:
            for stream in self._streams:
                writes = stream is self._child.stdin
                selector.register(stream, selectors.EVENT_WRITE if writes else selectors.EVENT_READ)
            while (end := self._read.find(b"\n", max(0, len(self._read) - _CHUNK))) < 0:
                if len(self._read) > LONGEST:
                    raise ProgramError(f"expected lines of {LONGEST} bytes at most, got more")
                ready = selector.select(min(_GLANCE, max(0.0, deadline - monotonic())))
                if monotonic() >= deadline:
                    raise Overdue(f"expected an answer within {seconds:g} s, got none")
                if not ready and self._child.poll() is not None:
                    raise ProgramError(f"expected an answer, got none: {self._ending()}")
                for key, _ in ready:
                    unread = self._step(selector, key.fileobj, unread)  # type: ignore[arg-type]
        if unread:
            raise ProgramError("expected one line for each question, got one before it was read")
        found = bytes(self._read[:end])
        del self._read[: end + 1]
        return found

    def _step(self, selector: selectors.BaseSelector, stream: IO[bytes], unread: bytes) -> bytes:
        """Write or read what one pipe takes or has; return what is still to be written."""
        if stream is self._child.stdin:
            try:
                unread = unread[os.write(stream.fileno(), unread[:_CHUNK]) :]
            except BrokenPipeError:  # nobody reads any more: how it ended, its output will say
                selector.unregister(stream)
            else:
                if not unread:
                    selector.unregister(stream)
            return unread
        found = os.read(stream.fileno(), _CHUNK)
        if stream is self._child.stderr:
            self._errors = (self._errors + found)[-_TAIL:]
            if not found:
                selector.unregister(stream)
        elif found:
            self._read += found
        else:
            raise ProgramError(f"expected an answer, got none: {self._ending()}")
        return unread

    def _ending(self) -> str:
        """How a child ended that has closed its standard output."""
        try:
            code = self._child.wait(_GRACE)
        except subprocess.TimeoutExpired:
            return "it closed its standard output"
        if code >= 0:
            return f"it ended with exit code {code}"
        return f"it ended by signal {-code}, {signal.strsignal(-code)}"

    def stop(self, line: bytes) -> None:
        """Say a last line, wait a moment for the child to end, and see that it does."""
        with suppress(OSError, subprocess.TimeoutExpired):
            os.write(self._streams[0].fileno(), line)
            self._streams[0].close()
            self._child.wait(_GRACE)
        self.kill()

    def kill(self) -> str:
        """End the child and what it has started; return the end of its standard error."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait()
        with suppress(OSError):
            for _ in range(_PIPE):  # somebody who got away may go on writing
                self._errors += os.read(self._streams[2].fileno(), _CHUNK)
        for stream in self._streams:
            stream.close()
        return printable(self._errors[-_TAIL:])

    @property
    def _streams(self) -> tuple[IO[bytes], IO[bytes], IO[bytes]]:
        """Standard input, output and error."""
        child = self._child
        if child.stdin is None or child.stdout is None or child.stderr is None:
            raise RuntimeError("expected three pipes, got fewer")
        return child.stdin, child.stdout, child.stderr


@contextmanager
def alarm_put_off() -> Iterator[None]:
    """Stop the timer of the process, a limit for subjects in Python: a testee has its own."""
    left, every = signal.setitimer(signal.ITIMER_REAL, 0.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, left, every)


def printable(text: bytes | str, most: int = 200) -> str:
    """Return the end of a text on one line, with nothing in it that a terminal would obey."""
    decoded = text if isinstance(text, str) else text.decode("utf-8", "replace")
    words = " ".join(decoded.split())
    shown = "".join(c if c.isprintable() else "?" for c in words)
    return shown if len(shown) <= most else f"...{shown[-most:]}"
