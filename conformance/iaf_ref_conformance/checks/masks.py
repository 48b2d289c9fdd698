"""Boolean laws: masks and what reaches what."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from ..cases import Case
from ..subject import Subject
from .asking import Arrays, array, ask
from .outcome import Broken, Score, verdict


@verdict
def masks(case: Case, subject: Subject, profile: object) -> Score:
    """Hidden masks, output mask, and the skip's if there is one (MASK-4, MASK-5, MASK-6)."""
    names = sorted((n for n in case.expected if n.startswith("mask.")), key=lambda n: int(n[5:]))
    given = _masks(case, subject, len(names))
    layers = len(case.flow.network.hidden)
    for k, (name, got) in enumerate(zip(names, given, strict=True)):
        clause = "MASK-4" if k < layers else "MASK-5" if k == layers else "MASK-6"
        kind = f"hidden mask {k}" if k < layers else "output mask" if k == layers else "skip mask"
        _equal(
            clause, kind, array(kind, got, case.expected[name].shape, "bool"), case.expected[name]
        )
    return Score()


@verdict
def connectivity(case: Case, subject: Subject, profile: object) -> Score:
    """The Boolean product of the masks joins output i to input j where it should (MASK-7)."""
    _equal("MASK-7", "connectivity", reached(case, subject), case.expected["mask.0"])
    return Score()


def reached(case: Case, subject: Subject) -> Arrays:
    """Return what the masks let through, which any order of the hidden units leaves the same.

    Parameters
    ----------
    case : Case
        Of the check ``connectivity``.
    subject : Subject

    Returns
    -------
    (D, D + C) bool
        Whether input j reaches output i; the skip, if there is one, is left out.

    Raises
    ------
    Broken
        The masks are not those of such a network.
    """
    network = case.flow.network
    expected, layers = case.expected["mask.0"], len(network.hidden)
    given = _masks(case, subject, layers + 1 + (network.skip is not None))[: layers + 1]
    sizes = (expected.shape[1], *network.degrees.widths, expected.shape[0])
    shapes = [(out, inner) for inner, out in pairwise(sizes)]
    checked = [
        array(f"mask {k}", m, s, "bool") for k, (m, s) in enumerate(zip(given, shapes, strict=True))
    ]
    reach = checked[-1]
    for mask in reversed(checked[:-1]):
        reach = (reach.astype(np.float64) @ mask.astype(np.float64)) > 0  # counts of paths: exact
    return reach


def _masks(case: Case, subject: Subject, count: int) -> list[Any]:
    """Ask for the masks; see that there are so many."""
    given = ask(case, subject, "masks")
    if not isinstance(given, tuple | list):
        raise Broken(f"MASK-4: expected a tuple of masks, got {type(given).__name__}")
    if len(given) != count:
        raise Broken(
            f"MASK-4: expected {count} masks (hidden, output, skip if any), got {len(given)}"
        )
    return list(given)


def _equal(clause: str, name: str, got: Arrays, expected: Arrays) -> None:
    """Refuse a Boolean array that differs, naming the first entry and the number of them."""
    wrong = np.argwhere(got != expected)
    if len(wrong):
        i, j = (int(n) for n in wrong[0])
        raise Broken(
            f"{clause}: {name}[{i}, {j}]: expected {bool(expected[i, j])}, got {bool(got[i, j])}; "
            f"{len(wrong)} of {expected.size} entries differ"
        )
