"""How far ``iaf-ref bench`` is, as its user sees it, and what interrupts it."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
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
        click.echo(f"table {number} of {tables}: {table}, contestants: {contestants}", err=True)

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
def terminable() -> Iterator[None]:
    """SIGTERM, by which `timeout` and schedulers end a job, interrupts as Ctrl-C does."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
