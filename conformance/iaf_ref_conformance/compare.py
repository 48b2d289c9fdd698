"""Two reports, of two machines maybe: paired, and looked at side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .checks.outcome import FAILED, PASSED, UNSUPPORTED
from .run import Run

Pair = tuple[Run, Run]


def partners(a: Sequence[Run], b: Sequence[Run]) -> list[Pair]:
    """Pair the runs of two reports: the same subject in the same dtype.

    Where no subject is in both, as with one library here and another there, all runs of a dtype are
    paired.
    """
    same = [(x, y) for x in a for y in b if (x.subject, x.dtype) == (y.subject, y.dtype)]
    return same or [(x, y) for x in a for y in b if x.dtype == y.dtype]


def unpaired(runs: Sequence[Run], pairs: Sequence[Pair], side: int) -> list[str]:
    """Names of the runs of one report that no run of the other is held against."""
    used = {id(pair[side]) for pair in pairs}
    return [f"{run.subject} {run.dtype}" for run in runs if id(run) not in used]


def other_cases(pair: Pair) -> tuple[list[str], list[str]]:
    """Ids of cases that only the first run has, and of those that only the second has."""
    first, second = ({result.id for result in run.results} for run in pair)
    return sorted(first - second), sorted(second - first)


def environments(pair: Pair) -> dict[str, tuple[str | None, str | None]]:
    """What is different about where two runs took place; None: not said."""
    first, second = ({**run.environment, "device": run.device} for run in pair)
    names = dict.fromkeys([*first, *second])
    return {
        name: (first.get(name), second.get(name))
        for name in names
        if first.get(name) != second.get(name)
    }


def verdicts(pair: Pair) -> Iterator[tuple[str, str, str]]:
    """Yield the cases that ended in two ways: id, and how in each run."""
    second = {result.id: result.outcome.status for result in pair[1].results}
    for result in pair[0].results:
        status = result.outcome.status
        if second.get(result.id, status) != status:
            yield result.id, status, second[result.id]


def contradictions(pair: Pair) -> int:
    """Cases that passed in one run and failed in the other; unsupported contradicts nothing."""
    return sum({one, other} == {PASSED, FAILED} for _, one, other in verdicts(pair))


def conclusions(pair: Pair) -> str:
    """What was concluded of both runs, in one line."""
    said = [f"{run.verdict} ({run.count(UNSUPPORTED)} unsupported)" for run in pair]
    return said[0] if said[0] == said[1] else " / ".join(said)
