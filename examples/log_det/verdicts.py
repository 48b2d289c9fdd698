"""Verdicts on another library's number: the truth is certified, the tolerance derived."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

import iaf_ref as ir
from iaf_ref_conformance import assert_log_prob

Array = Any

ROW = re.compile(
    r"(univariate|multivariate|low-rank) +(per dimension|summed(?:, kept dim)?) .*? (right|WRONG)\b"
)
"""Base, convention and verdict of a row of the tables."""


def verdict(flow: ir.AffineAutoregressive, base: Any, y: Array, value: Array) -> str:
    """Say whether a log density at y is that of a flow over a base, and what it looks like if not.

    Parameters
    ----------
    flow : AffineAutoregressive
        On NumPy.
    base : Normal, MultivariateNormal or LowRankMultivariateNormal
    y : (D,)
    value : () or (D,)
        D terms are judged one by one, as those of a transform that sums nothing.
    """
    transform = ir.PerDimension(flow) if np.ndim(value) else flow
    try:
        assert_log_prob(transform, y, value, base)
    except AssertionError as mistake:
        _, _, likeness = str(mistake).partition("looks like: ")
        return f"WRONG: {likeness or mistake}"
    return "right"


def is_due(line: str) -> bool:
    """Whether a row says what it should: over univariate bases the kept sum is wrong, alone."""
    found = ROW.search(line)
    if found is None:
        return True
    base, convention, said = found.groups()
    return (said == "WRONG") == (base == "univariate" and convention == "summed, kept dim")
