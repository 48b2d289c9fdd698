"""Derivatives on error-tracking numbers: how far any legal evaluation of them may be off.

A derivative is a sum over paths from variable to output, of the products of the partial derivatives
p_e along the path. Forward mode, reverse mode and whatever lies between compute that sum with other
numbers and in another order, but each term is a product of

    q_e = p^_e (1 + d_1) ... (1 + d_k),   one factor for each edge,

p^_e the partial derivative as the library computed it, |p^_e - p_e| <= e_e (an error-tracking
number, of every formula that is in use), and one d for each rounding that the term passes there:
the product by p^_e, and the additions with other terms. In forward mode those are the sum over the
edges that enter the edge's target, in reverse mode over those that leave its source; each term
passes at most (their number - 1) of them (Higham 2002, section 4.2), in whatever order they are
added. The greater of the two is charged, so both modes are covered. With

    B_e = |v_e| + e_e >= |p_e|,   D_e = e_e + gamma(r_e) (|v_e| + 2 e_e) >= |q_e - p_e|,

a path is off by at most prod (B + D) - prod B, as the difference of two products, expanded, is
largest where all signs agree. Summed over all paths, by one sweep from the output backwards:

    M_v = sum over v -> w of B M_w,   R_v = sum over v -> w of (B + D) R_w + D M_w,

and R bounds the error; M + R bounds every number on the way. There is no cancellation in either.

Below the normal numbers, an operation may lose some eta beside. In reverse mode that is carried
from the edge's source to the variable, in forward mode from its target to the output; both are
added up (``_lost``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from iaf_ref_backends._lifted_array import Array, Parts
from iaf_ref_backends._taped_edges import PRODUCT, Bools, Edges, Nodes
from iaf_ref_backends._taped_namespace import TapedNamespace
from iaf_ref_backends._taped_partials import Formulas
from iaf_ref_backends._tracked_namespace import TrackedNamespace
from iaf_ref_backends._tracked_number import (
    Doubles,
    Tracked,
    gamma,
    is_power_of_two,
    is_zero,
    reach,
)
from iaf_ref_backends._tracked_reductions import entered
from iaf_ref_backends.profiles import Profile

#: Factor that pays for the float64 evaluation of the sweeps: 2^-53 each, for 2^20 operations.
SLACK = 1.0 + 2.0**-33


class Weights(NamedTuple):
    """What the edges of one operation weigh: B, B + D, D, and the roundings that each may pass."""

    source: Nodes
    target: Nodes
    exact: Doubles
    computed: Doubles
    apart: Doubles
    operations: Doubles


class TapedTracked(TapedNamespace):
    """Error-tracking numbers that write down what they compute.

    Parameters
    ----------
    inner : TrackedNamespace
        Of the profile.
    """

    inner: TrackedNamespace

    def is_zero(self, parts: Parts) -> Bools:
        """Say which numbers are zero in every evaluation."""
        return is_zero(Tracked(*parts))

    def covering(self, formulas: Formulas) -> Parts:
        """Return the first with the greatest error of all: each is an evaluation of one number."""
        errors = [np.broadcast_to(f._parts[1], f.shape) for f in formulas]
        return formulas[0]._parts[0], np.maximum.reduce(errors)

    def derivatives(self, output: int, variables: Sequence[Array]) -> list[Array]:
        """Return d node / d variables as error-tracking numbers, in their shapes.

        The values are a reverse sweep in float64, the errors bound any evaluation: inf where the
        profile gives no bound, as a number may be out of its range, or nothing is known of a
        partial derivative.
        """
        operations = self.tape.leading_to(output)
        with np.errstate(all="ignore"):
            value = _values(operations, output, self.tape.size)
            error = self._error(operations, output, variables)
        nodes = [self.nodes(variable) for variable in variables]
        return [self.inner.wrap((value[n], error[n]), self.inner.real) for n in nodes]

    def _error(self, operations: list[Edges], output: int, variables: Sequence[Array]) -> Doubles:
        """Bound the error of every derivative; of one that is exactly 0 by 0."""
        profile, size = self.inner.profile, self.tape.size
        weights = _weighed(operations, size, profile)
        magnitude, error = _errors(weights, output, size)
        total = (error + _lost(weights, magnitude + error, profile)) * SLACK
        nodes = [self.nodes(variable) for variable in variables]
        greatest = _greatest(weights, nodes, magnitude + error)
        known = np.isfinite(total) & (greatest <= profile.store.max_finite)
        return np.where(_reached(weights, size), np.where(known, total, np.inf), 0.0)


class WithoutErf(TapedTracked):
    """The same without an erf of its own, as of JAX: there the series of the text serves."""

    @property
    def erf(self) -> None:
        """Raise AttributeError: the text asks by ``hasattr``."""
        raise AttributeError("erf")


def _values(operations: list[Edges], output: int, size: int) -> Doubles:
    """Return d output / d node for every node, in float64."""
    found = np.zeros(size)
    found[output] = 1.0
    for edges in reversed(operations):
        np.add.at(found, edges.source, edges.partial[0] * found[edges.target])
    return found


def _weighed(operations: list[Edges], size: int, profile: Profile) -> list[Weights]:
    """Weigh the edges of each operation."""
    leaving = np.zeros(size)
    for edges in operations:
        np.add.at(leaving, edges.source, 1.0)
    return [_weigh(edges, leaving, profile) for edges in operations]


def _weigh(edges: Edges, leaving: Doubles, profile: Profile) -> Weights:
    """Weigh the edges of one operation: see the top of the module."""
    plain = Tracked(*edges.partial[:2])
    number = entered(profile, plain) if edges.kind == PRODUCT else plain
    entering = np.bincount(edges.target)[edges.target]
    additions = np.maximum(entering, leaving[edges.source]) - 1.0
    rounding = max(profile.store.roundoff, profile.accumulate.roundoff)
    products = np.where(is_power_of_two(number), 0.0, 1.0)
    roundings = (products + additions) * rounding
    if edges.kind == PRODUCT:
        roundings = roundings + max(profile.input.roundoff, rounding)
    exact = np.abs(number.value) + number.error
    apart = number.error + gamma(roundings, 1.0) * reach(number)
    return Weights(
        edges.source, edges.target, exact, exact + apart, apart, products + additions + 1.0
    )


def _reached(weights: list[Weights], size: int) -> Bools:
    """Say from which nodes an edge leads to the output; the derivative of others is exactly 0."""
    found = np.zeros(size, dtype=np.bool_)
    for w in weights:
        found[w.source] = True
    return found


def _errors(weights: list[Weights], output: int, size: int) -> tuple[Doubles, Doubles]:
    """M and R of every node."""
    magnitude, error = np.zeros(size), np.zeros(size)
    magnitude[output] = 1.0
    for w in reversed(weights):
        m, r = magnitude[w.target], error[w.target]
        np.add.at(magnitude, w.source, w.exact * m)
        np.add.at(error, w.source, w.computed * r + w.apart * m)
    return magnitude, error


def _lost(weights: list[Weights], size: Doubles, profile: Profile) -> Doubles:
    """What underflow may lose: eta for each operation, carried to where it ends."""
    formats = (profile.input, profile.accumulate, profile.store)
    flushed = 2.0 * max(f.smallest_normal for f in formats) if profile.flush_to_zero else 0.0
    eta = max(f.smallest_subnormal for f in formats) + flushed
    backwards = np.zeros_like(size)
    forwards = 0.0
    for w in reversed(weights):
        here = w.operations * eta
        np.add.at(backwards, w.source, w.computed * backwards[w.target] + here)
        forwards += float(np.sum(here * size[w.target]))
    return backwards + forwards


def _greatest(weights: list[Weights], variables: list[Nodes], size: Doubles) -> float:
    """Bound every number on the way: adjoints in reverse mode, tangents in forward mode."""
    tangents = np.zeros_like(size)
    for nodes in variables:
        tangents[nodes] = 1.0
    for w in weights:
        np.add.at(tangents, w.target, w.computed * tangents[w.source])
    return float(max(np.max(tangents, initial=0.0), np.max(size, initial=0.0)))
