"""The report that continuous integration reads: JUnit XML, one suite for each run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

from iaf_ref.storage import write_atomically

from .checks.outcome import FAILED, UNSUPPORTED
from .run import Result, Run

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write."""


def write_junit(path: Path, runs: Sequence[Run], missing: Mapping[str, str]) -> None:
    """Write a report, whole or not at all.

    Parameters
    ----------
    path : Path
    runs : sequence of Run
    missing : mapping
        Declared subjects that could not be had: an error each.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    root = ET.Element("testsuites", name="iaf-ref conform")
    for run in runs:
        _suite(root, run)
    for given, why in missing.items():
        name = _clean(given)
        suite = ET.SubElement(
            root, "testsuite", name=name, tests="1", errors="1", failures="0", skipped="0"
        )
        case = ET.SubElement(suite, "testcase", classname=name, name="subject")
        ET.SubElement(case, "error", message=_clean(why))
    content = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    write_atomically(path, content + b"\n")


def _suite(root: ET.Element, run: Run) -> None:
    """One run; cases that were expected and did not come count as one error."""
    counts, lost = run.counts, run.expected - len(run.results)
    name = _clean(f"{run.subject}.{run.dtype}")
    suite = ET.SubElement(
        root,
        "testsuite",
        name=name,
        tests=str(len(run.results) + bool(lost)),
        failures=str(counts["failed"]),
        errors=str(int(bool(lost))),
        skipped=str(counts["unsupported"]),
    )
    _properties(suite, run)
    for result in run.results:
        _case(suite, name, result)
    if lost:
        case = ET.SubElement(suite, "testcase", classname=name, name="manifest")
        message = f"expected {run.expected} cases, got {len(run.results)}"
        ET.SubElement(case, "error", message=message)


def _properties(suite: ET.Element, run: Run) -> None:
    """What the run comes to: where, held to what, and, where it failed, why."""
    precision = run.effective_precision
    said = {
        "device": run.device,
        "profile": run.profile,
        "verdict": run.verdict,
        "effective_precision": "" if precision is None else repr(precision),
        "diagnosis": "" if run.diagnosis is None else run.diagnosis.sentence,
    }
    properties = ET.SubElement(suite, "properties")
    for name, value in said.items():
        if value:
            ET.SubElement(properties, "property", name=name, value=_clean(value))


def _case(suite: ET.Element, classname: str, result: Result) -> None:
    """One case."""
    case = ET.SubElement(suite, "testcase", classname=f"{classname}.{result.check}", name=result.id)
    if result.outcome.status == FAILED:
        ET.SubElement(case, "failure", message=_clean(result.outcome.reason))
    elif result.outcome.status == UNSUPPORTED:
        ET.SubElement(case, "skipped", message=_clean(result.outcome.reason))


def _clean(text: str) -> str:
    """Replace what XML cannot hold."""
    return _FORBIDDEN.sub("?", text)
