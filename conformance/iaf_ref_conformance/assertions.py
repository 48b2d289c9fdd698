"""Assertions on a model of one's own: the truth is certified, the tolerance derived (section 6).

Each takes the flow that the model is meant to be, what it was given and what it returned, in arrays
of any library, and raises an AssertionError that says what is wrong where, by how much, and what
the mistake looks like.
"""

from __future__ import annotations

from typing import Any

import iaf_ref as ir

from .own import Question, is_explicit
from .own_answer import assert_right

Array = Any


def assert_forward(
    flow: Any,
    x: Array,
    y: Array,
    log_det: Array,
    context: Array | None = None,
    profile: str | None = None,
) -> None:
    """Assert that a model's y and log|det dy/dx| at x are those of a flow (STEP-6, DET-2).

    Parameters
    ----------
    flow : AffineAutoregressive, Permutation, Chain or Inverse
        The model's weights as a flow of ``iaf_ref``, in any array library.
    x : (..., D)
        What the model was given.
    y : (..., D)
        What it returned.
    log_det : (...)
        What it returned, nats, summed over the event.
    context : (..., C), optional
    profile : str, optional
        Arithmetic to be held to; default: that of the dtype, ``ieee-f32`` or ``ieee-f64``.

    Raises
    ------
    AssertionError
        The model is wrong.
    ModuleNotFoundError
        python-flint, the extra ``oracle``, is missing.
    TypeError
        Not all arrays are of one dtype, float32 or float64.
    ValueError
        A shape does not fit the flow, an input is not finite, or an unknown profile.

    Examples
    --------
    >>> import numpy as np
    >>> import iaf_ref as ir
    >>> flow = ir.Permutation([1, 2, 0])
    >>> x = np.array([1.0, 2.0, 3.0])
    >>> assert_forward(flow, x, x[[1, 2, 0]], np.float64(0.0))
    """
    question = Question("forward", flow, {"x": x, "context": context})
    assert_right(question, x, profile, y=y, log_det=log_det)


def assert_inverse(
    flow: Any,
    y: Array,
    x: Array,
    log_det: Array,
    context: Array | None = None,
    profile: str | None = None,
) -> None:
    """Assert that a model's x and log|det dx/dy| at y are those of a flow (INV-1, DET-4).

    x is judged by where the exact forward map takes it, not by its distance from the exact x, which
    is the condition number's business.

    Parameters
    ----------
    flow : AffineAutoregressive, Permutation, Chain or Inverse
    y : (..., D)
        What the model was given.
    x : (..., D)
        What it returned.
    log_det : (...)
        What it returned, nats: of the inverse map.
    context, profile
        As of :func:`assert_forward`.

    Raises
    ------
    AssertionError, ModuleNotFoundError, TypeError, ValueError
        As of :func:`assert_forward`.
    """
    check = "inverse_explicit" if is_explicit(flow) else "inverse"
    assert_right(
        Question(check, flow, {"y": y, "context": context}), y, profile, x=x, log_det=log_det
    )


def assert_log_scale(
    flow: Any,
    x: Array,
    log_scale: Array,
    context: Array | None = None,
    profile: str | None = None,
) -> None:
    """Assert that a model's per-dimension log sigma at x is that of a flow (DET-1).

    Parameters
    ----------
    flow : AffineAutoregressive
    x, log_scale : (..., D)
        What the model was given, and what it returned, nats.
    context, profile
        As of :func:`assert_forward`.

    Raises
    ------
    AssertionError, ModuleNotFoundError, TypeError, ValueError
        As of :func:`assert_forward`.
    """
    if not hasattr(flow, "log_scale"):
        raise TypeError(f"flow: expected one step, with log_scale, got {type(flow).__name__}")
    question = Question("log_scale", flow, {"x": x, "context": context})
    assert_right(question, x, profile, log_scale=log_scale)


def assert_log_prob(
    flow: Any,
    y: Array,
    log_prob: Array,
    base: Any = None,
    context: Array | None = None,
    profile: str | None = None,
) -> None:
    """Assert that a model's log density at y is that of a flow over a base (DENS-1 to DENS-3).

    Parameters
    ----------
    flow : AffineAutoregressive, Permutation, Chain, Inverse or TransformedDistribution
        A distribution has its base already. With :class:`iaf_ref.PerDimension` around the flow, one
        term per dimension is expected.
    y : (..., D)
        What the model was given.
    log_prob : (...)
        What it returned, nats; (..., D) per dimension.
    base : Normal, Independent, MultivariateNormal or LowRankMultivariateNormal
        The distribution of x; its arrays are of any library.
    context, profile
        As of :func:`assert_forward`.

    Raises
    ------
    AssertionError, ModuleNotFoundError, TypeError, ValueError
        As of :func:`assert_forward`.
    """
    if isinstance(flow, ir.TransformedDistribution):
        if base is not None:
            raise TypeError("base: expected none beside a distribution, which has one, got another")
        base, flow = flow.base, _one(flow.transforms)
    elif base is None:
        raise TypeError("base: expected a distribution, got None")
    per_dimension = isinstance(flow, ir.PerDimension)
    inner = flow.flow if per_dimension else flow
    question = Question("log_prob", inner, {"y": y, "context": context}, base, per_dimension)
    assert_right(question, y, profile, log_prob=log_prob)


def _one(transforms: Any) -> Any:
    """Several transforms as one."""
    return transforms[0] if len(transforms) == 1 else ir.Chain(list(transforms))
