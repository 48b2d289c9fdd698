"""Cells of a benchmark's tables, alike on a terminal and on a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .words import SUFFIX, amount, number

ROW = ("row", "what", "measured", "again", "quartiles", "rounds", "goal", "reached")
ENTRY = (
    *("contestant", "flow", "D", "width", "batch", "median", "quartiles", "rounds"),
    *("first call", "error/bound"),
)


def row_head(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the head of the rows: with another run's numbers, where they are there."""
    return ROW if "again" in document else _without_again(ROW)


def row_cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the cells of a row, as ``row_head`` heads them.

    Of several peers the one is named whose number it is. Where quartiles lie on either side of a
    goal, reached or missed, it is said, and where another run came to another verdict.
    """
    goal, found = row["goal"], row["measured"]
    aim = "" if goal is None else f"{goal['side']} {goal['value']:g}"
    title, said, between, count = row["title"], _verdict(row), "", ""
    if found is not None:
        between = f"{number(found['lower'])} - {number(found['upper'])}"
        count = str(found["count"])
        if goal and found["lower"] < goal["value"] < found["upper"]:
            said = f"{said}, within quartiles"
        title = f"{title} ({_peer(row)})" if _peer(row) else title
    if "again" not in row:
        return row["id"], title, _told(row), between, count, aim, said
    second, other = _again(row, row["again"])
    return row["id"], title, _told(row), second, between, count, aim, said + other


def _again(row: Mapping[str, Any], again: Mapping[str, Any] | None) -> tuple[str, str]:
    """The number of another run, with its peer if it is another one; its verdict, if another."""
    if again is None:
        return "not measured", ""
    peer = f" ({_peer(again)})" if _peer(again) not in ("", _peer(row)) else ""
    same = again["reached"] is row["reached"]
    return f"{_told(again)}{peer}", "" if same else f"; again {_verdict(again)}"


def _without_again(cells: tuple[str, ...]) -> tuple[str, ...]:
    """Leave out the column of another run."""
    k = ROW.index("again")
    return (*cells[:k], *cells[k + 1 :])


def _told(row: Mapping[str, Any]) -> str:
    """The median of a row, with its unit."""
    found = row["measured"]
    return "not measured" if found is None else f"{number(found['median'])}{SUFFIX[row['how']]}"


def _verdict(row: Mapping[str, Any]) -> str:
    """Whether a goal is reached, where there is one."""
    missing = "" if row["goal"] is None else "not measured"
    return {True: "yes", False: "NO", None: missing}[row["reached"]]


def _peer(row: Mapping[str, Any]) -> str:
    """Who of several peers it is whose number a row has; empty: there are none."""
    peers = "peer" in row["title"] and row["between"]
    return str(row["between"][0]).partition(" ")[0] if peers else ""


def entry_cells(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the cells of a contestant, as ``ENTRY`` heads them."""
    taken, unit, error = entry["taken"], entry["unit"], entry["error_over_bound"]
    lower, upper = (amount(taken[name], unit) for name in ("lower", "upper"))
    rounds = f"{taken['count']} of {entry['loops']} call{'s' if entry['loops'] > 1 else ''}"
    held = "" if error is None else f"{error:.2g}"
    first, median = amount(entry["first"], "second"), amount(taken["median"], unit)
    asked = " ".join(part for part in (entry["who"], entry["method"], entry["task"]) if part)
    size = (str(entry[name]) for name in ("dim", "width", "batch"))
    return asked, entry["flow"], *size, median, f"{lower} - {upper}", rounds, first, held
