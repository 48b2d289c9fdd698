"""``conform --html`` and ``report``: exit codes, and files whole or not at all."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from iaf_ref_conformance import cli_conform, cli_files
from iaf_ref_conformance.cli import main
from iaf_ref_conformance.report import seal

CASES = ("--dtype", "float64", "--case", "step-sigmoid-*")
WRONG = """
class Wrong:
    name, dtypes, profile = "wrong", ("float64",), {"float64": "ieee-f64"}

    def forward(self, case, x, context):
        y, log_det = case.flow.forward(x, context=context)
        return y, -log_det
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    (tmp_path / "own_wrong.py").write_text(WRONG)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    yield
    sys.modules.pop("own_wrong", None)


def call(*arguments: str) -> Result:
    result = CliRunner().invoke(main, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


def test_a_run_that_conforms(tmp_path: Path) -> None:
    result = call("conform", "numpy", *CASES, "--html", "out.html")
    assert result.exit_code == 0
    text = (tmp_path / "out.html").read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>\n")
    assert "</span> 1 run conforms</h1>" in text
    assert "run on 2023-11-14 22:13 UTC" in text
    assert "step-sigmoid-*" in text


def test_a_run_that_fails_says_why_each_case_is_there(tmp_path: Path) -> None:
    result = call("conform", "own_wrong:Wrong", *CASES, "--html", "out.html", "--quiet")
    assert result.exit_code == 1
    text = (tmp_path / "out.html").read_text(encoding="utf-8")
    failed = [line for line in result.output.splitlines() if line.startswith("FAILED ")]
    assert failed
    assert text.count('class="failure"') == len(failed)
    assert text.count("<dt>why it is asked</dt>") == len(failed)
    assert "<dt>first to differ</dt><dd>the log-det, though y is right</dd>" in text
    assert "iaf-ref conform MODULE:OBJECT --dtype float64" in text


def test_who_is_missing_is_on_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own_away.py").write_text("def away():\n    raise RuntimeError('no such device')\n")
    result = call("conform", "own_away:away", "numpy", *CASES, "--html", "out.html")
    assert result.exit_code == 3
    text = (tmp_path / "out.html").read_text(encoding="utf-8")
    assert "1 run conforms, 1 subject could not be had" in text
    assert "no such device" in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--html", "nosuch/out.html"], "--html: expected a file in a folder that can be written"),
        (["--html", "."], "--html: expected a file in a folder"),
        (["--html", "a.html", "--json", "./a.html"], "expected another file than --json"),
    ],
)
def test_what_could_not_be_written_is_refused_before_anything_is_run(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str
) -> None:
    monkeypatch.setattr(cli_conform, "run", lambda *given: pytest.fail("nothing is to be run"))
    result = call("conform", "numpy", *CASES, *arguments)
    assert result.exit_code == 2
    assert words in result.output


@pytest.mark.parametrize("command", [["conform", "numpy"], ["report", "out.json"]])
def test_without_jinja2_it_says_what_to_install_before_anything_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    assert call("conform", "numpy", *CASES, "--json", "out.json").exit_code == 0
    monkeypatch.setitem(sys.modules, "jinja2", None)
    monkeypatch.setattr(cli_conform, "run", lambda *given: pytest.fail("nothing is to be run"))
    result = call(*command, "--html", "out.html")
    assert result.exit_code == 3
    assert "pip install 'iaf-ref[report]'" in result.output
    assert not (tmp_path / "out.html").exists()


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*given: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cli_files, "write_html", full)
    monkeypatch.setattr("iaf_ref_conformance.cli_report.write_html", full)
    result = call("conform", "numpy", *CASES, "--json", "out.json", "--html", "out.html")
    assert result.exit_code == 3
    assert "expected a report that can be written, got [Errno 28]" in result.output
    assert call("report", "out.json", "--html", "out.html").exit_code == 3


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.html").write_text("old")
    (tmp_path / "out.html").symlink_to("real.html")
    assert call("conform", "numpy", *CASES, "--html", "out.html").exit_code == 0
    assert (tmp_path / "out.html").is_symlink()
    assert (tmp_path / "real.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_the_page_of_a_saved_report_is_the_same(tmp_path: Path) -> None:
    call("conform", "own_wrong:Wrong", "numpy", *CASES, "--json", "a.json", "--html", "a.html")
    date = "2023-11-14 22:13 UTC"
    result = call("report", "a.json", "--html", "b.html", "--date", date)
    assert (result.exit_code, result.output) == (0, "")
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    assert call("report", "a.json", "--html", "b.html").exit_code == 0
    text = (tmp_path / "b.html").read_text(encoding="utf-8")
    assert text == (tmp_path / "a.html").read_text(encoding="utf-8").replace(f", run on {date}", "")


def test_what_is_no_report_has_no_page(tmp_path: Path) -> None:
    call("conform", "numpy", *CASES, "--json", "a.json")
    document = json.loads((tmp_path / "a.json").read_text())
    document["spec_version"] = "9"
    (tmp_path / "changed.json").write_text(json.dumps(document))
    (tmp_path / "none.json").write_text("{}")
    unknown = json.loads((tmp_path / "a.json").read_text().replace("step-sigmoid", "stop-sigmoid"))
    (tmp_path / "other.json").write_text(json.dumps({**unknown, "sha256": seal(unknown)}))
    for name, code in (("changed", 3), ("none", 2), ("nosuch", 2)):
        assert call("report", f"{name}.json", "--html", "out.html").exit_code == code
        assert not (tmp_path / "out.html").exists()
    result = call("report", "a.json", "--html", "./a.json")
    assert result.exit_code == 2
    assert "expected another file than the report" in result.output
    # cases of another version of the suite: what is known of them is in the report
    assert call("report", "other.json", "--html", "out.html").exit_code == 0


def test_a_page_is_what_report_is_for() -> None:
    result = call("report", "a.json")
    assert result.exit_code == 2
    assert "--html" in result.output
