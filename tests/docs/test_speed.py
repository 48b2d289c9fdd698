"""The page on speed: of what its program measures, memory is counted and not timed."""

import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture
def program() -> Any:
    """``docs/speed_constants.py`` as a module."""
    spec = importlib.util.spec_from_file_location("speed_constants", DOCS / "speed_constants.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def told(first: str) -> list[str]:
    """What a row of the page says of batch 100."""
    text = (DOCS / "speed.md").read_text(encoding="utf-8")
    (cells,) = re.findall(rf"^\| {first}[^|]*\| ([^|]+) \|", text, flags=re.MULTILINE)
    return cells.split(", ")


def test_the_memory_of_the_page_is_what_is_counted(
    program: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "ratio", lambda *_: 0.0)
    lines = list(program.contributions(100, 1))
    assert [line.rpartition(" ")[2] for line in lines] == told("its peak memory")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("inverse-one-numpy", "{:.0f} and {:.0f} times faster than the definition on NumPy"),
        ("inverse-one-torch", "{:.0f} and {:.0f} times on PyTorch"),
        ("inverse-forward-100-numpy", "({:.1f} and {:.1f} in two runs of the benchmark)"),
        ("inverse-forward-1000-numpy", "about 1.45, not 1.1 ({:.2f} and {:.2f})"),
        ("compile-jax", "{:.1f} s and {:.1f} s to compile and run at D = 784"),
    ],
)
def test_what_is_said_of_the_benchmark_is_in_its_two_runs(row: str, said: str) -> None:
    medians = []
    for name in ("bench.json", "bench-again.json"):
        run = json.loads((DOCS / "results" / name).read_text(encoding="utf-8"))
        medians += [each["measured"]["median"] for each in run["rows"] if each["id"] == row]
    assert said.format(*medians) in " ".join((DOCS / "speed.md").read_text("utf-8").split())


@pytest.mark.parametrize("batch", [1, 300])
def test_every_line_is_a_ratio(program: Any, monkeypatch: pytest.MonkeyPatch, batch: int) -> None:
    monkeypatch.setattr(program, "SIZES", dict.fromkeys(program.SIZES, (6, (8, 8))))
    measures = (program.parts, program.numbers, program.contributions, program.bands)
    lines = [line for measure in measures for line in measure(batch, 1)]
    assert len(lines) == 4 + 2 + 4 + 9  # of bands, too, by size
    for line in lines:
        assert float(line.rpartition(" ")[2]) > 0.0
