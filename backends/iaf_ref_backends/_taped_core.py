"""What a taped namespace stands on: another arithmetic, and arrays whose elements know their nodes.

The parts of an array are the nodes of its elements (``_taped_edges``), then the parts that the
inner arithmetic has; bools are those of the inner arithmetic.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iaf_ref_backends._lifted import Array, DType, FInfo, Namespace
from iaf_ref_backends._lifted_array import Parts
from iaf_ref_backends._lifted_dtypes import describe
from iaf_ref_backends._taped_edges import CONSTANT, Bools, Tape
from iaf_ref_backends._taped_partials import Formulas


class TapedCore(Namespace):
    """Arrays of another arithmetic whose elements know their nodes; one tape each.

    Parameters
    ----------
    inner : Namespace
        The arithmetic that computes.
    """

    def __init__(self, inner: Namespace) -> None:
        self.inner = inner
        self.name = f"taped {inner.name}"
        self.real = DType(inner.real.name, "real floating", self.name)
        self.host_functions = inner.host_functions
        self.bool_kernels = inner.bool_kernels
        self.tape = Tape(self.is_zero)

    # -- what a subclass says --

    def is_zero(self, parts: Parts) -> Bools:
        """Say which numbers of the inner arithmetic are exactly zero."""
        raise NotImplementedError

    def covering(self, formulas: Formulas) -> Parts:
        """Return a number that stands for each of several formulas of one value."""
        raise NotImplementedError

    def derivatives(self, output: int, variables: Sequence[Array]) -> list[Array]:
        """Return d node / d variables as arrays of the inner arithmetic."""
        raise NotImplementedError

    # -- in and out --

    def variable(self, values: NDArray[Any]) -> Array:
        """Return a NumPy array as one whose elements are variables: each with a new node."""
        parts = self.inner.lift_real(values)
        return self._with(self.tape.nodes(np.ones(values.shape, dtype=np.bool_)), parts)

    def nodes(self, x: Array) -> NDArray[np.int64]:
        """Return the nodes of an array's elements."""
        return self.own(x)._parts[0]

    def single(self, x: Array) -> int:
        """Return the node of a 0-d real; TypeError and ValueError for anything else."""
        if not isinstance(x, Array) or x.dtype != self.real:
            raise TypeError(f"expected a function with a result of {self.name}, got {describe(x)}")
        if x.ndim != 0:
            raise ValueError(f"expected a function with a result of shape (), got {x.shape}")
        node = int(self.nodes(x))
        if node == CONSTANT:
            raise ValueError("expected a function that depends on a variable, got a constant")
        return node

    def _inner(self, parts: Parts) -> Array:
        return self.inner.wrap(parts[1:], self.inner.real)

    def _with(self, nodes: Any, parts: Parts) -> Array:
        return self.wrap((nodes, *self._even(parts)), self.real)

    def _even(self, parts: Parts) -> Parts:
        """Inner parts, as many as an inner array has."""
        return self.inner.wrap(parts, self.inner.real)._parts

    def _constant(self, parts: Parts) -> Parts:
        return (np.full(np.shape(parts[0]), CONSTANT, dtype=np.int64), *self._even(parts))

    # -- hooks of a lifted arithmetic --

    @property
    def pi(self) -> Array:
        """Pi as the inner arithmetic has it."""
        return self.wrap(self._constant(self.inner.pi._parts), self.real)

    @property
    def e(self) -> Array:
        """Euler's number as the inner arithmetic has it."""
        return self.wrap(self._constant(self.inner.e._parts), self.real)

    def finfo(self, type: Any, /) -> FInfo:
        """Return the limits of the inner real type."""
        self.result_type(type)
        found = self.inner.finfo(self.inner.real)
        return FInfo(found.bits, found.eps, found.max, found.min, found.smallest_normal, self.real)

    def lift_real(self, values: NDArray[Any]) -> Parts:
        """Bring numbers in as constants."""
        return self._constant(self.inner.lift_real(values))

    def lift_bool(self, values: NDArray[np.bool_]) -> Parts:
        """Bring bools in."""
        return self.inner.lift_bool(values)

    def real_from_bool(self, parts: Parts) -> Parts:
        """Convert bools to constants."""
        return self._constant(self.inner.real_from_bool(parts))

    def decide(self, parts: Parts) -> Bools:
        """Return the plain truth of bools."""
        return self.inner.decide(parts)

    def host_scalar(self, parts: Parts) -> float:
        """Return the float64 nearest to a 0-d real."""
        return self.inner.host_scalar(parts[1:])

    def select(self, condition: Parts, first: Parts, second: Parts) -> Parts:
        """Choose between two reals, nodes and all."""
        return self._choose(self.decide(condition), first, second)

    def _choose(self, chosen: Bools, first: Parts, second: Parts) -> Parts:
        return tuple(np.where(chosen, a, b) for a, b in zip(first, second, strict=True))
