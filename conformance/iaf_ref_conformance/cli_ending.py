"""How a command ends: exit codes, messages on standard error, the console."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn

import click
from rich.console import Console

OK, FAILED, USAGE, INCOMPLETE = range(4)
"""Exit codes: conforms, fails, a mistake in the command, something could not be run."""

_WIDTH = 120
"""Columns where there is no terminal to ask."""


def usage(message: str) -> NoReturn:
    """End with exit code 2, and the command's usage beside the message."""
    raise click.UsageError(message, click.get_current_context(silent=True))


def incomplete(message: str) -> NoReturn:
    """End with exit code 3."""
    click.echo(f"Incomplete: {message}", err=True)
    sys.exit(INCOMPLETE)


def writable(option: str, path: Path | None) -> None:
    """Refuse, before the work, a file that could not be written after it."""
    if path is None:
        return
    folder = path.parent
    if path.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
        usage(f"{option}: expected a file in a folder that can be written, got {str(path)!r}")


def plain() -> bool:
    """Whether the user wants no colours and no bars (no-color.org)."""
    return bool(os.environ.get("NO_COLOR"))


def console(*, stderr: bool = False) -> Console:
    """Return a console: on a terminal its colours and its width, elsewhere plain text."""
    terminal = (sys.stderr if stderr else sys.stdout).isatty()
    if terminal and not plain():
        return Console(stderr=stderr, highlight=False)
    width = None if terminal else _WIDTH
    return Console(stderr=stderr, width=width, force_terminal=False, no_color=True, highlight=False)
