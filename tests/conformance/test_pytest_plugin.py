"""The plugin, as a stranger's project meets it: pytest runs in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SUBJECT = """
import numpy as np
from iaf_ref_conformance import parametrize_cases
from iaf_ref_conformance.subjects.find import find


class Mine:
    name, dtypes = "mine", ("float32", "float64")
    profile = {"float32": "ieee-f32", "float64": "ieee-f64"}

    def log_scale(self, case, x, context):
        return find("numpy").log_scale(case, x, context) + WRONG


WRONG = np.float32(0)
"""
EACH = """
@parametrize_cases(clauses=["DET-1"], cases=["det-per-*", "dens-event-d1-*", "masks-*"])
def test_log_scale(iaf_case, iaf_oracle):
    iaf_oracle.judge(Mine, iaf_case)
"""


def run(folder: Path, text: str, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_mine.py").write_text(text)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-rfs",
        "-p",
        "no:cacheprovider",
        "-W",
        "error",
    ]
    # options of the session that runs this one are not meant for it
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    return subprocess.run(
        [*command, *options],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_test_of_each_case(tmp_path: Path) -> None:
    done = run(tmp_path, SUBJECT + EACH)
    assert done.returncode == 0, done.stdout
    assert "6 passed" in done.stdout


def test_a_failure_names_the_case_and_the_clause(tmp_path: Path) -> None:
    wrong = SUBJECT.replace("float32(0)", "float32(1)")
    done = run(tmp_path, wrong + EACH, "--iaf-dtype", "float64", "--iaf-case", "*-d3-*")
    assert done.returncode == 1
    assert "1 failed" in done.stdout
    assert "test_log_scale[det-per-dimension-d3-" in done.stdout
    assert "first to differ: log sigma" in done.stdout


def test_without_the_mark_every_case_is_put_and_the_unsupported_are_skipped(tmp_path: Path) -> None:
    text = SUBJECT + "def test_it(iaf_case, iaf_oracle):\n    iaf_oracle.judge(Mine(), iaf_case)\n"
    done = run(tmp_path, text, "--iaf-clause", "CHAIN-2", "--iaf-dtype", "float32")
    assert done.returncode == 0, done.stdout
    assert "skipped" in done.stdout
    assert "the subject has no method forward" in done.stdout


def test_the_oracle_asserts_and_checks_a_whole_implementation(tmp_path: Path) -> None:
    text = """
import iaf_ref as ir, numpy as np, pytest
def test_own(iaf_oracle):
    x = np.ones(2, dtype=np.float32)
    iaf_oracle.assert_forward(ir.Permutation([1, 0]), x, x, np.float32(0))
    with pytest.raises(AssertionError, match="ieee-f64"):
        iaf_oracle.assert_forward(ir.Permutation([1, 0]), x, x + 1, np.float32(0))
    with pytest.raises(AttributeError, match="assert_forward"):
        iaf_oracle.assert_nothing
def test_all(iaf_oracle):
    (run,) = iaf_oracle.check_implementation(Mine, cases=["det-per-dimension-d3-*"])
    assert run.dtype == "float32"
"""
    done = run(tmp_path, SUBJECT + text, "--iaf-profile", "ieee-f64", "--iaf-dtype", "float32")
    assert "1 passed" in done.stdout  # test_own; float32 numbers do not pass for float64
    assert "det-per-dimension-d3" in done.stdout


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (("--iaf-case", "nothing-*"), "expected a pattern that matches a case"),
        (("--iaf-clause", "NO-1"), "expected a pattern that matches a clause"),
        (("--iaf-dtype", "float8"), "expected one of float32, float64, got 'float8'"),
        (("--iaf-profile", "ieee"), "--iaf-profile: expected one of"),
    ],
)
def test_a_mistake_in_an_option_is_told(
    tmp_path: Path, option: tuple[str, str], message: str
) -> None:
    done = run(tmp_path, SUBJECT + EACH, *option)
    assert done.returncode != 0
    assert message in done.stdout + done.stderr
    assert "Traceback" not in done.stdout


def test_loading_the_plugin_imports_the_standard_library_only() -> None:
    text = """
import sys
import iaf_ref_conformance.pytest_plugin
ours = {"iaf_ref_conformance"}
loaded = {name.partition(".")[0] for name in sys.modules} - set(sys.stdlib_module_names) - ours
print(sorted(n for n in loaded if getattr(sys.modules[n], "__spec__", None)))
"""
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    plain = subprocess.run(
        [sys.executable, "-c", text.replace("import iaf_ref_conformance.pytest_plugin", "")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == plain.stdout


def test_a_session_that_does_not_use_it_pays_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # others may well load NumPy
    text = "import sys\ndef test_it():\n    assert not {'numpy', 'iaf_ref'} & set(sys.modules)\n"
    done = run(tmp_path, text, "-p", "iaf_ref_conformance.pytest_plugin")
    assert done.returncode == 0, done.stdout
