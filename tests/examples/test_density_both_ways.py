"""Density both ways: nothing leaks between the rows, both directions learn and conform."""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import iaf_ref as ir

torch = pytest.importorskip("torch", reason="PyTorch is not installed (extra: torch)")

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture(scope="module")
def example() -> Iterator[Any]:
    """The module, which imports others that lie beside it."""
    threads = torch.get_num_threads()
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(EXAMPLES))
        yield import_module("density_both_ways")
    for name in ("density_both_ways", "conforming", "trainable", "extras"):
        sys.modules.pop(name, None)
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def split(example: Any) -> Any:
    return example.standardised(seed=0)


@pytest.fixture(scope="module")
def printed(play: Any) -> list[str]:
    done = play("density_both_ways", "--quick")
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_every_row_has_one_part(split: Any) -> None:
    parts = [split.fit, split.stop, split.held]
    assert [len(part) for part in parts] == [341, 114, 114]
    assert len(np.unique(torch.cat(parts).numpy(), axis=0)) == 569


def test_no_row_changes_what_it_is_not_to_be_seen_by(
    example: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = example.load_breast_cancer().data
    before, seen = example.standardised(seed=0), []
    for k in range(20):
        other = np.where(np.arange(len(data))[:, None] == k, 2.0 * data, data)
        monkeypatch.setattr(example, "load_breast_cancer", lambda other=other: Data(other))
        after = example.standardised(seed=0)
        seen.append([n for n, part in vars(after).items() if not part.equal(vars(before)[n])])
    # a row to fit moves means and scales; any other moves itself
    assert all(names in (["fit", "stop", "held"], ["stop"], ["held"]) for names in seen)
    assert ["stop"] in seen
    assert ["held"] in seen


@dataclass
class Data:
    """What the loader returns, as far as it is read."""

    data: Any


def test_orders_are_reversed_between_the_steps_and_the_directions_are_inverse(example: Any) -> None:
    iaf, maf = (example.chain(direction, 5, 0) for direction in ("IAF", "MAF"))
    assert all(isinstance(step, ir.AffineAutoregressive) for step in iaf.transforms)
    assert all(isinstance(step, ir.Inverse) for step in maf.transforms)
    found = [step.degrees.input.tolist() for step in iaf.transforms]
    assert found == [[1, 2, 3, 4, 5], [5, 4, 3, 2, 1], [1, 2, 3, 4, 5]]
    for one, other in zip(iaf.transforms, maf.transforms, strict=True):
        assert np.array_equal(one.network.output[0], other.transform.network.output[0])


@pytest.mark.parametrize("direction", ["MAF", "IAF"])
def test_an_epoch_makes_the_density_better_and_stops_at_the_best(
    example: Any, split: Any, direction: str
) -> None:
    few = example.Split(split.fit[:64, :4], split.stop[:, :4], split.held[:, :4])
    fit = example.train(direction, few, seed=0, epochs=3, options={})
    assert 1 <= fit.best <= fit.epochs == 3

    def score(flow: Any) -> float:
        return float(example.density(flow).log_prob(few.stop).mean())

    initial = example.Trainable(example.chain(direction, 4, 0))
    with torch.no_grad():
        assert score(fit.flow) == fit.score > score(initial.flow())


def test_a_wrong_answer_of_a_flow_is_told(example: Any, split: Any) -> None:
    pytest.importorskip("flint", reason="python-flint is not installed (extra: oracle)")
    few = split.held[:2]
    told = import_module("conforming").inverse_complaint
    with torch.no_grad():
        flow = example.Trainable(example.chain("IAF", 30, 0)).flow()

    class Wrong(ir.Chain):
        def inverse(self, y: Any, context: Any = None, **options: Any) -> Any:
            x, log_det = super().inverse(y, context, **options)
            return x, log_det.abs() + 1.0

    assert told(flow, few) == ""
    assert "DET-4: log_det" in told(Wrong(flow.transforms), few)


def test_both_directions_are_told_and_conform(printed: list[str]) -> None:
    assert printed[0] == "rows: 341 fit, 114 stop, 114 held; D = 30"
    scores = {line.split("  ")[0]: line for line in printed[3:7]}
    for name in ("normal, full covariance", "MAF, T = 3", "IAF, T = 3", "IAF - MAF"):
        assert re.search(r"-?\d+\.\d\d \+- \d+\.\d\d", scores[name])
    assert any(re.match(r"IAF takes \d+\.\d times as long as MAF", line) for line in printed)
    assert printed[-2:] == [
        f"the trained {name}, from data to noise: conforms to ieee-f32" for name in ("MAF", "IAF")
    ]


def test_the_page_shows_what_a_run_tells(printed: list[str], quoted: Any, layout: Any) -> None:
    assert layout(printed) == layout(quoted("density_both_ways"))


def test_without_balls_the_verdict_is_left_out(
    example: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(example, "lacking", lambda *named: f"expected {named[1]}")
    monkeypatch.setattr(example, "T", 1)
    done = CliRunner().invoke(example.main, ["--quick"])
    assert done.exit_code == 0
    assert done.output.splitlines()[-1].endswith("left out: expected python-flint")


@pytest.mark.parametrize(
    ("module", "told"),
    [
        ("torch", "expected PyTorch: pip install 'iaf-ref[torch]', got"),
        ("sklearn", "expected scikit-learn: pip install 'iaf-ref[examples]', got"),
    ],
)
def test_what_is_missing_is_told_with_what_installs_it(play: Any, module: str, told: str) -> None:
    done = play("density_both_ways", without=(module,))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(told)
