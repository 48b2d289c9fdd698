"""The report that machines read: a JSON document, with ``schemas/report.schema.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from iaf_ref.storage import write_atomically

from .checks.outcome import finite
from .run import Result, Run

SCHEMA = "iaf-ref-report/1"
"""Name and version of the format."""


def report(
    runs: Sequence[Run],
    spec_version: str,
    selected: Mapping[str, Sequence[str]] | None = None,
    missing: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return the report as plain data.

    Parameters
    ----------
    runs : sequence of Run
    spec_version : str
        As of the manifest.
    selected : mapping, optional
        Patterns of cases and of clauses, where not all cases were asked for.
    missing : mapping, optional
        Declared subjects that could not be had, and why.

    Returns
    -------
    dict
    """
    return {
        "schema": SCHEMA,
        "spec_version": spec_version,
        "selected": None
        if selected is None
        else {name: list(globs) for name, globs in selected.items()},
        "missing": [{"subject": name, "reason": why} for name, why in (missing or {}).items()],
        "runs": [_run(run) for run in runs],
        "agreement": [],
    }


def _run(run: Run) -> dict[str, Any]:
    """One run as plain data."""
    return {
        "subject": run.subject,
        "device": run.device,
        "dtype": run.dtype,
        "profile": run.profile,
        "environment": run.environment,
        "counts": run.counts,
        "effective_precision": finite(run.effective_precision),
        "cases": [_case(result) for result in run.results],
    }


def _case(result: Result) -> dict[str, Any]:
    """One result as plain data; JSON has no infinity, so that a ratio of it becomes null."""
    return {
        "id": result.id,
        "clauses": list(result.clauses),
        "check": result.check,
        "status": result.outcome.status,
        "ratio": finite(result.outcome.ratio),
        "reason": result.outcome.reason,
    }


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Write a report, whole or not at all.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    write_atomically(path, (json.dumps(document, indent=1, allow_nan=False) + "\n").encode())


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a report."""
    text = resources.files(__package__).joinpath("schemas", "report.schema.json").read_text("utf-8")
    return json.loads(text)  # type: ignore[no-any-return]
