"""The low-rank base: one density with the dense covariance, its bound, and what is refused."""

import importlib.util
import re
from typing import Any

import pytest

pytest.importorskip("flint", reason="python-flint is not installed (extra: oracle)")


def lines_of(play: Any, *arguments: str) -> list[str]:
    done = play("low_rank_base", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def whole(play: Any) -> list[str]:
    """The run that the page shows."""
    return lines_of(play)


@pytest.fixture(scope="module", params=["whole", "quick"])
def printed(play: Any, whole: list[str], request: pytest.FixtureRequest) -> list[str]:
    return whole if request.param == "whole" else lines_of(play, "--quick", "--seed", "3")


def row(lines: list[str], name: str) -> list[str]:
    """Columns of the row that begins so, from the end of the table upwards."""
    (found,) = [line for line in lines if re.match(rf"{name}  +", line)][-1:]
    return re.split(r"  +", found)


def test_shapes_are_those_of_the_conventions(printed: list[str]) -> None:
    named = {line.split("  ")[0].strip(): re.split(r"  +", line) for line in printed[1:6]}
    draws = int(re.findall(r"on (\d+) draws", printed[7])[0])
    assert named["univariate"][1:4] == ["(12,)", "()", f"({draws}, 12)"]
    for name in ("independent", "diagonal", "low-rank", "dense"):
        assert named[name][1:4] == ["()", "(12,)", f"({draws},)"]
    # the same density, told per dimension or not; and by three arrays or by a matrix
    assert named["univariate"][-1] == named["independent"][-1] == named["diagonal"][-1]
    assert named["low-rank"][-1] == named["dense"][-1]
    assert float(named["low-rank"][-1]) > float(named["diagonal"][-1])


def test_low_rank_and_dense_are_one_number(printed: list[str]) -> None:
    (line,) = [line for line in printed if line.startswith("by balls")]
    assert float(re.findall(r"\S+e-\d+", line)[0]) < 2.0**-200


@pytest.mark.parametrize("name", ["low-rank", "dense"])
def test_float64_keeps_to_its_bound(printed: list[str], name: str) -> None:
    _, error, bound, verdict = row(printed, name)
    assert float(error) <= float(bound)
    assert verdict == "right"


def test_a_mistake_is_told(printed: list[str]) -> None:
    _, error, bound, verdict = row(printed, "d as standard deviation")
    assert float(error) > float(bound)
    assert verdict.startswith("WRONG")


def test_torch_is_judged_or_told_to_be_missing(printed: list[str]) -> None:
    there = importlib.util.find_spec("torch") is not None
    assert printed[-1].startswith("torch.distributions:")
    assert ("conforms" in printed[-1]) == there
    assert ("left out: expected PyTorch: pip install 'iaf-ref[torch]'" in printed[-1]) != there


def test_without_balls_it_says_what_installs_them(play: Any) -> None:
    done = play("low_rank_base", without=("flint",))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("expected python-flint: pip install 'iaf-ref[oracle]', got")


def test_a_seed_that_is_none_is_a_mistake_in_the_command(play: Any) -> None:
    done = play("low_rank_base", "--seed", "-1")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_the_page_shows_what_is_printed(whole: list[str], quoted: Any) -> None:
    pytest.importorskip("torch", reason="PyTorch is not installed, and the page has its part")

    def kept(lines: list[str]) -> list[str]:  # errors of rounding are the machine's
        return [" ".join(re.sub(r"\d(\.\d)?e[+-]\d+", "#", line).split()) for line in lines]

    assert kept(whole) == kept(quoted("low_rank_base"))
