"""The cases as a collection, read lazily; each file is checked when it is read."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

from iaf_ref.clauses import CLAUSES

from .cases import Case, read_case
from .store import Arrays, CorpusError, Store
from .verify import Problem, verify_store

__all__ = ["Corpus", "CorpusError", "Problem", "load", "verify"]


class Corpus:
    """Cases of a directory, in the order of their ids.

    Parameters
    ----------
    store : Store
    ids : sequence of str, optional
        Of the cases; default: all that the manifest lists.

    Raises
    ------
    CorpusError
        The manifest is missing or damaged.
    """

    def __init__(self, store: Store, ids: Sequence[str] | None = None) -> None:
        self._store = store
        self._flows: dict[str, tuple[dict[str, Any], Arrays]] = {}
        self.ids: tuple[str, ...] = tuple(self._all() if ids is None else ids)

    @property
    def manifest(self) -> Mapping[str, Any]:
        """The manifest of the whole corpus: versions, count, sha256 and size of each file."""
        return self._store.manifest

    def __len__(self) -> int:
        """Return the number of cases."""
        return len(self.ids)

    def cases(self, dtype: str = "float64") -> Iterator[Case]:
        """Yield every case, in this dtype.

        Raises
        ------
        ValueError
            The suite has no such dtype.
        CorpusError
            A file is missing or damaged.
        """
        for name in self.ids:
            yield self.case(name, dtype)

    def case(self, name: str, dtype: str = "float64") -> Case:
        """Return one case by its id.

        Raises
        ------
        ValueError
            No such case, or no such dtype.
        CorpusError
            A file is missing or damaged.
        """
        if name not in self.ids:
            raise ValueError(f"case: expected the id of a case, got {name!r}")
        document, arrays = self._documents[name], self._store.arrays(f"cases/{name}")
        return read_case(document, arrays, *self._flow(document["flow"])).in_dtype(dtype)

    def select(self, globs: Iterable[str] = (), clauses: Iterable[str] = ()) -> Corpus:
        """Return the cases whose id matches one of the patterns, and that test one of the clauses.

        Parameters
        ----------
        globs : patterns as of :mod:`fnmatch`
            None: all cases.
        clauses : patterns for ids of clauses, as ``DENS-3`` or ``DENS-*``
            None: all clauses.

        Raises
        ------
        ValueError
            A pattern that matches nothing, or patterns that together leave nothing.
        """
        chosen, tested = list(globs), list(clauses)
        for glob in chosen:
            if not any(fnmatchcase(name, glob) for name in self.ids):
                raise ValueError(f"case: expected a pattern that matches a case, got {glob!r}")
        for glob in tested:
            if not any(fnmatchcase(clause, glob) for clause in CLAUSES):
                raise ValueError(f"clause: expected a pattern that matches a clause, got {glob!r}")
        ids = [n for n in self.ids if not chosen or any(fnmatchcase(n, g) for g in chosen)]
        if tested:
            ids = [n for n in ids if self._tests(n, tested)]
        if not ids:
            raise ValueError(
                f"case: expected a case of {', '.join(chosen)} for {', '.join(tested)}, got none"
            )
        return Corpus(self._store, ids)

    def _tests(self, name: str, globs: Sequence[str]) -> bool:
        """Whether a case tests one of the clauses."""
        return any(fnmatchcase(c, g) for c in self._documents[name]["clauses"] for g in globs)

    def _all(self) -> list[str]:
        """Ids of the cases that the manifest lists."""
        names = (
            n for n in self.manifest["files"] if n.startswith("cases/") and n.endswith(".json")
        )
        return sorted(n.removeprefix("cases/").removesuffix(".json") for n in names)

    @cached_property
    def _documents(self) -> dict[str, dict[str, Any]]:
        """Metadata of the cases."""
        return {name: self._store.document(f"cases/{name}") for name in self.ids}

    def _flow(self, name: str) -> tuple[dict[str, Any], Arrays]:
        """Description and weights of a flow, read once."""
        if name not in self._flows:
            document = self._store.document(f"flows/{name}")
            self._flows[name] = document["flow"], self._store.arrays(f"flows/{name}")
        return self._flows[name]


def load(directory: str | os.PathLike[str] | None = None) -> Corpus:
    """Open a corpus; its cases are read when they are asked for.

    Parameters
    ----------
    directory : path, optional
        Default: the corpus in the package.

    Returns
    -------
    Corpus

    Raises
    ------
    CorpusError
        The manifest is missing or damaged.
    """
    return Corpus(_open(directory))


def verify(directory: str | os.PathLike[str] | None = None) -> list[Problem]:
    """Check every file: sha256, size, schema, shapes, content address; nothing missing or extra.

    Parameters
    ----------
    directory : path, optional
        Default: the corpus in the package.

    Returns
    -------
    list of Problem
        Empty where all is well.
    """
    return verify_store(_open(directory))


def _open(directory: str | os.PathLike[str] | None) -> Store:
    """Files of a directory, or of the package."""
    if directory is None:
        return Store(resources.files(__package__) / "vectors")
    return Store(Path(directory))
