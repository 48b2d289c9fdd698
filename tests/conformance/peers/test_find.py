"""Libraries found through entry points, a stranger's as ours; what an absent one says."""

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from iaf_ref_conformance.subjects.entries import AbsentLibraryError, subjects
from iaf_ref_conformance.subjects.find import MissingSubjectError, UnknownSubjectError, find

MODULE = """
class Stranger:
    name, dtypes, profile = "stranger", ("float64",), {"float64": "ieee-f64"}

number = 3
"""
ENTRIES = """
[iaf_ref.subjects]
stranger = strangers_library:Stranger
lacking = strangers_lacking:Subject [extra]
broken = strangers_broken:Subject
number = strangers_library:number
"""


@pytest.fixture
def strangers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A distribution of somebody else, with entry points of ours."""
    metadata = tmp_path / "strangers-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: strangers\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(ENTRIES)
    (tmp_path / "strangers_library.py").write_text(MODULE)
    (tmp_path / "strangers_lacking.py").write_text("import surely_not_installed")
    (tmp_path / "strangers_broken.py").write_text("1 / 0")
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_a_strangers_library_is_found(strangers: Path) -> None:
    assert {"stranger", "pyro", "zuko"} <= set(subjects())
    assert find("stranger").name == "stranger"


def test_an_absent_library_is_named_with_what_installs_it(strangers: Path) -> None:
    with pytest.raises(
        AbsentLibraryError, match=r"install it by: pip install 'strangers\[extra\]'"
    ):
        find("lacking")


def test_a_broken_library_is_missing(strangers: Path) -> None:
    with pytest.raises(
        MissingSubjectError, match="broken: expected a subject that loads, got Zero"
    ):
        find("broken")


def test_what_is_no_subject_is_refused(strangers: Path) -> None:
    with pytest.raises(UnknownSubjectError, match="number: expected a subject with name"):
        find("number")


def test_an_absent_library_ends_the_command_as_incomplete(strangers: Path) -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(strangers)!r})\n"
        "from iaf_ref_conformance.cli import main; main(prog_name='iaf-ref')"
    )
    command = [sys.executable, "-c", code, "conform", "lacking", "--case", "net-tanh-*"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "Incomplete: lacking: expected its library, got none" in done.stderr
    assert "Traceback" not in done.stderr


def test_finding_out_which_there_are_imports_none() -> None:
    ours = entry_points(group="iaf_ref.subjects")
    assert {extra for entry in ours for extra in entry.extras} <= {"peers", "tfp"}
    code = (
        "import sys; from iaf_ref_conformance.subjects.entries import subjects\n"
        "print(sorted(subjects())); print({'torch', 'jax', 'pyro'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    names, loaded = done.stdout.splitlines()
    assert "'pyro'" in names
    assert loaded == "set()"
