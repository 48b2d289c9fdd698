"""The command line: exit codes, messages without traceback, files whole or not at all."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

import iaf_ref
from iaf_ref_conformance import cli_bounds, cli_conform, corpus
from iaf_ref_conformance.cli import main
from iaf_ref_conformance.corpus import CorpusError
from iaf_ref_conformance.report import schema
from iaf_ref_conformance.soundness import Tally

GLOB = "step-*"
SUBJECTS = """
from contextlib import contextmanager

class Wrong:
    name, dtypes, profile = "wrong", ("float64",), {"float64": "ieee-f64"}

    def forward(self, case, x, context):
        y, log_det = case.flow.forward(x, context=context)
        return y, log_det[..., None]

class Nothing:
    name, dtypes, profile = "nothing", ("float64",), {"float64": "ieee-f64"}

class Odd(Nothing):
    profile = {"float64": "ieee-f65"}

class Coarse(Nothing):
    profile = {"float64": "ieee-f32"}

class Stopped(Nothing):
    def forward(self, case, x, context):
        raise KeyboardInterrupt

class Dying(Nothing):
    name = "dying"

    def ieee(self):
        raise RuntimeError("the device is gone")

class Switched(Nothing):
    setting = "fast"

    @contextmanager
    def ieee(self):
        self.setting = "ieee"
        yield
        self.setting = "fast"

    def environment(self):
        return {"switch": self.setting}

class Away(Nothing):
    def __init__(self):
        raise RuntimeError("no such device")
"""


@pytest.fixture(autouse=True)
def subjects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    # the working directory is where a user's own module lies
    (tmp_path / "own_subjects.py").write_text(SUBJECTS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    sys.modules.pop("own_subjects", None)


def call(*arguments: str) -> Result:
    result = CliRunner().invoke(main, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


def test_conform_writes_a_table_and_reports(tmp_path: Path) -> None:
    result = call("conform", "--json", "out.json", "--junit", "out.xml")
    assert result.exit_code == 0
    manifest = corpus.load().manifest
    document = json.loads((tmp_path / "out.json").read_text())
    Draft202012Validator(schema()).validate(document)
    assert document["spec_version"] == manifest["spec_version"]
    assert [run["dtype"] for run in document["runs"]] == ["float32", "float64"]
    without = len(corpus.load().select(["grad-*"]))  # NumPy does not differentiate
    for run in document["runs"]:
        counts = run["counts"]
        assert counts["expected"] == counts["passed"] + without == manifest["count"]
        assert counts["unsupported"] == without
        assert run["environment"]["numpy"]
        assert "numpy " + run["dtype"] + " conforms to " + run["profile"] in result.output
    for clause in iaf_ref.CLAUSES:
        assert result.output.count(f"\n{clause} ") == 2, clause
    suites = ET.parse(tmp_path / "out.xml").getroot()  # noqa: S314 - our own
    assert [suite.get("tests") for suite in suites] == [str(manifest["count"])] * 2


def test_a_selection_counts_what_was_selected(tmp_path: Path) -> None:
    result = call("conform", "--case", GLOB, "--clause", "STEP-1", "--json", "out.json")
    assert result.exit_code == 0
    document = json.loads((tmp_path / "out.json").read_text())
    assert document["selected"] == {"cases": [GLOB], "clauses": ["STEP-1"]}
    count = len(corpus.load().select([GLOB], ["STEP-1"]))
    assert document["runs"][0]["counts"]["expected"] == count < len(corpus.load())
    assert f"{count} selected" in result.output


def test_dtype_and_profile_choose_the_runs() -> None:
    result = call("conform", "--case", GLOB, "--dtype", "float32", "--quiet")
    assert result.output == f"numpy float32 conforms to ieee-f32 in the {cases()} cases selected\n"
    coarse = call("conform", "--case", GLOB, "--profile", "tf32", "--quiet")
    assert coarse.exit_code == 0
    assert "numpy float32 conforms to tf32" in coarse.output
    assert "float64" not in coarse.output


def cases() -> int:
    return len(corpus.load().select([GLOB], []))


def test_a_failure_is_exit_code_1_and_names_the_convention(tmp_path: Path) -> None:
    result = call("conform", "own_subjects:Wrong", "--case", GLOB, "--json", "out.json")
    assert result.exit_code == 1
    assert "per-dimension log-det where the summed one is expected (DENS-3)" in result.output
    assert json.loads((tmp_path / "out.json").read_text())["runs"][0]["counts"]["failed"] > 0


def test_a_failure_says_more_than_a_gap() -> None:
    result = call("conform", "own_subjects:Wrong", "own_subjects:Away", "--case", GLOB)
    assert result.exit_code == 1
    assert "no such device" in result.stderr


def test_a_subject_that_supports_nothing_is_not_green() -> None:
    result = call("conform", "own_subjects:Nothing", "--case", GLOB)
    assert result.exit_code == 3
    assert "the subject has no method forward" in result.output


def test_subjects_are_put_the_same_cases_and_it_is_said_how_far_they_agree(tmp_path: Path) -> None:
    tf32 = "iaf_ref_conformance.subjects.rounded:tf32"
    options = ["--dtype", "float32", "--case", GLOB, "--json", "out.json"]
    result = call("conform", "numpy", tf32, *options)
    assert result.exit_code == 1
    assert "agreement, float32: =, or the greatest distance" in result.output
    assert "rounded-tf32 float32 fails ieee-f32, conforms to tf32: TF32 is on; " in result.output
    document = json.loads((tmp_path / "out.json").read_text())
    Draft202012Validator(schema()).validate(document)
    numpy, rounded = document["runs"]
    assert numpy["diagnosis"] is None
    assert rounded["diagnosis"]["profile"] == "tf32"
    assert [c["id"] for c in numpy["cases"]] == [c["id"] for c in rounded["cases"]]
    agreed = {each["clause"]: each for each in document["agreement"]}
    assert (agreed["STEP-1"]["a"], agreed["STEP-1"]["b"]) == ("numpy", "rounded-tf32")
    assert agreed["STEP-1"]["bound_units"] > 1
    assert not agreed["STEP-1"]["within"]
    verbose = call("conform", "numpy", tf32, "--dtype", "float32", "--case", GLOB, "--verbose")
    assert "numpy, rounded-tf32" in verbose.output
    quiet = call("conform", "numpy", tf32, "--dtype", "float32", "--case", GLOB, "--quiet")
    assert "agreement" not in quiet.output


def test_a_run_that_breaks_down_is_incomplete_and_the_others_go_on() -> None:
    result = call("conform", "own_subjects:Dying", "numpy", "--case", GLOB, "--quiet")
    assert result.exit_code == 3
    assert "numpy float64 conforms" in result.stdout
    words = "dying float64: expected a run to its end, but it raised RuntimeError: the device is"
    assert words in result.stderr


@pytest.mark.parametrize(("options", "held"), [([], "ieee"), (["--as-is"], "fast")])
def test_precision_switches_stand_at_ieee_unless_they_are_left_as_is(
    tmp_path: Path, options: list[str], held: str
) -> None:
    call("conform", "own_subjects:Switched", "--case", GLOB, "--json", "out.json", *options)
    (run,) = json.loads((tmp_path / "out.json").read_text())["runs"]
    assert run["environment"]["switch"] == held


def test_a_missing_subject_is_incomplete_and_the_others_go_on(tmp_path: Path) -> None:
    result = call("conform", "own_subjects:Away", "numpy", "--case", GLOB, "--json", "out.json")
    assert result.exit_code == 3
    assert "numpy float64 conforms" in result.stdout
    assert "Incomplete: own_subjects:Away: expected a subject that loads" in result.stderr
    document = json.loads((tmp_path / "out.json").read_text())
    assert document["missing"][0]["subject"] == "own_subjects:Away"
    assert call("conform", "own_subjects:Away", "--case", GLOB).exit_code == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--nosuch"], "No such option"),
        (["nosuch"], "expected a backend"),
        (["nosuch_module:thing"], "expected a module that can be imported"),
        (["own_subjects:nosuch"], "expected an object of own_subjects, got 'nosuch'"),
        (["own_subjects:Coarse"], "expected a profile for float64, got ieee-f32, which is for fl"),
        (["own_subjects:Odd"], "profile of float64: expected one of ieee-f64"),
        (["--dtype", "float16"], "--dtype: expected one of float32, float64, got 'float16'"),
        (["own_subjects:Wrong", "--dtype", "float32"], "expected one of float64 for own_subjects"),
        (["--profile", "ieee"], "--profile: expected one of ieee-f64"),
        (["--profile", "f16"], "expected a profile for float32, float64, got f16"),
        (["--clause", "NET-99"], "clause: expected a pattern that matches a clause, got 'NET-99'"),
        (["--case", "nosuch-*"], "case: expected a pattern that matches a case, got 'nosuch-*'"),
        (["--json", "nosuch/out.json"], "--json: expected a file in a folder that can be written"),
        (["--junit", "."], "--junit: expected a file in a folder that can be written"),
    ],
)
def test_a_mistake_in_the_command_is_exit_code_2(arguments: list[str], words: str) -> None:
    result = call("conform", *arguments)
    assert result.exit_code == 2
    assert words in " ".join(result.stderr.split())


def test_a_file_that_cannot_be_written_after_all_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(path: Path, document: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cli_conform, "write_json", full)
    result = call("conform", "--case", GLOB, "--json", "out.json")
    assert result.exit_code == 3
    assert "No space left on device" in result.stderr


def test_reports_never_replace_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    for name in ("pipe", "link"):
        for option in ("--json", "--junit"):
            result = call("conform", "--case", GLOB, option, name)
            assert result.exit_code == 2
            words = f"{option}: expected a regular file or a new one, got '{name}'"
            assert words in " ".join(result.stderr.split())
    assert (tmp_path / "pipe").is_fifo()
    assert (tmp_path / "link").is_symlink()


def test_two_reports_are_not_written_to_one_file(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "out")
    result = call("conform", "--case", GLOB, "--json", "out", "--junit", "link")
    assert result.exit_code == 2
    assert "--junit: expected another file than --json" in " ".join(result.stderr.split())
    assert not (tmp_path / "out").exists()


def test_an_interruption_is_no_verdict() -> None:
    assert call("conform", "own_subjects:Stopped", "--case", GLOB).exit_code == 130


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [(BrokenPipeError(32, "x"), 141, ""), (OSError(28, "No space left on device"), 3, "No space")],
)
def test_output_that_cannot_be_written_is_no_verdict(
    monkeypatch: pytest.MonkeyPatch, error: OSError, code: int, words: str
) -> None:
    def full(*given: object) -> None:
        raise error

    monkeypatch.setattr(cli_conform, "show", full)
    result = call("conform", "--case", GLOB, "--quiet")
    assert result.exit_code == code
    assert words in result.stderr


@pytest.mark.parametrize("module", ["iaf_ref_conformance", "iaf_ref_conformance.cli"])
def test_the_package_and_its_command_are_modules_that_run(module: str) -> None:
    # and where nobody reads on, nothing is said of it
    with subprocess.Popen(
        [sys.executable, "-m", module, "vectors", "list"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 141


@pytest.fixture
def damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = Path(str(corpus.load()._store.root))
    copy = tmp_path / "vectors"
    shutil.copytree(directory, copy)
    load = corpus.load
    monkeypatch.setattr(cli_conform, "load", lambda: load(copy))
    return copy


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def test_a_damaged_corpus_is_incomplete_and_names_the_file(damaged: Path) -> None:
    name = next(p for p in sorted((damaged / "cases").iterdir()) if p.suffix == ".safetensors")
    flip(name)
    result = call("conform")
    assert result.exit_code == 3
    assert name.name in result.stderr
    verified = call("vectors", "verify", str(damaged))
    assert verified.exit_code == 3
    assert name.name in verified.stderr


def test_a_case_that_the_manifest_counts_and_that_does_not_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    load = corpus.load

    def short() -> corpus.Corpus:
        whole = load()
        return corpus.Corpus(whole._store, whole.ids[1:])

    monkeypatch.setattr(cli_conform, "load", short)
    result = call("conform", "--dtype", "float64")
    assert result.exit_code == 3
    count = load().manifest["count"]
    assert f"is incomplete: expected {count} cases, got {count - 1}" in result.output


def test_a_manifest_that_is_gone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    load = corpus.load
    monkeypatch.setattr(cli_conform, "load", lambda: load(tmp_path / "empty"))
    result = call("conform")
    assert result.exit_code == 3
    assert "manifest.json" in result.stderr


def test_vectors_list_and_show() -> None:
    listed = call("vectors", "list")
    assert len(listed.output.splitlines()) == corpus.load().manifest["count"]
    chosen = call("vectors", "list", "--clause", "DENS-3").output.splitlines()
    assert all("DENS-3" in line for line in chosen)
    shown = call("vectors", "show", chosen[0].split()[0])
    assert shown.exit_code == 0
    for word in ("reason ", "flow ", "stored ", "expected  log_prob", "bound "):
        assert f"\n{word}" in shown.output
    masks = next(line.split()[0] for line in listed.output.splitlines() if " masks " in line)
    assert "mask.0: " in call("vectors", "show", masks).output


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["show", "nosuch"], 2, "expected the id of a case, got 'nosuch'"),
        (["list", "--case", "nosuch"], 2, "expected a pattern that matches a case"),
        (["verify", "nosuch"], 2, "DIRECTORY: expected a folder, got 'nosuch'"),
        (["verify", "."], 3, "manifest.json"),
        (["nosuch"], 2, "No such command"),
    ],
)
def test_vectors_refuses(arguments: list[str], code: int, words: str) -> None:
    result = call("vectors", *arguments)
    assert result.exit_code == code
    assert words in result.stderr


def test_vectors_verify_says_how_many() -> None:
    result = call("vectors", "verify")
    assert result.exit_code == 0
    assert result.output == f"{corpus.load().manifest['count']} cases verified\n"


@pytest.mark.parametrize("command", [["list"], ["show", "any"]])
def test_vectors_of_a_damaged_package(monkeypatch: pytest.MonkeyPatch, command: list[str]) -> None:
    def broken() -> None:
        raise CorpusError("manifest.json: expected JSON, got nothing")

    monkeypatch.setattr("iaf_ref_conformance.cli_vectors.load", broken)
    result = call("vectors", *command)
    assert result.exit_code == 3
    assert "manifest.json" in result.stderr


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (None, 0, "7 cases written to here"),
        (ImportError("generate: expected python-flint"), 3, "python-flint"),
        (PermissionError(13, "Permission denied"), 3, "DIRECTORY: expected a folder"),
        (ValueError("a: expected a case that shows something, got none"), 1, "Refused: a: "),
    ],
)
def test_vectors_generate(
    monkeypatch: pytest.MonkeyPatch, error: Exception | None, code: int, words: str
) -> None:
    def make(directory: Path) -> int:
        if error is not None:
            raise error
        return 7

    monkeypatch.setattr("iaf_ref_conformance.generate.generate", make)
    result = call("vectors", "generate", "here")
    assert result.exit_code == code
    assert words in result.output


def test_vectors_generate_never_replaces_what_is_not_a_corpus(tmp_path: Path) -> None:
    for target, words in (
        (".", "which holds 'own_subjects.py'"),
        ("own_subjects.py", "got the file"),
    ):
        result = call("vectors", "generate", target)
        assert result.exit_code == 2
        assert words in " ".join(result.stderr.split())
    assert (tmp_path / "own_subjects.py").read_text() == SUBJECTS


def test_bounds_prints_the_numbers() -> None:
    pytest.importorskip("flint", reason="the truth here is that of balls: extra oracle")
    result = call("bounds", "--flows", "20", "--seed", "3", "--dtype", "float32")
    assert result.exit_code == 0
    assert "float32, ieee-f32: 20 random flows, seed 3, truth by balls" in result.output
    assert "sound, useful" in result.output


@pytest.mark.parametrize(
    ("worst", "loose", "verdict"),
    [(1.5, 10.0, "NOT SOUND, useful"), (0.5, 100.0, "sound, NOT USEFUL")],
)
def test_bounds_that_do_not_hold_are_exit_code_1(
    monkeypatch: pytest.MonkeyPatch, worst: float, loose: float, verdict: str
) -> None:
    import numpy as np

    def survey(*given: object) -> dict[str, Tally]:
        return {
            name: Tally(worst, 1, [np.asarray([loose])]) for name in ("y", "log_det", "log_scale")
        }

    monkeypatch.setattr(cli_bounds, "have_balls", lambda: True)
    monkeypatch.setattr("iaf_ref_conformance.soundness.survey", survey)
    result = call("bounds", "--dtype", "float64")
    assert result.exit_code == 1
    assert verdict in result.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["--dtype", "int8"], "--dtype: expected one of"), (["--flows", "0"], "--flows")],
)
def test_bounds_refuses(arguments: list[str], words: str) -> None:
    result = call("bounds", *arguments)
    assert result.exit_code == 2
    assert words in result.stderr


def test_bounds_without_balls_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_bounds, "have_balls", lambda: False)
    result = call("bounds")
    assert result.exit_code == 3
    assert 'pip install "iaf-ref[oracle]"' in result.stderr


def test_help_and_version() -> None:
    assert iaf_ref.__version__ in call("--version").output
    for command in ([], ["conform"], ["compare"], ["vectors"], ["bounds"]):
        assert "Usage:" in call(*command, "--help").output
    said = " ".join(call("conform", "--help").output.split())
    assert "numpy" in said
    assert "ieee-f64, ieee-f32, tf32" in said


def test_without_flint_conform_runs_all_the_same() -> None:
    code = (
        "import sys; sys.modules['flint'] = None\n"
        "from iaf_ref_conformance import oracle; oracle.have_balls = lambda: False\n"
        "from iaf_ref_conformance.cli import main; main(['conform', '--quiet'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "numpy float32 conforms to ieee-f32 without GRAD-1 (no gradient)",
        "numpy float64 conforms to ieee-f64 without GRAD-1 (no gradient)",
    ]


def test_importing_the_suite_is_light() -> None:
    code = (
        "import sys, iaf_ref_conformance\n"
        "print(*sorted({'numpy', 'click', 'rich', 'jsonschema'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
