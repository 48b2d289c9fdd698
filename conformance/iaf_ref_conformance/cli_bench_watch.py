"""How far ``iaf-ref bench`` is, as its user sees it, and what interrupts it."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

import click

from . import cli_ending as ending
from .bench.run import Watch


class Bar:
    """A run told to a progress bar."""

    def __init__(self, bar: Any) -> None:
        self.bar = bar
        self.task = bar.add_task("", total=0)
        self.total = 0
        self.begun = 0

    def begin(self, table: str, contestants: int, number: int, tables: int) -> None:
        """The table of this number begins."""

    def expect(self, steps: int) -> None:
        """More steps are to come."""
        self.total += steps
        self.bar.update(self.task, total=self.total)

    def advance(self, what: str) -> None:
        """The next step begins, so that those before it are done."""
        self.bar.update(self.task, description=what, completed=self.begun, refresh=True)
        self.begun += 1


class Lines:
    """A run told by a line for each table: the log of a job is not to stay empty for minutes."""

    def begin(self, table: str, contestants: int, number: int, tables: int) -> None:
        """The table of this number begins."""
        with suppress(OSError):  # whoever read it may have left; the run goes on
            said = f"table {number} of {tables}: {table}, contestants: {contestants}"
            click.echo(said, err=True)

    def expect(self, steps: int) -> None:
        """More steps are to come."""

    def advance(self, what: str) -> None:
        """The next step begins."""


@contextmanager
def progress() -> Iterator[Watch]:
    """A progress bar on a terminal; lines elsewhere."""
    if ending.plain() or not sys.stderr.isatty():
        yield Lines()
        return
    from rich.progress import Progress

    # drawn when a step begins, never by a thread of its own, which would take time from a sample
    with Progress(console=ending.console(stderr=True), transient=True, auto_refresh=False) as bar:
        yield Bar(bar)


@contextmanager
def interruptible() -> Iterator[Callable[[], None]]:
    """Let Ctrl-C, and SIGTERM, by which `timeout` and schedulers end a job, interrupt once.

    What follows is the writing of what there is, which no second signal is to interrupt; nor is the
    first to, once the function that is yielded has been called. A signal that is ignored, as of a
    shell's background jobs, stays so.
    """
    signals = (signal.SIGINT, signal.SIGTERM)
    before = {each: signal.getsignal(each) for each in signals}
    heard = {each: was for each, was in before.items() if was not in (None, signal.SIG_IGN)}

    def settle() -> None:
        for each in heard:
            signal.signal(each, signal.SIG_IGN)

    def interrupt(number: int, frame: FrameType | None) -> None:
        settle()
        raise KeyboardInterrupt

    for each in heard:
        signal.signal(each, interrupt)
    try:
        yield settle
    finally:
        for each, was in heard.items():
            signal.signal(each, was)
