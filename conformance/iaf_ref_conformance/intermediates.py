"""What a step computes on the way to y, with bounds: where a wrong answer first goes wrong.

In the order of computation: masks, pre-activations layer by layer, the raw parameters (m, raw
scale), log sigma, y, log-det. No balls are needed here: a tracked run at ``ieee-f64`` stands for
the truth, and its own error widens the bound.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import iaf_ref as ir
from iaf_ref.activations import ACTIVATIONS
from iaf_ref.layers import affine
from iaf_ref_backends import tracked
from iaf_ref_backends.profiles import Profile

from .cases import Case, Floats
from .checks.compare import rate
from .oracle import lift, on

Array = Any
Values = dict[str, Array]


def pre_activations(
    network: ir.AutoregressiveNetwork, inputs: Array
) -> Iterator[tuple[str, Array]]:
    """Yield what each hidden layer feeds to the activation, and the parameters (..., P, D) (NET-1).

    Parameters
    ----------
    network : AutoregressiveNetwork
    inputs : (..., C + D)

    Yields
    ------
    name, array
    """
    f = ACTIVATIONS[network.activation].value
    h = block = inputs
    for k, (W, b) in enumerate(network.hidden):
        h = affine(W, b, h)
        if network.residual and k and k % 2 == 0:
            h = block + h  # the block is closed
        yield f"pre-activation of hidden layer {k}", h
        block = h if network.residual and k % 2 == 0 else block
        h = f(h)


def steps(flow: ir.AffineAutoregressive, x: Array, context: Array | None) -> Values:
    """Every intermediate of a step by name, in the order of computation.

    Parameters
    ----------
    flow : AffineAutoregressive
    x : (..., D)
    context : (..., C), optional

    Returns
    -------
    dict
    """
    network = flow.network
    found = dict(pre_activations(network, network.inputs(x, context)))
    parameters = network(x, context)
    y, log_det = flow.forward(x, context)
    return {
        **found,
        "m": parameters[..., 0, :],
        "raw scale": parameters[..., 1, :],
        "log sigma": flow.log_scale(x, context),
        "y": y,
        "log_det": log_det,
    }


def references(
    case: Case, profile: Profile, x: Floats, context: Floats | None
) -> dict[str, tuple[Floats, Floats]]:
    """Value and bound of every intermediate of a case's step at x.

    Parameters
    ----------
    case : Case
        Of one step.
    profile : Profile
        Of the subject.
    x : (..., D)
    context : (..., C), optional

    Returns
    -------
    dict
        Name -> (value, greatest distance of a legal evaluation from it).
    """
    runs = []
    for name in (profile.name, "ieee-f64"):
        xp = tracked.namespace(name)
        with np.errstate(all="ignore"):
            runs.append(steps(on(xp, case), lift(xp, x), lift(xp, context)))
    coarse, fine = runs
    return {
        name: (tracked.value(value), tracked.error(coarse[name]) + tracked.error(value))
        for name, value in fine.items()
    }


def departs(value: Floats, reference: tuple[Floats, Floats], profile: Profile) -> bool:
    """Whether an array is off the reference by more than its bound, or of another shape."""
    true, bound = reference
    if value.shape != true.shape:
        return True
    with np.errstate(all="ignore"):
        error = np.abs(value.astype(np.float64) - true)
    score, _ = rate(np.where(np.isfinite(error), error, np.inf), bound, profile)
    return score.ratio is None or score.ratio > 1.0
