"""The runner of the pages: it finds what is wrong on one, and accuses none that is right."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from pages import Page, PageError, read, run

Write = Callable[[str], Page]


@pytest.fixture
def page(tmp_path: Path) -> Write:
    def write(text: str) -> Page:
        path = tmp_path / "page.md"
        path.write_text(text, encoding="utf-8")
        return read(path)

    return write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


RIGHT = {
    "names are shared": "```python\na = 1\n```\n\n```python\nassert a == 1\n```\n",
    "what Python prints": "```python\nprint(1)\nprint(2.5)\n```\n\n```text\n1\n2...\n```\n",
    "a session": "```pycon\n>>> a = 1\n>>> a + 1\n2\n```\n\n```python\nassert a == 1\n```\n",
    "other text": "```python\nprint(1)\n```\nNot this:\n```text\n2\n```\n",
    "a command": "```console\n$ echo one; echo two\none\ntwo\n```\n",
    "a command of two lines": "```console\n$ echo one \\\n    two\none two\n```\n",
    "standard error": "```console\n$ echo told >&2\ntold\n```\n",
    "left out": "```console\n$ printf 'a\\nb\\nc\\n'\na\n...\n$ echo for 3.14 s\nfor ... s\n```\n",
    "an exit code": "% exit: 3\n```console\n$ exit 3\n```\n\n% exit: 1\n```sh\nfalse\ntrue\n```\n",
    "a file by its caption": "```{code-block} python\n:caption: mine.py\n\nb = 2\n```\n\n"
    "```python\nimport mine\nassert mine.b == 2\n```\n",
    "a file by a comment": "% file: in/a.json\n```json\n{}\n```\n\n"
    "```console\n$ cat in/a.json\n{}\n```\n",
    "a change": "% file: a.txt\n```text\none\n```\n\n```diff\n--- a/a.txt\n+++ b/a.txt\n"
    "@@ -1 +1 @@\n-one\n+two\n```\n\n```console\n$ cat a.txt\ntwo\n```\n",
    "not run": "% not run: it takes an hour\n```sh\nfalse\n```\n",
    "shown only": "```json\n{\n```\n\n```{math}\n1 + 1\n```\n",
    "inside of a note": "````{note}\n```console\n$ echo 1\n1\n```\n````\n",
    "inside of a list": "1. One:\n\n   ```console\n   $ echo 1\n   1\n   ```\n",
}
WRONG = {
    "Python raises": ("```python\n\nraise KeyError\n```\n", "KeyError"),
    "Python prints otherwise": ("```python\nprint(1)\n```\n```text\n2\n```\n", "page.md:5: "),
    "a session goes otherwise": ("```pycon\n>>> 1 + 1\n3\n```\n", "Expected:\n    3\nGot:\n    2"),
    "a command prints otherwise": ("```console\n$ echo 1\n2\n```\n", "line '2', got:\n1"),
    "a command prints more": ("```console\n$ echo 1\n```\n", "no more than is shown"),
    "inside of a line": ("```console\n$ echo took 3.14 s\ntook ... ms\n```\n", "took ... ms"),
    "another exit code": ("```console\n$ exit 3\n```\n", "expected exit code 0, got 3"),
    "no failure": ("% exit: 1\n```sh\ntrue\n```\n", "expected exit code 1, got 0"),
    "any command fails": ("```sh\nfalse\ntrue\n```\n", "expected exit code 0, got 1"),
    "no command": ("```console\necho 1\n```\n", r"expected a line '\$ command' first"),
    "a change that fits nothing": ("```diff\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n```\n", "x"),
    "inside of a note": ("````{note}\n```console\n$ echo 1\n2\n```\n````\n", "page.md:3: "),
    "no file of that name": ("```python\nimport mine\n```\n", "mine"),
    "Python in a checkout": ("% in: checkout\n```python\n1\n```\n", "expected commands"),
}
UNREADABLE = {
    "a language that nobody runs": ("```pyhton\n1\n```\n", r"page.md:1: language: .* 'pyhton'"),
    "no language": ("\n```\n1\n```\n", r"page.md:2: language: .* ''"),
    "a directive that nobody runs": ("```{code-cell}\n1\n```\n", "language"),
    "a language of a directive": ("```{code-block} perl\n1\n```\n", "'perl'"),
    "a fence of colons": (":::{code-block} sh\nfalse\n:::\n", "a fence of backticks"),
    "an unknown comment": ("% neds: torch\n", "page.md:1: comment: .* 'neds'"),
    "an unknown place": ("% in: a spaceship\n", "expected checkout"),
    "a comment on nothing": ("% exit: 1\n\nText.\n\n```sh\nfalse\n```\n", "expected a fence"),
    "no reason": ("% not run:\n```sh\nfalse\n```\n", "expected the reason"),
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_page_that_is_right(name: str, page: Write, folder: Path) -> None:
    found = page(RIGHT[name])
    assert found.blocks
    run(found, folder)


@pytest.mark.parametrize("name", WRONG)
def test_a_page_that_is_not(name: str, page: Write, folder: Path) -> None:
    text, told = WRONG[name]
    with pytest.raises((PageError, KeyError, ImportError)) as caught:
        run(page(text), folder)
    assert re.search(told, f"{caught.type.__name__}: {caught.value}")


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_page_that_cannot_be_read(name: str, page: Write) -> None:
    text, told = UNREADABLE[name]
    with pytest.raises(PageError, match=told):
        page(text)


def test_a_traceback_names_the_line_of_the_page(page: Write, folder: Path) -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        run(page("Text.\n\n```python\na = 0\n1 / a\n```\n"), folder)
    assert caught.traceback[-1].lineno == 4  # from 0
    assert str(caught.traceback[-1].path).endswith("page.md")


def test_what_a_page_needs(page: Write) -> None:
    assert page("% needs: torch, cc\n\n% needs: pyro\n").needs == ("torch", "cc", "pyro")


def test_a_command_does_not_see_the_options_of_pytest(
    page: Write, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "--cov")
    run(page('```console\n$ echo "[$PYTEST_ADDOPTS]"\n[]\n```\n'), folder)


def test_modules_of_a_page_are_forgotten(page: Write, folder: Path, tmp_path: Path) -> None:
    text = (
        "% file: mine.py\n```python\nb = {}\n```\n\n"
        "```python\nimport mine\nassert mine.b == {}\n```\n"
    )
    run(page(text.format(1, 1)), folder)
    other = tmp_path / "other"
    other.mkdir()
    run(page(text.format(2, 2)), other)


def test_what_is_installed_stays_with_the_page(page: Write, folder: Path) -> None:
    text = (
        "% file: pyproject.toml\n```toml\n[build-system]\nrequires = ['hatchling']\n"
        "build-backend = 'hatchling.build'\n[project]\nname = 'a-b-c'\nversion = '1'\n"
        "[tool.hatch.build.targets.wheel]\nonly-include = ['abc_.py']\n```\n\n"
        "% file: abc_.py\n```python\n```\n\n```console\n$ python -m pip install --quiet .\n"
        "$ rm abc_.py; python -c 'import abc_; print(abc_.__file__)'\n.../.installed/abc_.py\n```\n"
    )
    run(page(text), folder)
