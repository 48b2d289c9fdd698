"""What tests of the examples share: an example run as a user runs it, libraries taken away."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES, PAGES = ROOT / "examples", ROOT / "docs" / "examples"
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


@pytest.fixture(scope="session")
def layout() -> Callable[[list[str]], list[str]]:
    """Lines without their numbers, which are those of a longer training, and seeds as one."""

    def strip(lines: list[str]) -> list[str]:
        number = re.compile(r"-?\d+(\.\d+)?(e[+-]\d+)?")
        kept = [" ".join(number.sub("#", line).split()) for line in lines]
        return [line for line, before in zip(kept, [None, *kept], strict=False) if line != before]

    return strip


@pytest.fixture(scope="session")
def quoted() -> Callable[[str], list[str]]:
    """Lines of the output that the page of an example shows."""

    def read(name: str) -> list[str]:
        text = (PAGES / f"{name}.md").read_text(encoding="utf-8")
        (output,) = re.findall(r"```text\n(.*?)```", text, flags=re.DOTALL)
        return output.splitlines()

    return read
