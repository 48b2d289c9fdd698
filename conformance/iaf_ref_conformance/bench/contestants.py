"""Who takes part: backends and peers by name, what is not installed, what does not load."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from ..subjects.entries import AbsentLibraryError
from ..subjects.find import MissingSubjectError, find
from ..subjects.switching import switch_context
from .entry import BACKENDS, NATIVE, library
from .library import Library
from .own import Backend
from .run import Maker


@dataclass
class Contestants:
    """Those that were found, and the others.

    Attributes
    ----------
    backends, peers : list of names
        In the order asked for.
    makers : mapping of name to Maker
    missing : mapping of name to reason
        Asked for by name, or installed, and not to be had.
    absent : mapping of name to reason
        Not asked for by name, and not installed.
    subjects : list
        Those that were found, as ``iaf-ref conform`` knows them.
    """

    backends: list[str] = field(default_factory=list)
    peers: list[str] = field(default_factory=list)
    makers: dict[str, Maker] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    subjects: list[Any] = field(default_factory=list)

    def environment(self) -> dict[str, dict[str, str]]:
        """Return what each of them says of itself: versions, threads, switches."""
        from ..environment import environment_of

        return {each.name: environment_of(each) for each in self.subjects}

    @contextmanager
    def computing(self, dtype: str) -> Iterator[None]:
        """Hold precision switches at IEEE arithmetic, and JAX at float64 where that is asked."""
        with ExitStack() as stack:
            for each in self.subjects:
                stack.enter_context(switch_context(each, as_is=False))
                stack.enter_context(each.computing(dtype))
            yield


def check_names(backends: Sequence[str], peers: Sequence[str]) -> None:
    """Refuse names of nobody.

    Raises
    ------
    ValueError
        A backend or a peer that is not among those that are timed.
    """
    for name in backends:
        if library(name) not in BACKENDS:
            raise ValueError(f"--backend: expected one of {', '.join(BACKENDS)}, got {name!r}")
    for name in peers:
        if name not in NATIVE:
            raise ValueError(f"--peer: expected one of {', '.join(NATIVE)}, got {name!r}")


def contestants(
    backends: Sequence[str], peers: Sequence[str], dtype: str, quick: bool
) -> Contestants:
    """Find contestants; all that are installed where none is named, NumPy alone in a hurry.

    Parameters
    ----------
    backends, peers : sequences of names
        Empty: not asked for by name.
    dtype : str
    quick : bool

    Returns
    -------
    Contestants

    Raises
    ------
    UnknownSubjectError
        A backend has no device of a name.
    """
    found = Contestants()
    for name in backends or (("numpy",) if quick else BACKENDS):
        _add(found, name, dtype, declared=bool(backends))
    for name in peers or (() if quick or backends else tuple(NATIVE)):
        _add(found, name, dtype, declared=bool(peers))
    return found


def _add(found: Contestants, name: str, dtype: str, *, declared: bool) -> None:
    """Find one, or note why it cannot be had."""
    try:
        subject: Any = find(name)
    except AbsentLibraryError as error:
        (found.missing if declared else found.absent)[name] = str(error)
        return
    except MissingSubjectError as error:
        found.missing[name] = str(error)
        return
    if dtype not in subject.dtypes:
        found.missing[name] = (
            f"{name}: expected one that computes in {dtype}, got one that does not"
        )
        return
    found.subjects.append(subject)
    (found.peers if name in NATIVE else found.backends).append(name)
    found.makers[name] = Library(subject, dtype) if name in NATIVE else Backend(subject, dtype)
