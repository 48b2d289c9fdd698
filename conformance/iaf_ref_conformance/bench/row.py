"""One number to be measured, and who can take part in one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from .entry import NATIVE, Entry, library, on_host
from .goal import Goal


@dataclass(frozen=True)
class Row:
    """One number.

    Attributes
    ----------
    id : str
        As ``--rows`` chooses it.
    table : str
        Whose entries are timed in turn.
    title : str
    how : str
        A key of :data:`.statistics.HOW`.
    groups : tuple of groups of entries
    goal : Goal, optional
        None: it is there to be read beside the others.
    """

    id: str
    table: str
    title: str
    how: str
    groups: tuple[tuple[Entry, ...], ...]
    goal: Goal | None = None


@dataclass(frozen=True)
class Field:
    """Who takes part: backends, peers of ``NATIVE``, and whether it is in a hurry."""

    backends: Sequence[str]
    peers: Sequence[str] = ()
    quick: bool = False

    def backends_of(self, *libraries: str) -> list[str]:
        """Backends of these array libraries, with a device or without."""
        return [who for who in self.backends if library(who) in libraries]

    def first(self, name: str) -> list[str]:
        """The first backend of an array library, where it takes part."""
        return self.backends_of(name)[:1]

    def peers_on(self, name: str) -> list[str]:
        """Peers on an array library."""
        return [peer for peer in self.peers if NATIVE[peer][0] == name]

    def peers_beside(self, who: str) -> list[str]:
        """Peers on the array library of a backend; none on a device, where no peer is placed."""
        return self.peers_on(library(who)) if on_host(who) else []


def matching(given: Sequence[Row], globs: Sequence[str]) -> list[Row]:
    """Return the rows whose id matches one of the patterns; all without a pattern.

    Raises
    ------
    ValueError
        A pattern matches none.
    """
    for glob in globs:
        if not any(fnmatchcase(row.id, glob) for row in given):
            ids = ", ".join(row.id for row in given)
            raise ValueError(f"--rows: expected a pattern that matches one of {ids}, got {glob!r}")
    return [row for row in given if not globs or any(fnmatchcase(row.id, g) for g in globs)]
