"""Numbers of a benchmark as words, alike on a terminal and on a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

UNITS = {
    "second": ((1.0, "s"), (1e-3, "ms"), (1e-6, "us")),
    "byte": ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")),
}
SUFFIX = {"ratio": " x", "floor": " x", "memory": " x", "rate": "", "first": " s", "exponent": ""}
"""How a row's number is made -> what stands behind it."""

GROWTH = (
    "a width below D - 1 connects no D variables (MASK-7), so that a fixed width is as large as "
    "the largest D; D evaluations of such a network grow less than quadratically, as its products "
    "from width to width do not depend on D"
)
"""Why exponents at a fixed width are what they are."""

BUSY = 0.5
"""Load of a machine on which something else may compute."""

STOPPED = "not timed, the run was interrupted"
"""Of a table."""

ROW = ("row", "what", "measured", "again", "quartiles", "rounds", "goal", "reached")
ENTRY = (
    *("contestant", "flow", "D", "width", "batch", "median", "quartiles", "rounds"),
    *("first call", "error/bound"),
)


def amount(value: float, unit: str) -> str:
    """Three digits and a unit.

    >>> amount(0.01234, "second"), amount(0.9997, "second"), amount(1234.5, "second")
    ('12.3 ms', '1 s', '1230 s')
    >>> amount(5.5e6, "byte"), amount(2.5e9, "byte")
    ('5.5 MB', '2.5 GB')
    """
    units, value = UNITS[unit], float(f"{value:.3g}")
    scale, name = next((u for u in units if value >= u[0]), units[-1])
    return f"{number(value / scale)} {name}"


def row_head(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the head of the rows: with another run's numbers, where they are there."""
    return ROW if any("again" in row for row in document["rows"]) else _without_again(ROW)


def row_cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the cells of a row, as ``row_head`` heads them.

    Of several peers the one is named whose number it is. Where quartiles lie on either side of a
    goal, reached or missed, it is said, and where another run came to another verdict.
    """
    goal, found = row["goal"], row["measured"]
    aim = "" if goal is None else f"{goal['side']} {goal['value']:g}"
    said, again, title = _verdict(row), row.get("again"), row["title"]
    told, between, count = "not measured", "", ""
    if found is not None:
        told = _told(row)
        between = f"{number(found['lower'])} - {number(found['upper'])}"
        count = str(found["count"])
        if goal and found["lower"] < goal["value"] < found["upper"]:
            said = f"{said}, within quartiles"
        if "peer" in title and row["between"]:
            title = f"{title} ({_peer(row)})"
    second = ""
    if again is not None and again["measured"] is not None:
        other = "peer" in title and _peer(again) != _peer(row)
        second = f"{_told(again)} ({_peer(again)})" if other else _told(again)
        if again["reached"] is not row["reached"]:
            said = f"{said}; again {_verdict(again)}"
    cells = (row["id"], title, told, second, between, count, aim, said)
    return cells if "again" in row else _without_again(cells)


def _without_again(cells: tuple[str, ...]) -> tuple[str, ...]:
    """Leave out the column of another run."""
    k = ROW.index("again")
    return (*cells[:k], *cells[k + 1 :])


def _told(row: Mapping[str, Any]) -> str:
    """The median of a row, with its unit."""
    return f"{number(row['measured']['median'])}{SUFFIX[row['how']]}"


def _verdict(row: Mapping[str, Any]) -> str:
    """Whether a goal is reached, where there is one."""
    missing = "" if row["goal"] is None else "not measured"
    return {True: "yes", False: "NO", None: missing}[row["reached"]]


def _peer(row: Mapping[str, Any]) -> str:
    """Who stands first in a ratio."""
    return str(row["between"][0]).partition(" ")[0] if row["between"] else ""


def number(value: float) -> str:
    """Three digits, whole where there are more before the point.

    >>> number(154.321), number(2.5), number(0.0123), number(999.7)
    ('154', '2.5', '0.0123', '1000')
    """
    value = value if abs(value) >= 1000 else float(f"{value:.3g}")
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


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


def notes(document: Mapping[str, Any]) -> list[str]:
    """Return what is to be known about contestants and rows, each once."""
    entries = [entry for table in document["tables"] for entry in table["entries"]]
    told = {e["who"]: e["note"] for e in entries if e["note"]}
    told |= {row["id"]: f"without {row['reason']}" for row in document["rows"] if row["reason"]}
    told |= {each["name"]: f"not installed, {_reason(each)}" for each in document["absent"]}
    if any(row["how"] == "exponent" for row in document["rows"]):
        told["growth"] = GROWTH
    load = document["machine"].get("load_avg_1min", 0.0)
    if load >= BUSY:
        told["machine"] = f"load {load:g} before the run: what kept it busy may have gone on"
    told |= {f"table {name}": STOPPED for name in document.get("stopped", ())}
    return [f"{who}: {note}" for who, note in told.items()]


def lost(document: Mapping[str, Any]) -> list[str]:
    """Return who could not take part, and why."""
    found = [*document["missing"], *document["failed"]]
    return list(dict.fromkeys(f"{each['name']}: {_reason(each)}" for each in found))


def _reason(each: Mapping[str, str]) -> str:
    """Why one is missing, without its name in front, which stands there already."""
    return each["reason"].removeprefix(f"{each['name']}: ")
