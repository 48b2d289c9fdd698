"""Files that ``iaf-ref bench`` writes: its JSON, the picture, the page; refused early, or whole."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import wraps
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from iaf_ref.storage import write_atomically

from . import cli_ending as ending
from .bench.markdown import markdown
from .bench.picture import SUFFIXES, TABLE, curves, draw
from .bench.row import Row
from .cli_files import FILE
from .report import write_json

INSTALL = "pip install 'iaf-ref[bench]'"
"""What installs the libraries that times are taken and drawn with."""


@dataclass(frozen=True)
class Files:
    """Where a run goes; None: nowhere."""

    json: Path | None = None
    picture: Path | None = None
    markdown: Path | None = None

    def check(self, source: Path | None) -> None:
        """End, before the work, where a file could not be written after it.

        Parameters
        ----------
        source : path, optional
            JSON that is read in place of a run.
        """
        ending.writable(json=self.json, picture=self.picture, markdown=self.markdown)
        if self.picture is not None:
            if self.picture.suffix not in SUFFIXES:
                expected = ", ".join(SUFFIXES)
                ending.usage(
                    f"--picture: expected a name that ends in {expected}, got {str(self.picture)!r}"
                )
            needs("--picture", "matplotlib")
        if self.markdown is not None and self.json is None and source is None:
            ending.usage("--markdown: expected --json or --from beside it, which the page names")

    def check_rows(self, rows: Iterable[Row]) -> None:
        """End, before the work, where a picture of it would be empty."""
        if self.picture is not None and not any(row.table == TABLE for row in rows):
            ending.usage("--picture: expected rows of growth in the run, got none")

    def write(self, document: Mapping[str, Any], source: Path | None) -> None:
        """Write what was asked for, the numbers first: nothing that was measured is lost."""
        try:
            if self.json is not None:
                write_json(self.json, document)
            if self.picture is not None and not curves(document):
                say = ending.usage if source is not None else ending.incomplete
                say("--picture: expected rows of growth in the run, got none")
            if self.picture is not None:
                write_atomically(self.picture, draw(document, self.picture.suffix))
            origin = self.json or source
            if self.markdown is not None and origin is not None:
                text = markdown(document, _seen_from(self.markdown, origin), self._picture())
                write_atomically(self.markdown, text.encode())
        except OSError as error:
            ending.incomplete(f"expected a file that can be written, got {error}")

    def _picture(self) -> str:
        """The picture as the page finds it."""
        if self.picture is None or self.markdown is None:
            return ""
        return _seen_from(self.markdown, self.picture)


def _seen_from(page: Path, path: Path) -> str:
    """A path relative to the folder of a page."""
    return Path(os.path.relpath(path.resolve(), page.resolve().parent)).as_posix()


def needs(option: str, *modules: str) -> None:
    """End where a library is not installed."""
    for name in modules:
        if find_spec(name) is None:
            ending.incomplete(f"{option}: expected {name}, got none; install it by: {INSTALL}")


def file_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the parameter ``files``, by an option for each of them."""

    @wraps(command)
    def with_files(
        *args: Any, json: Path | None, picture: Path | None, markdown: Path | None, **given: Any
    ) -> Any:
        return command(*args, files=Files(json, picture, markdown), **given)

    found: Callable[..., Any] = with_files
    for name, what in (
        ("markdown", "Write a page; --picture is shown on it."),
        ("picture", "Draw time against D, log-log (.svg, .png, .pdf)."),
        ("json", "Write all numbers and samples as JSON."),
    ):
        found = click.option(f"--{name}", type=FILE, metavar="PATH", help=what)(found)
    return found
