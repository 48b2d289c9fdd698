"""What is said twice about the distribution is said alike, and the import stays light."""

import importlib.util
import json
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

import iaf_ref

ROOT = Path(__file__).resolve().parents[1]
VERSION = metadata.version("iaf-ref")
TEST_COMMAND = 'python -m pip install -c constraints.txt -e ".[test]" && python -m pytest'
OURS = "iaf_ref.backends"


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_version_has_one_home() -> None:
    assert iaf_ref.__version__ == VERSION


def test_changelog_and_citation_carry_the_version_and_one_date() -> None:
    changelog = re.search(r"^## \[(.+)\] - (\S+)$", read("CHANGELOG.md"), re.MULTILINE)
    citation = read("CITATION.cff")
    version = re.search(r"^version: (\S+)$", citation, re.MULTILINE)
    date = re.search(r'^date-released: "(\S+)"$', citation, re.MULTILINE)
    assert changelog is not None
    assert version is not None
    assert date is not None
    assert changelog.groups() == (VERSION, date[1])
    assert version[1] == VERSION


def test_the_licence_is_installed() -> None:
    distribution = metadata.distribution("iaf-ref")
    assert distribution.metadata["License-Expression"] == "MIT"
    assert distribution.read_text("licenses/LICENSE") == read("LICENSE")


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", ".ci/run"])
def test_the_test_command_is_one(name: str) -> None:
    assert TEST_COMMAND in read(name)


def test_the_hooks_are_the_commands_of_ci() -> None:
    commands = read(".ci/run").splitlines()
    hooks = re.findall(r"^ +entry: (.+)$", read(".pre-commit-config.yaml"), re.MULTILINE)
    assert len(hooks) == 3
    assert [hook for hook in hooks if hook not in commands] == []


def test_contributing_takes_five_commands_at_most() -> None:
    blocks = re.findall(r"^```sh\n(.+?)^```", read("CONTRIBUTING.md"), re.MULTILINE | re.DOTALL)
    assert 1 <= len("".join(blocks).splitlines()) <= 5


@pytest.mark.parametrize("name", ["constraints.txt", "constraints-peers.txt"])
def test_constraints_are_exact(name: str) -> None:
    lines = [line for line in read(name).splitlines() if not line.startswith("#")]
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][\w.]*", line)] == []


@pytest.mark.parametrize(
    "entry",
    [*metadata.entry_points(group=OURS), *metadata.entry_points(group="iaf_ref.subjects")],
    ids=lambda entry: entry.name,
)
def test_what_is_registered_exists(entry: metadata.EntryPoint) -> None:
    assert importlib.util.find_spec(entry.module) is not None


def test_the_console_script_loads() -> None:
    (script,) = metadata.entry_points(group="console_scripts", name="iaf-ref")
    assert callable(script.load())


def modules_loaded_by(code: str) -> set[str]:
    """Top-level modules with a file that `code` adds to a new interpreter, outside the checkout."""
    report = (
        "import json, sys; before = set(sys.modules)\n"
        f"{code}\n"
        "new = set(sys.modules) - before\n"
        "new = [name for name in new if getattr(sys.modules[name], '__file__', None)]\n"
        "print(json.dumps(sorted({name.split('.')[0] for name in new})))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", report], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout)) - sys.stdlib_module_names


def test_importing_the_specification_loads_numpy_and_array_api_compat_only() -> None:
    assert modules_loaded_by("import iaf_ref") == {"iaf_ref", "numpy", "array_api_compat"}


def test_listing_the_backends_imports_none() -> None:
    listing = f"from importlib import metadata; names = metadata.entry_points(group={OURS!r}).names"
    assert modules_loaded_by(listing) == set()
