"""The specification as prose: every clause once, in its place, whole, and read beside its cases."""

import doctest
import importlib
import inspect
import json
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from iaf_ref import CLAUSES

ROOT = Path(__file__).resolve().parents[2]
SPEC = ROOT / "docs" / "spec"
sys.path.insert(0, str(SPEC))  # scripts import their neighbours

import review  # noqa: E402
from clause_texts import PAGES, Text, bodies, text  # noqa: E402

PARTS = ("**Source:**", "**Why:**", "**Judged:**")
ID = re.compile(rf"\b(?:{'|'.join(PAGES)})-\d+\b")
ROLE = re.compile(r"\{py:(\w+)\}`([\w.]+)`")
BLOCK = re.compile(r"^```pycon\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FENCE = re.compile(r"^:{3,}\{clause\}", re.MULTILINE)

PROSE = sorted({*ROOT.glob("*.md"), *ROOT.glob("*/*.md"), *SPEC.parent.rglob("*.md")})

pages = pytest.mark.parametrize("page", sorted(SPEC.glob("*.md")), ids=lambda path: path.stem)


def of(page: str) -> list[str]:
    """The clauses that belong on a page, in the order of the specification."""
    return [clause for clause in CLAUSES if PAGES[clause.partition("-")[0]] == page]


# That cases, mutants, docstrings and reports know the clauses of CLAUSES and no others is tested
# where they are (test_corpus, test_registry, test_architecture, test_cli): so they agree with this.
@pages
def test_every_clause_stands_once_in_its_place(page: Path) -> None:
    source = page.read_text("utf-8")
    found = [clause for clause, _ in bodies(source)]
    assert found == of(page.stem)
    assert len(FENCE.findall(source)) == len(found)


def test_every_page_is_listed_once_in_the_order_of_the_clauses() -> None:
    index = (SPEC / "index.md").read_text("utf-8")
    toctree = re.search(r"```\{toctree\}\n(?::.*\n)*\n(.*?)```", index, re.DOTALL)
    assert toctree is not None
    listed = toctree[1].split()
    assert listed == [*dict.fromkeys(PAGES.values()), "not-specified"]
    assert {*listed, "index"} == {path.stem for path in SPEC.glob("*.md")}


@pytest.mark.parametrize("clause", CLAUSES)
def test_a_clause_is_said_whole(clause: str) -> None:
    prose = text(clause).prose
    at = [prose.find(part) for part in PARTS]
    assert 0 < at[0] < at[1] < at[2]
    assert [prose.count(part) for part in PARTS] == [1, 1, 1]
    judged = prose[at[2] :]
    assert any(
        how in judged
        for how in ("exactly", "within the bound", "within a bound", "residual", "bit for bit")
    )
    assert CLAUSES[clause] not in prose  # the page has the sentence from the code


@pytest.mark.parametrize("path", PROSE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_other_clause_is_mentioned(path: Path) -> None:
    assert set(ID.findall(path.read_text("utf-8"))) <= set(CLAUSES)


@pages
def test_every_role_names_something_of_its_kind(page: Path) -> None:
    for kind, name in ROLE.findall(page.read_text("utf-8")):
        found = resolved(name)
        suits = {
            "mod": inspect.ismodule,
            "class": inspect.isclass,
            "func": inspect.isfunction,
            "meth": callable,
            "data": lambda value: not callable(value),
        }
        assert suits[kind](found), (kind, name)


@pages
def test_no_formula_needs_a_file_that_the_site_does_not_have(page: Path) -> None:
    # MathJax loads these commands late; where it cannot, it draws no formula of the page
    late = r"\\(boldsymbol|bbox|[bx]?cancel|ce|class|color|enclose|href|textcolor|unicode|verb)\b"
    assert re.findall(late, page.read_text("utf-8")) == []


def resolved(name: str) -> object:
    """What a dotted name stands for: of a function and a module of one name, the function."""
    first, *parts = name.split(".")
    found: object = importlib.import_module(first)
    for part in parts:
        found = getattr(found, part)
    return found


def test_examples_print_what_the_pages_say() -> None:
    runner, attempted = doctest.DocTestRunner(), 0
    for page in sorted(SPEC.glob("*.md")):
        session = "\n".join(BLOCK.findall(page.read_text("utf-8")))
        example = doctest.DocTestParser().get_doctest(session, {}, page.name, str(page), 0)
        attempted += runner.run(example).attempted
    assert attempted > 0
    assert runner.failures == 0


@pytest.mark.parametrize("clause", CLAUSES)
def test_a_clause_was_read_beside_its_cases(clause: str) -> None:
    assert not review.fault(clause, review.load(review.REVIEWED))


SAID = text("INV-3")


@pytest.mark.parametrize(
    "changed",
    [
        replace(SAID, sentence=SAID.sentence.replace("same", "nearly the same")),
        replace(SAID, prose=SAID.prose.replace("once", "twice")),
        replace(SAID, docstrings=(*SAID.docstrings, ("inverses.blocked", "It is INV-3."))),
    ],
    ids=["sentence", "prose", "docstring"],
)
def test_other_words_are_another_text(changed: Text) -> None:
    assert changed.sha256 != SAID.sha256
    assert changed.cases_sha256 == SAID.cases_sha256


def test_other_cases_are_not_those_that_were_read() -> None:
    fewer = replace(SAID, cases=SAID.cases[1:])
    assert fewer.cases_sha256 != SAID.cases_sha256
    assert fewer.sha256 == SAID.sha256


def test_line_breaks_say_nothing() -> None:
    assert replace(SAID, prose=" ".join(SAID.prose.split())).sha256 == SAID.sha256


def call(*arguments: str) -> Result:
    result = CliRunner().invoke(review.main, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A record in which the text of INV-3 and the cases of NUM-2 are old, and DET-1 is new."""
    found = {clause: dict(kept) for clause, kept in review.load(review.REVIEWED).items()}
    found["INV-3"]["text"] = "0" * 64
    found["NUM-2"]["cases"] = "0" * 64
    del found["DET-1"]
    path = tmp_path / "reviewed.json"
    path.write_text(json.dumps(found))
    monkeypatch.setattr(review, "REVIEWED", path)
    return path


def test_stale_reviews_are_named_with_what_to_do(record: Path) -> None:
    result = call("stale")
    assert result.exit_code == 1
    clauses = [line.partition(":")[0] for line in result.output.splitlines()]
    assert [c for c in clauses if c in ("INV-3", "NUM-2", "DET-1")] == ["INV-3", "DET-1", "NUM-2"]
    assert (
        "INV-3: expected the text and the cases that were reviewed together, got other text"
        in result.output
    )
    assert (
        "NUM-2: expected the text and the cases that were reviewed together, got other cases"
        in result.output
    )
    assert (
        "DET-1: expected the text and the cases that were reviewed together, got no review"
        in result.output
    )
    assert "`python docs/spec/review.py show INV-3`" in result.output


def test_accept_records_what_it_is_asked_to(record: Path) -> None:
    before = json.loads(record.read_text())
    assert call("accept", "INV-3", "DET-1").exit_code == 0
    after = json.loads(record.read_text())
    assert {clause for clause in after if after[clause] != before.get(clause)} == {"INV-3", "DET-1"}
    assert list(after) == [clause for clause in CLAUSES if clause in after]
    assert not review.fault("INV-3", after)
    assert review.fault("NUM-2", after)


def test_show_prints_the_text_beside_the_cases() -> None:
    result = call("show", "INV-3")
    assert result.exit_code == 0
    assert CLAUSES["INV-3"] in result.output
    for case, reason in SAID.cases:
        assert f"{case}: {reason}" in result.output


def test_bad_input_is_a_sentence(record: Path) -> None:
    assert call("show", "INV-99").exit_code == 2
    assert call("accept").exit_code == 2
    record.write_text("no JSON")
    for arguments in (("stale",), ("accept", "INV-3")):
        result = call(*arguments)
        assert result.exit_code == 2
        assert "reviewed.json: expected the record of reviews, got" in result.output
