"""JUnit XML by the facts of the two common schemas, which are written down here.

Jenkins' ``junit-10.xsd`` takes whatever the schema of the Ant task takes (``JUnit.xsd`` of
windyroad/JUnit-Schema), which wants more, in this order, and nothing else.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from iaf_ref_conformance.checks import Outcome
from iaf_ref_conformance.junit import write_junit
from iaf_ref_conformance.moment import moment
from iaf_ref_conformance.run import Result, Run

NUMBER, DECIMAL = re.compile(r"-?\d+"), re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
TIMESTAMP = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}")  # no time zone may be said
SOME, ANY = re.compile(r"(?s).*\S.*"), re.compile(r"(?s).*")
TOLD = {"message": ANY, "type": ANY}


@dataclass(frozen=True)
class Kind:
    """Attributes that an element has to have, those that it may have, and what is inside it."""

    required: dict[str, re.Pattern[str]]
    optional: dict[str, re.Pattern[str]]
    inside: str = ""  # a pattern for the tags, each with a blank behind it


COUNTS = dict.fromkeys(("id", "tests", "failures", "errors"), NUMBER)
NAMES = dict.fromkeys(("name", "hostname"), SOME)
SUITE = {**COUNTS, **NAMES, "package": ANY, "timestamp": TIMESTAMP, "time": DECIMAL}
SCHEMA = {
    "testsuites": Kind({}, {}, "(testsuite )*"),
    "testsuite": Kind(SUITE, {"skipped": NUMBER}, "properties (testcase )*system-out system-err "),
    "properties": Kind({}, {}, "(property )*"),
    "property": Kind({"name": SOME, "value": ANY}, {}),
    "testcase": Kind(
        {"name": ANY, "classname": ANY, "time": DECIMAL}, {}, "(skipped |error |failure )?"
    ),
    "skipped": Kind({}, {"message": ANY}),  # of any type, and other readers take a message
    "error": Kind({"type": ANY}, TOLD),
    "failure": Kind({"type": ANY}, TOLD),
    "system-out": Kind({}, {}),
    "system-err": Kind({}, {}),
}

PASSED = Result("a-1", ("NET-1",), "forward", Outcome("passed", 0.25))
FAILED = Result("b-2", ("NET-1",), "forward", Outcome("failed", 3.0, reason="off <by> 3\n\x00"))
LACKING = Result("c-3", ("MASK-4",), "masks", Outcome("unsupported", reason="no masks"))
RUN = Run(
    "mine", "cpu", "float32", "ieee-f32", {"numpy": "2", "": "<&"}, 3, (PASSED, FAILED, LACKING)
)
DATE = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def breaches(element: ET.Element) -> list[str]:
    """What an element, and all that is inside it, has otherwise than the schema."""
    kind = SCHEMA[element.tag]
    known = {**kind.optional, **kind.required}
    found = [f"{element.tag}: no {name}" for name in kind.required if name not in element.attrib]
    found += [
        f"{element.tag}: {name}={value!r}"
        for name, value in element.attrib.items()
        if name not in known or known[name].fullmatch(value) is None
    ]
    inside = "".join(f"{child.tag} " for child in element)
    if re.fullmatch(kind.inside, inside) is None:
        found.append(f"{element.tag}: {inside}")
    return found + [breach for child in element for breach in breaches(child)]


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., ET.Element]:
    def write(runs: list[Run], missing: dict[str, str] | None = None) -> ET.Element:
        write_junit(tmp_path / "out.xml", runs, missing or {}, DATE)
        return ET.parse(tmp_path / "out.xml").getroot()  # noqa: S314 - our own

    return write


@pytest.mark.parametrize(
    ("runs", "missing"),
    [
        ([RUN], {}),
        ([RUN, replace(RUN, expected=9)], {"torch": "not installed", "\x00": "gone", "": "?"}),
        ([replace(RUN, results=(), expected=0, subject="<a b>\ud800", environment={})], {}),
        ([], {}),
    ],
)
def test_what_is_written_is_what_the_schemas_say(
    written: Callable[..., ET.Element], runs: list[Run], missing: dict[str, str]
) -> None:
    root = written(runs, missing)
    assert breaches(root) == []
    assert [suite.get("id") for suite in root] == [str(k) for k in range(len(runs) + len(missing))]
    for suite in root:
        inside = [[child.tag for child in case] for case in suite.iter("testcase")]
        assert suite.get("tests") == str(len(inside))
        for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert suite.get(count) == str(inside.count([tag]))


@pytest.mark.parametrize(
    ("change", "breach"),
    [
        (lambda suite: suite.attrib.pop("package"), "testsuite: no package"),
        (lambda suite: suite.set("timestamp", "2026-01-02T03:04:05Z"), "timestamp='2026"),
        (lambda suite: suite.set("group", "x"), "testsuite: group='x'"),
        (lambda suite: suite.remove(suite[-1]), "testsuite: properties "),
        (lambda suite: suite[2][0].attrib.pop("type"), "failure: no type"),
        (lambda suite: ET.SubElement(suite[1], "failure", type="a").tail, ""),
        (lambda suite: ET.SubElement(suite[2], "error", type="a").tail, "testcase: failure error"),
    ],
)
def test_a_breach_is_seen(
    written: Callable[..., ET.Element], change: Callable[[ET.Element], object], breach: str
) -> None:
    root = written([RUN])
    change(root[0])
    found = breaches(root)
    assert len(found) == bool(breach)
    assert breach in "".join(found)


def test_a_suite_says_where_and_when_it_ran(written: Callable[..., ET.Element]) -> None:
    (suite,) = written([RUN])
    known = [(each.get("name"), each.get("value")) for each in suite.iter("property")]
    assert known[:4] == [("numpy", "2"), ("?", "<&"), ("device", "cpu"), ("profile", "ieee-f32")]
    assert suite.get("timestamp") == "2026-01-02T03:04:05"


@pytest.mark.parametrize("given", ["", "soon", "1e9", str(10**30)])
def test_the_time_is_now_unless_it_is_given(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", given)
    before = datetime.now(UTC).replace(microsecond=0)
    assert before <= moment() <= datetime.now(UTC)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert moment() == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
