"""A case before it has an answer, and the random draws that questions are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import iaf_ref as ir

Floats = np.ndarray[Any, np.dtype[np.float64]]

BFLOAT16, FLOAT32 = "bfloat16", "float32"


class Refused(ValueError):
    """A question that shows nothing, or not what its reason says."""


def require(condition: bool, reason: str) -> None:
    """Refuse a question whose reason does not hold.

    Raises
    ------
    Refused
        "expected REASON, got the opposite".
    """
    if not condition:
        raise Refused(f"expected {reason}, got the opposite")


@dataclass(frozen=True, eq=False)
class Question:
    """What a family yields; see :class:`iaf_ref_conformance.cases.Case` for the common parts.

    Attributes
    ----------
    slug : str
        First part of the id: what it is about, in a few words.
    flow : transform
        With float64 weights that are exact in ``exact_in``.
    inputs : mapping of arrays
        By name, without ``input.``.
    base : mapping, optional
        ``kind``, its options, and ``arrays`` by name, without ``base.``.
    by_jacobian : bool
        Take the log-det from the determinant of the full Jacobian, in place of the sum (DET-3).
    exempt : mapping
        Rules of :mod:`.vacuity` that the question may break, and why.
    """

    slug: str
    check: str
    clauses: tuple[str, ...]
    reason: str
    flow: Any
    inputs: Mapping[str, Floats] = field(default_factory=dict)
    base: Mapping[str, Any] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    exact_in: str = BFLOAT16
    by_jacobian: bool = False
    exempt: Mapping[str, str] = field(default_factory=dict)


def bf16(values: Any) -> Floats:
    """Nearest multiples of 2^-16 of 8 significant bits: exact in bfloat16 and in float16."""
    array = np.asarray(values, dtype=np.float64)
    exponent = np.frexp(array)[1]
    step = np.ldexp(1.0, np.maximum(exponent - 8, -16))
    return np.asarray(np.round(array / step) * step)


def points(shape: int | tuple[int, ...], seed: int, spread: float = 1.0) -> Floats:
    """Normal draws of a standard deviation, exact in bfloat16."""
    return bf16(spread * np.random.Generator(np.random.PCG64(seed)).standard_normal(shape))


def made(
    dim: int,
    hidden: Sequence[Any],
    *,
    seed: int,
    scale: Any = None,
    activation: str = "tanh",
    skip: bool = False,
    residual: bool = False,
    gain: float = 1.5,
    raw: Sequence[float] | None = None,
    **degrees: Any,
) -> ir.AffineAutoregressive:
    """Draw a flow: weights uniform in +-gain/sqrt(fan-in), exact in bfloat16.

    Hidden biases of a relu network are made positive, so that most of its units are active.
    ``raw``: biases of the raw scales, in place of random ones. Other arguments: as of
    ``made_degrees``.
    """
    labels = ir.made_degrees(dim, hidden, **degrees)
    drawn = ir.AutoregressiveNetwork.init(labels, seed, 2, activation, skip, residual=residual)
    fold = np.abs if activation == "relu" else np.asarray
    layers = [(bf16(gain * W), bf16(fold(gain * b))) for W, b in drawn.hidden]
    weight, bias = (bf16(gain * array) for array in drawn.output)
    if raw is not None:
        bias = np.stack([bias[0], bf16(raw)])
    direct = None if drawn.skip is None else bf16(gain * drawn.skip)
    net = ir.AutoregressiveNetwork(labels, layers, (weight, bias), direct, activation, residual)
    return ir.AffineAutoregressive(net, ir.Exp() if scale is None else scale)


def network(
    flow: ir.AffineAutoregressive, x: Floats, context: Floats | None = None
) -> tuple[Floats, Floats]:
    """(m, raw) at x: what reasons are asserted on."""
    o = flow.network(x, context)
    return o[..., 0, :], o[..., 1, :]
