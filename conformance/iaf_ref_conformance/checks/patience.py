"""How long an answer may take, and that nothing is printed on the way to it.

Python that runs too long is interrupted by a timer of the process (POSIX, main thread); compiled
code that never comes back cannot be, from within: ``iaf-ref conform --exec`` is for that.
"""

from __future__ import annotations

import io
import math
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

SECONDS = 120.0
"""For one answer, where nothing else is said: a first call may have to compile."""
_LONGEST = 1e8
"""A timer of the system is not set for longer, three years; some cannot be."""
_ENOUGH = 3
"""Answers of a method that may be waited for in vain; after that it is asked no more."""


class Overdue(BaseException):
    """The time is up. No ``Exception``: a subject that catches those must not catch this."""


@dataclass
class Patience:
    """Seconds for one answer, and how often each method did not answer."""

    seconds: float = SECONDS
    hung: Counter[str] = field(default_factory=Counter)

    def spent(self, method: str) -> bool:
        """Whether a method has been waited for often enough."""
        return self.hung[method] >= _ENOUGH


_PATIENCE: ContextVar[Patience | None] = ContextVar("patience", default=None)


def patience() -> Patience:
    """Return the patience of this run, or a new one outside of any."""
    found = _PATIENCE.get()
    return Patience() if found is None else found


@contextmanager
def patient(seconds: float = SECONDS) -> Iterator[Patience]:
    """Set the time for one answer; how often a method hung is counted from here on.

    Raises
    ------
    ValueError
        The time is no number above 0; infinity is one.
    """
    if not seconds > 0.0:
        raise ValueError(f"timeout: expected seconds above 0, got {seconds}")
    token = _PATIENCE.set(Patience(seconds))
    try:
        yield patience()
    finally:
        _PATIENCE.reset(token)


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise :class:`Overdue` in what runs longer, where a timer can be had.

    A timer that somebody else has set, a test runner say, is left alone: its limit counts.
    """
    if math.isinf(seconds) or not _timer_is_free():
        yield
        return
    before = signal.signal(signal.SIGALRM, _overdue)
    try:
        signal.setitimer(signal.ITIMER_REAL, min(seconds, _LONGEST))
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


def _timer_is_free() -> bool:
    """Whether there is a timer, this thread may use it, and nobody else does."""
    if (
        not hasattr(signal, "setitimer")
        or threading.current_thread() is not threading.main_thread()
    ):
        return False
    return signal.getitimer(signal.ITIMER_REAL)[0] == 0.0


def _overdue(*_: Any) -> None:
    """Handle the signal."""
    raise Overdue


@contextmanager
def overheard() -> Iterator[io.StringIO]:
    """Keep what is printed, so that it does not end up in the middle of a report."""
    printed = io.StringIO()
    with redirect_stdout(printed):
        yield printed
