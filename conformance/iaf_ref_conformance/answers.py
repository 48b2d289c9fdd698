"""What a subject answered: kept while it is judged, so that its numbers can be looked at again.

Judged anew under another profile (``diagnosis``), held against another subject's (``agreement``) or
against those of another machine (``compare``): no second run is needed for any of them.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np

from .checks.asking import Arrays

NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "forward": ("y", "log_det"),
        "inverse": ("x", "log_det"),
        "log_scale": ("log_scale",),
        "log_prob": ("log_prob",),
    }
)
"""Method of a subject -> what it returns, in order; ``masks`` returns as many as there are."""
NUMERIC = (
    "forward", "log_scale", "log_prob", "inverse_explicit", "integral", "gradient", "inverse",
)  # fmt: skip
"""Checks that compare numbers within a bound; the one that derives its bounds comes last."""
COMPARED = (*NUMERIC, "masks", "connectivity")
"""Checks whose answers are kept. The others hold a subject's answers against each other only."""
RECORDED = (*NAMES, "masks", "gradient")
"""Methods whose answers are kept."""
DTYPES = ("float32", "float64", "bool")
"""Of arrays that are kept; an answer in any other dtype fails its case."""


@dataclass(frozen=True, eq=False)
class Answer:
    """What one call returned.

    Attributes
    ----------
    method : str
        Of the subject.
    by : str
        The algorithm that was asked for, if one was.
    values : tuple of arrays
    keys : tuple of str
        What each value was called, where the method returned a mapping (``gradient``).
    """

    method: str
    by: str
    values: tuple[Arrays, ...]
    keys: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """What the values are called; those of masks have no names."""
        return self.keys or NAMES.get(self.method, ())


class Recorder:
    """A subject that keeps a copy of what it answers, and is otherwise the one that it is given.

    Parameters
    ----------
    subject : Subject
    """

    def __init__(self, subject: Any) -> None:
        self._subject = subject
        self._answers: list[Answer] = []

    def __getattr__(self, name: str) -> Any:
        """Return the subject's own, a method with its answers kept."""
        found = getattr(self._subject, name)
        return partial(self._ask, name, found) if name in RECORDED else found

    def take(self) -> tuple[Answer, ...]:
        """Return the answers since the last time."""
        answers, self._answers = tuple(self._answers), []
        return answers

    def _ask(self, method: str, function: Any, /, *given: Any, **options: Any) -> Any:
        """Call; keep the answer if it is arrays."""
        found = function(*given, **options)
        keys = tuple(sorted(found)) if isinstance(found, Mapping) else ()
        parts = tuple(found[key] for key in keys)
        if not isinstance(found, Mapping):
            parts = tuple(found) if isinstance(found, tuple | list) else (found,)
        if all(isinstance(p, np.ndarray | np.generic) and p.dtype.name in DTYPES for p in parts):
            by = str(options.get("method", ""))
            self._answers.append(Answer(method, by, tuple(np.array(part) for part in parts), keys))
        return found


class Replay:
    """A subject that repeats the answers to one case.

    Parameters
    ----------
    answers : iterable of Answer
    """

    def __init__(self, answers: Iterable[Answer]) -> None:
        self._answers = {(answer.method, answer.by): answer for answer in answers}
        self.forward_methods, self.inverse_methods = (
            tuple(by for method, by in self._answers if method == name and by)
            for name in ("forward", "inverse")
        )

    def __getattr__(self, name: str) -> Any:
        """Return a method if there is an answer of it."""
        if name not in {method for method, _ in self._answers}:
            raise AttributeError(name)
        return partial(self._repeat, name)

    def _repeat(self, name: str, /, *given: Any, method: str = "") -> Any:
        """Return the answer: a mapping, one array as that, or several as a tuple."""
        answer = self._answers[name, method]
        values = answer.values
        if answer.keys:
            return dict(zip(answer.keys, values, strict=True))
        return values[0] if len(NAMES.get(name, ())) == 1 and len(values) == 1 else values


def encode(answers: Sequence[Answer]) -> list[dict[str, Any]]:
    """Return answers as plain data: bytes little-endian, last axis fastest, in base64."""
    return [
        {
            "method": answer.method,
            "by": answer.by,
            "values": [_array(v) for v in answer.values],
            **({"keys": list(answer.keys)} if answer.keys else {}),
        }
        for answer in answers
    ]


def _array(value: Arrays) -> dict[str, Any]:
    """One array as plain data."""
    little = np.ascontiguousarray(value.astype(value.dtype.newbyteorder("<")))
    data = base64.b64encode(little.tobytes()).decode("ascii")
    return {"dtype": value.dtype.name, "shape": list(value.shape), "data": data}


def decode(data: Iterable[Mapping[str, Any]]) -> tuple[Answer, ...]:
    """Return the answers that :func:`encode` wrote.

    Raises
    ------
    ValueError
        Not base64, bytes too many or too few for the shape, or a shape that no array has.
    """
    return tuple(
        Answer(
            entry["method"],
            entry["by"],
            tuple(_decoded(v) for v in entry["values"]),
            tuple(entry.get("keys", ())),
        )
        for entry in data
    )


def _decoded(value: Mapping[str, Any]) -> Arrays:
    """One array."""
    dtype, shape = np.dtype(value["dtype"]), tuple(map(int, value["shape"]))  # JSON: 2.0 is 2
    content = base64.b64decode(value["data"], validate=True)
    expected = math.prod(shape) * dtype.itemsize
    if len(content) != expected:
        raise ValueError(f"data: expected {expected} bytes for shape {shape}, got {len(content)}")
    return np.frombuffer(content, dtype=dtype.newbyteorder("<")).reshape(shape).astype(dtype)
