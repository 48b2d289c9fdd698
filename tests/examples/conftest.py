"""What tests of the examples share: an example run as a user runs it, libraries taken away."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
WITHOUT = """
import runpy, sys
from importlib.machinery import PathFinder

program, *names = sys.argv.pop(1).split(",")

class Without(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        found = name.partition(".")[0] not in names
        return super().find_spec(name, path, target) if found else None

sys.meta_path[sys.meta_path.index(PathFinder)] = Without
sys.argv[0], sys.path[0] = program, program.rpartition("/")[0]
runpy.run_path(program, run_name="__main__")
"""
Play = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def play() -> Play:
    """Run an example with arguments, as if some libraries were not installed."""

    def run(
        name: str, *arguments: str, without: tuple[str, ...] = ()
    ) -> "subprocess.CompletedProcess[str]":
        program = (EXAMPLES / f"{name}.py").as_posix()
        start = ["-c", WITHOUT, ",".join([program, *without])] if without else [program]
        return subprocess.run(
            [sys.executable, *start, *arguments], capture_output=True, text=True, check=False
        )

    return run
