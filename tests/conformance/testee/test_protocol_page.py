"""PROTOCOL.md: what it shows is valid, is what the suite says, and passes."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from iaf_ref_backends import profiles
from iaf_ref_conformance import corpus
from iaf_ref_conformance.checks import patience
from iaf_ref_conformance.run import judge
from iaf_ref_conformance.testee import messages, process
from iaf_ref_conformance.testee.session import _ENOUGH
from iaf_ref_conformance.testee.wire import read_array
from iaf_ref_conformance.verify import schema

CONFORMANCE = Path(__file__).resolve().parents[3] / "conformance"
PAGE = (CONFORMANCE / "PROTOCOL.md").read_text(encoding="utf-8")
SHOWN = [
    json.loads(text) for text in re.findall(r"^```json\n(.+?)^```", PAGE, re.MULTILINE | re.DOTALL)
]
ASKED = {m["seq"]: m for m in SHOWN if m.get("cmd") == "ask"}
ANSWERED = {m["seq"]: m["values"] for m in SHOWN if "values" in m}


def kind(message: dict[str, Any]) -> str:
    if "cmd" in message:
        return message["cmd"]
    return "answer" if "seq" in message else "announcement"


@pytest.mark.parametrize("message", SHOWN, ids=lambda m: f"{kind(m)}-{m.get('seq', '')}")
def test_a_message_that_is_shown_is_valid(message: dict[str, Any]) -> None:
    Draft202012Validator(schema(f"testee-{kind(message)}")).validate(message)


def test_every_kind_of_message_is_shown() -> None:
    assert {kind(m) for m in SHOWN} == {"start", "announcement", "ask", "answer", "stop"}
    answers = [set(m) - {"seq"} for m in SHOWN if kind(m) == "answer"]
    assert {"values"} in answers
    assert {"unsupported"} in answers
    assert {"error"} in answers
    assert messages.start() in SHOWN
    assert messages.stop() in SHOWN


class Shown:
    """The answers of the page, as a subject."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    def forward(self, case: Any, x: Any, context: Any) -> tuple[np.ndarray, ...]:
        return tuple(read_array(n, self.values[n], case.dtype) for n in ("y", "log_det"))

    def masks(self, case: Any) -> list[np.ndarray]:
        return [read_array("masks", mask, "bool") for mask in self.values["masks"]]


@pytest.mark.parametrize("seq", sorted(ASKED))
def test_a_question_that_is_shown_is_put_so_and_its_answer_passes(seq: int) -> None:
    shown = ASKED[seq]
    case = corpus.load().case(shown["case"], shown["dtype"])
    inputs = {name: case.input(name) for name in shown["inputs"]}
    assert shown == messages.ask(seq, case, shown["question"], inputs)
    assert judge(case, Shown(ANSWERED[seq]), profiles.load("ieee-f32")).status == "passed"


def test_the_questions_are_the_table() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (?:none|`[xy]`.*?) \| (.+?) \|$", PAGE, re.MULTILINE)
    assert [name for name, _ in rows] == list(messages.QUESTIONS)
    for name, values in rows:
        assert tuple(re.findall(r"`(masks|y|x|log_\w+)`", values)) == messages.QUESTIONS[name]


def test_the_numbers_are_those_of_the_program() -> None:
    assert f"above {process.LONGEST // 2**20} MiB" in PAGE
    assert (_ENOUGH, patience._ENOUGH) == (3, 3)
    assert "After three answers" in PAGE
    assert "after three starts" in PAGE
    assert f"at most {3 * len(messages.QUESTIONS)} times `--timeout`" in PAGE
    assert process._GRACE == 1.0
    assert "after one second you are killed" in PAGE


def test_the_limits_are_those_of_the_corpus() -> None:
    dims, widths = set(), set()

    def look(text: dict[str, Any]) -> None:
        dims.add(len(text.get("degrees", text.get("order", []))))
        widths.update(map(len, text.get("hidden_degrees", [])))
        for part in (*text.get("transforms", []), *filter(None, [text.get("transform")])):
            look(part)

    rows = set()
    for case in corpus.load().cases():
        look(case.text)
        rows.update(len(a) for name, a in case.stored.items() if name == "input.y" and a.ndim == 2)
    assert f"D is at most {max(dims)}, and a layer has at most {max(widths)} units" in PAGE
    assert f"{max(rows)} numbers in the\nlargest" in PAGE
    assert "longer than 256 KiB" in PAGE  # test_messages.py measures


def test_the_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)", PAGE):
        assert (CONFORMANCE / target).exists(), target
