"""``iaf-ref conform --exec COMMAND``: programs that speak the testee protocol, as subjects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click

from . import cli_ending as ending
from .checks.patience import SECONDS
from .testee.subject import Program

PROGRAM = 10.0
"""Seconds for an answer of a program, where nothing else is said: it has nothing to compile."""

_COMMANDS = click.option(
    "--exec",
    "commands",
    multiple=True,
    metavar="COMMAND",
    help="Judge a program that speaks the testee protocol (conformance/PROTOCOL.md).",
)
_TIMEOUT = click.option(
    "--timeout",
    type=click.FloatRange(min=0.0, min_open=True),
    default=None,
    metavar="SECONDS",
    help=f"Time limit of each answer; default: {PROGRAM:g} of a program, {SECONDS:g} of Python.",
)


def testee_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the parameters ``commands`` and ``timeout``."""
    return _COMMANDS(_TIMEOUT(command))


def programs(commands: Sequence[str], seconds: float | None) -> list[Program]:
    """Return testees, not started yet.

    Raises
    ------
    click.UsageError
        A command that is none.
    """
    try:
        return [Program(command, seconds or PROGRAM) for command in dict.fromkeys(commands)]
    except ValueError as error:
        ending.usage(f"--exec: {error}")
