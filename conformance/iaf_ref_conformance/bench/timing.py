"""Times taken in turn: A B C, C B A, ..., in one process, on the same state of the machine.

A sample is the mean of as many calls as make ``SAMPLE`` seconds, taken with ``time.perf_counter``.
The threads of a library wait busily for more work for a while after its call has returned, on the
cores that the next library needs. So there is a pause wherever the library is another one. Before
each sample go calls that are not timed, unless one takes a second: the processor is to be as awake,
and the caches as full of their own, after a pause as without, for the slow as for the fast.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass

from ..checks.asking import raised
from .entry import Entry
from .jobs import Job
from .schedule import schedule

SAMPLE = 0.05
"""Seconds of calls that one sample is the mean of, unless a single call takes longer."""

CALIBRATIONS = 3
"""Samples that tell at most how many calls make one; the third changes little."""

PAUSE = 0.2
"""Seconds until the threads of OpenBLAS and OpenMP have gone to sleep."""
WAKE = 0.025
"""Seconds of calls that go before a sample, one at least: half a sample is a third of the time."""
LONG = 1.0
"""Seconds of a call from which on none goes before it."""


@dataclass(frozen=True)
class Effort:
    """How long one contestant is timed, and how often at least and at most."""

    seconds: float
    least: int
    most: int


@dataclass(frozen=True)
class Timing:
    """What one contestant took.

    Attributes
    ----------
    entry : Entry
    values : mapping of round to seconds a call, or bytes
    loops : int
        Calls in a sample.
    first : float
        Seconds of the very first call: of what compiles, the compiler's too.
    error : float or None
        Worst error of its answer over the derived bound; None: it has no answer.
    itemsize : int
        Bytes of a number.
    """

    entry: Entry
    values: Mapping[int, float]
    loops: int
    first: float
    error: float | None
    itemsize: int


@dataclass(frozen=True)
class Warm:
    """A job that has run: what it answered, and how long its calls take."""

    job: Job
    first: float
    call: float
    error: float | None

    def wake(self) -> None:
        """Call before a sample: it brings back what a pause or another has driven out."""
        if self.job.repeats and self.call < LONG:
            self.job.sample(max(1, math.ceil(WAKE / self.call)))

    @property
    def loops(self) -> int:
        """Calls in a sample."""
        return max(1, math.ceil(SAMPLE / self.call)) if self.job.repeats else 1

    def rounds(self, effort: Effort) -> int:
        """In how many rounds it is to take part."""
        wanted = int(effort.seconds / (self.call * self.loops))
        return min(max(wanted, effort.least), effort.most)


def seconds(call: Callable[[], object]) -> float:
    """Return the time that one call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def calibrated(job: Job) -> float:
    """Return the seconds of a call; where it is not long, by samples that are made long enough.

    The second call of all, and the next few, may be several times slower than those that follow.
    So each sample has as many calls as the one before suggests.
    """
    taken = seconds(job.call)
    for _ in range(CALIBRATIONS if job.repeats and taken < LONG else 0):
        taken = job.sample(math.ceil(SAMPLE / taken))
        if taken >= SAMPLE:
            break
    return taken


def interleaved(
    warm: Sequence[Warm],
    effort: Effort,
    advance: Callable[[str], None],
    failed: MutableMapping[Entry, str],
) -> list[Timing]:
    """Time all in turn.

    Parameters
    ----------
    warm : sequence of Warm
    effort : Effort
    advance : callable
        Called with a name before each sample.
    failed : mapping
        Whoever raises is noted here, with the reason, and takes no further part.

    Returns
    -------
    list of Timing
    """
    values: list[dict[int, float]] = [{} for _ in warm]
    before = ""
    for k, n in schedule([each.rounds(effort) for each in warm]):
        entry = warm[n].job.entry
        advance(entry.name)
        if entry in failed:
            continue
        try:
            if entry.who != before:
                time.sleep(PAUSE)
            warm[n].wake()
            values[n][k] = warm[n].job.sample(warm[n].loops)
        except Exception as error:  # noqa: BLE001 - a stranger's code; the others go on
            failed[entry] = f"it {raised(error)}"
        before = entry.who
    return [
        Timing(w.job.entry, taken, w.loops, w.first, w.error, w.job.itemsize)
        for w, taken in zip(warm, values, strict=True)
        if w.job.entry not in failed
    ]


def samples(warm: Sequence[Warm], effort: Effort) -> int:
    """Return how many samples :func:`interleaved` takes."""
    return sum(1 for _ in schedule([each.rounds(effort) for each in warm]))
