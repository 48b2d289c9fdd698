"""Two reports, of two machines maybe: read with suspicion, paired, and looked at side by side."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from reprlib import repr as shortly
from typing import Any

from jsonschema import Draft202012Validator

from iaf_ref_backends import profiles

from .answers import decode
from .checks import Outcome
from .checks.outcome import FAILED, PASSED, UNSUPPORTED
from .report import SCHEMA, schema, seal
from .run import Result, Run

Pair = tuple[Run, Run]
_LARGEST = 2**26
"""Bytes of a report that are read; one of eight whole runs has 4 MB."""


class NoReportError(ValueError):
    """The file is no report: "expected ..., got ..."."""


class ForeignReportError(ValueError):
    """A report that breaks its schema, its seal, or what its numbers say of each other."""


@dataclass(frozen=True)
class Loaded:
    """A report: the version of the specification, and runs."""

    spec_version: str
    runs: tuple[Run, ...]


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
        return Loaded(document["spec_version"], _runs(document))
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


def _runs(document: Mapping[str, Any]) -> tuple[Run, ...]:
    """The runs of a report, judged on the clauses that were asked for."""
    judged = tuple((document["selected"] or {}).get("clauses", ()))
    return tuple(_run(data, judged) for data in document["runs"])


def _run(data: Mapping[str, Any], judged: tuple[str, ...]) -> Run:
    """A run from plain data."""
    held = profiles.load(data["profile"])
    if held.dtype != data["dtype"]:
        raise ValueError(
            f"profile: expected one for {data['dtype']}, got {held.name}, which is for {held.dtype}"
        )
    run = Run(
        data["subject"],
        data["device"],
        data["dtype"],
        data["profile"],
        data["environment"],
        int(data["counts"]["expected"]),
        tuple(_result(case) for case in data["cases"]),
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


def partners(a: Sequence[Run], b: Sequence[Run]) -> list[Pair]:
    """Pair the runs of two reports: the same subject in the same dtype.

    Where no subject is in both, as with one library here and another there, all runs of a dtype are
    paired.
    """
    same = [(x, y) for x in a for y in b if (x.subject, x.dtype) == (y.subject, y.dtype)]
    return same or [(x, y) for x in a for y in b if x.dtype == y.dtype]


def unpaired(runs: Sequence[Run], pairs: Sequence[Pair], side: int) -> list[str]:
    """Names of the runs of one report that no run of the other is held against."""
    used = {id(pair[side]) for pair in pairs}
    return [f"{run.subject} {run.dtype}" for run in runs if id(run) not in used]


def other_cases(pair: Pair) -> tuple[list[str], list[str]]:
    """Ids of cases that only the first run has, and of those that only the second has."""
    first, second = ({result.id for result in run.results} for run in pair)
    return sorted(first - second), sorted(second - first)


def environments(pair: Pair) -> dict[str, tuple[str | None, str | None]]:
    """What is different about where two runs took place; None: not said."""
    first, second = ({**run.environment, "device": run.device} for run in pair)
    names = dict.fromkeys([*first, *second])
    return {
        name: (first.get(name), second.get(name))
        for name in names
        if first.get(name) != second.get(name)
    }


def verdicts(pair: Pair) -> Iterator[tuple[str, str, str]]:
    """Yield the cases that ended in two ways: id, and how in each run."""
    second = {result.id: result.outcome.status for result in pair[1].results}
    for result in pair[0].results:
        status = result.outcome.status
        if second.get(result.id, status) != status:
            yield result.id, status, second[result.id]


def contradictions(pair: Pair) -> int:
    """Cases that passed in one run and failed in the other; unsupported contradicts nothing."""
    return sum({one, other} == {PASSED, FAILED} for _, one, other in verdicts(pair))


def conclusions(pair: Pair) -> str:
    """What was concluded of both runs, in one line."""
    said = [f"{run.verdict} ({run.count(UNSUPPORTED)} unsupported)" for run in pair]
    return said[0] if said[0] == said[1] else " / ".join(said)
