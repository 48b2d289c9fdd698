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
"""Load before a run, in which nothing of its own is, from which on half a core was busy."""

STOPPED = "not timed, the run was interrupted"
"""Of a table."""


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


def number(value: float) -> str:
    """Three digits, whole where there are more before the point.

    >>> number(154.321), number(2.5), number(0.0123), number(999.7)
    ('154', '2.5', '0.0123', '1000')
    """
    value = value if abs(value) >= 1000 else float(f"{value:.3g}")
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


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
    if "again" in document:
        told["again"] = _again(document["again"])
    return [f"{who}: {note}" for who, note in told.items()]


def lost(document: Mapping[str, Any]) -> list[str]:
    """Return who could not take part, and why, and what an interrupt left undone."""
    found = [*document["missing"], *document["failed"]]
    told = [f"{each['name']}: {_reason(each)}" for each in found]
    told += [f"table {name}: {STOPPED}" for name in document.get("stopped", ())]
    return list(dict.fromkeys(told))


def _again(other: Mapping[str, Any]) -> str:
    """Return when another run was, at which load, and who did not take part in it."""
    load = other["machine"].get("load_avg_1min", "unknown")
    return "; ".join([f"the run of {other['date']}, load {load} before it", *lost(other)])


def _reason(each: Mapping[str, str]) -> str:
    """Why one is missing, without its name in front, which stands there already."""
    return each["reason"].removeprefix(f"{each['name']}: ")
