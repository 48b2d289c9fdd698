"""A stranger's backend: its own distribution, installed apart, is listed and judged."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_name("plugin")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a process that finds the distribution."""
    target = tmp_path_factory.mktemp("site")
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--target"]
    command = [sys.executable, "-m", "pip", "install", *options, str(target), str(SOURCE)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    path = os.pathsep.join(filter(None, [str(target), os.environ.get("PYTHONPATH", "")]))
    return {**os.environ, "PYTHONPATH": path, "NO_COLOR": "1"}


def iaf_ref(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    code = "from iaf_ref_conformance.cli import main; main(prog_name='iaf-ref')"
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_it_is_listed(installed: dict[str, str]) -> None:
    done = iaf_ref(installed, "backends", "--json")
    assert done.returncode == 0, done.stderr
    offers = {offer["name"]: offer for offer in json.loads(done.stdout)["backends"]}
    assert "numpy" in offers
    offer = offers["thirdparty"]
    assert (offer["status"], offer["version"]) == ("available", "1.2.3")
    assert offer["distribution"] == "thirdparty-array 1.2.3"
    assert offer["devices"] == {"npu:0": ["float32", "float64"]}


def test_it_is_judged(installed: dict[str, str], tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    done = iaf_ref(installed, "conform", "thirdparty", "--quiet", "--json", str(report))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[:2] == [
        "thirdparty float32 conforms to ieee-f32 without GRAD-1 (no gradient)",
        "thirdparty float64 conforms to ieee-f64 without GRAD-1 (no gradient)",
    ]
    runs = json.loads(report.read_text())["runs"]
    assert {(run["subject"], run["device"]) for run in runs} == {("thirdparty", "npu:0")}
    assert runs[0]["environment"]["thirdparty"] == "1.2.3"


def test_its_devices_are_named(installed: dict[str, str]) -> None:
    done = iaf_ref(installed, "conform", "thirdparty:gpu")
    assert done.returncode == 2
    assert "thirdparty:gpu: device: expected one of npu:0, got 'gpu'" in done.stderr
    assert iaf_ref(installed, "conform", "thirdparty:npu", "--case", "step-*").returncode == 0
