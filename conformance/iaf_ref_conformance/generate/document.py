"""From a question to the files of a case and of its flow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

import iaf_ref as ir
from iaf_ref.describe import describe

from ..store import (
    CASE_SCHEMA,
    FLOW_SCHEMA,
    Arrays,
    canonical,
    case_digest,
    flow_digest,
    to_safetensors,
)
from .answer import Bounds, bounds, doubles, inspect, truth
from .dense import filled
from .evaluate import Stated
from .question import BFLOAT16, Question, Refused, bf16
from .vacuity import refuse_vacuous


class Made(NamedTuple):
    """Files of a case by name, and the worst error / bound of NumPy by profile."""

    id: str
    files: dict[str, bytes]
    worst: dict[str, float]


def answered(question: Question) -> Made:
    """Answer a question and write it down.

    Raises
    ------
    Refused
        It shows nothing, its numbers are not exact, or its answer is not good enough.
    """
    refuse_vacuous(question)
    stated = state(question)
    address = flow_digest(stated.text, stated.tensors)
    masks = _masks(question)
    try:
        balls = truth(stated, question.by_jacobian)
        found = bounds(stated, question.exact_in) if balls else {}
        worst = inspect(stated, balls, found) if found else {}
    except ValueError as error:
        raise Refused(f"{question.slug}: {error}") from error
    values = doubles(balls)
    arrays = stated.arrays | {f"expected.{n}": m for n, m in masks.items()}
    arrays |= {f"expected.{n}.hi": e.hi for n, e in values.items()}
    arrays |= {f"expected.{n}.lo": e.lo for n, e in values.items()}
    arrays |= {f"bound.{p}.{n}": rounded_up(b) for (p, n), b in found.items()}
    shapes = {n: list(e.hi.shape) for n, e in values.items()} | {
        n: list(m.shape) for n, m in masks.items()
    }
    document = _metadata(question, stated, address[:16], shapes, found)
    document["id"] = name = f"{question.slug}-{case_digest(document, arrays)[:8]}"
    flow = {"schema": FLOW_SCHEMA, "sha256": address, "flow": stated.text}
    files = {
        f"flows/{address[:16]}.json": canonical(flow),
        f"flows/{address[:16]}.safetensors": to_safetensors(stated.tensors),
        f"cases/{name}.json": canonical(document),
        f"cases/{name}.safetensors": to_safetensors(arrays),
    }
    return Made(name, files, worst)


def _metadata(
    question: Question, stated: Stated, flow: str, shapes: Mapping[str, Any], found: Bounds
) -> dict[str, Any]:
    """Everything about a case that is no array, but for its id."""
    return {
        "schema": CASE_SCHEMA,
        "check": question.check,
        "clauses": list(question.clauses),
        "reason": question.reason,
        "flow": flow,
        "base": stated.base,
        "options": dict(question.options),
        "exact_in": question.exact_in,
        "inputs": {n: list(a.shape) for n, a in question.inputs.items()},
        "expected": dict(shapes),
        "bounds": {p: [n for q, n in found if q == p] for p, _ in found},
    }


def state(question: Question) -> Stated:
    """The question as plain data and float32 arrays."""
    text, tensors = describe(question.flow)
    tensors = filled(question.flow, tensors)
    arrays = {f"input.{n}": a for n, a in question.inputs.items()}
    base = None
    if question.base is not None:
        given = question.base["arrays"]
        arrays |= {f"base.{n}": a for n, a in given.items()}
        base = {**question.base, "arrays": {n: list(a.shape) for n, a in given.items()}}
    return Stated(
        question.check,
        text,
        {n: _exact(n, a, question.exact_in) for n, a in tensors.items()},
        base,
        {n: _exact(n, a, question.exact_in) for n, a in arrays.items()},
        question.options,
    )


def _exact(name: str, array: Any, exact_in: str) -> Any:
    """The array as float32, if that and its format lose nothing."""
    stored = np.asarray(array).astype(np.float32)
    same = np.array_equal(stored, array) and (
        exact_in != BFLOAT16 or np.array_equal(bf16(array), array)
    )
    if not same or np.max(np.abs(stored), initial=0.0) > 65504.0:
        raise Refused(f"{name}: expected numbers that are exact in {exact_in}, got others")
    return stored


def _masks(question: Question) -> Arrays:
    """What is expected of the masks: each of them, or the dependencies that they leave."""
    if question.check == "connectivity":
        return {"mask.0": np.asarray(ir.expected_connectivity(question.flow.degrees))}
    if question.check != "masks":
        return {}
    masks = question.flow.network.masks
    skip = [] if question.flow.network.skip is None else [masks.skip]
    return {f"mask.{k}": np.asarray(m) for k, m in enumerate([*masks.hidden, masks.output, *skip])}


def rounded_up(bound: Any) -> Any:
    """Least float32 that is no less than a bound."""
    nearest = bound.astype(np.float32)
    return np.where(nearest < bound, np.nextafter(nearest, np.float32(np.inf)), nearest)
