"""A lifted arithmetic on top of another one, which writes down what it computes.

Functions compute as the inner one does; of results that depend on a variable, edges with the
partial derivatives go on the tape.

A choice has no derivative where it might fall the other way: ``maximum`` and ``minimum`` at a tie,
``abs`` and ``sign`` at 0, ``where`` with a condition that is not certain. There :class:`Undecided`
is raised, also where only rounding may change the choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial, reduce
from typing import Any

import numpy as np

from iaf_ref_backends import _taped_partials as partials
from iaf_ref_backends._lifted import Namespace
from iaf_ref_backends._lifted_array import Parts
from iaf_ref_backends._lifted_core import Undecided
from iaf_ref_backends._lifted_elementwise import PREDICATES
from iaf_ref_backends._taped_core import TapedCore
from iaf_ref_backends._taped_edges import CONSTANT, ELEMENTWISE, PRODUCT, SUM, Bools

CHOICES: Mapping[str, str] = {"maximum": "greater", "minimum": "less"}
"""Function that returns one of its operands -> question whose answer is yes for the first."""
FOLDED: Mapping[str, str] = {"prod": "multiply", "max": "maximum", "min": "minimum"}
"""Reduction -> the function of two operands that it repeats."""


class TapedNamespace(TapedCore):
    """The functions: as of the inner arithmetic, and written down."""

    def __init__(self, inner: Namespace) -> None:
        super().__init__(inner)
        self.real_kernels = {name: partial(self._elementwise, name) for name in inner.real_kernels}
        self.real_kernels["pow"] = self._power

    def matmul_real(self, first: Parts, second: Parts) -> Parts:
        """Multiply stacks of matrices; d (AB)_ij / d A_ik = B_kj, and the other way round."""
        values = self._even(self.inner.matmul_real(first[1:], second[1:]))
        reads = np.any(first[0] != CONSTANT, axis=-1)[..., :, None]
        found = self.tape.nodes(reads | np.any(second[0] != CONSTANT, axis=-2)[..., None, :])
        rows = tuple(part[..., :, :, None] for part in first)
        columns = tuple(part[..., None, :, :] for part in second)
        target = found[..., :, None, :]
        edges = [(rows[0], target, columns[1:]), (columns[0], target, rows[1:])]
        self.tape.write(PRODUCT, edges)
        return (found, *values)

    def reduce_real(self, function: str, parts: Parts) -> Parts:
        """Reduce the last axis; all but sums one element after the other."""
        if function in FOLDED:
            kernel = self.real_kernels[FOLDED[function]]
            columns = (tuple(part[..., k] for part in parts) for k in range(parts[0].shape[-1]))
            one = self.lift_real(np.ones(parts[0].shape[:-1]))
            return reduce(kernel, columns, one) if function == "prod" else reduce(kernel, columns)
        values = self._even(self.inner.reduce_real(function, parts[1:]))
        found = self.tape.nodes(np.any(parts[0] != CONSTANT, axis=-1))
        self.tape.write(SUM, [(parts[0], found[..., None], self._ones(parts[0].shape))])
        return (found, *values)

    def _ones(self, shape: tuple[int, ...]) -> Parts:
        return self._even(self.inner.lift_real(np.ones(shape)))

    def _elementwise(self, name: str, *operands: Parts) -> Parts:
        """Compute; write down the partial derivatives of what depends on a variable."""
        inner = [parts[1:] for parts in operands]
        result = self.inner.real_kernels[name](*inner)
        if name in PREDICATES:
            return result
        depends = reduce(np.logical_or, (parts[0] != CONSTANT for parts in operands))
        if not depends.any():
            return self._constant(result)
        if name in CHOICES:
            self._apart(depends, *inner)
            answer = self.inner.real_kernels[CHOICES[name]](*inner)
            return self._choose(self._certain(answer, depends), *operands)
        if name in ("abs", "sign"):
            zero = self.inner.lift_real(np.zeros(np.shape(inner[0][0])))
            self._apart(depends, inner[0], self._even(zero))
        if name == "sign":
            return self._constant(result)
        arrays = (self.inner.wrap(result, self.inner.real), *map(self._inner, operands))
        return self._written(depends, operands, partials.RULES[name](self.inner, *arrays), result)

    def _power(self, base: Parts, exponent: int) -> Parts:
        """Raise to an integer power."""
        result = self.inner.real_kernels["pow"](base[1:], exponent)
        if exponent == 0 or not (base[0] != CONSTANT).any():
            return self._constant(result)
        formulas = partials.power(self._inner(base), exponent)
        return self._written(base[0] != CONSTANT, [base], (formulas,), result)

    def _written(self, depends: Bools, operands: Any, found: Any, result: Parts) -> Parts:
        """Give the results nodes, and write their edges down."""
        nodes = self.tape.nodes(depends)
        covered = [self._even(self.covering(formulas)) for formulas in found]
        edges = [(o[0], nodes, p) for o, p in zip(operands, covered, strict=True)]
        self.tape.write(ELEMENTWISE, edges)
        return (nodes, *self._even(result))

    def _apart(self, depends: Bools, first: Parts, second: Parts) -> None:
        """Refuse operands that are equal, or may be, where a derivative hangs on which is greater.

        Raises
        ------
        Undecided
            Naming the first such element.
        """
        unequal = self._certain(self.inner.real_kernels["not_equal"](first, second), depends)
        if not unequal[depends].all():
            place = tuple(int(i) for i in np.argwhere(depends & ~unequal)[0])
            raise Undecided(f"expected operands off a kink, got a tie at element {place}")

    def _certain(self, answer: Parts, depends: Bools) -> Bools:
        """Return answers; only those of elements that depend on a variable have to be certain."""
        sure = tuple(part[depends] for part in answer)
        found = np.array(answer[0], dtype=np.bool_)
        found[depends] = self.inner.decide(sure)
        return found
