"""A benchmark on a terminal: the rows, who was timed, on what machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console, JustifyMethod
from rich.markup import escape
from rich.table import Table

from .cells import ENTRY, entry_cells, row_cells, row_head
from .words import notes

TOLD = ("cpu_model_name", "cpu_count", "load_avg_1min")
"""Of the machine: what a reader of times asks first."""


def show(out: Console, document: Mapping[str, Any]) -> None:
    """Print a run.

    Parameters
    ----------
    out : Console
    document : mapping
        As of :func:`.document.document`.
    """
    for table in document["tables"]:
        _table(out, f"timed in turn: {table['id']}", ENTRY, map(entry_cells, table["entries"]))
    title = f"{document['asked']['dtype']}: numbers"
    _table(out, title, row_head(document), map(row_cells, document["rows"]))
    for line in (*notes(document), _machine(document), _threads(document)):
        out.print(line, markup=False, soft_wrap=True)


def _table(out: Console, title: str, head: Sequence[str], cells: Iterable[Sequence[str]]) -> None:
    """Print one table; nothing is cut, and no name of a row is broken, which ``--rows`` takes."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for k, name in enumerate(head):
        aside: JustifyMethod = "left" if k < 2 else "right"
        table.add_column(name, overflow="fold", justify=aside, no_wrap=name == "row")
    for row in cells:
        table.add_row(*map(escape, row))
    out.print(table)
    out.print()


def _machine(document: Mapping[str, Any]) -> str:
    """Return what the times were taken on."""
    found = document["machine"]
    return "machine: " + ", ".join(f"{n} {found[n]}" for n in TOLD if n in found)


def _threads(document: Mapping[str, Any]) -> str:
    """Return how many threads each library uses."""
    return "threads: " + ", ".join(f"{n} {count}" for n, count in document["threads"].items())
