"""The subject itself: what the suite asks, answered by the classes below it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from ...cases import Case
from .backward import Named
from .densities import Base
from .gradient import Gradients
from .masks import Array
from .transforms import Mapped


class Plain(Gradients):
    """IAF in plain NumPy, a subject as ``conformance/README.md`` describes it."""

    name = "plain"
    dtypes: tuple[str, ...] = ("float32", "float64")
    profile: Mapping[str, str] = MappingProxyType({"float32": "ieee-f32", "float64": "ieee-f64"})

    def masks(self, case: Case) -> tuple[Array, ...]:
        """Masks of the hidden layers, of the output, of the skip connection if there is one."""
        if case.text["kind"] != "affine":
            raise NotImplementedError(f"a {case.text['kind']} has no masks of its own")
        masks = self.mask_set(case.text)
        skip = () if case.raw.skip is None else (masks.skip,)
        return (*masks.hidden, masks.output, *skip)

    def forward(self, case: Case, x: Array, context: Array | None) -> Mapped:
        """y and log|det dy/dx|."""
        self.check_dtype(case, x, context)
        return self.forward_of(case.text, case.raw, x, context)

    def inverse(self, case: Case, y: Array, context: Array | None) -> Mapped:
        """x and log|det dx/dy|."""
        self.check_dtype(case, y, context)
        return self.inverse_of(case.text, case.raw, y, context)

    def log_scale(self, case: Case, x: Array, context: Array | None) -> Array:
        """log sigma per dimension (DET-1)."""
        if case.text["kind"] != "affine":
            raise NotImplementedError(f"a {case.text['kind']} has no log sigma of its own")
        self.check_dtype(case, x, context)
        return self.step(case.text, self.load(case.text, case.raw), x, context).log_sigma

    def log_prob(self, case: Case, y: Array, context: Array | None) -> Array:
        """Log density over the case's base, per dimension where the case says so."""
        self.check_dtype(case, y, context)
        base = base_of(case)
        if case.options.get("per_dimension"):
            return self.terms(case.text, case.raw, base, y, context)
        return self.density(case.text, case.raw, base, y, context)

    def gradient(self, case: Case, y: Array, context: Array | None) -> Named:
        """Derivatives of the sum over all rows of log q(y), by inputs and weights (GRAD-1)."""
        self.check_dtype(case, y, context)
        return self.derivatives(case.text, case.raw, base_of(case), y, context)

    def check_dtype(self, case: Case, *inputs: Array | None) -> None:
        """Refuse an input of another dtype than the weights (TYPE-1).

        Raises
        ------
        TypeError
            It is of another dtype.
        """
        for given in inputs:
            if given is not None and given.dtype != np.dtype(case.dtype):
                raise TypeError(f"expected {case.dtype}, as the weights, got {given.dtype}")


def base_of(case: Case) -> Base:
    """Base of a case: its kind, and its arrays without ``base.``."""
    if case.base_text is None:
        raise NotImplementedError("the case has no base distribution")
    arrays = case.input_arrays.items()
    named = {n.removeprefix("base."): a for n, a in arrays if n.startswith("base.")}
    return {**case.base_text, **named}
