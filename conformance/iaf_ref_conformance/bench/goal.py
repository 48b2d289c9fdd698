"""A number to be reached, and whether it is."""

from __future__ import annotations

from dataclasses import dataclass

AT_LEAST, AT_MOST = "at least", "at most"


@dataclass(frozen=True)
class Goal:
    """A limit, on one side or the other."""

    side: str
    value: float

    def reached(self, measured: float) -> bool:
        """Whether a measured number is on the right side, the limit itself included."""
        return measured >= self.value if self.side == AT_LEAST else measured <= self.value

    def worst(self, measured: list[float]) -> int:
        """Return the index of the number that is furthest from the goal."""
        pick = min if self.side == AT_LEAST else max
        return pick(range(len(measured)), key=lambda k: measured[k])

    def __str__(self) -> str:
        """At least 150, say."""
        return f"{self.side} {self.value:g}"


def at_least(value: float) -> Goal:
    """Return the goal that a number is no smaller."""
    return Goal(AT_LEAST, value)


def at_most(value: float) -> Goal:
    """Return the goal that a number is no greater."""
    return Goal(AT_MOST, value)
