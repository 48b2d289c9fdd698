"""The command: what it prints, writes and returns."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from iaf_ref_conformance import cli_mutants
from iaf_ref_conformance.cli import main
from iaf_ref_conformance.corpus import CorpusError
from iaf_ref_conformance.mutants import MUTANTS, VARIANTS
from iaf_ref_conformance.mutants.kinds import Mutant, Variant
from iaf_ref_conformance.mutants.plain import Plain

WRONG = MUTANTS["output-mask-equal"]


class Harmless(Plain):
    """Makes no mistake."""


def call(*arguments: str) -> Result:
    result = CliRunner().invoke(main, ["mutants", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """One mutant, one variant, and every 40th case."""
    from iaf_ref_conformance.mutants import hunt, work

    chosen = {dtype: hunt.cases_in(dtype)[::40] for dtype in ("float32", "float64")}
    for module in (hunt, work):
        monkeypatch.setattr(module, "cases_in", lambda dtype: chosen[dtype])
    monkeypatch.setattr(cli_mutants, "MUTANTS", {WRONG.id: WRONG})
    monkeypatch.setattr(cli_mutants, "VARIANTS", {"plain-numpy": VARIANTS["plain-numpy"]})
    return monkeypatch


def test_it_prints_both_tables_and_counts(small: Any) -> None:
    result = call("--jobs", "1")
    assert result.exit_code == 0, result.output
    assert WRONG.id in result.output
    assert "plain-numpy" in result.output
    for dtype in ("float32", "float64"):
        counts = "1 of 1 mutants killed; 1 of 1 correct variants accepted"
        assert f"{dtype}: {counts}" in result.output


def test_a_mutant_is_chosen_by_a_pattern() -> None:
    result = call("--mutant", "output-mask-*", "--dtype", "float32", "--jobs", "1")
    assert result.exit_code == 0
    assert "float32: 1 of 1 mutants killed; 0 of 0 correct variants accepted" in result.output
    assert "float64" not in result.output


def test_processes_say_the_same() -> None:
    options = ("--mutant", "output-mask-equal", "--mutant", "skip-mask-equal")
    one, two = (call(*options, "--jobs", jobs) for jobs in ("1", "2"))
    assert one.exit_code == two.exit_code == 0
    assert one.output == two.output


def test_a_survivor_fails(small: Any) -> None:
    survivor = Mutant("harmless", ("MASK-5",), "no mistake", "nowhere", Harmless)
    small.setattr(cli_mutants, "MUTANTS", {"harmless": survivor})
    result = call("--jobs", "1", "--quiet")
    assert result.exit_code == 1
    assert "harmless float32: SURVIVES\n" in result.output
    assert "float64: 0 of 1 mutants killed" in result.output


def test_a_false_alarm_fails(small: Any) -> None:
    accused = Variant("accused", "is wrong in truth", WRONG.kind)
    small.setattr(cli_mutants, "VARIANTS", {"accused": accused})
    result = call("--jobs", "1", "--dtype", "float64", "--quiet")
    assert result.exit_code == 1
    assert "accused float64: ACCUSED by " in result.output
    assert "1 of 1 mutants killed; 0 of 1 correct variants accepted" in result.output


def test_an_equivalent_that_is_killed_fails(small: Any) -> None:
    declared = Mutant("declared", ("MASK-5",), "a mistake", "nowhere", WRONG.kind, (), "none")
    small.setattr(cli_mutants, "MUTANTS", {"declared": declared})
    result = call("--jobs", "1", "--quiet")
    assert result.exit_code == 1
    assert "declared float32: DECLARED EQUIVALENT, BUT KILLED by " in result.output


def test_an_equivalent_that_lives_is_well(small: Any) -> None:
    declared = Mutant("declared", ("MASK-5",), "a mistake", "nowhere", Harmless, (), "a reason")
    small.setattr(cli_mutants, "MUTANTS", {"declared": declared})
    result = call("--jobs", "1", "--quiet")
    assert result.exit_code == 0
    assert "float32: 0 of 0 mutants killed, 1 equivalent" in result.output


def test_it_counts_killers_and_writes_the_page(small: Any, tmp_path: Path) -> None:
    path = tmp_path / "matrix.md"
    result = call("--jobs", "1", "--full", "--markdown", str(path))
    assert result.exit_code == 0
    assert " cases " in result.output
    page = path.read_text(encoding="utf-8")
    assert f"| `{WRONG.id}` | {', '.join(WRONG.clauses)} | {WRONG.mistake} |" in page
    assert "| `plain-numpy` | the plain implementation itself | accepted | accepted |" in page
    assert "## Equivalent" not in page


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--mutant", "nobody-*"), "--mutant: expected a pattern that matches an id"),
        (("--dtype", "float16"), "--dtype: expected one of float32, float64, got 'float16'"),
        (("--markdown", "x.md", "--mutant", "*"), "--markdown: expected the whole matrix"),
        (("--markdown", "x.md", "--dtype", "float32"), "--markdown: expected the whole matrix"),
        (("--markdown", "no/such/folder.md"), "--markdown: expected a file in a folder"),
        (("--jobs", "0"), "0 is not in the range"),
    ],
)
def test_mistakes_in_the_command(arguments: tuple[str, ...], message: str) -> None:
    result = call(*arguments)
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())


def test_a_damaged_corpus_is_incomplete(small: Any) -> None:
    def damaged(*given: Any) -> Any:
        raise CorpusError("manifest.json: expected a file, got none")

    small.setattr(cli_mutants, "tasks", damaged)
    result = call("--jobs", "1")
    assert result.exit_code == 3
    assert "expected a file, got none" in result.output


def test_a_page_that_cannot_be_written_is_incomplete(small: Any, tmp_path: Path) -> None:
    path = tmp_path / "matrix.md"

    def full(self: Path, *given: Any, **options: Any) -> Any:
        raise OSError(28, "No space left on device")

    small.setattr(Path, "write_text", full)
    result = call("--jobs", "1", "--markdown", str(path))
    assert result.exit_code == 3
    assert "expected a file that can be written" in result.output
