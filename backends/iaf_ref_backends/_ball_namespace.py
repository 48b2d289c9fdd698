"""The namespace of balls: the hooks of a lifted arithmetic, filled in with Arb's functions."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iaf_ref_backends import _ball_kernels as kernels
from iaf_ref_backends._ball_host import midpoint
from iaf_ref_backends._ball_precision import DEFAULT_BITS, precisely
from iaf_ref_backends._lifted import Array, DType, FInfo, Namespace
from iaf_ref_backends._lifted_array import Parts
from iaf_ref_backends._lifted_core import Kernel
from iaf_ref_backends._lifted_elementwise import BOOL_KERNELS


class BallNamespace(Namespace):
    """Arrays whose one part holds ``flint.arb`` objects."""

    name = "ball"
    real = DType("float64", "real floating", "ball")
    host_functions = ("ball.midpoint", "ball.double_double", "ball.to_strings")
    real_kernels: Mapping[str, Kernel] = {
        name: precisely(kernel) for name, kernel in kernels.KERNELS.items()
    }
    bool_kernels = BOOL_KERNELS

    @property
    def public(self) -> Any:
        """The module ``ball``, which stands for this object."""
        return importlib.import_module("iaf_ref_backends.ball")

    @property
    @precisely
    def pi(self) -> Array:
        """A 0-d ball around pi, at the precision in force."""
        return self.wrap((np.asarray(kernels.arb.pi(), dtype=object),), self.real)

    @property
    @precisely
    def e(self) -> Array:
        """A 0-d ball around Euler's number, at the precision in force."""
        return self.wrap((np.asarray(kernels.arb.const_e(), dtype=object),), self.real)

    def finfo(self, type: Any, /) -> FInfo:
        """Return eps at the default precision; in effect balls have no least or greatest number."""
        self.result_type(type)
        return FInfo(
            DEFAULT_BITS, 2.0 ** (1 - DEFAULT_BITS), float("inf"), float("-inf"), 0.0, self.real
        )

    def lift_real(self, values: NDArray[Any]) -> Parts:
        """Convert numbers exactly."""
        return (kernels.from_numpy(values),)

    @precisely
    def matmul_real(self, first: Parts, second: Parts) -> Parts:
        """Multiply stacks of matrices."""
        return (kernels.matmul(first[0], second[0]),)

    @precisely
    def reduce_real(self, function: str, parts: Parts) -> Parts:
        """Reduce the last axis."""
        return (kernels.reduce(function, parts[0]),)

    def host_scalar(self, parts: Parts) -> float:
        """Return the double nearest to the midpoint."""
        return float(midpoint(parts[0]))


xp = BallNamespace()
