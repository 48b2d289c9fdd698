"""A run as JSON, with ``schemas/bench.schema.json``: rows, tables, and every sample.

The samples, under ``pyperf``, are what a file of pyperf's holds, so that its tools read them.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import iaf_ref

from ..moment import moment
from .contestants import Contestants
from .entry import Entry
from .library import NOTES
from .machine import threads
from .measured import Measured, Outcome
from .statistics import spread
from .timing import Timing

SCHEMA = "iaf-ref-bench/1"
"""Name and version of the format."""


def document(
    outcome: Outcome, field: Contestants, asked: Mapping[str, Any], where: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a run as plain data.

    Parameters
    ----------
    outcome : Outcome
    field : Contestants
    asked : mapping
        ``dtype``, ``quick`` and the patterns ``rows``.
    where : mapping
        As of :func:`.machine.machine`, before the run: afterwards, the load is its own.

    Returns
    -------
    dict
    """
    return {
        "schema": SCHEMA,
        "iaf_ref": iaf_ref.__version__,
        "date": f"{moment():%Y-%m-%d %H:%M} UTC",
        "asked": dict(asked),
        "machine": dict(where),
        "threads": threads(),
        "contestants": field.environment(),
        "missing": [{"name": n, "reason": why} for n, why in field.missing.items()],
        "absent": [{"name": n, "reason": why} for n, why in field.absent.items()],
        "failed": [{"name": e.name, "reason": why} for e, why in outcome.failed.items()],
        "stopped": list(outcome.stopped),
        "rows": [_row(each) for each in outcome.rows],
        "tables": [
            {"id": name, "entries": [_entry(timing) for timing in found]}
            for name, found in outcome.tables.items()
        ],
        "pyperf": suite(outcome.tables),
    }


def _row(found: Measured) -> dict[str, Any]:
    """One row as plain data."""
    row, goal = found.row, found.row.goal
    return {
        "id": row.id,
        "table": row.table,
        "title": row.title,
        "how": row.how,
        "goal": None if goal is None else {"side": goal.side, "value": goal.value},
        "measured": None if found.spread is None else dict(vars(found.spread)),
        "reached": found.reached,
        "between": [entry.name for entry in found.group],
        "reason": found.reason,
    }


def _entry(timing: Timing) -> dict[str, Any]:
    """One contestant as plain data."""
    entry, rounds = timing.entry, sorted(timing.values)
    size = {"dim": entry.size.dim, "width": entry.size.width, "batch": entry.size.batch}
    return {
        "name": entry.name,
        "who": entry.who,
        "task": entry.task,
        "method": entry.method,
        "flow": entry.flow,
        **size,
        "unit": _unit(entry),
        "taken": dict(vars(spread(list(timing.values.values())))),
        "loops": timing.loops,
        "every": rounds[1] - rounds[0] if len(rounds) > 1 else 1,
        "first": timing.first,
        "error_over_bound": timing.error,
        "note": NOTES.get(entry.who, ""),
    }


def _unit(entry: Entry) -> str:
    """What is measured of an entry, as pyperf calls it."""
    return "byte" if entry.task == "memory" else "second"


def suite(tables: Mapping[str, Sequence[Timing]]) -> Any:
    """Return all samples as a suite of pyperf, as in its files; None where there are none."""
    import pyperf

    benchmarks = []
    for table, found in tables.items():
        for timing in found:
            metadata = {
                "name": f"{table}: {timing.entry.name}",
                "unit": _unit(timing.entry),
                "loops": timing.loops,
            }
            values = [timing.values[k] for k in sorted(timing.values)]
            run = pyperf.Run(values, metadata=metadata, collect_metadata=False)
            benchmarks.append(pyperf.Benchmark([run]))
    if not benchmarks:
        return None
    file = io.StringIO()
    pyperf.BenchmarkSuite(benchmarks).dump(file)
    return json.loads(file.getvalue())
