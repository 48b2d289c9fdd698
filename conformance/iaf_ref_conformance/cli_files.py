"""Files that ``iaf-ref conform`` and ``iaf-ref report`` write: refused early, or written whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, wraps
from pathlib import Path
from typing import Any

import click

from . import cli_ending as ending
from .corpus import Corpus
from .html import Told, write_html
from .junit import write_junit
from .moment import moment
from .report import write_json
from .run import Run
from .subjects.entries import backends, subjects

FILE = click.Path(path_type=Path)
INSTALL = "pip install 'iaf-ref[report]'"
"""What installs the library that pages are made with."""


@dataclass(frozen=True)
class Files:
    """Where reports go; None: nowhere."""

    json: Path | None = None
    junit: Path | None = None
    html: Path | None = None

    def check(self) -> None:
        """End, before the work, where a file could not be written after it."""
        ending.writable(json=self.json, junit=self.junit, html=self.html)
        if self.html is not None:
            with_template_engine()

    def write(
        self,
        runs: Sequence[Run],
        missing: Mapping[str, str],
        document: Mapping[str, Any],
        corpus: Corpus,
    ) -> None:
        """Write the reports that were asked for."""
        now = moment()
        try:
            if self.json is not None:
                write_json(self.json, document)
            if self.junit is not None:
                write_junit(self.junit, runs, missing, now)
            if self.html is not None:
                write_html(self.html, document, told(corpus, f"{now:%Y-%m-%d %H:%M} UTC"))
        except OSError as error:
            ending.incomplete(f"expected a report that can be written, got {error}")


def with_template_engine() -> None:
    """End where pages cannot be made."""
    try:
        import jinja2  # noqa: F401 - whether it is there
    except ImportError as error:
        ending.incomplete(f"--html: expected Jinja2, got none ({error}); install it by: {INSTALL}")


def told(corpus: Corpus, date: str) -> Told:
    """Return what a page says beside the report: why a case exists, who is known by name."""

    @cache
    def why(case: str) -> str:
        try:
            return corpus.case(case).reason
        except ValueError:  # a case of another version
            return ""

    return Told(why, {*backends(), *subjects()}, date)


def file_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the parameter ``files``, by an option for each of them."""

    @wraps(command)
    def with_files(
        *args: Any,
        json_path: Path | None,
        junit_path: Path | None,
        html_path: Path | None,
        **given: Any,
    ) -> Any:
        return command(*args, files=Files(json_path, junit_path, html_path), **given)

    found: Callable[..., Any] = with_files
    for name, what in (("html", "a page"), ("junit", "JUnit XML"), ("json", "JSON")):
        option = f"--{name}", f"{name}_path"
        text = f"Write the report as {what}."
        found = click.option(*option, type=FILE, metavar="PATH", help=text)(found)
    return found
