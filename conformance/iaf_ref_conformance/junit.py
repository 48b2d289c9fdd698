"""The report that continuous integration reads: JUnit XML, one suite for each run.

There are two common schemas, that of Jenkins (``junit-10.xsd``) and the stricter one of the Ant
task (``JUnit.xsd`` of windyroad/JUnit-Schema). What is written here satisfies both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree as ET

from iaf_ref.storage import write_atomically

from .checks.outcome import FAILED, UNSUPPORTED
from .moment import moment
from .run import Result, Run

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write."""
_TIME = "0"  # the schemas want seconds; numbers are judged here, and nothing is timed
_HOST = "localhost"  # the properties say on what it ran, and no more


def write_junit(
    path: Path, runs: Sequence[Run], missing: Mapping[str, str], date: datetime | None = None
) -> None:
    """Write a report, whole or not at all.

    Parameters
    ----------
    path : Path
    runs : sequence of Run
    missing : mapping
        Declared subjects that could not be had: an error each.
    date : datetime, optional
        Of the runs, in UTC; default: now.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    root = ET.Element("testsuites")
    when = moment() if date is None else date
    for run in runs:
        _run(root, run, when)
    for given, why in missing.items():
        name = _clean(given) or "subject"
        suite = _suite(root, name, when, tests=1, errors=1)
        _case(suite, name, "subject", ("error", {"type": "missing", "message": why}))
        _end(suite)
    content = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    write_atomically(path, content + b"\n")


def _run(root: ET.Element, run: Run, when: datetime) -> None:
    """One run; cases that were expected and did not come count as one error."""
    counts, lost = run.counts, run.expected - len(run.results)
    name = _clean(f"{run.subject}.{run.dtype}")
    suite = _suite(
        root,
        name,
        when,
        _said(run).items(),
        tests=len(run.results) + bool(lost),
        failures=counts["failed"],
        errors=int(bool(lost)),
        skipped=counts["unsupported"],
    )
    for result in run.results:
        _case(suite, f"{name}.{result.check}", result.id, _ended(result))
    if lost:
        message = f"expected {run.expected} cases, got {len(run.results)}"
        _case(suite, name, "manifest", ("error", {"type": "incomplete", "message": message}))
    _end(suite)


def _said(run: Run) -> dict[str, str]:
    """What the run comes to: where, held to what, and, where it failed, why."""
    precision = run.effective_precision
    return {
        **run.environment,
        "device": run.device,
        "profile": run.profile,
        "verdict": run.verdict,
        "effective_precision": "" if precision is None else repr(precision),
        "diagnosis": "" if run.diagnosis is None else run.diagnosis.sentence,
    }


def _suite(
    root: ET.Element,
    name: str,
    when: datetime,
    properties: Iterable[tuple[str, str]] = (),
    **counts: int,
) -> ET.Element:
    """Begin a suite: its numbers, and where it ran."""
    numbers = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0, **counts}
    attributes = {
        "id": str(len(root)),
        "package": "iaf_ref_conformance",
        "name": name,
        "timestamp": f"{when:%Y-%m-%dT%H:%M:%S}",
        "hostname": _HOST,
        "time": _TIME,
        **{key: str(number) for key, number in numbers.items()},
    }
    suite = ET.SubElement(root, "testsuite", attributes)
    known = ET.SubElement(suite, "properties")
    for key, value in properties:
        if value:
            ET.SubElement(known, "property", name=_clean(key) or "?", value=_clean(value))
    return suite


def _end(suite: ET.Element) -> None:
    """End a suite: what it printed is not kept, and has its place all the same."""
    ET.SubElement(suite, "system-out")
    ET.SubElement(suite, "system-err")


def _ended(result: Result) -> tuple[str, dict[str, str]] | None:
    """Element and attributes of a case that did not pass."""
    reason = result.outcome.reason
    if result.outcome.status == FAILED:
        return "failure", {"type": result.check, "message": reason}
    return ("skipped", {"message": reason}) if result.outcome.status == UNSUPPORTED else None


def _case(
    suite: ET.Element, classname: str, name: str, ended: tuple[str, dict[str, str]] | None
) -> None:
    """One case."""
    case = ET.SubElement(suite, "testcase", classname=classname, name=_clean(name), time=_TIME)
    if ended is not None:
        element, attributes = ended
        ET.SubElement(case, element, {key: _clean(text) for key, text in attributes.items()})


def _clean(text: str) -> str:
    """Replace what XML cannot hold."""
    return _FORBIDDEN.sub("?", text)
