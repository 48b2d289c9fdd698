"""Testees to be asked: a well-behaved one in a few lines of Python, which tests make misbehave."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from iaf_ref_conformance import corpus
from iaf_ref_conformance.cases import Case
from iaf_ref_conformance.testee.session import Session

ROOT = Path(__file__).resolve().parents[3]
SOURCES = ROOT / "conformance" / "testee"
REQUIRED = {name.strip() for name in os.environ.get("IAF_REF_REQUIRE", "").split(",")}
PATIENCE = 60.0  # seconds: more than any machine needs to start Python

# Permutations only; `body` is what it does with a question instead, if it does anything.
TESTEE = """
import json, math, os, signal, subprocess, sys, time
announcement = {{
    "version": 1, "name": "permuter", "device": "cpu", "dtypes": {{"float64": "ieee-f64"}},
    "supports": {{"flows": ["permutation"], "questions": ["forward", "inverse"]}},
}}
def say(message, **options):
    print(json.dumps(message), flush=True, **options)
{before}
while True:
    m = json.loads(sys.stdin.readline() or '{{"cmd": "stop"}}')
    if m["cmd"] == "stop":
        break
    if m["cmd"] == "start":
        say(announcement)
        continue
    x, order = m["inputs"]["x"], m["flow"]["order"]
    rows = [x["data"][k : k + len(order)] for k in range(0, len(x["data"]), len(order))]
    y = {{"shape": x["shape"], "data": [row[k] for row in rows for k in order]}}
    log_det = {{"shape": x["shape"][:-1], "data": ["0x0p+0"] * len(rows)}}
    answer = {{"seq": m["seq"], "values": {{"y": y, "log_det": log_det}}}}
    {body}
    say(answer)
"""


@pytest.fixture
def command(tmp_path: Path) -> Callable[..., str]:
    """Command that runs the testee, with a misbehaviour at its first question or before."""

    def make(at_first: str = "pass", before: str = "") -> str:
        body = f"if m['seq'] == 1:\n        {at_first}"
        path = tmp_path / "testee.py"
        path.write_text(TESTEE.format(before=before, body=body))
        return shlex.join([sys.executable, "-I", "-S", str(path)])

    return make


@pytest.fixture
def session(command: Callable[..., str]) -> Iterator[Callable[..., Session]]:
    """A session with that testee, ended in the end."""
    made: list[Session] = []

    def make(at_first: str = "pass", before: str = "") -> Session:
        made.append(Session(shlex.split(command(at_first, before)), PATIENCE))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture(scope="session")
def permutation() -> Case:
    """A case that the testee above can answer."""
    whole = corpus.load()
    found = whole.select(["chain-permutation-d3-*"])
    return whole.case(found.ids[0], "float64")


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """Path of the testee in C, compiled with the system's compiler and these options."""
    compiler = shutil.which("cc")
    if compiler is None:
        if "cc" in REQUIRED:
            pytest.fail("expected a C compiler, cc, as IAF_REF_REQUIRE names it, got none")
        pytest.skip("there is no C compiler, cc")
    folder = tmp_path_factory.mktemp("compiled")
    strict = ["-std=c99", "-O2", "-Wall", "-Wextra", "-Werror", "-pedantic"]

    def build(*options: str) -> str:
        path = folder / "-".join(["testee", *options])
        source = str(SOURCES / "iaf_testee.c")
        if not path.exists():
            subprocess.run(
                [compiler, *strict, *options, "-o", str(path), source, "-lm"], check=True
            )
        return str(path)

    return build
