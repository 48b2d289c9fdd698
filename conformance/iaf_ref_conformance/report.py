"""The report that machines read: a JSON document, with ``schemas/report.schema.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib import resources
from pathlib import Path
from typing import Any

from iaf_ref.storage import write_atomically

from .agreement import Agreement
from .answers import encode
from .checks.outcome import finite
from .run import Result, Run
from .store import sha256

SCHEMA = "iaf-ref-report/1"
"""Name and version of the format."""


def report(
    runs: Sequence[Run],
    spec_version: str,
    selected: Mapping[str, Sequence[str]] | None = None,
    missing: Mapping[str, str] | None = None,
    agreement: Sequence[Agreement] = (),
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
    agreement : sequence of Agreement
        Of every two runs of a dtype.

    Returns
    -------
    dict
        Sealed by the sha256 of all the rest.
    """
    body = {
        "schema": SCHEMA,
        "spec_version": spec_version,
        "selected": None
        if selected is None
        else {name: list(globs) for name, globs in selected.items()},
        "missing": [{"subject": name, "reason": why} for name, why in (missing or {}).items()],
        "runs": [_run(run) for run in runs],
        "agreement": [agreed(each) for each in agreement],
    }
    return {**body, "sha256": seal(body)}


def seal(document: Mapping[str, Any]) -> str:
    """Sha256 of a report without its seal, as JSON on one line with sorted keys."""
    body = {name: value for name, value in document.items() if name != "sha256"}
    return sha256(json.dumps(body, sort_keys=True, allow_nan=False).encode())


def agreed(each: Agreement) -> dict[str, Any]:
    """One line of agreement as plain data."""
    return {
        "a": each.a,
        "b": each.b,
        "dtype": each.dtype,
        "clause": each.clause,
        "cases": each.cases,
        "bitwise": each.distance.bitwise,
        "ulps": finite(each.distance.ulps),
        "bound_units": finite(each.distance.units),
        "within": each.within,
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
        "uncovered": dict(run.uncovered),
        "effective_precision": finite(run.effective_precision),
        "diagnosis": None if run.diagnosis is None else asdict(run.diagnosis),
        "mistakes": dict(run.mistakes.most_common()),
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
        "answers": encode(result.answers),
    }


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Write a report, whole or not at all.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    write_atomically(path, (json.dumps(document, indent=1, allow_nan=False) + "\n").encode())


def schema(name: str = "report") -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a report, or of a comparison of two."""
    home = resources.files(__package__).joinpath("schemas", f"{name}.schema.json")
    text = home.read_text("utf-8")
    return json.loads(text)  # type: ignore[no-any-return]
