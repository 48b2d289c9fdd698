"""Trained weights on real data: a flow that maximum likelihood made, at rows that it did not see.

`conformance/train/train_breast_cancer.py` makes the weights and says what the data are. Weights
and rows are float32.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

import iaf_ref as ir

from .bases import standard
from .question import FLOAT32, Floats, Question, points, require

HOME = Path(__file__).parents[2] / "train"
FLOW, ROWS = HOME / "breast_cancer_flow.safetensors", HOME / "breast_cancer_rows.safetensors"


def questions() -> Iterator[Question]:
    """Yield the questions about the trained flow."""
    flow, rows = trained()
    maps = float(np.std(flow.log_scale(rows), axis=0).max())
    require(maps > 0.1, "scales that vary with the data, as trained ones do")
    yield from of_step(flow, rows)
    yield from of_inverse(flow, rows)
    yield from of_density(flow, rows)


def trained() -> tuple[ir.AffineAutoregressive, Floats]:
    """Flow and rows: from the source tree, or else from the corpus in the package."""
    if FLOW.exists():
        from safetensors.numpy import load_file

        return ir.load(FLOW, dtype="float64"), load_file(ROWS)["rows"].astype(np.float64)
    from ..corpus import load

    case = next(load().select(["real-forward-*"]).cases("float64"))
    return case.flow, case.stored["input.x"]


def of_step(flow: ir.AffineAutoregressive, rows: Floats) -> Iterator[Question]:
    """The step as it was trained, from data to noise."""
    x = {"x": rows}
    reason = (
        "trained weights, D = 30, real rows: magnitudes and correlations that random weights do "
        "not have"
    )
    yield Question(
        "real-forward", "forward", ("NUM-3", "STEP-6", "NET-4"), reason, flow, x, exact_in=FLOAT32
    )
    reason = "trained weights: the log-det is that of the full Jacobian, 30 by 30"
    clauses = ("DET-3", "DET-2")
    yield Question(
        "real-jacobian",
        "forward",
        clauses,
        reason,
        flow,
        {"x": rows[:3]},
        exact_in=FLOAT32,
        by_jacobian=True,
    )
    reason = "trained weights: log sigma per dimension, from compressed to stretched"
    yield Question(
        "real-log-scale", "log_scale", ("DET-1", "STEP-2"), reason, flow, x, exact_in=FLOAT32
    )


def of_inverse(flow: ir.AffineAutoregressive, rows: Floats) -> Iterator[Question]:
    """The step backwards, and what it may not see."""
    y = {"y": points((4, 30), 1000)}
    reason = (
        "trained weights, backwards: noise to data, 30 variables one after the other, correlated "
        "ones amplify errors"
    )
    yield Question(
        "real-inverse",
        "inverse",
        ("INV-1", "INV-2", "INV-3", "INV-4"),
        reason,
        flow,
        y,
        exact_in=FLOAT32,
    )
    changed = rows.copy()
    changed[:, 12] = -2.0 * changed[:, 12]
    reason = "trained weights: feature 12 changes, the twelve before it may not"
    inputs = {"x": rows, "changed": changed}
    options = {"variable": 12}
    yield Question(
        "real-causality",
        "causality",
        ("NUM-1",),
        reason,
        flow,
        inputs,
        options=options,
        exact_in=FLOAT32,
    )


def of_density(flow: ir.AffineAutoregressive, rows: Floats) -> Iterator[Question]:
    """The density that was trained: the MAF over a standard normal base."""
    maf = ir.Inverse(flow)
    reason = "trained MAF, data to noise in one pass, D = 30"
    yield Question(
        "real-maf",
        "inverse_explicit",
        ("CHAIN-4", "NUM-3"),
        reason,
        maf,
        {"y": rows},
        exact_in=FLOAT32,
    )
    reason = "log-likelihood of real held-out rows: what a user of the flow reports"
    base = standard(30)
    yield Question(
        "real-density",
        "log_prob",
        ("DENS-1", "DENS-2"),
        reason,
        maf,
        {"y": rows},
        base,
        exact_in=FLOAT32,
    )
    base = {**base, "kind": "independent", "ndims": 1}
    reason = "log-likelihood over the same base read as a multivariate one: the same numbers"
    yield Question(
        "real-density-event",
        "log_prob",
        ("DENS-3", "DENS-1"),
        reason,
        maf,
        {"y": rows},
        base,
        exact_in=FLOAT32,
    )
