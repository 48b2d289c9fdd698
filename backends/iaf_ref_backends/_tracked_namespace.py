"""The namespace of error-tracking numbers at a profile: a lifted arithmetic's hooks, as rules."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iaf_ref_backends import _tracked_arithmetic as arithmetic
from iaf_ref_backends import _tracked_functions as functions
from iaf_ref_backends import _tracked_order as order
from iaf_ref_backends import _tracked_reductions as reductions
from iaf_ref_backends._lifted import Array, DType, FInfo, Namespace
from iaf_ref_backends._lifted_array import Parts
from iaf_ref_backends._lifted_core import Kernel, Undecided
from iaf_ref_backends._tracked_number import Tracked, rounded
from iaf_ref_backends.profiles import Profile

#: Rules of reals that give reals.
RULES: dict[str, Callable[..., Tracked]] = {
    "positive": lambda profile, x: x,
    "negative": arithmetic.negative,
    "add": arithmetic.add,
    "subtract": arithmetic.subtract,
    "multiply": arithmetic.multiply,
    "divide": arithmetic.divide,
    "reciprocal": arithmetic.reciprocal,
    "square": arithmetic.square,
    "abs": order.absolute,
    "sign": order.sign,
    "maximum": order.maximum,
    "minimum": order.minimum,
    **{name: partial(functions.apply, name) for name in functions.FUNCTIONS},
}
#: Rules of reals that give three-valued bools.
QUESTIONS: Mapping[str, Callable[..., order.Answer]] = {
    name: partial(order.compare, getattr(np, name))
    for name in ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal")
} | {name: partial(order.classify, getattr(np, name)) for name in ("isfinite", "isnan", "isinf")}
#: Rules of three-valued bools.
LOGIC: Mapping[str, Callable[..., order.Answer]] = {
    "logical_and": order.logical_and,
    "logical_or": order.logical_or,
    "logical_xor": order.logical_xor,
    "logical_not": order.logical_not,
    "equal": order.logical_equal,
    "not_equal": order.logical_xor,
}


def _silent(rule: Callable[..., Parts], profile: Profile) -> Kernel:
    """Make a kernel of a rule: infinities and NaN on the way are its business, and warn nobody."""

    def kernel(*operands: Parts) -> Parts:
        with np.errstate(all="ignore"):
            return rule(profile, *(Tracked(*parts) for parts in operands))

    return kernel


def _logical(rule: Callable[..., order.Answer]) -> Kernel:
    return lambda *operands: rule(*(order.Answer(*parts) for parts in operands))


class TrackedNamespace(Namespace):
    """Arrays of float64 values and errors at one profile, with what their sums are made of."""

    host_functions = ("tracked.value", "tracked.error")
    shown = 2
    bool_kernels: Mapping[str, Kernel] = {name: _logical(rule) for name, rule in LOGIC.items()}

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.name = f"tracked[{profile.name}]"
        self.real = DType(profile.dtype, "real floating", self.name)
        self.real_kernels = {
            name: _silent(rule, profile) for name, rule in {**RULES, **QUESTIONS}.items()
        }
        self.real_kernels["pow"] = self._power

    def _power(self, base: Parts, exponent: int) -> Parts:
        with np.errstate(all="ignore"):
            return arithmetic.power(self.profile, Tracked(*base), exponent)

    def _lifted(self, value: float, doubt: float) -> Array:
        return self.wrap(rounded(self.profile, np.asarray(value), doubt), self.real)

    @property
    def pi(self) -> Array:
        """Pi as a 0-d array, with the error of rounding it to the profile's format."""
        return self._lifted(math.pi, 2.0**-52)

    @property
    def e(self) -> Array:
        """Euler's number as a 0-d array, with the error of rounding it to the profile's format."""
        return self._lifted(math.e, 2.0**-52)

    def finfo(self, type: Any, /) -> FInfo:
        """Return the limits of the profile's storage format."""
        self.result_type(type)
        store = self.profile.store
        bits = {"float64": 64, "float32": 32}.get(self.profile.dtype, 16)
        eps = 2.0 * store.roundoff
        return FInfo(
            bits, eps, store.max_finite, -store.max_finite, store.smallest_normal, self.real
        )

    def wrap(self, parts: Parts, dtype: DType) -> Array:
        """Make an array from parts; reals of two parts are plain numbers."""
        return super().wrap(Tracked(*parts) if dtype == self.real else parts, dtype)

    def lift_real(self, values: NDArray[Any]) -> Parts:
        """Round numbers to the profile's format; exact if they are numbers of it."""
        doubles = values.astype(np.float64)
        doubt = 2.0**-53 * np.abs(doubles) if values.dtype.kind in "iu" else np.asarray(0.0)
        with np.errstate(all="ignore"):
            return rounded(self.profile, doubles, np.where(np.abs(doubles) <= 2.0**53, 0.0, doubt))

    def lift_bool(self, values: NDArray[np.bool_]) -> Parts:
        """Bring bools in, all sure."""
        return order.Answer(values, np.ones_like(values))

    def real_from_bool(self, parts: Parts) -> Parts:
        """Convert to 0 and 1, with error 1 where a bool is not sure."""
        return Tracked(parts[0].astype(np.float64), np.where(parts[1], 0.0, 1.0))

    def decide(self, parts: Parts) -> NDArray[np.bool_]:
        """Return the values where all are sure."""
        value, sure = parts
        if not sure.all():
            place = tuple(int(i) for i in np.argwhere(~sure)[0])
            raise Undecided(
                f"expected a question that rounding at {self.profile.name} cannot change, "
                "got one that it can "
                f"at element {place}"
            )
        return value

    def select(self, condition: Parts, first: Parts, second: Parts) -> Parts:
        """Choose; both branches count where the condition is not sure."""
        with np.errstate(all="ignore"):
            return order.select(order.Answer(*condition), Tracked(*first), Tracked(*second))

    def matmul_real(self, first: Parts, second: Parts) -> Parts:
        """Multiply stacks of matrices."""
        with np.errstate(all="ignore"):
            return reductions.matmul(self.profile, Tracked(*first), Tracked(*second))

    def reduce_real(self, function: str, parts: Parts) -> Parts:
        """Reduce the last axis."""
        with np.errstate(all="ignore"):
            result = reductions.reduce(function, self.profile, Tracked(*parts))
        return tuple(np.broadcast_arrays(*result))

    def host_scalar(self, parts: Parts) -> float:
        """Return the value."""
        return float(parts[0])
