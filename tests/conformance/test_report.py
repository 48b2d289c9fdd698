"""What is written: JSON that its schema accepts, JUnit XML, tables that a person reads."""

import io
import json
import stat
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from jsonschema import Draft202012Validator
from rich.console import Console

from iaf_ref_conformance.agreement import Agreement
from iaf_ref_conformance.agreement_distance import EQUAL, Distance
from iaf_ref_conformance.answers import Answer
from iaf_ref_conformance.checks import Outcome
from iaf_ref_conformance.diagnosis import Diagnosis
from iaf_ref_conformance.junit import write_junit
from iaf_ref_conformance.report import report, schema, seal, write_json
from iaf_ref_conformance.run import Result, Run
from iaf_ref_conformance.summary import power, ratio
from iaf_ref_conformance.table import reasons, rows, shorten, show

PASSED = Result("a-1", ("NET-1", "STEP-6"), "forward", Outcome("passed", 0.25, 2.0**-26))
FAILED = Result(
    "b-2", ("STEP-6",), "forward", Outcome("failed", 3.0, 2.0**-22, "STEP-6: y[0]: off")
)
INFINITE = Result("c-3", ("NUM-2",), "rows", Outcome("failed", float("inf"), None, "a \x00 & <b>"))
LACKING = Result("d-4", ("MASK-4",), "masks", Outcome("unsupported", reason="no masks"))


DIAGNOSIS = Diagnosis("tf32", 2, "fails ieee-f32, conforms to tf32: TF32 is on; switch it off")


def run_of(*results: Result, expected: int | None = None) -> Run:
    count = len(results) if expected is None else expected
    return Run("mine", "cpu", "float32", "ieee-f32", {"numpy": "2"}, count, results)


MIXED = run_of(PASSED, FAILED, INFINITE, LACKING)


def test_the_schema_is_a_schema() -> None:
    for name in ("report", "comparison"):
        Draft202012Validator.check_schema(schema(name))


@pytest.mark.parametrize("run", [MIXED, run_of(PASSED), run_of(), run_of(PASSED, expected=9)])
def test_a_report_follows_its_schema(run: Run, tmp_path: Path) -> None:
    selected = {"cases": ["a-*"], "clauses": []}
    path = tmp_path / "out.json"
    write_json(path, report([run], "0.1.0", selected, {"torch": "not installed"}))
    document = json.loads(path.read_text())
    Draft202012Validator(schema()).validate(document)
    assert document["selected"] == selected
    assert document["missing"] == [{"subject": "torch", "reason": "not installed"}]
    assert [case["id"] for case in document["runs"][0]["cases"]] == [r.id for r in run.results]


def test_a_report_says_what_section_8_says() -> None:
    document = report([MIXED], "0.1.0")
    assert {"schema", "spec_version", "runs", "agreement"} <= set(document)
    assert document["selected"] is None
    assert document["agreement"] == []
    (run,) = document["runs"]
    assert run["counts"] == {"expected": 4, "run": 3, "passed": 1, "failed": 2, "unsupported": 1}
    assert run["effective_precision"] == 2.0**-22
    assert [case["ratio"] for case in run["cases"]] == [0.25, 3.0, None, None]


def test_a_report_holds_answers_agreement_and_diagnosis(tmp_path: Path) -> None:
    value = np.asarray([0.5, 1.0], dtype=np.float32)
    said = replace(PASSED, answers=(Answer("forward", "", (value, value)),))
    run = replace(run_of(said, FAILED), diagnosis=DIAGNOSIS)
    agreed = [
        Agreement("a", "b", "float32", "NET-1", 3, EQUAL),
        Agreement("a", "b", "float32", "NET-2", 3, Distance(False, float("inf"), None)),
    ]
    path = tmp_path / "out.json"
    write_json(path, report([run], "0.1.0", agreement=agreed))
    document = json.loads(path.read_text())
    Draft202012Validator(schema()).validate(document)
    assert document["sha256"] == seal(document)
    (array, _) = document["runs"][0]["cases"][0]["answers"][0]["values"]
    assert array == {"dtype": "float32", "shape": [2], "data": "AAAAPwAAgD8="}
    assert document["runs"][0]["diagnosis"]["sentence"] == DIAGNOSIS.sentence
    assert [each["bitwise"] for each in document["agreement"]] == [True, False]
    assert [each["ulps"] for each in document["agreement"]] == [0.0, None]


def test_the_verdict_names_what_a_failing_run_conforms_to() -> None:
    text = printed(replace(MIXED, diagnosis=DIAGNOSIS))
    verdict = "mine float32 fails ieee-f32, conforms to tf32: TF32 is on; switch it off"
    assert f"{verdict} (2 of 3 cases failed; 2 have no bound at tf32)" in text


def test_reports_are_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    write_json(path, {"first": 1})
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(path, {"second": float("nan")})
    assert json.loads(path.read_text()) == {"first": 1}
    with pytest.raises(OSError, match="nosuch"):
        write_json(tmp_path / "nosuch" / "out.json", {})
    assert [p.name for p in tmp_path.iterdir()] == ["out.json"]
    assert stat.S_ISREG(path.stat().st_mode)


def test_junit_counts_and_names(tmp_path: Path) -> None:
    path = tmp_path / "out.xml"
    short = run_of(PASSED, expected=2)
    write_junit(path, [MIXED, short], {"torch": "not installed"})
    mixed, lost, missing = ET.parse(path).getroot()  # noqa: S314 - our own
    names = ("name", "tests", "failures", "errors", "skipped")
    assert [mixed.get(name) for name in names] == ["mine.float32", "4", "2", "0", "1"]
    cases = list(mixed.iter("testcase"))
    assert [case.get("name") for case in cases] == ["a-1", "b-2", "c-3", "d-4"]
    assert [[child.tag for child in case] for case in cases] == [
        [],
        ["failure"],
        ["failure"],
        ["skipped"],
    ]
    assert cases[2][0].get("message") == "a ? & <b>"
    assert (lost.get("tests"), lost.get("errors")) == ("2", "1")
    assert lost.findall("testcase")[1][0].get("message") == "expected 2 cases, got 1"
    assert missing.findall("testcase")[0][0].tag == "error"


def test_junit_says_what_a_run_comes_to_before_its_cases(tmp_path: Path) -> None:
    path = tmp_path / "out.xml"
    write_junit(path, [replace(MIXED, diagnosis=DIAGNOSIS), run_of(LACKING)], {})
    mixed, lacking = ET.parse(path).getroot()  # noqa: S314 - our own
    assert [child.tag for child in mixed] == [
        "properties",
        *["testcase"] * 4,
        "system-out",
        "system-err",
    ]
    said = {each.get("name"): each.get("value") for each in mixed[0]}
    assert said == {
        **MIXED.environment,
        "device": "cpu",
        "profile": "ieee-f32",
        "verdict": "fails",
        "effective_precision": repr(2.0**-22),
        "diagnosis": DIAGNOSIS.sentence,
    }
    names = {each.get("name") for each in lacking[0]} - set(MIXED.environment)
    assert names == {"device", "profile", "verdict"}


def printed(run: Run, quiet: bool = False, selected: bool = False, width: int = 120) -> str:
    stream = io.StringIO()
    show(Console(file=stream, width=width, no_color=True), run, quiet, selected)
    return stream.getvalue()


def test_the_table_has_a_row_for_each_clause_tested() -> None:
    table = {row.clause: row for row in rows(MIXED)}
    assert list(table) == ["MASK-4", "NET-1", "STEP-6", "NUM-2"]
    assert (table["STEP-6"].cases, table["STEP-6"].passed, table["STEP-6"].failed) == (2, 1, 1)
    assert table["STEP-6"].worst == 3.0
    text = printed(MIXED)
    assert "FAILED b-2 [float32] STEP-6: y[0]: off" in text
    assert "unsupported, 1 cases: no masks" in text
    assert "mine float32 fails ieee-f32: 2 of 3 cases failed" in text
    assert all(line == line.rstrip() for line in text.splitlines())


@pytest.mark.parametrize("width", [70, 80, 120])
def test_lines_fit_the_width(width: int) -> None:
    table = printed(MIXED, width=width).splitlines()[1:6]
    assert max(map(len, table)) <= width


@pytest.mark.parametrize("width", [20, 40, 60, 70])
def test_a_narrow_table_keeps_ids_and_numbers_whole(width: int) -> None:
    table = printed(MIXED, width=width).splitlines()[1:6]
    assert [line.split()[0] for line in table] == ["clause", *(row.clause for row in rows(MIXED))]
    assert table[3].split()[-5:] == ["2", "1", "1", "-", "3"]


def test_a_clause_on_an_algorithm_that_is_not_there_has_a_note_and_no_numbers() -> None:
    run = replace(run_of(PASSED), uncovered={"INV-3": "no blocked algorithm"})
    (line,) = [line for line in printed(run).splitlines() if line.startswith("INV-3")]
    assert " ".join(line.split()) == "INV-3 unsupported: no blocked algorithm - - - - -"
    assert run.verdict == "conforms"


def test_cases_on_what_a_subject_need_not_have_are_named_once() -> None:
    gradient = replace(LACKING, id="grad", clauses=("GRAD-1",))
    run = replace(run_of(PASSED, gradient), uncovered={"GRAD-1": "no gradient"})
    verdict = "mine float32 conforms to ieee-f32 without GRAD-1 (no gradient)\n"
    assert printed(run, quiet=True) == verdict
    assert "1 run and 1 unsupported, 2 of the manifest" in printed(run)
    some = replace(LACKING, id="some", clauses=("NET-1",))
    lines = printed(replace(run, results=(*run.results, some), expected=3), quiet=True).splitlines()
    part = "in the 1 cases that it supports, of 2 cases without GRAD-1 (no gradient)"
    assert lines == [
        f"unsupported, 1 cases: {some.outcome.reason}",
        f"mine float32 conforms to ieee-f32 {part}",
    ]


def test_what_was_not_measured_is_not_called_exact() -> None:
    unmeasured = replace(FAILED, outcome=Outcome("failed", reason="SHAPE-1: y: no"))
    assert "rounding   not measured" in printed(run_of(unmeasured))
    some = printed(run_of(PASSED, unmeasured))
    assert "error 0.25 of the derived bound; 1 cases failed before they were measured" in some
    hopeless = replace(run_of(PASSED, FAILED), diagnosis=Diagnosis(None, 0, "fails all"))
    assert "precision  not a matter of precision: no profile explains" in printed(hopeless)


def test_names_that_xml_cannot_hold_are_cleaned(tmp_path: Path) -> None:
    path = tmp_path / "out.xml"
    write_junit(path, [replace(run_of(PASSED), subject="a\x00")], {"b\ud800": "gone"})
    suites = ET.parse(path).getroot()  # noqa: S314 - our own
    assert [suite.get("name") for suite in suites] == ["a?.float32", "b?"]


def test_quiet_leaves_failures_and_the_verdict() -> None:
    assert printed(run_of(PASSED), quiet=True) == "mine float32 conforms to ieee-f32\n"
    assert len(printed(MIXED, quiet=True).splitlines()) == 4


@pytest.mark.parametrize(
    ("run", "selected", "words"),
    [
        (run_of(PASSED), True, "conforms to ieee-f32 in the 1 case selected"),
        (
            run_of(PASSED, replace(LACKING, clauses=("NET-1",))),
            False,
            "conforms to ieee-f32 in the 1 cases that it supports, of 2 cases",
        ),
        (
            replace(run_of(PASSED, LACKING), judged=("NET-*",)),
            True,
            "conforms to ieee-f32 in the 1 cases that it supports, of 2 selected",
        ),
        (
            run_of(PASSED, LACKING),
            False,
            "is incomplete: expected a case of each clause that passes, got none for MASK-4",
        ),
        (
            replace(run_of(PASSED), judged=("INV-3",), uncovered={"INV-3": "no blocked algorithm"}),
            True,
            "is incomplete: expected a case that counts for it, got no blocked algorithm",
        ),
        (run_of(PASSED, expected=2), False, "is incomplete: expected 2 cases, got 1"),
        (run_of(LACKING), False, "expected a case of each clause that passes, got none for MASK-4"),
    ],
)
def test_the_verdict_is_a_sentence(run: Run, selected: bool, words: str) -> None:
    assert words in printed(run, selected=selected)


def test_precision_stands_beside_the_unit_roundoff() -> None:
    text = printed(run_of(PASSED))
    assert "precision  effective 2^-26.0; unit roundoff of ieee-f32 2^-24.0" in text
    assert "rounding   worst error 0.25 of the derived bound" in text
    assert "not measured" in printed(run_of(LACKING))
    assert (power(0.0), ratio(None), ratio(0.0)) == ("not measured", "-", "0")


def test_many_failures_are_cut() -> None:
    many = run_of(*[FAILED] * 25)
    assert len(list(reasons(many))) == 21
    assert "and 5 more failures" in list(reasons(many))[-1]


def test_sentences_are_cut_at_a_word() -> None:
    assert shorten("one two three", 20) == "one two three"
    assert shorten("one two, three", 12) == "one two ..."
