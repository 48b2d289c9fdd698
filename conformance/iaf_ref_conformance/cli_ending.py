"""How a command ends: exit codes, messages on standard error, the console."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from typing import Any, NoReturn

import click
from rich.console import Console

OK, FAILED, USAGE, INCOMPLETE = range(4)
"""Exit codes: conforms, fails, a mistake in the command, something could not be run."""
INTERRUPTED, UNREAD = 130, 141
"""Exit codes as a shell has them: ended by Ctrl-C, ended as nobody reads the output."""

_WIDTH = 120
"""Columns where there is no terminal to ask."""


def usage(message: str) -> NoReturn:
    """End with exit code 2, and the command's usage beside the message."""
    raise click.UsageError(printable(message), click.get_current_context(silent=True))


def incomplete(message: str) -> NoReturn:
    """End with exit code 3."""
    click.echo(f"Incomplete: {printable(message)}", err=True)
    sys.exit(INCOMPLETE)


def printable(text: str, longest: int = 1000) -> str:
    """Return a stranger's text as one line that cannot move the cursor, cut where it is endless."""
    cut = text if len(text) <= longest else text[:longest] + " ..."
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut)


def writable(**paths: Path | None) -> None:
    """Refuse, before the work, files that could not be written after it, or are no files.

    A symbolic link stands for what it leads to. A device or a pipe is not to be replaced.
    """
    real: dict[Path, str] = {}
    for name, path in paths.items():
        if path is None:
            continue
        option, target = f"--{name}", path.resolve()
        _writable(option, path, target)
        if target in real:
            usage(f"{option}: expected another file than {real[target]}, got {str(path)!r}")
        real[target] = option


def _writable(option: str, path: Path, target: Path) -> None:
    """Refuse a file that could not be written, or is none."""
    folder = target.parent
    if target.exists() and not target.is_file() and not target.is_dir():
        usage(f"{option}: expected a regular file or a new one, got {str(path)!r}")
    if target.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
        usage(f"{option}: expected a file in a folder that can be written, got {str(path)!r}")


class Ending(click.Group):
    """A group of commands that end by one of the exit codes above, never by a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what it printed is written before it ends, or it did not end well."""
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        try:
            try:
                return super().invoke(ctx)
            finally:
                sys.stdout.flush()
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)
        except BrokenPipeError:
            _silence()
            sys.exit(UNREAD)
        except OSError as error:
            _silence()
            incomplete(f"expected output that can be written, got {error}")


def _silence() -> None:
    """Let what is left in the buffer of standard output go nowhere, so that exiting is quiet."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def plain() -> bool:
    """Whether the user wants no colours and no bars (no-color.org)."""
    return bool(os.environ.get("NO_COLOR"))


def console(*, stderr: bool = False) -> Console:
    """Return a console: on a terminal its colours and its width, elsewhere plain text."""
    sink = sys.stderr if stderr else sys.stdout
    terminal = sink.isatty()
    if terminal and not plain():
        return _Console(stderr=stderr, highlight=False)
    width = None if terminal else _WIDTH
    return _Console(
        stderr=stderr, width=width, force_terminal=False, no_color=True, highlight=False
    )


class _Console(Console):
    """A console that leaves it to the command to end where nobody reads on."""

    def on_broken_pipe(self) -> None:
        """Raise, in place of leaving with exit code 1."""
        raise BrokenPipeError
