"""Blocks of a page: what is run, what is shown only, what goes into a file."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from markdown_it import MarkdownIt

RUN = {"python", "pycon", "console", "sh", "diff"}
SHOWN = {"text", "json", "c", "toml", "yaml", "ini", "xml", "html", "css", "bibtex", "make"}
CODE = {"code-block", "code", "sourcecode"}
"""Directives of MyST whose argument is a language."""
FOREIGN = {"code-cell", "doctest", "testcode", "testoutput", "jupyter-execute", "ipython"}
"""Directives with code that other programs run: nobody does here."""
OF_A_BLOCK, OF_A_PAGE = {"file", "exit", "not run"}, {"needs", "in"}

_COMMENT = re.compile(r"%\s*([a-z]+(?: [a-z]+)*):\s*(.*)")
_DIRECTIVE = re.compile(r"\{([\w:-]+)\}\s*(.*)")
_OPTION = re.compile(r":([\w-]+):\s*(.*)\n?")


class PageError(AssertionError):
    """A page is not as it has to be, or what it shows is not so: "FILE:LINE: ..."."""


@dataclass(frozen=True)
class Block:
    """One fenced block.

    Attributes
    ----------
    line : int
        Of its first line of code, from 1.
    language, text : str
    told : mapping
        What the comments above it say, and ``file`` where it has a caption.
    """

    line: int
    language: str
    text: str
    told: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Page:
    """A page: its blocks in order, the modules and programs it needs, what its folder holds."""

    path: Path
    blocks: tuple[Block, ...]
    needs: tuple[str, ...]
    place: str = ""

    def where(self, block: Block) -> str:
        """Name a block in a message."""
        return f"{self.path}:{block.line}"


def read(path: Path) -> Page:
    """Read a page.

    Raises
    ------
    PageError
        A language or a comment that is unknown, or a comment that no fence follows.
    """
    lines = path.read_text(encoding="utf-8").splitlines()
    try:
        blocks = tuple(_blocks(lines, 0))
    except ValueError as error:
        raise PageError(f"{path}:{error}") from error
    inside = {n for b in blocks for n in range(b.line, b.line + len(b.text.splitlines()))}
    needs: list[str] = []
    place = ""
    for number, line in enumerate(lines, 1):
        key, value = _comment(line) if number not in inside else ("", "")
        if key == "needs":
            needs += [name.strip() for name in value.split(",")]
        elif key == "in":
            place = value
        elif key and key not in OF_A_BLOCK:
            known = ", ".join(sorted(OF_A_BLOCK | OF_A_PAGE))
            raise PageError(f"{path}:{number}: comment: expected one of {known}, got {key!r}")
    if place not in ("", "checkout"):
        raise PageError(f"{path}: in: expected checkout, got {place!r}")
    _no_comment_is_lost(path, lines, inside)
    return Page(path, blocks, tuple(needs), place)


def _blocks(lines: Sequence[str], before: int) -> Iterator[Block]:
    """Yield the blocks of some lines, of which so many stand before them on the page."""
    for token in MarkdownIt("commonmark").parse("\n".join(lines)):
        if token.type == "inline" and re.match(r":{3,}\{code", token.content):
            raise ValueError(f"{before + _start(token)}: code: expected a fence of backticks")
        if token.type != "fence":
            continue
        start = _start(token)
        directive = _DIRECTIVE.fullmatch(token.info.strip())
        if directive is None or directive[1] in CODE | FOREIGN:
            yield _block(token.info.strip(), token.content, lines, start, before)
        else:  # a note, say, with blocks inside of it
            yield from _blocks(token.content.splitlines(), before + start)


def _start(token: object) -> int:
    """Number of the line at which a token of the parser begins, from 1."""
    first: int = token.map[0]  # type: ignore[attr-defined]
    return first + 1


def _block(info: str, text: str, lines: Sequence[str], start: int, before: int) -> Block:
    """One block with what is told of it."""
    told = dict(_above(lines, start - 1))
    line, language = before + start + 1, info
    directive = _DIRECTIVE.fullmatch(info)
    if directive is not None:
        language = directive[2] if directive[1] in CODE else info
        while option := _OPTION.match(text):
            text, line = text[option.end() :], line + 1
            if option[1] == "caption":
                told["file"] = option[2]
        if text.startswith("\n"):
            text, line = text[1:], line + 1
    if language not in RUN | SHOWN:
        known = ", ".join(sorted(RUN | SHOWN))
        raise ValueError(f"{line - 1}: language: expected one of {known}, got {language!r}")
    if not told.get("not run", "a reason"):
        raise ValueError(f"{line - 1}: not run: expected the reason, got none")
    return Block(line, language, text, told)


def _above(lines: Sequence[str], end: int) -> Iterator[tuple[str, str]]:
    """Yield the comments on a block that stand on the lines right above it."""
    while end and lines[end - 1].lstrip().startswith("%"):
        end -= 1
        key, value = _comment(lines[end].strip())
        if key in OF_A_BLOCK:
            yield key, value


def _comment(line: str) -> tuple[str, str]:
    """Key and value of a comment that says something to the runner; else empty ones."""
    found = _COMMENT.fullmatch(line.strip())
    return (found[1], found[2].strip()) if found else ("", "")


def _no_comment_is_lost(path: Path, lines: Sequence[str], inside: set[int]) -> None:
    """Refuse a comment on a block where no block follows."""
    for number, line in enumerate(lines, 1):
        if number in inside or _comment(line)[0] not in OF_A_BLOCK:
            continue
        rest = (each.strip() for each in lines[number:])
        follows = next((each for each in rest if not each.startswith("%")), "")
        if not follows.startswith("```"):
            raise PageError(f"{path}:{number}: expected a fence below {line.strip()!r}, got none")
