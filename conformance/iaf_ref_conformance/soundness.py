"""Are the derived bounds sound, and are they of any use? Random flows tell.

Sound: no run of NumPy is off by more than the bound, the truth being that of balls. Useful: the
bound is not much more than the error, in the median over all elements of y and of per-dimension log
sigma at D <= 16.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from iaf_ref.describe import describe, rebuild
from iaf_ref_backends import tracked

from .random_flows import Sample, random_flows

PROFILES: Mapping[str, str] = {"float32": "ieee-f32", "float64": "ieee-f64"}
"""Dtype of NumPy -> profile that it is held to."""
SMALL = 16
"""Greatest D that counts for the median."""
USEFUL = 100.0
"""Median of bound / error from which on a bound is of no use."""


@dataclass
class Tally:
    """What was found for one output in one dtype."""

    worst: float = 0.0
    elements: int = 0
    looseness: list[np.ndarray[Any, np.dtype[np.float64]]] = field(default_factory=list)

    @property
    def median(self) -> float:
        """Median of bound / error; an error of 0 counts as infinitely far below its bound."""
        return float(np.median(np.concatenate(self.looseness))) if self.looseness else float("nan")


def survey(
    count: int, seed: int, dtype: str, advance: Callable[[], None] | None = None
) -> dict[str, Tally]:
    """Run random flows on NumPy, on balls and on error-tracking numbers.

    Parameters
    ----------
    count, seed : int
        Of the flows.
    dtype : {"float32", "float64"}
    advance : callable, optional
        Called after each flow.

    Returns
    -------
    dict
        Output ("y", "log_det", "log_scale") -> Tally.

    Raises
    ------
    ModuleNotFoundError
        python-flint is missing.
    """
    found = {name: Tally() for name in ("y", "log_det", "log_scale")}
    for sample in random_flows(count, seed, dtype):
        for name, (error, bound) in measure(sample, dtype).items():
            _add(found[name], error, bound, sample.flow.dim <= SMALL)
        if advance is not None:
            advance()
    return found


def measure(sample: Sample, dtype: str) -> dict[str, tuple[Any, Any]]:
    """Errors of a NumPy run against balls, and the bounds that are derived for it.

    Parameters
    ----------
    sample : Sample
    dtype : {"float32", "float64"}

    Returns
    -------
    dict
        Output -> (error, bound).
    """
    from iaf_ref_backends import ball

    computed = _run(sample.flow, sample.x, sample.context)
    true = _run_on(ball, sample)
    bounded = _run_on(tracked.namespace(PROFILES[dtype]), sample)
    return {
        name: (ball.residual(true[name], computed[name]), tracked.error(bounded[name]))
        for name in computed
    }


def _run_on(xp: Any, sample: Sample) -> dict[str, Any]:
    """Run in another arithmetic, with the same weights and inputs."""
    text, tensors = describe(sample.flow)
    context = None if sample.context is None else xp.asarray(sample.context)
    return _run(rebuild(text, tensors, xp=xp, dtype="float64"), xp.asarray(sample.x), context)


def _run(flow: Any, x: Any, context: Any) -> dict[str, Any]:
    """All outputs of a flow."""
    y, log_det = flow.forward(x, context)
    return {"y": y, "log_det": log_det, "log_scale": flow.log_scale(x, context)}


def _add(tally: Tally, error: Any, bound: Any, small: bool) -> None:
    """Count elements; 0 of a bound of 0 says nothing about looseness."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(error == 0.0, 0.0, error / bound)
        loose = bound / error
    tally.worst = max(tally.worst, float(ratio.max(initial=0.0)))
    tally.elements += error.size
    if small:
        tally.looseness.append(loose[~((error == 0.0) & (bound == 0.0))].ravel())
