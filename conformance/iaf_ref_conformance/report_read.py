"""A report read back, with suspicion: by its schema, its seal, and what its numbers say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from reprlib import repr as shortly
from typing import Any

from jsonschema import Draft202012Validator

from iaf_ref_backends import profiles

from .answers import decode
from .checks import Outcome
from .diagnosis import Diagnosis
from .report import SCHEMA, schema, seal
from .run import Result, Run

_LARGEST = 2**26
"""Bytes of a report that are read; one of eight whole runs has 4 MB."""


class NoReportError(ValueError):
    """The file is no report: "expected ..., got ..."."""


class ForeignReportError(ValueError):
    """A report that breaks its schema, its seal, or what its numbers say of each other."""


@dataclass(frozen=True)
class Loaded:
    """A report: the version of the specification, the runs, and all of it as plain data."""

    spec_version: str
    runs: tuple[Run, ...]
    document: Mapping[str, Any]


def read(path: Path) -> Loaded:
    """Read a report.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Loaded

    Raises
    ------
    NoReportError
        Not to be read, not JSON, or JSON of something else.
    ForeignReportError
        Not what the schema says, or changed after it was written.
    """
    document = _document(path)
    try:
        _check(document)
        return Loaded(document["spec_version"], runs_of(document), document)
    except ForeignReportError as error:
        raise ForeignReportError(f"{path}: {error}") from error
    except (ValueError, RecursionError) as error:
        raise ForeignReportError(
            f"{path}: expected entries that fit one another, got others: {error}"
        ) from error


def _check(document: dict[str, Any]) -> None:
    """Refuse what is not as the schema says, or not as it was written."""
    problem = next(Draft202012Validator(schema()).iter_errors(document), None)
    if problem is not None:
        place = "/".join(map(str, problem.absolute_path)) or "the report"
        message = problem.message if len(problem.message) < 200 else problem.message[:200] + " ..."
        raise ForeignReportError(f"expected a report by its schema, got at {place}: {message}")
    if document["sha256"] != seal(document):
        raise ForeignReportError(
            f"expected a report as it was written, got one whose sha256 is {seal(document)}"
        )


def _document(path: Path) -> dict[str, Any]:
    """JSON that claims to be a report."""
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except (OSError, ValueError) as error:  # a path with a NUL is a ValueError
        why = getattr(error, "strerror", None) or error
        raise NoReportError(f"{path}: expected a report, got {why}") from error
    if len(content) > _LARGEST:
        raise NoReportError(
            f"{path}: expected a report of at most {_LARGEST >> 20} MiB, got a larger file"
        )
    try:
        document = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise NoReportError(f"{path}: expected a report in JSON, got {error}") from error
    claimed = document.get("schema") if isinstance(document, dict) else None
    if claimed != SCHEMA:
        raise NoReportError(f"{path}: expected a report of schema {SCHEMA}, got {shortly(claimed)}")
    return document  # type: ignore[no-any-return]


def runs_of(document: Mapping[str, Any]) -> tuple[Run, ...]:
    """Runs of a report, judged on the clauses that were asked for.

    A report has no ratios under other profiles than a run's own, and no mistakes case by case, so
    that ``Run.effective_precision`` and ``Run.mistakes`` are those of the report, and not of these.

    Raises
    ------
    ValueError
        An unknown profile, counts that are not those of the cases, or answers that are no arrays.
    """
    judged = tuple((document["selected"] or {}).get("clauses", ()))
    return tuple(_run(data, judged) for data in document["runs"])


def _run(data: Mapping[str, Any], judged: tuple[str, ...]) -> Run:
    """A run from plain data."""
    held = profiles.load(data["profile"])
    if held.dtype != data["dtype"]:
        raise ValueError(
            f"profile: expected one for {data['dtype']}, got {held.name}, which is for {held.dtype}"
        )
    found = data["diagnosis"]
    run = Run(
        data["subject"],
        data["device"],
        data["dtype"],
        data["profile"],
        data["environment"],
        int(data["counts"]["expected"]),
        tuple(_result(case) for case in data["cases"]),
        None if found is None else Diagnosis(**found),
        judged=judged,
        uncovered=data["uncovered"],
    )
    if len({result.id for result in run.results}) != len(run.results):
        raise ValueError("cases: expected each id once, got one twice")
    if run.counts != data["counts"]:
        raise ValueError(f"counts: expected {run.counts}, as its cases are, got {data['counts']}")
    return run


def _result(data: Mapping[str, Any]) -> Result:
    """One result from plain data."""
    outcome = Outcome(data["status"], data["ratio"], None, data["reason"])
    answers = decode(data["answers"])
    return Result(data["id"], tuple(data["clauses"]), data["check"], outcome, answers)
