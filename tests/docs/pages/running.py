"""A page, run from top to bottom."""

import contextlib
import doctest
import io
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .matching import difference
from .reading import Block, Page, PageError

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = ("", "backends", "conformance")
"""Folders of the checkout in which its packages lie."""
INSTALLED = ".installed"
"""Folder of a page in which ``pip install`` puts things."""
LIMIT = 120
"""Seconds for one command."""
_NOT_COPIED = (
    ".git",
    ".venv",
    "__pycache__",
    "*.egg-info",
    "build",
    "dist",
    ".*_cache",
    ".hypothesis",
)


def run(page: Page, folder: Path) -> None:
    """Run the blocks of a page in a folder.

    Raises
    ------
    PageError
        Something is not as the page shows it.
    Exception
        Whatever Python of the page raises.
    """
    if page.place == "checkout":
        shutil.copytree(
            ROOT, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*_NOT_COPIED)
        )
    names: dict[str, Any] = {"__name__": "__main__"}
    printed: str | None = None  # by the block before, if that is Python
    with _inside(folder):
        for block in page.blocks:
            before, printed = printed, None
            if "not run" in block.told:
                continue
            if "file" in block.told:
                path = folder / block.told["file"]
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(block.text, encoding="utf-8")
            elif block.language == "python":
                printed = _python(page, block, names)
            elif block.language == "pycon":
                _session(page, block, names)
            elif block.language == "text" and before is not None and _adjacent(page, block):
                _check(page, block, difference(block.text, before))
            elif block.language == "console":
                _console(page, block, folder)
            elif block.language == "sh":
                _ends(page, block, _shell(page, f"set -e\n{block.text}", folder))
            elif block.language == "diff":
                _apply(page, block, folder)


def _adjacent(page: Page, block: Block) -> bool:
    """Whether nothing but blank lines stands between a block and the fence before it."""
    above = page.path.read_text(encoding="utf-8").splitlines()[: block.line - 2]
    last = next((line for line in reversed(above) if line.strip()), "")
    return last.strip() == "```"


@contextlib.contextmanager
def _inside(folder: Path) -> Iterator[None]:
    """Work in a folder, whose modules can be imported and are forgotten after it."""
    before = list(sys.path)
    sys.path[:0] = [str(folder), str(folder / INSTALLED)]
    try:
        with contextlib.chdir(folder):
            yield
    finally:
        sys.path[:] = before
        for name, module in list(sys.modules.items()):
            if (getattr(module, "__file__", None) or "").startswith(str(folder)):
                del sys.modules[name]


def _python(page: Page, block: Block, names: dict[str, Any]) -> str:
    """Run Python, with the numbers of the page's lines in tracebacks; return what it prints."""
    if page.place:
        raise PageError(f"{page.where(block)}: in a checkout, expected commands, got Python")
    code = compile("\n" * (block.line - 1) + block.text, str(page.path), "exec", dont_inherit=True)
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(code, names)  # noqa: S102 - the block of a document of ours
    return out.getvalue()


def _session(page: Page, block: Block, names: dict[str, Any]) -> None:
    """Run a session of Python as :mod:`doctest` does."""
    parse = doctest.DocTestParser().get_doctest
    session = parse(block.text, names, page.path.name, str(page.path), block.line - 1)
    told = io.StringIO()
    doctest.DocTestRunner(verbose=False).run(session, out=told.write, clear_globs=False)
    names.update(session.globs)
    _check(page, block, told.getvalue())


def _console(page: Page, block: Block, folder: Path) -> None:
    """Run each command and hold what it prints against the lines below it."""
    for command, shown in _commands(page, block):
        done = _shell(page, command, folder)
        _ends(page, block, done, f"$ {command}: ")
        _check(page, block, difference(shown, done.stdout), f"$ {command}: ")


def _commands(page: Page, block: Block) -> Iterator[tuple[str, str]]:
    """Commands of a block, each with its output; a backslash carries one on to the next line."""
    found: list[tuple[list[str], list[str]]] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            found.append(([line[2:]], []))
        elif not found:
            raise PageError(f"{page.where(block)}: expected a line '$ command' first, got {line!r}")
        elif found[-1][0][-1].endswith("\\") and not found[-1][1]:
            found[-1][0].append(line)
        else:
            found[-1][1].append(line)
    return (("\n".join(command), "\n".join(shown)) for command, shown in found)


def _shell(page: Page, command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command as a user has it who has installed the project."""
    return subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=folder,
        env=_environment(page, folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LIMIT,
        check=False,
    )


def _environment(page: Page, folder: Path) -> dict[str, str]:
    """The surroundings of a command: nothing of pytest's; what is installed stays in the folder.

    pip takes what builds a distribution from the environment that is there, without a network.
    """
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "COV_", "PIP_"))}
    home = folder if page.place == "checkout" else ROOT
    trees = [str(folder / INSTALLED), *(str(home / part) for part in PACKAGES)]
    return kept | {
        "PATH": os.pathsep.join([sysconfig.get_path("scripts"), kept.get("PATH", os.defpath)]),
        "PYTHONPATH": os.pathsep.join([*trees, *filter(None, [kept.get("PYTHONPATH")])]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "NO_COLOR": "1",
        "COLUMNS": "100",
        "GIT_CEILING_DIRECTORIES": str(folder.parent),
        "PIP_TARGET": str(folder / INSTALLED),
        "PIP_NO_DEPS": "1",
        "PIP_NO_INDEX": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # pip's option is --no-..., its variable says whether to
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }


def _apply(page: Page, block: Block, folder: Path) -> None:
    """Change files as a diff says."""
    patch = folder / ".patch"
    patch.write_text(block.text, encoding="utf-8")
    done = _shell(page, f"git apply --recount {patch.name}", folder)
    patch.unlink()
    _ends(page, block, done)


def _ends(page: Page, block: Block, done: subprocess.CompletedProcess[str], what: str = "") -> None:
    """Hold an exit code against the one that is told."""
    told = int(block.told.get("exit", "0"))
    if done.returncode != told:
        wrong = f"expected exit code {told}, got {done.returncode} and:\n{done.stdout.rstrip()}"
        _check(page, block, wrong, what)


def _check(page: Page, block: Block, wrong: str, what: str = "") -> None:
    """Raise if something is wrong."""
    if wrong:
        raise PageError(f"{page.where(block)}: {what}{wrong}")
