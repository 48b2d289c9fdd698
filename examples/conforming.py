"""Whether a trained flow, as PyTorch computes it, is right: judged by truth and derived bounds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

import iaf_ref as ir
from iaf_ref_conformance import assert_forward, assert_inverse, assert_log_prob


def complaint(flow: ir.Chain, base: ir.Normal, x: Any, context: Any) -> str:
    """Say what is wrong with forward, inverse or log_prob of a trained flow, or nothing.

    Parameters
    ----------
    flow : Chain
        Of the trained weights.
    base : Normal
        Of batch shape (B, Z), one for each row.
    x : (B, Z) tensor
        Draws of the base.
    context : (B, C) tensor
    """
    q = ir.TransformedDistribution(ir.Independent(base), [flow])
    with torch.no_grad():
        z, log_det = flow.forward(x, context)
        back, inverse_log_det = flow.inverse(z, context)
        log_q = q.log_prob(z, context)
    return _told(
        lambda: assert_forward(flow, x, z, log_det, context),
        lambda: assert_inverse(flow, z, back, inverse_log_det, context),
        lambda: assert_log_prob(q, z, log_q, context=context),
    )


def inverse_complaint(flow: ir.Chain, y: Any) -> str:
    """Say what is wrong with what a trained flow finds at rows y (B, D), or nothing."""
    with torch.no_grad():
        x, log_det = flow.inverse(y)
    return _told(lambda: assert_inverse(flow, y, x, log_det))


def _told(*judgements: Callable[[], object]) -> str:
    """What the first judgement that fails says."""
    try:
        for judge in judgements:
            judge()
    except AssertionError as error:
        return str(error)
    return ""


def verdict(complaints: list[str], rows: int) -> list[str]:
    """One line if every flow conforms, else a line for each complaint."""
    wrong = [f"  {told}" for told in complaints if told]
    if wrong:
        return [f"the trained flows do NOT conform: {len(wrong)} of {len(complaints)}", *wrong]
    flows = f"{len(complaints)} flow{'s' if len(complaints) > 1 else ''}"
    return [
        f"the trained flows conform: forward, inverse and log_prob of {flows}, {rows} rows",
        "  each, are within the derived bounds of their own weights",
    ]
