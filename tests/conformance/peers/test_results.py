"""The page of results: failures traced to causes that exist, and to none in vain."""

import json
import re
import warnings
from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

from iaf_ref_conformance.cases import DTYPES
from iaf_ref_conformance.subjects.peers.results import Cause, known, main, traced

ROOT = Path(__file__).resolve().parents[3]
RESULTS = ROOT / "docs" / "results"
PAGES = sorted((RESULTS / "reports").glob("*.md"))
REPORTS = [path for path in PAGES if path.stem != "index"]  # which is the site's list of them
MODULES = {"tfp": "tensorflow_probability"}


def case(name: str, status: str, reason: str) -> dict[str, Any]:
    return {"id": name, "clauses": ["STEP-6"], "status": status, "reason": reason}


def run(subject: str, cases: list[dict[str, Any]]) -> dict[str, Any]:
    names = ("passed", "failed", "unsupported")
    counts = {name: sum(c["status"] == name for c in cases) for name in names}
    counts["run"] = counts["passed"] + counts["failed"]
    environment = {"judged": f"{subject} 1.0"}
    return {"subject": subject, "dtype": "float32", "cases": cases, "counts": counts} | {
        "environment": environment
    }


CAUSE = Cause(["lib"], ["net-*"], "off by", "It adds one.", "reports/lib-adds.md")


def test_the_first_cause_that_fits_explains() -> None:
    other = Cause(["lib"], ["*"], "", "Whatever.", "x")
    failed = case("net-a-1", "failed", "y: off by 1")
    found, idle = traced([run("lib", [failed, case("net-b-1", "passed", "")])], [CAUSE, other])
    assert found == {CAUSE: [("lib", "float32", "net-a-1")]}
    assert idle == [other]


@pytest.mark.parametrize(
    ("subject", "name", "reason"),
    [("else", "net-a", "off by 1"), ("lib", "inv-a", "off by 1"), ("lib", "net-a", "raised")],
)
def test_what_fits_no_cause_is_unexplained(subject: str, name: str, reason: str) -> None:
    found, _ = traced([run(subject, [case(name, "failed", reason)])], [CAUSE])
    assert found == {None: [(subject, "float32", name)]}


def test_a_cause_of_one_dtype_explains_nothing_in_another() -> None:
    failed = [run("lib", [case("net-a", "failed", "off by 1")])]
    other = replace(CAUSE, dtype="float64")
    assert traced(failed, [other]) == ({None: [("lib", "float32", "net-a")]}, [other])
    own = replace(CAUSE, dtype="float32")
    assert traced(failed, [own]) == ({own: [("lib", "float32", "net-a")]}, [])


def test_what_explains_any_number_of_any_case_is_bound_to_a_dtype() -> None:
    wide = [c for c in known() if "*" in c.cases and c.says == "times the bound"]
    assert wide
    assert {cause.dtype for cause in wide} == {"float64"}


def test_a_cause_of_a_library_that_was_not_judged_is_not_idle() -> None:
    assert traced([run("else", [case("net-a", "passed", "")])], [CAUSE])[1] == []


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    import iaf_ref_conformance.subjects.peers.results as module

    monkeypatch.setattr(module, "known", lambda: [CAUSE])

    def write(*cases: dict[str, Any]) -> str:
        path = tmp_path / "report.json"
        path.write_text(json.dumps({"runs": [run("lib", list(cases))]}))
        return str(path)

    return write


def test_the_page_says_everything(report: Any, capsys: pytest.CaptureFixture[str]) -> None:
    refused = case("net-c-1", "unsupported", "lib has no | in it")
    path = report(case("net-a-1", "failed", "off by 1"), case("net-b-1", "passed", ""), refused)
    assert main([path]) == 0
    out = capsys.readouterr().out
    assert "| lib 1.0 | float32 | 2 | 1 | 1 | 1 |" in out
    assert "| STEP-6 | 1 / 1 / 1 |" in out
    assert "**It adds one.** [reports/lib-adds.md](reports/lib-adds.md)" in out
    assert "- lib float32, 1: `net-a-1`" in out
    assert "| lib | 1 | lib has no \\| in it |" in out


def test_it_ends_badly_where_it_should(report: Any, capsys: pytest.CaptureFixture[str]) -> None:
    failed = case("net-a-1", "failed", "off by 1")
    assert main([report(failed, case("inv-a-1", "failed", "nan"))]) == 1
    assert "**Unexplained.**\n\n- lib float32, 1: `inv-a-1`" in capsys.readouterr().out
    assert main([report(case("net-a-1", "passed", ""))]) == 1
    assert "**An entry explains nothing:** It adds one. (lib)" in capsys.readouterr().out
    assert main([]) == 2


def test_every_cause_leads_somewhere() -> None:
    subjects = set(entry_points(group="iaf_ref.subjects").names)
    for cause in known():
        assert set(cause.subjects) <= subjects
        assert cause.dtype in ("", *DTYPES)
        assert cause.because.endswith(".")
        assert cause.link.startswith("https://") or (RESULTS / cause.link).is_file(), cause.link


def test_the_page_is_one_of_the_causes_that_there_are() -> None:
    text = (RESULTS / "peers.md").read_text(encoding="utf-8")
    assert "Unexplained" not in text
    assert "explains nothing" not in text
    shown = set(re.findall(r"\]\((reports/[\w-]+\.md)\)", text))
    assert shown <= {cause.link for cause in known()}


def blocks(path: Path) -> tuple[str, str]:
    """The program of a report, and what it prints."""
    text = path.read_text(encoding="utf-8")
    (program,) = re.findall(r"^```python\n(.+?)^```$", text, re.MULTILINE | re.DOTALL)
    (output,) = re.findall(r"^```text\n(.+?)^```$", text, re.MULTILINE | re.DOTALL)
    return program, output


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.stem)
def test_a_report_says_what_it_has_to(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# ")
    for part in ("| version |", "| clauses |", "| cases |", "| upstream |"):
        assert part in text
    assert "**Expected" in text
    assert "**Got:**" in text
    if "by design" not in text:
        assert "**Why:**" in text
        assert "**Suggested fix:**" in text
    assert len(blocks(path)[0].splitlines()) <= 30


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.stem)
def test_a_report_shows_what_it_says(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library = path.stem.partition("-")[0]
    module = MODULES.get(library, library)
    pytest.importorskip(module, reason=f"{module} is not installed (extra: peers)")
    program, output = blocks(path)
    script = compile(program, str(path), "exec")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a report may show a program that warns
        exec(script, {"__name__": "__main__"})  # noqa: S102 - the block of a document of ours
    assert capsys.readouterr().out == output
