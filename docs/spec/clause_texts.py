"""What a clause says, wherever it is said, and the cases that test it.

A clause is said by its sentence in ``iaf_ref.CLAUSES``, by its prose in ``docs/spec``, and by the
paragraphs of docstrings of ``iaf_ref`` that name it.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

import iaf_ref
from iaf_ref import CLAUSES
from iaf_ref_conformance import corpus

HERE = Path(__file__).parent
PAGES = {
    "MASK": "masks",
    "NET": "network",
    "STEP": "step",
    "INV": "inverse",
    "DET": "log-det",
    "DENS": "density",
    "CHAIN": "chain",
    "SHAPE": "shape",
    "TYPE": "shape",
    "NUM": "shape",
    "GRAD": "gradients",
}
"""Family of clauses -> the page that they stand on."""
_BODY = re.compile(r"^(:{3,})\{clause\} (\S+)\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
"""A clause in a page: a fence of colons, closed by as many."""


@dataclass(frozen=True)
class Text:
    """A clause as it is said.

    Attributes
    ----------
    sentence, prose : str
    docstrings : tuple of (name, paragraph)
        Of functions, classes and modules of ``iaf_ref``.
    cases : tuple of (id, reason)
        In the order of the ids.
    """

    sentence: str
    prose: str
    docstrings: tuple[tuple[str, str], ...]
    cases: tuple[tuple[str, str], ...]

    @property
    def sha256(self) -> str:
        """Digest of all that is said; line breaks and indentation say nothing."""
        said = [self.sentence, self.prose, *(part for pair in self.docstrings for part in pair)]
        return _digest(" ".join(part.split()) for part in said)

    @property
    def cases_sha256(self) -> str:
        """Digest of the ids of the cases, which change with what is asked."""
        return _digest(name for name, _ in self.cases)


def text(clause: str, folder: Path = HERE) -> Text:
    """Everything that is said about a clause.

    Parameters
    ----------
    clause : str
        A key of ``iaf_ref.CLAUSES``.
    folder : Path
        Where the pages are.

    Returns
    -------
    Text
        Without prose where the page has none.
    """
    prose = dict(bodies((folder / f"{PAGES[clause.partition('-')[0]]}.md").read_text("utf-8")))
    named = re.compile(rf"\b{clause}\b")
    docstrings = tuple(pair for pair in _paragraphs() if named.search(pair[1]))
    cases = tuple((name, reason) for name, clauses, reason in _cases() if clause in clauses)
    return Text(CLAUSES[clause], prose.get(clause, ""), docstrings, cases)


def bodies(page: str) -> Iterator[tuple[str, str]]:
    """Clauses of a page, in its order, each with its prose."""
    for found in _BODY.finditer(page):
        yield found[2], found[3]


@cache
def _paragraphs() -> tuple[tuple[str, str], ...]:
    """All paragraphs of all docstrings of iaf_ref, with the name of what they describe."""
    found: list[tuple[str, str]] = []
    for path in sorted(Path(str(files(iaf_ref))).glob("*.py")):
        for name, docstring in _docstrings(ast.parse(path.read_text("utf-8")), path.stem):
            found.extend((name, part.strip()) for part in re.split(r"\n\s*\n", docstring))
    return tuple(found)


def _docstrings(tree: ast.AST, name: str) -> Iterator[tuple[str, str]]:
    """The docstrings of a module, its classes, functions and methods."""
    if isinstance(tree, ast.Module | ast.ClassDef | ast.FunctionDef):
        yield name, ast.get_docstring(tree) or ""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield from _docstrings(node, f"{name}.{node.name}")


@cache
def _cases() -> tuple[tuple[str, tuple[str, ...], str], ...]:
    """Id, clauses and reason of each case."""
    return tuple((case.id, tuple(case.clauses), case.reason) for case in corpus.load().cases())


def _digest(parts: Iterator[str]) -> str:
    """SHA-256 of some lines."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
