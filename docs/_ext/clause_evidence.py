"""What stands behind a clause: functions that name it, cases that test it, mutants that break it.

Everything is asked of the packages themselves, so that a page cannot fall behind them.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

import iaf_ref
from iaf_ref import CLAUSES
from iaf_ref_conformance import corpus
from iaf_ref_conformance.cases import Case
from iaf_ref_conformance.mutants import MUTANTS, Mutant

ID = re.compile(rf"\b(?:{'|'.join(sorted({name.partition('-')[0] for name in CLAUSES}))})-\d+\b")
"""What an id looks like; one that is none of CLAUSES may look so too."""


@dataclass(frozen=True)
class Place:
    """A function, class or method whose docstring names a clause.

    Attributes
    ----------
    module : str
        As ``iaf_ref.masks``.
    name : str
        In the module, as ``Masks`` or ``AffineAutoregressive.forward``.
    public : bool
        Whether no part of the name begins with an underscore.
    source : str
        The name at which its source is found: that of the class for a property.
    """

    module: str
    name: str
    public: bool
    source: str

    @property
    def documented(self) -> str:
        """Full name under which the page of the API has it."""
        exported = self.name.partition(".")[0] in iaf_ref.__all__
        return f"iaf_ref.{self.name}" if exported else f"{self.module}.{self.name}"


def functions(clause: str) -> list[Place]:
    """Functions whose docstrings name the clause, in the order of modules and lines."""
    return [place for place, named in _docstrings() if clause in named]


def cases(clause: str) -> list[Case]:
    """Cases that test the clause, in the order of their ids."""
    return [case for case in _cases() if clause in case.clauses]


def mutants(clause: str) -> list[Mutant]:
    """Wrong implementations that break the clause, those that stand for it first."""
    found = [mutant for mutant in MUTANTS.values() if clause in mutant.clauses]
    return sorted(found, key=lambda mutant: mutant.clauses[0] != clause)


@cache
def _cases() -> tuple[Case, ...]:
    """All of the corpus, read once."""
    return tuple(corpus.load().cases())


@cache
def _docstrings() -> tuple[tuple[Place, frozenset[str]], ...]:
    """Each function, class and method of iaf_ref, with the ids that its docstring names."""
    paths = sorted(Path(str(files(iaf_ref))).glob("*.py"))
    return tuple(
        found for path in paths for found in _of(ast.parse(path.read_text("utf-8")), path.stem)
    )


def _of(tree: ast.AST, module: str, outer: str = "") -> Iterator[tuple[Place, frozenset[str]]]:
    """Of a module or a class, and of what it holds."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            name = f"{outer}{node.name}"
            public = not any(part.startswith("_") for part in (module, *name.split(".")))
            named = frozenset(ID.findall(ast.get_docstring(node) or ""))
            found = name.rpartition(".")[0] if _is_property(node) else name
            yield Place(f"iaf_ref.{module}", name, public, found), named
        if isinstance(node, ast.ClassDef):
            yield from _of(node, module, f"{node.name}.")


def _is_property(node: ast.FunctionDef | ast.ClassDef) -> bool:
    """Whether it is read as an attribute."""
    names = {each.id for each in node.decorator_list if isinstance(each, ast.Name)}
    return bool(names & {"property", "cached_property"})
