"""Reports to make pages of: one with everything in it, and a page as a tree."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from typing import Any

import pytest

from iaf_ref_conformance.agreement import Agreement
from iaf_ref_conformance.agreement_distance import EQUAL, Distance
from iaf_ref_conformance.checks import Outcome
from iaf_ref_conformance.diagnosis import Diagnosis
from iaf_ref_conformance.html import page
from iaf_ref_conformance.report import report
from iaf_ref_conformance.run import Result, Run

HOSTILE = (
    "</style><script>alert('x')</script>\"<img src=//evil.example/x onerror=a()>{{ 7*7 }}&amp;"
)
VOID = {"meta", "link", "br", "img", "hr", "input", "base", "area", "col", "wbr"}

PASSED = Result("a-1", ("NET-1", "STEP-6"), "forward", Outcome("passed", 0.25, 2.0**-26))
EXACT = Result("b-2", ("MASK-5",), "masks", Outcome("passed", 0.0))
FAR = Result(
    "c-3",
    ("STEP-6", "NUM-3"),
    "forward",
    Outcome(
        "failed", 3.0, 2.0**-22,
        "STEP-6: y[0]: off; first to differ: the output mask; looks like: two signs (STEP-6)",
        "two signs (STEP-6)",
    ),
)  # fmt: skip
RAISED = Result("d-4", ("NUM-2",), "rows", Outcome("failed", None, None, "raised ValueError: no"))
LACKING = Result("e-5", ("MASK-4",), "masks", Outcome("unsupported", reason="no masks"))
MIXED = (PASSED, EXACT, FAR, RAISED, LACKING)


def run_of(*results: Result, subject: str = "numpy", expected: int | None = None) -> Run:
    count = len(results) if expected is None else expected
    switches = {"numpy": "2", "switch fast": "off"}
    return Run(subject, "cpu", "float32", "ieee-f32", switches, count, results)


@pytest.fixture(scope="session")
def everything() -> dict[str, Any]:
    """A report in which whatever a stranger may say is hostile, and everything occurs."""
    wrong = Outcome("failed", float("inf"), None, HOSTILE, HOSTILE)
    odd = Result(HOSTILE, ("NET-1",), HOSTILE, wrong)
    none = Result("f-6", ("DENS-1",), "log_prob", Outcome("unsupported", reason=HOSTILE))
    found = Diagnosis(None, 0, HOSTILE)
    hostile = replace(
        run_of(odd, none, subject=HOSTILE),
        device=HOSTILE,
        environment={HOSTILE: HOSTILE, f"switch {HOSTILE}": HOSTILE, "nul": "\x00\ud800\x9f"},
        diagnosis=found,
        uncovered={"INV-3": HOSTILE},
    )
    agreed = [
        Agreement("numpy", HOSTILE, "float32", "NET-1", 3, Distance(False, 8.0, float("inf"))),
        Agreement("numpy", HOSTILE, "float32", "STEP-6", 3, EQUAL),
    ]
    selected = {"cases": [HOSTILE], "clauses": ["NET-*"]}
    runs = [run_of(PASSED, EXACT), run_of(*MIXED, subject="own"), hostile]
    return report(runs, "0.1.0", selected, {HOSTILE: HOSTILE}, agreed)


@dataclass
class Element:
    """An element of a page, with the text of all that is in it."""

    tag: str
    attributes: dict[str, str | None]
    text: str = ""
    inside: tuple[str, ...] = field(default=())


class Tree(HTMLParser):
    """Elements of a page; each has to end where it should."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        assert len(dict(attributes)) == len(attributes)
        inside = tuple(each.tag for each in self._open)
        self.elements.append(Element(tag, dict(attributes), inside=inside))
        if tag not in VOID:
            self._open.append(self.elements[-1])

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        assert "svg" in [each.tag for each in self._open]  # elsewhere, HTML has no such thing
        self.handle_starttag(tag, attributes)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        for each in self._open:
            each.text += data

    def all(self, tag: str, of_class: str = "") -> list[Element]:
        return [
            each
            for each in self.elements
            if each.tag == tag
            and (not of_class or of_class in (each.attributes.get("class") or "").split())
        ]


@pytest.fixture(scope="session")
def tree() -> Callable[..., Tree]:
    """The page of a report, as a tree."""
    return lambda document, told=None: Tree(page(document, told))
