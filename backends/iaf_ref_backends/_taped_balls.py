"""Derivatives on balls: enclosures of the exact ones, by one sweep from the output backwards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from iaf_ref_backends._ball_kernels import Balls, arb, objects
from iaf_ref_backends._ball_namespace import xp
from iaf_ref_backends._ball_precision import precisely
from iaf_ref_backends._lifted_array import Array, Parts
from iaf_ref_backends._taped_edges import Bools
from iaf_ref_backends._taped_namespace import TapedNamespace
from iaf_ref_backends._taped_partials import Formulas

_is_zero: Any = np.frompyfunc(lambda ball: ball == 0, 1, 1)


class TapedBalls(TapedNamespace):
    """Balls that write down what they compute."""

    def __init__(self) -> None:
        super().__init__(xp)

    def is_zero(self, parts: Parts) -> Bools:
        """Say which balls are the point 0."""
        return np.asarray(_is_zero(parts[0]), dtype=np.bool_)

    def covering(self, formulas: Formulas) -> Parts:
        """Return the first: they enclose one number."""
        return formulas[0]._parts

    @precisely
    def adjoints(self, output: int) -> Balls:
        """Return d output / d node for every node: a_v = sum over v -> w of (dw/dv) a_w."""
        found = objects([arb(0)] * self.tape.size, (self.tape.size,))
        found[output] = arb(1)
        for edges in reversed(self.tape.leading_to(output)):
            np.add.at(found, edges.source, edges.partial[0] * found[edges.target])
        return found

    def derivatives(self, output: int, variables: Sequence[Array]) -> list[Array]:
        """Return d node / d variables as balls, in their shapes."""
        adjoints = self.adjoints(output)
        return [xp.wrap((adjoints[self.nodes(v)],), xp.real) for v in variables]
