"""DENS-1 to DENS-3: densities, and how the axes of base and log-det are counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

import iaf_ref as ir

from ..cases import build_base
from .bases import BASES, diagonal, independent, normal, standard
from .net import CYCLE5
from .question import Floats, Question, made, points, require

FORUM = (10, (40,))
"""D and hidden layers of the example that the project started from."""


def questions() -> Iterator[Question]:
    """Yield the questions about DENS-1 to DENS-3."""
    yield from change_of_variables()
    yield from conventions()
    yield from accounting()


def log_prob(
    slug: str,
    clauses: tuple[str, ...],
    reason: str,
    flow: Any,
    base: Mapping[str, Any],
    y: Floats,
    context: Floats | None = None,
    **more: Any,
) -> Question:
    """Ask for the log density."""
    inputs = {"y": y} if context is None else {"y": y, "context": context}
    return Question(slug, "log_prob", clauses, reason, flow, inputs, base, **more)


def density(flow: Any, base: Mapping[str, Any], y: Floats, context: Floats | None = None) -> Floats:
    """What the text gives."""
    built = build_base(base, {f"base.{n}": a for n, a in base["arrays"].items()})
    return np.asarray(ir.TransformedDistribution(built, [flow]).log_prob(y, context))


def change_of_variables() -> Iterator[Question]:
    """Every kind of base, in the parallel direction and in the sequential one."""
    for kind, base in BASES.items():
        flow, y = (
            ir.Inverse(made(5, (16,), seed=500, order=CYCLE5, skip=kind == "tril")),
            points((4, 5), 500),
        )
        x, log_det = flow.inverse(y)
        p = build_base(base(5), {f"base.{n}": a for n, a in base(5)["arrays"].items()})
        terms = p.log_prob(x)
        inner = np.sum(terms, axis=-1) if kind == "normal" else terms
        require(
            not np.allclose(inner - log_det, density(flow, base(5), y)),
            "another density of the other sign",
        )
        reason = (
            f"base {kind}: log p(x) minus the log-det of the map from x to y, x found from y, not "
            "p(y)"
        )
        yield log_prob(
            f"dens-maf-{kind.replace('_', '-')}", ("DENS-1", "CHAIN-4"), reason, flow, base(5), y
        )
    for dim, order in ((2, [1, 0]), (3, [1, 2, 0]), (5, CYCLE5)):
        step, y = made(dim, (6,), seed=510, order=order, scale=ir.Gated()), points((4, dim), 510)
        reason = (
            "density of an IAF at a y that it did not make itself: needs the sequential inverse"
        )
        yield log_prob(f"dens-iaf-d{dim}", ("DENS-1", "INV-1"), reason, step, diagonal(dim), y)


def conventions() -> Iterator[Question]:
    """One flow, one base in three readings, and the terms per dimension: the same joint density."""
    dim, hidden = FORUM
    flow, y = made(dim, hidden, seed=520, activation="relu", gain=1.0), points((4, dim), 520)
    joint = density(flow, normal(dim), y)
    log_det = flow.inverse(y)[1]
    terms = density(ir.PerDimension(flow), normal(dim), y)
    require(np.allclose(np.sum(terms, axis=-1), joint), "terms that add up to the joint density")
    mixed = joint + (dim - 1) * log_det
    require(bool(np.all(np.abs(mixed - joint) > 0.1)), "a mixture that is off by (D - 1) log-dets")
    words = "summed log-det on a univariate base counts the log-det D times"
    for kind, base in (("normal", normal), ("independent", independent), ("diagonal", diagonal)):
        require(
            np.allclose(density(flow, base(dim), y), joint),
            "the same joint density from each reading",
        )
        reason = f"D = 10, [40], base {kind}: the joint density, one number per row; a {words}"
        yield log_prob(f"dens-joint-{kind}", ("DENS-3", "DENS-2"), reason, flow, base(dim), y)
    reason = (
        "D = 10, [40]: one term log p(x_i) - log sigma_i per dimension, whose sum is the joint "
        f"density; a {words}"
    )
    options = {"per_dimension": True}
    yield log_prob(
        "dens-per-dimension",
        ("DENS-3", "DENS-2", "DET-1"),
        reason,
        flow,
        normal(dim),
        y,
        options=options,
    )
    start = made(dim, hidden, seed=521, activation="relu", order=[*range(1, dim), 0], gain=1.0)
    reason = (
        "standard normals: the forum's base, where a log-det with a kept axis broadcasts and "
        "passes for a density"
    )
    yield log_prob("dens-forum", ("DENS-3", "DENS-2"), reason, start, standard(dim), y)
    yield log_prob(
        "dens-forum-terms", ("DENS-3", "DET-1"), reason, start, standard(dim), y, options=options
    )


def accounting() -> Iterator[Question]:
    """event_dim, where sizes coincide: D rows of D variables, one row, one variable."""
    for slug, shape in (("square", (3, 3)), ("one-row", (1, 3)), ("one-event", (3,))):
        flow, y = made(3, (4,), seed=530, order=[1, 2, 0], scale=ir.Softplus()), points(shape, 530)
        result = density(flow, normal(3), y)
        require(result.shape == shape[:-1], "one number per row")
        reason = (
            "univariate base of shape (D,): summed over the event, not over the batch, also where "
            "both have D entries"
        )
        yield log_prob(f"dens-event-{slug}", ("DENS-2",), reason, flow, normal(3), y)
    flow, y = made(1, (4,), seed=531, context_dim=1), points((4, 1), 531)
    reason = "D = 1: shape (4,), not (4, 1), although per dimension and summed are the same number"
    yield log_prob(
        "dens-event-d1", ("DENS-2", "MASK-8"), reason, flow, normal(1), y, points((4, 1), 532)
    )
