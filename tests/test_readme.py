"""README: its Python runs, and what it quotes is what the commands print, machine aside."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from iaf_ref_conformance import check_implementation
from iaf_ref_conformance.bench.markdown import markdown
from iaf_ref_conformance.bench.reading import beside, read
from iaf_ref_conformance.random_flows import random_flows

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
MEASURED = re.compile(r"\d+(\.\d+)?$|^rounding .*|^precision .*")
"""What the machine decides: error/bound at the end of a row, the worst of them, the precision."""


def pages() -> list[Path]:
    """Pages that are read in the repository, not on the site, whose links are checked there."""
    return [*ROOT.glob("*.md"), *ROOT.glob("backends/*.md"), *ROOT.glob("conformance/*.md")]


def quoted(first: str) -> list[str]:
    """Lines of the fenced block that begins so."""
    blocks = README.read_text(encoding="utf-8").split("```")[1::2]
    texts = [block.partition("\n")[2] for block in blocks]  # without the name of their language
    (text,) = [text for text in texts if text.startswith(first)]
    return text.splitlines()


def printed(*command: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return done.stdout.splitlines()


def stale(quote: list[str], output: list[str]) -> list[str]:
    """Lines of README that the command does not print, each with the one that it prints now."""
    names = {line.split()[0]: line for line in output if line.split()}
    return [
        f"README: {line!r}, printed: {names.get(line.split()[0], 'nothing like it')!r}"
        for line in quote
        if line.strip() not in ("", "...") and line not in output
    ]


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    """What is defined after all Python of the README has run, in its order."""
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(), flags=re.DOTALL)
    assert len(blocks) == 5
    found: dict[str, Any] = {}
    for block in blocks:
        exec(compile(block, "README.md", "exec"), found)  # noqa: S102 - our own text
    return found


def test_the_adapter_of_the_readme_is_right_in_what_it_does(names):
    (run,) = names["runs"]
    assert run.count("passed") > 0
    assert run.count("failed") == 0
    assert callable(names["test_mine"])


def test_the_mistake_of_the_readme_is_told_as_it_says(names):
    class Forgetful(names["Mine"]):
        def forward(self, case, x, context):
            y, _ = super().forward(case, x, context)
            return y, y

    with pytest.raises(AssertionError) as caught:
        check_implementation(Forgetful, clauses=["DET-2", "STEP-1", "NET-2"])
    sentence = " ".join(README.read_text(encoding="utf-8").split())
    told = re.search(r"DET-2: log_det: expected .*? \(DENS-3\)", str(caught.value))
    assert told is not None
    shapes = re.compile(r"\([\d, ]+\)")
    assert shapes.sub("()", told.group()) in shapes.sub("()", sentence)


def test_the_run_of_the_readme_is_printed():
    def kept(lines: list[str]) -> list[str]:
        return [" ".join(MEASURED.sub("", line.rstrip()).split()) for line in lines]

    output = printed("-m", "iaf_ref_conformance", "conform", "--dtype", "float32")
    assert stale(kept(quoted("numpy on cpu, float32")), kept(output)) == []


def test_the_example_of_the_readme_is_printed():
    # digits beyond the 12th are the machine's
    def kept(lines: list[str]) -> list[str]:
        return [re.sub(r"(\d\.\d{10})\d+", r"\1", " ".join(line.split())) for line in lines]

    output = printed("examples/log_det_question.py")
    assert stale(kept(quoted("base          log-det")), kept(output)) == []


@pytest.mark.parametrize(("line", "found"), [("cases 1 run", []), ("cases 2 run", ["cases 1 run"])])
def test_a_stale_line_is_told_with_the_one_that_is_printed(line, found):
    told = [f"README: {line!r}, printed: {each!r}" for each in found]
    assert stale([line, "..."], ["cases 1 run"]) == told


RESULTS = ROOT / "docs" / "results"


def rows(text: str, first: str) -> list[list[str]]:
    """Cells of the table whose head begins so."""
    lines = text.splitlines()
    begin = next(n for n, line in enumerate(lines) if line.startswith(f"| {first} |")) + 2
    end = next((n for n, line in enumerate(lines) if n >= begin and line[:1] != "|"), len(lines))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[begin:end]]


def test_the_table_of_the_field_is_that_of_the_results():
    results = (RESULTS / "peers.md").read_text(encoding="utf-8")
    of_dtype: dict[str, dict[str, str]] = {}
    for library, dtype, run, passed, *_ in rows(results, "library"):
        of_dtype.setdefault(library, {})[dtype] = f"{passed} of {run}"
    told = rows(README.read_text(encoding="utf-8"), "library")
    assert {name: {"float32": f4, "float64": f8} for name, f4, f8, _ in told} == of_dtype
    for *_, cause in told:
        says, report = re.fullmatch(r"\[(.*)\]\(docs/results/(.*)\)", cause).groups()
        assert f"**{says}** [{report}]({report})" in results


def test_the_page_of_speed_is_that_of_its_numbers():
    document = beside(read(RESULTS / "bench.json"), read(RESULTS / "bench-again.json"))
    page = (RESULTS / "bench.md").read_text(encoding="utf-8")
    assert page == markdown(document, "bench.json", "bench.svg", "bench-again.json")


def test_the_table_of_speed_has_each_row_with_a_goal():
    results = rows((RESULTS / "bench.md").read_text(encoding="utf-8"), "row")
    known = [(*cells[1:4], *cells[6:]) for cells in results if cells[6]]
    told = [tuple(cells) for cells in rows(README.read_text(encoding="utf-8"), "what")]
    assert told == known


def test_the_numbers_of_the_examples_are_those_of_their_pages():
    for command, what in rows(README.read_text(encoding="utf-8"), "command"):
        (page,) = re.findall(r"\((docs/examples/\w+\.md)\)", what)
        text = (ROOT / page).read_text(encoding="utf-8")
        assert command.strip("`") in text
        numbers = re.findall(r"\d+\.\d+ \+- \d+\.\d+", what)
        assert [number for number in numbers if number not in text] == []


def test_the_bounds_are_those_of_the_flows_that_the_command_draws():
    flows = list(random_flows(1000, 0, "float32"))
    elements = {
        "y": sum(sample.x.size for sample in flows),
        "log_det": sum(len(sample.x) for sample in flows),
        "log_scale": sum(sample.x.size for sample in flows),
    }
    told = [line.split() for line in quoted("$ iaf-ref bounds")]
    rows_of = [cells for cells in told if len(cells) == 4 and cells[0] in elements]
    counted = [(name, int(count)) for name, count, *_ in rows_of]
    assert counted == 2 * list(elements.items())


@pytest.mark.parametrize(
    "page", sorted(path.relative_to(ROOT).as_posix() for path in pages()), ids=str
)
def test_what_a_page_of_the_repository_links_to_is_there(page: str) -> None:
    text = re.sub(r"```.*?```", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = [target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text)]
    local = [target for target in targets if target and "://" not in target]
    assert [target for target in local if not (ROOT / page).parent.joinpath(target).exists()] == []
