"""Who is timed after whom.

The fast take part in every round, the slow in every 2nd, 4th, 8th, ...: whoever takes part in a
round does so beside all who are faster, so that every two can be compared round by round. Rounds
go forwards and backwards in the order of Thue and Morse: of two, each is first in about half of the
rounds that both take part in, in just half where the most rounds are a power of two.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence


def strides(rounds: Sequence[int]) -> list[int]:
    """Every which round each takes part in, a power of two: as often as wished, or oftener.

    >>> strides([64, 30, 5])
    [1, 2, 8]
    """
    most = max(rounds)
    return [2 ** int(math.log2(most / wished)) for wished in rounds]


def schedule(rounds: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield (round, contestant) in the order in which they are timed.

    >>> list(schedule([2, 1]))
    [(0, 0), (0, 1), (1, 0)]
    >>> [who for _, who in schedule([4, 4])]
    [0, 1, 1, 0, 1, 0, 0, 1]
    """
    every = strides(rounds)
    for k in range(max(rounds)):
        present = [(k, who) for who, stride in enumerate(every) if k % stride == 0]
        yield from reversed(present) if k.bit_count() % 2 else present
