"""Files that ``iaf-ref bench`` writes: its JSON, the picture, the page; refused early, or whole."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial, wraps
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from iaf_ref.storage import write_atomically

from . import cli_ending as ending
from .bench.markdown import markdown
from .bench.picture import SUFFIXES, TABLE, curves, draw
from .bench.row import Row
from .checks.asking import raised
from .cli_files import FILE
from .report import write_json

INSTALL = "pip install 'iaf-ref[bench]'"
"""What installs the libraries that times are taken and drawn with."""

EMPTY = "expected rows of growth in the run, got none"
"""Of a picture without curves."""


class _EmptyPictureError(ValueError):
    """There is nothing to draw."""


@dataclass(frozen=True)
class Files:
    """Where a run goes; None: nowhere."""

    json: Path | None = None
    picture: Path | None = None
    markdown: Path | None = None

    def check(self, source: Path | None, again: Path | None) -> None:
        """End, before the work, where a file could not be written after it.

        Parameters
        ----------
        source, again : path, optional
            JSON that is read in place of a run, and that of the run beside it.
        """
        ending.writable(json=self.json, picture=self.picture, markdown=self.markdown)
        kept = {path.resolve() for path in (source, again) if path is not None}
        for option, path in (("--picture", self.picture), ("--markdown", self.markdown)):
            if path is not None and path.resolve() in kept:
                ending.usage(f"{option}: expected another file than is read, got {str(path)!r}")
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
            ending.usage(f"--picture: {EMPTY}")

    def check_document(self, document: Mapping[str, Any]) -> None:
        """End where a picture of a run that was read would be empty."""
        if self.picture is not None and not curves(document):
            ending.usage(f"--picture: {EMPTY}")

    def write(
        self,
        document: Mapping[str, Any],
        source: Path | None = None,
        again: Path | None = None,
    ) -> list[str]:
        """Write what was asked for, the numbers first; one that fails stops no other.

        Parameters
        ----------
        document : mapping
        source, again : path, optional
            JSON that was read in place of a run, and that of the run beside it.

        Returns
        -------
        list of str
            Which could not be written, and why.
        """
        problems: list[str] = []
        if self.json is not None:
            _attempt("--json", partial(write_json, self.json, document), problems)
        picture = self.picture
        if picture is not None:
            there = _attempt("--picture", partial(_drawn, document, picture), problems)
            picture = picture if there else None
        page, origin = self.markdown, self.json or source
        if page is not None and origin is not None:
            others = {"picture": picture, "again": again}
            _attempt("--markdown", partial(_written, document, page, origin, others), problems)
        return problems


def _attempt(option: str, write: Callable[[], None], problems: list[str]) -> bool:
    """Whether a file is written; a failure is noted."""
    try:
        write()
    except OSError as error:
        problems.append(f"{option}: expected a file that can be written, got {error}")
        return False
    except _EmptyPictureError as error:
        problems.append(f"{option}: {error}")
        return False
    except Exception as error:  # noqa: BLE001 - what was measured is not lost with it
        problems.append(f"{option}: it {raised(error)}")
        return False
    return True


def _drawn(document: Mapping[str, Any], path: Path) -> None:
    """Write the picture.

    Raises
    ------
    _EmptyPictureError
        All whose curves it would show have failed, or the run was interrupted before.
    """
    if not curves(document):
        raise _EmptyPictureError(EMPTY)
    write_atomically(path, draw(document, path.suffix))


def _written(
    document: Mapping[str, Any], page: Path, origin: Path, others: Mapping[str, Path | None]
) -> None:
    """Write the page, with the picture and the other run that are there."""
    seen = {name: _seen_from(page, path) for name, path in others.items() if path is not None}
    write_atomically(page, markdown(document, _seen_from(page, origin), **seen).encode())


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
