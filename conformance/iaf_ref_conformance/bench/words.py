"""Numbers of a benchmark as words, alike on a terminal and on a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

UNITS = {"second": ((1.0, "s"), (1e-3, "ms"), (1e-6, "us")), "byte": ((1e6, "MB"), (1e3, "kB"))}
SUFFIX = {"ratio": " x", "floor": " x", "memory": " x", "rate": "", "first": " s", "exponent": ""}
"""How a row's number is made -> what stands behind it."""

ROW = ("row", "what", "measured", "quartiles", "rounds", "goal", "reached")
ENTRY = (
    *("contestant", "flow", "D", "width", "batch", "median", "quartiles", "rounds"),
    *("first call", "error/bound"),
)


def amount(value: float, unit: str) -> str:
    """Three digits and a unit.

    >>> amount(0.01234, "second"), amount(5.5e6, "byte")
    ('12.3 ms', '5.5 MB')
    """
    units = UNITS[unit]
    scale, name = next((u for u in units if value >= u[0]), units[-1])
    return f"{value / scale:.3g} {name}"


def row_cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the cells of a row, as ``ROW`` heads them."""
    goal, found = row["goal"], row["measured"]
    aim = "" if goal is None else f"{goal['side']} {goal['value']:g}"
    said = {True: "yes", False: "NO", None: "" if goal is None else "not measured"}[row["reached"]]
    if found is None:
        return row["id"], row["title"], "not measured", "", "", aim, said
    numbers = (number(found[name]) for name in ("median", "lower", "upper"))
    median, lower, upper = numbers
    measured, between = f"{median}{SUFFIX[row['how']]}", f"{lower} - {upper}"
    return row["id"], row["title"], measured, between, str(found["count"]), aim, said


def number(value: float) -> str:
    """Three digits, whole where there are more before the point.

    >>> number(154.321), number(2.5), number(0.0123)
    ('154', '2.5', '0.0123')
    """
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
    """Return what is to be known about contestants, each once."""
    entries = [entry for table in document["tables"] for entry in table["entries"]]
    return [
        f"{who}: {note}"
        for who, note in {e["who"]: e["note"] for e in entries if e["note"]}.items()
    ]


def lost(document: Mapping[str, Any]) -> list[str]:
    """Return who could not take part, and why."""
    found = [*document["missing"], *document["failed"]]
    return list(dict.fromkeys(f"{each['name']}: {each['reason']}" for each in found))
