"""Random flows of every kind, to try bounds on: the same seed gives the same flows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

import iaf_ref as ir

from .cases import Floats

SCALES = (ir.Exp(), ir.SoftClip(), ir.Softplus(), ir.Sigmoid(), ir.Gated())
"""A scale map of each kind."""


@dataclass(frozen=True)
class Sample:
    """A flow on NumPy with inputs: x (rows, D), context (rows, C) or None."""

    flow: ir.AffineAutoregressive
    x: Floats
    context: Floats | None


def random_flows(
    count: int, seed: int, dtype: str, largest: int = 32, rows: int = 4
) -> Iterator[Sample]:
    """Yield flows that differ in everything that the specification lets differ.

    D in 1..``largest``, 0 to 3 hidden layers (1 or 3 with residual blocks), widths from the
    narrowest on, order and ties, context of 0, 1 or 3 variables, strategies of degrees,
    activations, scale maps, skip connections, weights larger and smaller than usual.

    Parameters
    ----------
    count : int
    seed : int
        Of NumPy's PCG64.
    dtype : str
        Of weights and inputs.
    largest : int
        Greatest D.
    rows : int
        Of each batch.

    Yields
    ------
    Sample
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    for _ in range(count):
        yield _sample(rng, dtype, largest, rows)


def _sample(rng: np.random.Generator, dtype: str, largest: int, rows: int) -> Sample:
    """Draw one flow and its inputs."""
    dim, context_dim = int(rng.integers(1, largest + 1)), int(rng.choice([0, 0, 1, 3]))
    residual = bool(rng.random() < 0.25)
    degrees = _degrees(rng, dim, context_dim, residual)
    activation = str(rng.choice(sorted(ir.ACTIVATIONS)))
    options: dict[str, Any] = {
        "activation": activation,
        "skip": bool(rng.random() < 0.3),
        "residual": residual,
    }
    net = ir.AutoregressiveNetwork.init(
        degrees, seed=int(rng.integers(2**31)), dtype=dtype, **options
    )
    scale = SCALES[int(rng.integers(len(SCALES)))]
    flow = ir.AffineAutoregressive(_stretched(net, float(rng.choice([0.5, 1.0, 1.0, 3.0]))), scale)
    x = rng.normal(size=(rows, dim)).astype(dtype)
    context = rng.normal(size=(rows, context_dim)).astype(dtype) if context_dim else None
    return Sample(flow, x, context)


def _degrees(rng: np.random.Generator, dim: int, context_dim: int, residual: bool) -> ir.Degrees:
    """Draw degrees; a strategy that leaves out a connection is drawn again, at last as ``even``."""
    order = _order(rng, dim)
    layers = 2 * int(rng.integers(2)) + 1 if residual else int(rng.integers(4))
    width = max(dim - 1, 1) + int(rng.choice([0, 1, 2, 16]))
    strategy = str(rng.choice(["even", "cyclic", "random"]))
    for name in (strategy, "even"):
        try:
            degrees = ir.made_degrees(
                dim, [width] * layers, order, context_dim, name, seed=int(rng.integers(2**31))
            )
            if residual:
                first = degrees.hidden[0].tolist()
                degrees = ir.made_degrees(dim, [first] * layers, order, context_dim)
            ir.made_masks(degrees)
        except ValueError:
            continue
        return degrees
    return ir.made_degrees(dim, [4 * (dim + 1)] * layers, order, context_dim)


def _order(rng: np.random.Generator, dim: int) -> Any:
    """A permutation, or, one time in four, groups of variables of equal degree."""
    order = rng.permutation(dim).tolist()
    if rng.random() >= 0.25:
        return order
    cuts = sorted(set(rng.integers(1, dim + 1, size=3).tolist()) | {0, dim})
    return [order[a:b] for a, b in pairwise(cuts)]


def _stretched(net: ir.AutoregressiveNetwork, factor: float) -> ir.AutoregressiveNetwork:
    """The same network with all weights times a factor that floats hold exactly."""
    hidden = [(W * W.dtype.type(factor), b) for W, b in net.hidden]
    output = (net.output[0] * net.output[0].dtype.type(factor), net.output[1])
    return ir.AutoregressiveNetwork(
        net.degrees, hidden, output, net.skip, net.activation, net.residual
    )
