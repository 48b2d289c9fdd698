"""What a transform is, and what is checked of one before its log-det is used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from ._checks import show
from ._values import check_sequence

Array = Any


@runtime_checkable
class Transform(Protocol):
    """An invertible map of events: what chains and distributions are made of (CHAIN-1, DENS-1)."""

    @property
    def event_dim(self) -> int:
        """Number of last axes that a log-det is summed over: 1 for events of shape (D,)."""

    @property
    def dim(self) -> int:
        """Number of variables D."""

    @property
    def context_dim(self) -> int:
        """Number of context variables C; 0: the transform takes no context."""

    def forward(self, x: Array, context: Array | None = None) -> tuple[Array, Array]:
        """Y and log|det dy/dx|, nats."""

    def inverse(self, y: Array, context: Array | None = None) -> tuple[Array, Array]:
        """X and log|det dx/dy|, nats."""


def check_log_det(transform: Transform, result: Array, log_det: Array) -> Array:
    """Return a log-det if its shape is the one that the transform's event_dim declares (DENS-3).

    Raises
    ------
    ValueError
        Another shape: per dimension in place of summed, or the other way round.
    """
    batch = tuple(result.shape)[: len(result.shape) - transform.event_dim]
    if tuple(log_det.shape) != batch:
        raise ValueError(
            f"log_det: expected shape {show(batch)} from a transform with event_dim "
            f"{transform.event_dim}, got {show(tuple(log_det.shape))}: a log-det per dimension "
            "and one summed are not to be mixed (DENS-3)"
        )
    return log_det


def check_transforms(name: str, transforms: Sequence[Transform]) -> tuple[Transform, ...]:
    """Return transforms as a tuple.

    Raises
    ------
    TypeError
        Not a sequence, or something in it is no transform.
    """
    for k, transform in enumerate(check_sequence(name, transforms)):
        check_transform(f"{name}[{k}]", transform)
    return tuple(transforms)


def check_transform(name: str, value: Any) -> None:
    """Refuse what lacks something of a transform.

    Raises
    ------
    TypeError
        Naming what is missing.
    """
    wanted = ("event_dim", "dim", "context_dim", "forward", "inverse")
    missing = [attribute for attribute in wanted if not hasattr(value, attribute)]
    if missing:
        kind = type(value).__name__
        raise TypeError(f"{name}: expected a transform, got {kind} without {', '.join(missing)}")


def check_context(transforms: Sequence[Transform], context: Array | None) -> None:
    """Refuse a context that no transform takes; who needs one refuses its absence.

    Raises
    ------
    ValueError
        Nobody takes it.
    """
    if context is not None and not any(t.context_dim for t in transforms):
        raise ValueError("context: expected None, as no transform takes a context, got an array")
