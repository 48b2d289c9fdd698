"""What an example says where a library is missing: its name, and the extra that installs it."""

from __future__ import annotations

import sys
from importlib.util import find_spec

import click


def lacking(module: str, library: str, extra: str) -> str:
    """Say what is missing and what installs it, or nothing.

    Parameters
    ----------
    module : str
        What is imported.
    library : str
        What people call it.
    extra : str
        The extra of ``iaf-ref`` that installs it.
    """
    if find_spec(module) is not None:
        return ""
    return f"expected {library}: pip install 'iaf-ref[{extra}]', got: no module named {module}"


def require(module: str, library: str, extra: str) -> None:
    """End the program with exit code 2 where a library is not installed; as of :func:`lacking`."""
    told = lacking(module, library, extra)
    if told:
        click.echo(told, err=True)
        sys.exit(2)
