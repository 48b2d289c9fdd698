"""Every page of ``docs/``: its code runs, and what it shows is what comes out."""

import importlib.util
import os
import shutil
from pathlib import Path

import pytest
from pages import read, run

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = sorted(set(DOCS.rglob("*.md")) - set((DOCS / "_build").rglob("*.md")))
REPORTS = DOCS / "results" / "reports"
"""Run, and held against what they print, by tests/conformance/peers/test_results.py."""
PROGRAMS = {"cc", "chromium", "git"}  # the others are modules


def name_of(path: Path) -> str:
    return path.relative_to(DOCS).with_suffix("").as_posix()


def missing(name: str) -> bool:
    if name in PROGRAMS:
        return shutil.which(name) is None
    return importlib.util.find_spec(name) is None


LIST = REPORTS / "index.md"  # of the reports, none itself
OTHERS = [path for path in PAGES if path.parent != REPORTS or path == LIST]


@pytest.mark.parametrize("path", OTHERS, ids=name_of)
def test_what_a_page_shows_is_so(path: Path, tmp_path: Path) -> None:
    page = read(path)
    lacking = [name for name in page.needs if missing(name)]
    declared = {name.strip() for name in os.environ.get("IAF_REF_REQUIRE", "").split(",")}
    assert not declared & set(lacking), "declared, and not there"
    if lacking:
        pytest.skip(f"{', '.join(lacking)}: not installed")
    run(page, tmp_path)


@pytest.mark.parametrize("path", sorted(set(REPORTS.glob("*.md")) - {LIST}), ids=name_of)
def test_a_report_has_a_program_and_what_it_prints(path: Path) -> None:
    # which is all that the test of the reports runs
    assert [block.language for block in read(path).blocks] == ["python", "text"]
