"""Runs that were written, read again: one, or two of the same side by side."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema

from ..report import schema


class NoBenchmarkError(ValueError):
    """A file is no document of a benchmark, or not of one that is asked for."""


def beside(found: dict[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return a run with another run of the same beside it, as ``again``, and so each of its rows.

    Raises
    ------
    NoBenchmarkError
        The other is of other contestants, another machine or another kind, not a repetition; it is
        the same run, or has no row in common with it.
    """
    if other == found:
        raise NoBenchmarkError("expected another run, got the same")
    mine, its = _kind(found), _kind(other)
    for name, expected in mine.items():
        if its[name] != expected:
            raise NoBenchmarkError(f"expected a run with {name} {expected}, got {its[name]}")
    rows = {row["id"]: row for row in other["rows"]}
    shared = [(row, rows[row["id"]]) for row in found["rows"] if row["id"] in rows]
    if not shared:
        raise NoBenchmarkError("expected a run with some of the same rows, got none")
    for row, again in shared:
        for name in ("title", "goal"):
            if row[name] != again[name]:
                expected, got = row[name], again[name]
                said = f"expected {name} {expected} of row {row['id']}, got {got}"
                raise NoBenchmarkError(said)
    beside_it = [{**row, "again": rows.get(row["id"])} for row in found["rows"]]
    return {**found, "again": other, "rows": beside_it}


def _kind(document: Mapping[str, Any]) -> dict[str, Any]:
    """What two runs have in common of which one repeats the other."""
    machine = document["machine"]
    return {
        **{name: document["asked"][name] for name in ("dtype", "quick")},
        **{name: machine.get(name) for name in ("cpu_model_name", "cpu_count", "python_version")},
        "threads": document["threads"],
        "contestants": document["contestants"],
    }


def read(path: Path) -> dict[str, Any]:
    """Read what ``iaf-ref bench --json`` wrote.

    Raises
    ------
    NoBenchmarkError
        It cannot be read, or is something else.
    """
    expected = f"{str(path)!r}: expected what `iaf-ref bench --json` wrote, got"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise NoBenchmarkError(f"{expected} {error}") from error
    except (ValueError, RecursionError) as error:
        raise NoBenchmarkError(f"{expected} no JSON ({error})") from error
    try:
        jsonschema.validate(found, schema("bench"))
    except jsonschema.ValidationError as error:
        where = "/".join(str(part) for part in error.absolute_path) or "the whole"
        raise NoBenchmarkError(f"{expected} {where}: {error.message[:200]}") from error
    made: dict[str, Any] = found
    return made
