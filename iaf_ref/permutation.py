"""Permutations of the variables: they stand between the steps of a chain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from array_api_compat import array_namespace, device

from ._checks import check_event
from ._values import check_one_of, check_permutation
from .inverses import METHODS
from .transform import check_context

Array = Any


@dataclass(frozen=True)
class Permutation:
    """y[k] = x[order[k]], log-det exactly 0 (CHAIN-2, CHAIN-3).

    Parameters
    ----------
    order : sequence of int
        Each of 0..D-1 once.

    Raises
    ------
    TypeError
        An entry is not an integer.
    ValueError
        Not a permutation.
    """

    order: Sequence[int]
    event_dim = 1
    context_dim = 0

    def __post_init__(self) -> None:
        """Check the order."""
        object.__setattr__(self, "order", check_permutation("order", self.order))

    @property
    def dim(self) -> int:
        """Number of variables D."""
        return len(self.order)

    @property
    def inverse_order(self) -> tuple[int, ...]:
        """The order that undoes this one: inverse_order[order[k]] = k."""
        return tuple(sorted(range(self.dim), key=lambda k: self.order[k]))

    def forward(self, x: Array, context: Array | None = None) -> tuple[Array, Array]:
        """y[k] = x[order[k]] and 0; x : (..., D), y : (..., D), log-det : (...), nats (CHAIN-2)."""
        check_context((), context)
        check_event("x", x, self.dim)
        return _permute(x, self.order)

    def inverse(
        self, y: Array, context: Array | None = None, method: str = "blocked"
    ) -> tuple[Array, Array]:
        """x[order[k]] = y[k] and 0; shapes as of :meth:`forward` (CHAIN-3)."""
        check_context((), context)
        check_one_of("method", method, tuple(METHODS))
        check_event("y", y, self.dim)
        return _permute(y, self.inverse_order)


def _permute(x: Array, order: Sequence[int]) -> tuple[Array, Array]:
    """Take the entries in this order; the log-det 0 of shape (...)."""
    xp = array_namespace(x)
    y = xp.take(x, xp.asarray(list(order), device=device(x)), axis=-1)
    return y, xp.zeros_like(x[..., 0])
