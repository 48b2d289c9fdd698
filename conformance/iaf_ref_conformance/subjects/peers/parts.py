"""A case taken apart into what a library has to build: steps and permutations, in their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import iaf_ref as ir

from ...cases import Case
from ...raw import RawWeights


@dataclass(frozen=True, eq=False)
class Step:
    """One affine autoregressive step.

    Attributes
    ----------
    network : iaf_ref.AutoregressiveNetwork
        What the specification makes of it: degrees, masks, activation. Its weights are masked.
    scale : scale map of iaf_ref
    weights : RawWeights
        As stored, junk outside of the masks: what a library is to load that masks for itself.
    backwards : bool
        Whether the step is run from y to x.
    """

    network: ir.AutoregressiveNetwork
    scale: Any
    weights: RawWeights
    backwards: bool = False

    @property
    def dim(self) -> int:
        """Number of variables D."""
        return self.network.degrees.dim

    @property
    def context_dim(self) -> int:
        """Number of context variables C."""
        return self.network.degrees.context_dim

    @property
    def widths(self) -> tuple[int, ...]:
        """Number of units of each hidden layer."""
        return self.network.degrees.widths

    @property
    def order(self) -> list[int]:
        """Variables in the order of degrees; among equal degrees, in that of their numbers."""
        return [i for group in self.network.degrees.groups for i in group]

    @property
    def ordered(self) -> bool:
        """Whether the variables come one after the other: no graph, no equal degrees."""
        degrees = self.network.degrees
        return degrees.adjacency is None and len(degrees.groups) == degrees.dim

    def follows(self, rule: str) -> bool:
        """Whether the hidden degrees are those of a strategy of :func:`iaf_ref.made_degrees`.

        A library that has the same rule is then to come to the same masks by itself.
        """
        if not self.ordered:
            return False
        made = ir.made_degrees(self.dim, self.widths, self.order, self.context_dim, rule)
        return made == self.network.degrees

    def masks(self) -> tuple[np.ndarray[Any, np.dtype[np.bool_]], ...]:
        """Masks of the specification: hidden layers', output's, the skip's if there is one."""
        masks = self.network.masks
        skip = () if self.weights.skip is None else (masks.skip,)
        return (*masks.hidden, masks.output, *skip)


@dataclass(frozen=True)
class Swap:
    """A permutation, y[k] = x[order[k]], or the way back."""

    order: tuple[int, ...]
    backwards: bool = False

    @property
    def forward_order(self) -> tuple[int, ...]:
        """The order in which the entries of the argument are taken, whichever the direction."""
        return ir.Permutation(self.order).inverse_order if self.backwards else self.order


Part = Step | Swap


def parts(case: Case) -> list[Part]:
    """Return what a case's flow does, the first first; chains and inverses are flattened."""
    return _parts(case.flow, case.raw)


def single(case: Case) -> Step:
    """Return the one step of a case, run forwards.

    Raises
    ------
    NotImplementedError
        It is a permutation, a chain or an inverse.
    """
    found = parts(case)
    if len(found) == 1 and isinstance(found[0], Step) and not found[0].backwards:
        return found[0]
    raise NotImplementedError(f"a {type(case.flow).__name__} has no masks or scales of its own")


def _parts(flow: Any, weights: Any) -> list[Part]:
    """Walk down; ``weights`` has the form of ``Case.raw``."""
    if isinstance(flow, ir.Permutation):
        return [Swap(tuple(flow.order))]
    if isinstance(flow, ir.AffineAutoregressive):
        return [Step(flow.network, flow.scale, weights)]
    if isinstance(flow, ir.Inverse):
        return _reversed(_parts(flow.transform, weights))
    inner = zip(flow.transforms, weights, strict=True)
    return [part for transform, own in inner for part in _parts(transform, own)]


def _reversed(given: Sequence[Part]) -> list[Part]:
    """The same run backwards: the last part first."""
    return [_turned(part) for part in reversed(given)]


def _turned(part: Part) -> Part:
    """One part run the other way."""
    if isinstance(part, Swap):
        return Swap(part.order, not part.backwards)
    return Step(part.network, part.scale, part.weights, not part.backwards)
