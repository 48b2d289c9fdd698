"""The page says what the report says, all of it, and a stranger's words stay words."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from iaf_ref.clauses import CLAUSES
from iaf_ref_conformance.checks import Outcome
from iaf_ref_conformance.explanation import MOST
from iaf_ref_conformance.html import Told, page
from iaf_ref_conformance.html.failures import command
from iaf_ref_conformance.html.page import conclusion
from iaf_ref_conformance.report import report
from iaf_ref_conformance.run import Result, Run

from .conftest import EXACT, FAR, HOSTILE, LACKING, MIXED, PASSED, RAISED, Tree, run_of

Make = Callable[..., Tree]


def test_the_verdict_comes_first(everything: dict[str, Any], tree: Make) -> None:
    made = tree(everything)
    body = [each for each in made.elements if "body" in each.inside and each.tag in ("h1", "h2")]
    assert body[0].tag == "h1"
    assert body[0].text == "✗ 2 runs fail, 1 conforms, 1 subject could not be had"
    assert "2 runs fail" in made.all("title")[0].text
    (verdicts,) = made.all("ul", "verdicts")
    assert "numpy float32: conforms to ieee-f32 in the 2 cases selected" in verdicts.text
    assert "own float32: fails ieee-f32: 2 of 4 cases failed" in verdicts.text
    assert "Looks like: two signs (STEP-6); so do 1 of 2 failures looked at" in verdicts.text


@pytest.mark.parametrize(
    ("verdicts", "missing", "overall", "headline"),
    [
        (["conforms"] * 3, 0, "conforms", "3 runs conform"),
        (["incomplete", "conforms"], 0, "incomplete", "1 run is incomplete, 1 conforms"),
        (["fails"], 2, "fails", "1 run fails, 2 subjects could not be had"),
        ([], 1, "incomplete", "1 subject could not be had"),
        ([], 0, "incomplete", "nothing was run"),
    ],
)
def test_all_runs_come_to_one_verdict(
    verdicts: list[str], missing: int, overall: str, headline: str
) -> None:
    assert conclusion(verdicts, missing) == (overall, headline)


def test_what_strangers_say_is_text(everything: dict[str, Any], tree: Make) -> None:
    told = Told(lambda case: HOSTILE, date=HOSTILE)
    made = tree(everything, told)
    assert not made.all("script")
    assert not made.all("img")
    assert len(made.all("style")) == 1
    assert not [name for each in made.elements for name in each.attributes if name[:2] == "on"]
    assert "49" not in made.all("header")[0].text  # {{ 7*7 }} is no template
    for tag in ("h2", "th", "dt", "dd", "summary", "strong", "code", "li", "p", "a"):
        assert any(HOSTILE in each.text for each in made.all(tag)), tag
    assert "\x00" not in page(everything, told)
    page(everything, told).encode()  # half of a surrogate pair is replaced


def test_nothing_is_loaded(everything: dict[str, Any], tree: Make) -> None:
    made = tree(everything)
    for each in made.elements:
        for name in ("src", "href", "xlink:href", "action", "data", "srcset", "poster"):
            target = each.attributes.get(name) or "#"
            assert target.startswith("#") or target == "data:,", (each.tag, target)
    (style,) = made.all("style")
    assert "@import" not in style.text
    assert style.text.count("url(") == style.text.count("url(#hatch)") == 1
    (policy,) = [e for e in made.all("meta") if "http-equiv" in e.attributes]
    assert (policy.attributes["content"] or "").startswith("default-src 'none';")


def test_ids_are_unique_and_links_lead_somewhere(everything: dict[str, Any], tree: Make) -> None:
    made = tree(everything)
    ids = [each.attributes["id"] for each in made.elements if "id" in each.attributes]
    assert len(ids) == len(set(ids))
    links = {each.attributes.get("href") for each in made.all("a")}
    assert len(links) >= 5
    assert {f"#{name}" for name in ids} >= links


def test_the_matrix_counts_the_cases_of_each_clause(tree: Make) -> None:
    runs = [run_of(PASSED), replace(run_of(*MIXED), uncovered={"INV-3": "no blocked algorithm"})]
    made = tree(report(runs, "0.1.0"))
    (table,) = made.all("table", "clauses")
    rows = [e for e in made.all("th") if e.attributes.get("scope") == "row"]
    names = [each.text.split(".")[0] for each in rows]
    clauses = ["MASK-4", "MASK-5", "NET-1", "STEP-6", "INV-3", "NUM-2", "NUM-3"]
    assert [each.text for each in rows] == [name + CLAUSES[name] for name in clauses], names
    cells = [each.text for each in made.all("td")]
    both = [cells[k : k + 2] for k in range(0, len(cells), 2)]
    assert dict(zip(clauses, both, strict=True)) == {
        "MASK-4": ["", "○ 1 unsupported"],
        "MASK-5": ["", "✓ 1 passed"],
        "NET-1": ["✓ 1 passed"] * 2,
        "STEP-6": ["✓ 1 passed", "✗ 1 failed✓ 1 passed"],
        "INV-3": ["", "n/a"],
        "NUM-2": ["", "✗ 1 failed"],
        "NUM-3": ["", "✗ 1 failed"],
    }
    assert "numpy" in table.text


def test_every_failure_is_told_whole(tree: Make) -> None:
    many = [replace(FAR, id=f"case-{k}") for k in range(40)]
    for k in range(MOST, 40):  # these have their numbers only
        many[k] = replace(many[k], outcome=replace(FAR.outcome, mistake="", reason="y: off"))
    document = report([run_of(*many, RAISED)], "0.1.0")
    made = tree(document, Told(lambda case: f"why {case}", {"numpy"}))
    told = made.all("details", "failure")
    assert len(told) == 41
    for failure, each in zip(told, [*many, RAISED], strict=True):
        assert each.id in failure.text
        assert f"why {each.id}" in failure.text
        again = f"iaf-ref conform numpy --dtype float32 --profile ieee-f32 --case {each.id}"
        assert again in failure.text
    assert "STEP-6: y[0]: off\n" in told[0].text  # without what follows it in the reason
    assert "first to differthe output mask\n" in told[0].text
    assert "looks liketwo signs (STEP-6)\n" in told[0].text
    assert "raised ValueError: no" in told[-1].text
    assert f"so do {MOST} of {MOST} failures looked at" in made.all("header")[0].text


def test_a_folded_failure_says_in_a_line_what_it_looks_like(tree: Make) -> None:
    other = replace(FAR.outcome, reason="y: off; first to differ: sigma", mistake="")
    begins = replace(FAR, id="g-7", outcome=other)
    made = tree(report([run_of(FAR, begins, RAISED)], "0.1.0"))
    hints = made.all("span", "hint")
    assert [each.text for each in hints] == [
        "looks like: two signs (STEP-6); first to differ: the output mask",
        "first to differ: sigma",
    ]
    assert all(each.inside[-1] == "summary" for each in hints)


def test_a_command_names_who_can_be_named() -> None:
    named = replace(run_of(FAR), subject="torch:cuda:1")
    start = "iaf-ref conform torch:cuda:1 --dtype float32"
    assert command(named, "c", {"torch"}).startswith(start)
    assert command(named, "c", set()).startswith("iaf-ref conform MODULE:OBJECT --dtype")
    testee = replace(named, environment={"protocol": "1", "command": "./mine 'a b'"})
    assert " --exec './mine '\"'\"'a b'\"'\"'' --dtype" in command(testee, "c", {"torch"})
    assert command(named, "a*; rm b", set()).endswith("--case 'a*; rm b'")


def test_a_part_is_said_loudly(everything: dict[str, Any], tree: Make) -> None:
    (warning,) = tree(everything).all("div", "warning")
    said = " ".join(warning.text.split())
    assert said.startswith("Only a part was asked for. The verdicts are on clauses NET-* in cases")
    assert said.endswith(f"{HOSTILE} alone, and say nothing of the rest.")
    assert not tree(report([run_of(PASSED)], "0.1.0")).all("div", "warning")
    clauses = {"cases": [], "clauses": ["NET-1", "NET-2"]}
    (warning,) = tree(report([run_of(PASSED)], "0.1.0", clauses)).all("div", "warning")
    assert "on clauses NET-1, NET-2 alone" in " ".join(warning.text.split())


def test_who_is_missing_is_named_with_the_reason(tree: Make) -> None:
    made = tree(report([run_of(PASSED)], "0.1.0", None, {"cupy": "no device"}))
    assert made.all("h1")[0].text == "○ 1 run conforms, 1 subject could not be had"
    assert "cupy could not be had. no device" in made.all("ul", "verdicts")[0].text
    nobody = tree(report([], "0.1.0", None, {"cupy": "no device"}))
    assert not nobody.all("table")


def test_environments_are_said_once(tree: Make) -> None:
    other = replace(run_of(PASSED), dtype="float64", profile="ieee-f64")
    away = replace(run_of(PASSED), device="cuda:0")
    made = tree(report([run_of(PASSED), other, away], "0.1.0"))
    summaries = [each.text for each in made.all("summary")]
    assert summaries == ["numpy float32, numpy float64", "numpy float32"]
    (where, _) = made.all("details")
    assert "switch fast" in where.text
    assert "device" in where.text


def test_agreement_is_a_matrix(everything: dict[str, Any], tree: Make) -> None:
    made = tree(everything)
    cells = [each.text for each in made.all("td", "number")]
    assert cells == ["8 | inf ✗", "8 | inf ✗"]
    assert "1 clauses in which bits differ" in " ".join(e.text for e in made.all("summary"))


def test_the_seal_the_versions_and_the_date_are_there(
    everything: dict[str, Any], tree: Make
) -> None:
    made = tree(everything, Told(date="2026-01-02 03:04 UTC"))
    assert everything["sha256"] in made.all("footer")[0].text
    (header,) = made.all("header")
    assert "version 0.1.0, run on 2026-01-02 03:04 UTC" in header.text
    assert "run on" not in tree(everything).all("header")[0].text


def test_a_page_depends_on_the_report_alone(everything: dict[str, Any]) -> None:
    assert page(everything) == page(everything)


def test_effective_precision_is_the_reports(tree: Make) -> None:
    document = report([run_of(PASSED, EXACT)], "0.1.0")
    document["runs"][0]["effective_precision"] = 2.0**-20
    text = tree(document).all("section")[1].text
    assert "effective 2^-20.0; unit roundoff of ieee-f32 2^-24.0" in text


def crowd(subject: str, dtype: str) -> Run:
    """A run as those of the libraries that are judged: a tenth fails, a quarter is unsupported."""
    reason = "STEP-6: y[3, 1]: expected 0.25 within 1e-7, got 0.5: off by 0.25, 1e6 times the bound"
    results = []
    for k in range(250):
        ended = Outcome("passed", 2.0 ** -(k % 12))
        if k % 4 == 1:
            ended = Outcome("unsupported", reason=f"{subject} has no scale map of kind {k % 8}")
        elif k % 10 == 0:
            ended = Outcome("failed", 2.0 ** (k % 12), None, reason)
        clauses = tuple(CLAUSES)[k % 40 : k % 40 + 3]
        results.append(Result(f"step-softplus-something-{k:08x}", clauses, "forward", ended))
    run = run_of(*results, subject=subject)
    return replace(run, dtype=dtype, profile="ieee-f32" if dtype == "float32" else "ieee-f64")


def test_five_subjects_are_less_than_300_kb() -> None:
    runs = [crowd(f"library-{k}", dtype) for k in range(5) for dtype in ("float32", "float64")]
    found = page(report(runs, "0.1.0"), Told(lambda case: "a mistake of some forty letters, or so"))
    assert len(found.encode()) < 300_000
    assert found.count('class="failure"') == 10 * 25


def test_what_was_not_judged_has_no_bar(tree: Make) -> None:
    made = tree(report([run_of(LACKING)], "0.1.0"))
    assert not made.all("rect", "good")
    assert "0 cases without an error" in made.all("figcaption")[0].text
