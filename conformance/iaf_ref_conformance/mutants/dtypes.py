"""TYPE: mistakes with dtypes."""

from __future__ import annotations

import numpy as np

from ..cases import Case
from .plain import Plain
from .plain.masks import Array, Text
from .plain.network import Weights
from .plain.transforms import Mapped
from .registry import REGISTRY

mutant = REGISTRY.mutant
NARROW = "in float32 a float32 is the right one"
WIDE = "in float64 a float64 is the right one"


@mutant(
    "TYPE-1",
    source="NumPy promotes silently; numpyro flows.py:84, a float16 flow returns float32",
    dtypes=("float32",),
    unseen=WIDE,
)
class ResultPromoted(Plain):
    """Results come in float64: a constant or a buffer of the default dtype promotes them."""

    def forward(self, case: Case, x: Array, context: Array | None) -> Mapped:
        y, log_det = super().forward(case, x, context)
        return y.astype(np.float64), log_det.astype(np.float64)


@mutant(
    "TYPE-1",
    source="karpathy/pytorch-normalizing-flows: the log-det of the inverse; pyro 1.9.2",
    dtypes=("float64",),
    unseen=NARROW,
)
class InverseBufferOfDefaultDtype(Plain):
    """The inverse fills a buffer of the default dtype: float32 in a float64 flow."""

    def invert(
        self, text: Text, net: Weights, y: Array, context: Array | None
    ) -> tuple[Array, Array]:
        x, log_sigma = super().invert(text, net, y, context)
        return x.astype(np.float32), log_sigma.astype(np.float32)


@mutant(
    "TYPE-1",
    source="normflows core.py:51,81,96: a float64 flow adds its log-dets in float32",
    dtypes=("float64",),
    unseen=NARROW,
)
class LogDetInFloat32(Plain):
    """Log-dets add up in float32 and come back as float64: digits are lost."""

    def log_det(self, log_sigma: Array) -> Array:
        return super().log_det(log_sigma.astype(np.float32)).astype(log_sigma.dtype)


@mutant(
    "TYPE-1",
    "DENS-1",
    source="NEP 50 (NumPy 2): a scalar of NumPy promotes, where a number of Python is weak",
    dtypes=("float32",),
    unseen=WIDE,
)
class DensityPromoted(Plain):
    """log(2 pi) as a scalar of float64: so is the density of a float32 flow."""

    def univariate(self, loc: Array, scale: Array, x: Array) -> Array:
        return super().univariate(loc, scale, x).astype(np.float64)


@mutant("TYPE-1", source="NumPy and JAX promote a mixture that PyTorch and array-api-strict refuse")
class InputCastSilently(Plain):
    """x of another dtype than the weights is cast, where a TypeError is expected."""

    def forward(self, case: Case, x: Array, context: Array | None) -> Mapped:
        return super().forward(case, x.astype(case.dtype), context)
