"""The log-det question, asked of others: what is right integrates to 1, the mixture does not."""

import importlib
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
NUMBER = re.compile(r"(?P<value>\d\.\d+) \+- (?P<error>\S+)")
SUM = "D = 2: the sum of q over a grid"
with_torch = pytest.mark.skipif(
    find_spec("torch") is None, reason="PyTorch is not installed (extra: torch)"
)
with_pyro = pytest.mark.skipif(
    find_spec("pyro") is None, reason="Pyro is not installed (extra: peers)"
)


@pytest.fixture(scope="module")
def printed(play: Any) -> list[str]:
    done = play("log_det_question")
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def alone(play: Any) -> list[str]:
    """Without PyTorch, Pyro and python-flint."""
    done = play("log_det_question", without=("torch", "pyro", "flint"))
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def section(lines: list[str], heading: str) -> list[str]:
    """The rows below a heading."""
    (start,) = [k for k, line in enumerate(lines) if line.startswith(heading)]
    rest = lines[start + 1 :]
    return rest[: rest.index("")] if "" in rest else rest


def is_mixture(row: str, base: str = "univariate") -> bool:
    return base in row.split() and "kept dim" in row


def test_the_table_of_the_thread_comes_first(alone: list[str]) -> None:
    assert sum("right" in line for line in alone[1:7]) == 6
    assert "WRONG: subtracted D times, off by (D - 1) = 9 times the log-det" in alone[7]
    assert "DENS-3" in alone[11]


def test_what_is_missing_is_told_with_what_installs_it(alone: list[str]) -> None:
    (theirs,) = [line for line in alone if line.startswith("PyTorch")]
    (pyros,) = [line for line in alone if line.startswith("Pyro:")]
    for line in (theirs, pyros):
        assert "left out: expected PyTorch: pip install 'iaf-ref[torch]'" in line


@with_torch
def test_pyro_asked_for_and_missing_is_a_mistake_in_the_command(play: Any) -> None:
    done = play("log_det_question", "--with-pyro", without=("pyro",))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("expected Pyro: pip install 'iaf-ref[peers]', got")


def judged(rows: list[str]) -> None:
    """Every density is right, but for the mixture over the univariate base."""
    for row in rows:
        assert ("WRONG" in row, "right" in row) == (is_mixture(row), not is_mixture(row)), row


@with_torch
def test_the_old_convention_is_right_per_dimension_and_wrong_as_a_kept_sum(
    printed: list[str],
) -> None:
    rows = section(printed, "PyTorch: a transform of event_dim 0")
    assert len(rows) == 6
    judged(rows)
    (wrong,) = filter(is_mixture, rows)
    assert "(10,)" in wrong
    assert "subtracted D times: off by (D-1) = 9 times the log-det (DENS-3)" in wrong
    # nobody refuses it over vectors, where the kept axis is summed away again
    assert all("()" in row for row in rows if is_mixture(row, "multivariate"))


@with_pyro
def test_pyro_gives_the_joint_density_over_every_base(printed: list[str]) -> None:
    rows = section(printed, "Pyro: AffineAutoregressive")
    assert [row.split()[0] for row in rows] == ["univariate", "multivariate", "low-rank"]
    judged(rows)
    assert all("()" in row for row in rows)


def test_right_densities_integrate_to_1_and_the_mixture_does_not(printed: list[str]) -> None:
    rows = section(printed, SUM)[1:]
    assert sum(row.startswith("iaf_ref") for row in rows) == 7
    judged(rows)
    for row in rows:
        found = NUMBER.search(row)
        assert found is not None
        off, error = abs(float(found["value"]) - 1.0), float(found["error"])
        assert (off > 10.0 * error) == is_mixture(row), row
        assert error < 1e-2, row


def test_what_the_mixture_adds_up_to_is_explained(printed: list[str]) -> None:
    (wrong,) = [row for row in section(printed, SUM) if row.startswith("iaf_ref") and "kept" in row]
    found, mean = NUMBER.search(wrong), NUMBER.search(printed[-1])
    assert found is not None
    assert mean is not None
    apart = abs(float(found["value"]) - float(mean["value"]))
    assert apart <= float(found["error"]) + float(mean["error"])


@with_pyro
def test_the_page_shows_what_is_printed(printed: list[str], quoted: Any) -> None:
    def kept(lines: list[str]) -> list[str]:  # digits beyond the 12th are the machine's
        return [re.sub(r"(\d\.\d{10})\d+", r"\1", " ".join(line.split())) for line in lines]

    assert kept(printed) == kept(quoted("log_det_question"))


@pytest.fixture
def question(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The example as a module."""
    monkeypatch.syspath_prepend(str(EXAMPLES))
    return importlib.import_module("log_det_question")


def test_a_density_that_is_off_is_not_called_right(
    question: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = question.table()[1:8]
    assert [": off by" in row for row in rows] == [False] * 7
    original = question.combinations
    monkeypatch.setattr(
        question, "combinations", lambda xp=np: {k: v + 7.0 for k, v in original(xp).items()}
    )
    off = [row.rpartition("WRONG: off by ")[2] for row in question.table()[1:7]]
    assert off == ["70", "7", "7", "7", "7", "7"]  # of ten terms each


@pytest.mark.parametrize(
    ("row", "due"),
    [
        ("univariate    summed             ()      -16.1      right: the joint density", True),
        ("univariate    summed, kept dim   (10,)   -12.1      WRONG: subtracted D times", True),
        ("univariate    summed, kept dim   (10,)   -16.1      right", False),
        ("PyTorch    low-rank    summed, kept dim   1.0 +- 1e-05     right", True),
        ("PyTorch    low-rank    summed, kept dim   0.9 +- 1e-05     WRONG: no density", False),
        ("Pyro       univariate    per dimension    0.9 +- 1e-05     WRONG: no density", False),
        ("wrong - right  = 4.03663422275096, which is the same", True),
    ],
)
def test_which_verdicts_are_due(question: Any, row: str, due: bool) -> None:
    assert question.is_due(row) is due


def test_a_verdict_that_is_not_due_is_exit_code_1(
    question: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = "univariate    per dimension      (10,)   -12.1      WRONG: off by 4"
    monkeypatch.setattr(question, "table", lambda: [row])
    monkeypatch.setattr(question, "rest", list)
    told = CliRunner().invoke(question.main, [])
    assert (told.exit_code, told.output) == (1, row + "\n")
