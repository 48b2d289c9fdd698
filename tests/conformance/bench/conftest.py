"""A benchmark of tiny flows, run once: what is tested is what it says, never how fast it is."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from iaf_ref_conformance.bench import rows, run, timing
from iaf_ref_conformance.bench.entry import Size
from iaf_ref_conformance.bench.timing import Effort
from iaf_ref_conformance.cli import main


def call(*arguments: str) -> Result:
    result = CliRunner().invoke(main, ["bench", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


@pytest.fixture(scope="session")
def tiny() -> Any:
    """Sizes and efforts at which a whole run takes a second."""
    with pytest.MonkeyPatch.context() as patch:
        for name, batch in (("MAIN", 4), ("MANY", 6), ("ONE", 1)):
            patch.setattr(rows, name, Size(8, 16, batch))
        patch.setattr(rows, "SMALL", Size(3, 4, 5))
        patch.setattr(rows, "DIMS", (4, 8, 16))
        patch.setattr(rows, "PEER_DIMS", (4, 8))
        patch.setattr(run, "QUICK", Effort(0.01, 3, 4))
        patch.setattr(run, "FULL", Effort(0.01, 3, 4))
        patch.setattr(run, "OTHERS", {})
        patch.setattr(timing, "SAMPLE", 1e-4)
        patch.setattr(timing, "PAUSE", 0.0)
        patch.setattr(timing, "WAKE", 0.0)
        patch.setattr(run, "PAUSE", 0.0)
        yield patch


@pytest.fixture(scope="session")
def written(tiny: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """The folder of a quick run, with all that it writes, and what it printed."""
    folder = tmp_path_factory.mktemp("bench")
    files = (("--json", "b.json"), ("--picture", "b.svg"), ("--markdown", "b.md"))
    options = [word for option, name in files for word in (option, str(folder / name))]
    return folder, call("--quick", *options)


@pytest.fixture
def document(written: tuple[Path, Result]) -> Any:
    return json.loads((written[0] / "b.json").read_text(encoding="utf-8"))


@pytest.fixture
def bench() -> Callable[..., Result]:
    return call
