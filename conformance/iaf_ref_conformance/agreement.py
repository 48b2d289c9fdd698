"""Do subjects agree? Every pair on identical cases, clause by clause."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from iaf_ref.clauses import CLAUSES
from iaf_ref_backends import profiles

from .agreement_distance import Distance, Yardstick, greatest
from .cases import Case
from .run import Run

Pair = tuple[Run, Run]


@dataclass(frozen=True)
class Agreement:
    """How two subjects agree on the cases of one clause.

    Attributes
    ----------
    a, b, dtype, clause : str
    cases : int
        That both answered.
    distance : Distance
        The greatest over these cases.
    """

    a: str
    b: str
    dtype: str
    clause: str
    cases: int
    distance: Distance

    @property
    def within(self) -> bool:
        """Whether they are within both bounds, as two that conform are."""
        return self.distance.units is None or self.distance.units <= 1.0


def labels(runs: Sequence[Run]) -> dict[int, str]:
    """Names for runs, by their place: the subject's, with its device where two share one."""
    names = [(run.subject, run.dtype) for run in runs]
    return {
        k: run.subject if names.count(names[k]) == 1 else f"{run.subject} on {run.device}"
        for k, run in enumerate(runs)
    }


def agreement(
    runs: Sequence[Run],
    load: Callable[[str, str], Case],
    advance: Callable[[], None] | None = None,
) -> list[Agreement]:
    """Compare every two runs of a dtype.

    Parameters
    ----------
    runs : sequence of Run
    load : callable
        Id and dtype -> case, as ``Corpus.case``.
    advance : callable, optional
        Called after each of the :func:`steps`.

    Returns
    -------
    list of Agreement
        By dtype, pair and clause, in the order of the specification.
    """
    named = labels(runs)
    pairs = [
        (a, b, (named[j], named[k]))
        for (j, a), (k, b) in combinations(enumerate(runs), 2)
        if a.dtype == b.dtype
    ]
    return compared(pairs, load, advance)


def compared(
    pairs: Iterable[tuple[Run, Run, tuple[str, str]]],
    load: Callable[[str, str], Case],
    advance: Callable[[], None] | None = None,
) -> list[Agreement]:
    """Compare the two runs of each pair, which go by the names given with them.

    Parameters
    ----------
    pairs : iterable of (Run, Run, names)
    load, advance
        As of :func:`agreement`.

    Returns
    -------
    list of Agreement
    """
    listed = list(pairs)
    found: list[dict[str, list[Distance]]] = [{} for _ in listed]
    for dtype, name in steps([(a, b) for a, b, _ in listed]):
        yardstick = Yardstick(lambda name=name, dtype=dtype: load(name, dtype))  # type: ignore[misc]
        for (a, b, _), clauses in zip(listed, found, strict=True):
            if a.dtype == dtype:
                _add(clauses, a, b, name, yardstick)
        if advance is not None:
            advance()
    return [
        Agreement(*names, a.dtype, clause, len(clauses[clause]), greatest(clauses[clause]))
        for (a, _, names), clauses in zip(listed, found, strict=True)
        for clause in CLAUSES
        if clause in clauses
    ]


def steps(pairs: Sequence[Pair]) -> list[tuple[str, str]]:
    """Dtypes and ids of cases that some pair has both answered: the work there is."""
    return list(
        dict.fromkeys(
            (a.dtype, name) for a, b in pairs for name in a.answered if name in b.answered
        )
    )


def _add(
    clauses: dict[str, list[Distance]], a: Run, b: Run, name: str, yardstick: Yardstick
) -> None:
    """Measure one case, and count it for each of its clauses."""
    first, second = (run.answered.get(name) for run in (a, b))
    if first is None or second is None:
        return
    distance = yardstick.between(first.answers, second.answers, *map(_held, (a, b)))
    if distance is not None:
        for clause in first.clauses:
            clauses.setdefault(clause, []).append(distance)


def _held(run: Run) -> profiles.Profile:
    """Profile that a run is held to."""
    return profiles.load(run.profile)
