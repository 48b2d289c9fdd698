"""Questions that a wrong implementation would answer rightly are refused.

Rules, by the name under which a question may be exempt from one:

- ``log_det``: a log-det is not all zero;
- ``jacobian``: every dependency that the masks allow is there, d y_i / d x_j != 0 in some row;
- ``context``: each context variable moves each output that may read it, in some row;
- ``heads``: shift and raw scale differ in a weight or a bias.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

import iaf_ref as ir

from .question import Floats, Question, Refused

Step = tuple[ir.AffineAutoregressive, Floats, Floats | None]

ASKED = (
    "forward", "log_scale", "inverse", "inverse_explicit", "log_prob", "integral", "causality",
    "gradient",
)  # fmt: skip
"""Checks in which values count; the others are about masks, rows, shapes and dtypes."""


def refuse_vacuous(question: Question) -> None:
    """Refuse a question that shows nothing, and an exemption that nothing needs.

    Raises
    ------
    Refused
        Naming the rule.
    """
    broken = dict(_broken(question))
    for rule, message in broken.items():
        if rule not in question.exempt:
            raise Refused(f"{question.slug}: {rule}: {message}")
    for rule in question.exempt:
        if rule not in broken:
            raise Refused(f"{question.slug}: expected an exemption that is needed, got {rule}")


def refuse_flat(gradient: Mapping[str, Floats]) -> None:
    """Refuse derivatives that a program could leave out unseen.

    Parameters
    ----------
    gradient : mapping
        Name -> derivatives: of y none is 0, of each other array one is not.

    Raises
    ------
    Refused
        Naming the array.
    """
    for name, values in gradient.items():
        if not (np.all(values) if name == "y" else np.any(values)):
            raise Refused(f"{name}: expected derivatives that are not 0, got zeros")


def _broken(question: Question) -> Iterator[tuple[str, str]]:
    """(rule, message) of each rule that is broken."""
    start = question.inputs.get("x", question.inputs.get("y"))
    if question.check not in ASKED or start is None or start.size == 0:
        return
    steps = list(steps_of(question))
    if not any(np.any(flow.log_scale(x, context)) for flow, x, context in steps):
        yield "log_det", "expected a log-det that is not zero, got zeros"
    for flow, x, context in steps:
        if missing := _missing(flow, x, context):
            yield (
                "jacobian",
                f"expected d y_i / d x_j != 0 for every j that i may read, got 0 for {missing}",
            )
        if context is not None and (dead := _dead(flow, x, context)):
            yield (
                "context",
                f"expected each context variable to move each output, got none for {dead}",
            )
        heads = [a for a in (*flow.network.output, flow.network.skip) if a is not None]
        if all(np.array_equal(a[0], a[1]) for a in heads):
            yield "heads", "expected shift and raw scale to differ, got equal ones"


def steps_of(question: Question) -> Iterator[Step]:
    """Yield each autoregressive step of the flow with the x and the context that it sees."""
    context = question.inputs.get("context")
    x = question.inputs.get("x")
    if x is None:
        x, _ = question.flow.inverse(question.inputs["y"], context)
    yield from _walk(question.flow, x, context)


def _walk(flow: Any, x: Floats, context: Floats | None) -> Iterator[Step]:
    """Follow x through a flow."""
    given = context if flow.context_dim else None
    if isinstance(flow, ir.AffineAutoregressive):
        yield flow, x, given
    elif isinstance(flow, ir.Inverse):
        yield from _walk(flow.transform, flow.forward(x, given)[0], given)
    elif isinstance(flow, ir.Chain):
        for t in flow.transforms:
            yield from _walk(t, x, given)
            x, _ = t.forward(x, given if t.context_dim else None)


def _missing(flow: ir.AffineAutoregressive, x: Floats, context: Floats | None) -> list[Any]:
    """Allowed pairs (i, j) whose entry of the Jacobian is zero in every row."""
    J = ir.jacobian(flow, x, context)
    allowed = ir.expected_connectivity(flow.degrees)[:, flow.degrees.context_dim :]
    alive = np.any(np.reshape(J, (-1, *J.shape[-2:])) != 0, axis=0)
    return [tuple(pair) for pair in np.argwhere(allowed & ~alive).tolist()]


def _dead(flow: ir.AffineAutoregressive, x: Floats, context: Floats) -> list[Any]:
    """Pairs (i, context k) that are allowed but move nothing in any row."""
    allowed = ir.expected_connectivity(flow.degrees)
    y, _ = flow.forward(x, context)
    dead: list[Any] = []
    for k in range(flow.degrees.context_dim):
        moved = context.copy()
        moved[..., k] += 0.5
        alive = np.any(np.reshape(flow.forward(x, moved)[0] != y, (-1, flow.dim)), axis=0)
        dead += [(i, k) for i in np.flatnonzero(allowed[:, k] & ~alive).tolist()]
    return dead
