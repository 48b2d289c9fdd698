"""What a check asks for, as one text on any arithmetic: floats, balls, error-tracking numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

import iaf_ref as ir
from iaf_ref.describe import rebuild
from iaf_ref.host import from_host

from ..cases import build_base
from ..store import Arrays
from .derive import gradient

Results = dict[str, Any]
DEFINITION = "sequential"
"""Algorithm of the inverse whose roundings the bounds count, whichever is the default (INV-2)."""


@dataclass(frozen=True, eq=False)
class Stated:
    """A question as it is stored: plain data and float32 arrays.

    Attributes
    ----------
    text, tensors
        The flow, as of :func:`iaf_ref.describe.describe`.
    base : mapping or None
        Kind of the base; its arrays are among ``arrays``.
    arrays
        ``input.*`` and ``base.*``.
    """

    check: str
    text: dict[str, Any]
    tensors: Arrays
    base: Mapping[str, Any] | None
    arrays: Arrays
    options: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Placed:
    """A stated question in one arithmetic."""

    flow: Any
    base: Any
    arrays: Mapping[str, Any]
    options: Mapping[str, Any]

    def get(self, name: str) -> Any:
        """Return an input, or None."""
        return self.arrays.get(f"input.{name}")

    @property
    def distribution(self) -> ir.TransformedDistribution:
        """The flow over its base."""
        per_dimension = self.options.get("per_dimension", False)
        return ir.TransformedDistribution(
            self.base, [ir.PerDimension(self.flow) if per_dimension else self.flow]
        )


def place(stated: Stated, xp: Any = np, dtype: str = "float32") -> Placed:
    """Build flow, base and inputs in a namespace."""
    flow = rebuild(stated.text, stated.tensors, xp=xp, dtype=dtype)
    arrays = {name: from_host(array, xp, None, dtype) for name, array in stated.arrays.items()}
    base = None if stated.base is None else build_base(stated.base, arrays)
    return Placed(flow, base, arrays, stated.options)


def evaluate(stated: Stated, xp: Any = np, dtype: str = "float32") -> Results:
    """Return what is expected, by name; empty where a subject is compared with itself."""
    if stated.check == "gradient":
        flow = stated.text, stated.tensors
        return gradient(flow, stated.base, stated.arrays, xp, method=DEFINITION)
    answer = ANSWERS.get(stated.check)
    return {} if answer is None else answer(place(stated, xp, dtype))


def _forward(placed: Placed) -> Results:
    """Y and log-det."""
    y, log_det = placed.flow.forward(placed.get("x"), placed.get("context"))
    return {"y": y, "log_det": log_det}


def _log_scale(placed: Placed) -> Results:
    """Per-dimension log sigma."""
    return {"log_scale": placed.flow.log_scale(placed.get("x"), placed.get("context"))}


def _inverse(placed: Placed) -> Results:
    """X alone."""
    x, _ = placed.flow.inverse(placed.get("y"), placed.get("context"), method=DEFINITION)
    return {"x": x}


def _inverse_explicit(placed: Placed) -> Results:
    """X and the log-det of the inverse map."""
    x, log_det = placed.flow.inverse(placed.get("y"), placed.get("context"), method=DEFINITION)
    return {"x": x, "log_det": log_det}


def _log_prob(placed: Placed) -> Results:
    """Log density."""
    y, context = placed.get("y"), placed.get("context")
    return {"log_prob": placed.distribution.log_prob(y, context, method=DEFINITION)}


ANSWERS: Mapping[str, Callable[[Placed], Results]] = {
    "forward": _forward,
    "log_scale": _log_scale,
    "inverse": _inverse,
    "inverse_explicit": _inverse_explicit,
    "log_prob": _log_prob,
    "integral": _log_prob,
}
"""Check -> what is expected."""
