"""What PyTorch and Pyro answer, and what every density adds up to, as tables.

The flow and the bases are those of ``iaf_ref`` on NumPy; who judges is its oracle.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

import iaf_ref as ir

from .conventions import Densities, LogProb
from .integrals import integrate
from .verdicts import verdict

Array = Any


def old_convention(flow: ir.AffineAutoregressive, bases: Mapping[str, Any]) -> Densities:
    """A transform of event_dim 0 in ``torch.distributions``; its flow is ours, on PyTorch."""
    import array_api_compat.torch as xp

    from iaf_ref.describe import describe, rebuild

    from .old_convention import densities
    from .torch_bases import torch_bases

    return _on_numpy(densities(rebuild(*describe(flow), xp=xp), torch_bases(bases)))


def pyro_now(flow: ir.AffineAutoregressive, bases: Mapping[str, Any]) -> Densities:
    """Pyro's own transform and network, which is of event_dim 1 now."""
    from .pyro_answers import densities
    from .torch_bases import torch_bases

    return _on_numpy(densities(flow, torch_bases(bases)))


def _on_numpy(densities: Mapping[tuple[str, str], Any]) -> Densities:
    """The densities of ``torch.distributions``, from NumPy to NumPy, in float64.

    Which is the default dtype meanwhile: Pyro's inverse begins at zeros of that dtype, whatever its
    argument's is (docs/results/reports/pyro-inverse-float64.md).
    """
    import torch

    def on_numpy(q: Any) -> LogProb:
        def log_prob(y: Array) -> Array:
            before = torch.get_default_dtype()
            torch.set_default_dtype(torch.float64)
            try:
                return q.log_prob(torch.tensor(y)).numpy()
            finally:
                torch.set_default_dtype(before)

        return log_prob

    return {key: on_numpy(q) for key, q in densities.items()}


def answers(
    densities: Densities, flow: ir.AffineAutoregressive, bases: Mapping[str, Any], y: Array
) -> Iterator[str]:
    """Shape, number and verdict of each density at one point."""
    for (base, convention), log_prob in densities.items():
        value = log_prob(y)
        # D terms over a vector base would be wrong by their shape
        judged = verdict(flow, bases[base], y, value)
        number = f"{float(np.sum(value)):.15g}"
        yield f"{base:<13} {convention:<18} {np.shape(value)!s:<7} {number:<22} {judged}"


def sums(named: Mapping[str, Densities]) -> Iterator[str]:
    """The integral of each density, by who computes it."""
    yield f"{'computed by':<20} {'base':<13} {'log-det':<18} {'integral':<21} verdict"
    for name, densities in named.items():
        for (base, convention), log_prob in densities.items():
            found = integrate(log_prob)
            number = f"{found.value:.6f} +- {found.error:.1g}"
            yield f"{name:<20} {base:<13} {convention:<18} {number:<21} {found.verdict}"


def why(flow: ir.AffineAutoregressive, base: Any) -> str:
    """What the mixture adds up to: the mean of exp(-(D - 1) log|det dy/dx|) over the base.

    q(y) = p(x) exp(-D log|det dy/dx|) there, and dy = exp(log|det dy/dx|) dx.
    """

    def log_mean(x: Array) -> Array:
        return base.log_prob(x) - (flow.dim - 1) * flow.forward(x)[1]

    found = integrate(log_mean)
    return (
        "the mixture adds up to the mean of exp(-(D - 1) log|det dy/dx|) over the base, summed "
        f"over x: {found.value:.6f} +- {found.error:.1g}"
    )
