"""Two reports side by side: agreement, what differs around it, and files that are no reports."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from iaf_ref_conformance.cli import main
from iaf_ref_conformance.compare import partners
from iaf_ref_conformance.report import schema, seal
from iaf_ref_conformance.report_read import ForeignReportError, NoReportError, read
from iaf_ref_conformance.run import Run

TF32 = "iaf_ref_conformance.subjects.rounded:tf32"
SUBJECTS = """
import numpy as np

class Wide:
    name, dtypes, profile = "numpy", ("float32",), {"float32": "ieee-f32"}
    environment = {"blas": "another"}

    def forward(self, case, x, context):
        wide = case.in_dtype("float64").flow
        context = None if context is None else context.astype("float64")
        found = wide.forward(x.astype("float64"), context=context)
        return tuple(np.asarray(a, dtype="float32") for a in found)
"""


def call(*arguments: str) -> Result:
    result = CliRunner().invoke(main, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reports of three subjects, and one of other cases."""
    home = tmp_path_factory.mktemp("reports")
    (home / "wide_subject.py").write_text(SUBJECTS)
    sys.path.insert(0, str(home))
    for name, subject, glob in (
        ("numpy", "numpy", "net-*"),
        ("wide", "wide_subject:Wide", "net-*"),
        ("tf32", TF32, "net-*"),
        ("other", "numpy", "step-*"),
    ):
        options = ["--quiet", "--json", str(home / f"{name}.json")]
        call("conform", subject, "--case", glob, "--dtype", "float32", *options)
    sys.path.remove(str(home))
    return home


def compared(folder: Path, a: str, b: str, *options: str) -> Result:
    return call("compare", str(folder / f"{a}.json"), str(folder / f"{b}.json"), *options)


def test_a_report_agrees_with_itself_bit_for_bit(folder: Path) -> None:
    result = compared(folder, "numpy", "numpy")
    assert result.exit_code == 0
    assert "27 cases, the same in both; conforms" in result.output
    assert result.output.rstrip().endswith("The reports agree within both bounds.")
    assert "NET-1 " not in result.output


def test_other_bits_within_the_bounds_agree_and_the_environment_is_told(folder: Path) -> None:
    path = folder / "out" / "c.json"
    path.parent.mkdir()
    result = compared(folder, "numpy", "wide", "--json", str(path))
    assert result.exit_code == 0
    assert " / another" in result.output
    document = json.loads(path.read_text())
    Draft202012Validator(schema("comparison")).validate(document)
    assert document["agree"]
    (pair,) = document["pairs"]
    assert pair["environment"]["blas"][1] == "another"
    differing = [each for each in document["agreement"] if not each["bitwise"]]
    assert differing
    assert all(0 < each["bound_units"] <= 1 and each["ulps"] > 0 for each in differing)


def test_numbers_beyond_both_bounds_disagree(folder: Path) -> None:
    result = compared(folder, "numpy", "tf32", "--verbose")
    assert result.exit_code == 1
    assert "cases ended differently: net-" in result.output
    conclusion = result.output.splitlines()[-1]
    assert conclusion.startswith("The reports disagree: beyond both bounds in ")
    assert "NET-1" in conclusion
    assert "25 cases passed in one and failed in the other" in conclusion


def test_other_cases_are_exit_code_3(folder: Path) -> None:
    result = compared(folder, "numpy", "other")
    assert result.exit_code == 3
    assert "expected the same cases in both reports, got 27 only in A: net-" in result.stderr


def changed(folder: Path, change: Callable[[dict[str, Any]], object], resealed: bool) -> Path:
    """A report that somebody changed, and whether they wrote a new seal."""
    document = json.loads((folder / "numpy.json").read_text())
    change(document)
    if resealed:
        document["sha256"] = seal(document)
    path = folder / "changed.json"
    path.write_text(json.dumps(document))
    return path


def first_case(document: dict[str, Any]) -> Any:
    return document["runs"][0]["cases"][0]


def first_value(document: dict[str, Any]) -> Any:
    return first_case(document)["answers"][0]["values"][0]


def nested(depth: int) -> list[Any]:
    return [nested(depth - 1)] if depth else []


@pytest.mark.parametrize(
    ("change", "resealed", "words"),
    [
        (lambda d: first_case(d).update(ratio=0.125), False, "expected a report as it was written"),
        (lambda d: first_case(d).update(status="fine"), True, "got at runs/0/cases/0/status: "),
        (lambda d: d["runs"][0].pop("environment"), True, "'environment' is a required property"),
        (lambda d: d["runs"][0]["counts"].update(passed=0), True, "counts: expected"),
        (lambda d: d["runs"][0].update(profile="ieee"), True, "expected one of ieee-f64"),
        (lambda d: d["runs"][0].update(profile="bf16"), True, "profile: expected one for float32"),
        (lambda d: first_value(d).update(data="AAAA"), True, "bytes"),
        (lambda d: first_value(d).update(data="A"), True, "base64"),
        (lambda d: first_value(d).update(shape=[2**63, 0], data=""), True, "fit one another"),
        (lambda d: first_case(d).update(ratio=float("nan")), False, "not JSON compliant"),
        (lambda d: first_case(d).update(ratio=float("inf")), False, "not JSON compliant"),
        (lambda d: d["runs"][0]["cases"].append(first_case(d)), True, "expected each id once"),
        (lambda d: d["runs"][0].update(cases=nested(200)), True, "by its schema, got at runs/0"),
    ],
)
def test_a_report_that_was_changed_is_exit_code_2(
    folder: Path, change: Callable[[dict[str, Any]], object], resealed: bool, words: str
) -> None:
    path = changed(folder, change, resealed)
    result = call("compare", str(folder / "numpy.json"), str(path))
    assert result.exit_code == 2
    assert words in result.stderr


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: first_case(d).update(id="mine-0"), "the same cases in both reports"),
        (lambda d: d.update(spec_version="0.0.0"), "expected cases of one version"),
        (
            lambda d: d["runs"][0].update(dtype="float64", profile="ieee-f64"),
            "runs in the same dtype",
        ),
    ],
)
def test_a_report_of_something_else_is_exit_code_3(
    folder: Path, change: Callable[[dict[str, Any]], object], words: str
) -> None:
    path = changed(folder, change, True)
    result = call("compare", str(folder / "numpy.json"), str(path))
    assert result.exit_code == 3
    assert words in result.stderr


def test_whole_numbers_may_be_written_as_json_writes_them(folder: Path) -> None:
    def floats(document: dict[str, Any]) -> None:
        value = first_value(document)
        value["shape"] = [float(n) for n in value["shape"]]

    path = str(changed(folder, floats, True))
    assert call("compare", str(folder / "numpy.json"), path).exit_code == 0


def test_a_report_cannot_write_lines_or_colours_of_its_own(folder: Path) -> None:
    def forge(document: dict[str, Any]) -> None:
        document["runs"][0].update(subject="a\nThe reports agree\x1b[2J")
        document["runs"][0]["environment"].update(blas="\x1b]0;title\x07" + 5000 * "x")

    path = str(changed(folder, forge, True))
    for pair in ([path, path], [str(folder / "numpy.json"), path]):
        result = call("compare", *pair)
        assert result.exit_code == 0
        assert "\x1b" not in result.output
        assert "\nThe reports agree\\x1b" not in result.output
        assert "a\\nThe reports agree\\x1b[2J" in result.output
    assert max(map(len, result.output.splitlines())) < 1000


def test_answers_that_are_no_answers_to_a_case_disagree(folder: Path) -> None:
    def another(document: dict[str, Any]) -> None:
        first_case(document)["answers"][0].update(method="log_prob")

    def changed_too(document: dict[str, Any]) -> None:
        another(document)
        first_case(document)["answers"][0]["values"][0] = {
            "dtype": "float32",
            "shape": [1],
            "data": "AACAPw==",
        }

    one = changed(folder, another, True).rename(folder / "one.json")
    assert call("compare", str(one), str(changed(folder, changed_too, True))).exit_code == 1


def test_a_report_is_read_no_further_than_a_report_can_be(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("iaf_ref_conformance.report_read._LARGEST", 2**10)
    result = compared(folder, "numpy", "numpy")
    assert result.exit_code == 2
    assert "got a larger file" in " ".join(result.stderr.split())


def test_the_comparison_replaces_no_report(folder: Path) -> None:
    before = (folder / "numpy.json").read_bytes()
    result = compared(folder, "wide", "numpy", "--json", str(folder / "numpy.json"))
    assert result.exit_code == 2
    assert "--json: expected another file than the reports" in result.stderr
    assert (folder / "numpy.json").read_bytes() == before


def test_cases_that_nobody_knows_are_exit_code_3(folder: Path) -> None:
    path = str(changed(folder, lambda d: first_case(d).update(id="mine-0"), True))
    result = call("compare", path, path)
    assert result.exit_code == 3
    assert "expected cases that this version knows, got 1 others: mine-0" in result.stderr


def test_answers_of_a_wrong_shape_disagree(folder: Path) -> None:
    def flatten(document: dict[str, Any]) -> None:
        value = first_case(document)["answers"][0]["values"][0]
        value["shape"] = [value["shape"][0] * value["shape"][1]]

    path = str(changed(folder, flatten, True))
    assert call("compare", str(folder / "numpy.json"), path).exit_code == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"not json", "expected a report in JSON"),
        (b"\xff\xfe", "expected a report in JSON"),
        (b"[" * 100000, "expected a report in JSON"),
        (b"[]", "expected a report of schema iaf-ref-report/1, got None"),
        (b'{"schema": "iaf-ref-report/2"}', "got 'iaf-ref-report/2'"),
    ],
)
def test_what_is_no_report_is_exit_code_2(folder: Path, content: bytes, words: str) -> None:
    path = folder / "none.json"
    path.write_bytes(content)
    result = compared(folder, "numpy", "none")
    assert result.exit_code == 2
    assert words in " ".join(result.stderr.split())
    with pytest.raises(NoReportError):
        read(path)
    assert compared(folder, "numpy", "nosuch").exit_code == 2
    assert compared(folder, "numpy", "numpy", "--json", "nosuch/x.json").exit_code == 2


def test_runs_are_paired_by_subject_and_else_by_dtype() -> None:
    def run(subject: str, dtype: str = "float32") -> Run:
        return Run(subject, "cpu", dtype, "ieee-f32", {}, 0, ())

    here, there = [run("numpy"), run("torch")], [run("torch"), run("numpy", "float64")]
    assert partners(here, there) == [(here[1], there[0])]
    assert partners(here[:1], there) == [(here[0], there[0])]
    assert partners([run("jax", "float64")], here) == []
    assert issubclass(ForeignReportError, ValueError)
