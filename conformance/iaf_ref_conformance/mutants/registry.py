"""Where mutants and variants are kept: a class registers itself by a decorator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from ..cases import DTYPES
from .kinds import Mutant, Variant
from .plain import Plain

Kind = TypeVar("Kind", bound=type[Plain])


def slug(kind: type) -> str:
    """Name of a class in small letters and hyphens.

    Examples
    --------
    >>> class ClipMissing: ...
    >>> slug(ClipMissing)
    'clip-missing'
    """
    name = kind.__name__
    parts = (f"-{c.lower()}" if c.isupper() and k else c.lower() for k, c in enumerate(name))
    return "".join(parts)


def sentence(kind: type) -> str:
    """First line of a docstring, as it goes on after a colon: no capital, no full stop."""
    line = (kind.__doc__ or "").strip().splitlines()[0].removesuffix(".")
    first = line.split(" ")[0]
    return line[:1].lower() + line[1:] if first[1:].islower() or len(first) == 1 else line


class Registry:
    """Mutants and variants by id, in the order in which their modules name them."""

    def __init__(self) -> None:
        self.mutants: dict[str, Mutant] = {}
        self.variants: dict[str, Variant] = {}

    def mutant(
        self, *clauses: str, source: str, dtypes: Sequence[str] = DTYPES, unseen: str = ""
    ) -> Callable[[Kind], Kind]:
        """Register a class as a mutant: its name is the id, its docstring the mistake.

        Parameters
        ----------
        *clauses : str
            That it breaks, the one it stands for first.
        source : str
        dtypes, unseen
            As of :class:`Mutant`.

        Raises
        ------
        ValueError
            The id is taken.
        """

        def register(kind: Kind) -> Kind:
            self._claim(kind)
            found = Mutant(slug(kind), clauses, sentence(kind), source, kind, tuple(dtypes), unseen)
            self.mutants[found.id] = found
            return kind

        return register

    def variant(self, kind: Kind) -> Kind:
        """Register a class as a correct variant; as :meth:`mutant`."""
        self._claim(kind)
        self.variants[slug(kind)] = Variant(slug(kind), sentence(kind), kind)
        return kind

    def _claim(self, kind: type[Plain]) -> None:
        """Give the class its id as a subject's name."""
        if slug(kind) in (*self.mutants, *self.variants):
            raise ValueError(f"id: expected one that is free, got {slug(kind)!r}")
        kind.name = slug(kind)


REGISTRY = Registry()
"""The project's own."""
