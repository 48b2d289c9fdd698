"""Compositions: chains of transforms, and a transform run backwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ._values import check_one_of
from .inverses import METHODS
from .transform import (
    Transform,
    check_context,
    check_log_det,
    check_transform,
    check_transforms,
)

Array = Any


@dataclass(frozen=True)
class Chain:
    """y = fT(... f1(x)), log-dets add (CHAIN-1, DET-5).

    Parameters
    ----------
    transforms : sequence of transforms with event_dim 1, at least one
        Each gets the context if it takes one.

    Raises
    ------
    TypeError
        Something is no transform.
    ValueError
        None, or transforms that differ in D or in C.
    """

    transforms: Sequence[Transform]
    event_dim = 1

    def __post_init__(self) -> None:
        """Check that the transforms fit one another."""
        object.__setattr__(self, "transforms", check_transforms("transforms", self.transforms))
        if not self.transforms:
            raise ValueError("transforms: expected at least one, got none")
        dims = [t.dim for t in self.transforms]
        if len(set(dims)) > 1:
            raise ValueError(f"transforms: expected all of one dimension, got {dims}")
        contexts = {t.context_dim for t in self.transforms} - {0}
        if len(contexts) > 1:
            raise ValueError(
                f"transforms: expected all of one context dimension, got {sorted(contexts)}"
            )
        event_dims = [t.event_dim for t in self.transforms]
        if set(event_dims) != {1}:
            raise ValueError(f"transforms: expected event_dim 1 of each, got {event_dims}")

    @property
    def dim(self) -> int:
        """Number of variables D."""
        return self.transforms[0].dim

    @property
    def context_dim(self) -> int:
        """Number of context variables C."""
        return max(t.context_dim for t in self.transforms)

    def forward(self, x: Array, context: Array | None = None) -> tuple[Array, Array]:
        """Y (..., D) and the sum of the log-dets (...), nats; x (..., D), context (..., C)."""
        check_context(self.transforms, context)
        total: Array = 0.0
        for t in self.transforms:
            x, log_det = t.forward(x, context if t.context_dim else None)
            total = check_log_det(t, x, log_det) + total  # DET-5
        return x, total

    def inverse(
        self, y: Array, context: Array | None = None, **options: str
    ) -> tuple[Array, Array]:
        """X and the log-det of the inverse map, nats; options (``method``) go to every step."""
        check_context(self.transforms, context)
        total: Array = 0.0
        for t in reversed(self.transforms):
            y, log_det = t.inverse(y, context if t.context_dim else None, **options)
            total = check_log_det(t, y, log_det) + total
        return y, total


@dataclass(frozen=True)
class Inverse:
    """The transform run backwards; of an IAF, the masked autoregressive flow (CHAIN-4).

    MAF: Papamakarios, Pavlakou and Murray 2017, arXiv 1705.07057.

    Parameters
    ----------
    transform : Transform

    Raises
    ------
    TypeError
        It is no transform.
    """

    transform: Transform

    def __post_init__(self) -> None:
        """Check the transform."""
        check_transform("transform", self.transform)

    @property
    def event_dim(self) -> int:
        """As of the transform."""
        return self.transform.event_dim

    @property
    def dim(self) -> int:
        """Number of variables D."""
        return self.transform.dim

    @property
    def context_dim(self) -> int:
        """Number of context variables C."""
        return self.transform.context_dim

    def forward(
        self, x: Array, context: Array | None = None, **options: str
    ) -> tuple[Array, Array]:
        """The transform's inverse and its log-det, nats; options as of that inverse."""
        return self.transform.inverse(x, context, **options)

    def inverse(
        self, y: Array, context: Array | None = None, method: str = "blocked"
    ) -> tuple[Array, Array]:
        """The transform itself (..., D) and its log-det (...), nats; y (..., D).

        It is parallel, so that the method chooses nothing.

        Raises
        ------
        TypeError
            The method is no string.
        ValueError
            No such method: in a chain it is that of the other steps too.
        """
        check_one_of("method", method, tuple(METHODS))
        return self.transform.forward(y, context)
