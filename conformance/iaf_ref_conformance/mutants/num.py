"""NUM: mistakes that show in the last digits, in NaN, or in what should not move."""

from __future__ import annotations

import numpy as np

from ..cases import Case
from ..subjects.rounded import round_to
from .plain import Plain
from .plain.masks import Array, Text
from .plain.network import Weights, softplus
from .plain.step import Step
from .plain.transforms import Mapped
from .registry import REGISTRY

mutant = REGISTRY.mutant


@mutant(
    "NUM-1", "SHAPE-3", source="Pyro's identity cache; FlowTorch BijectiveTensor; TFP #1510, #840"
)
class StaleResult(Plain):
    """A cached result is returned for an input that has changed."""

    def __init__(self) -> None:
        self.kept: tuple[str, str, tuple[int, ...], Mapped] | None = None

    def forward(self, case: Case, x: Array, context: Array | None) -> Mapped:
        if self.kept is None or self.kept[:3] != (case.id, case.dtype, x.shape):
            self.kept = (case.id, case.dtype, x.shape, super().forward(case, x, context))
        return self.kept[3]


@mutant("NUM-2", source="flowjax distributions.py:273: a NaN becomes -inf")
class NanReplaced(Plain):
    """NaN and infinities are replaced by finite numbers: the error is hidden."""

    def forward(self, case: Case, x: Array, context: Array | None) -> Mapped:
        y, log_det = super().forward(case, x, context)
        return np.nan_to_num(y), np.nan_to_num(log_det)


@mutant(
    "NUM-3",
    source="pytorch #53635, #67384; jax-ml/jax #14022; ml-explore/mlx #3860",
    dtypes=("float32",),
    unseen="TF32 is a mode of float32 products, float64 ones are not touched",
)
class ProductsInTf32(Plain):
    """Operands of products are rounded to TF32, 11 significant bits."""

    def product(self, W: Array, h: Array) -> Array:
        return super().product(tf32(W), tf32(h))


@mutant(
    "NUM-3",
    "TYPE-1",
    source="JAX without jax_enable_x64: float64 goes in, and float32 is computed",
    dtypes=("float64",),
    unseen="in float32 float32 is what is asked for",
)
class ComputedInFloat32(Plain):
    """Computed in float32 and returned as float64."""

    def parameters(
        self, text: Text, net: Weights, x: Array, context: Array | None
    ) -> tuple[Array, Array]:
        m, raw = super().parameters(text, net, x, context)
        return m.astype(np.float32).astype(x.dtype), raw.astype(np.float32).astype(x.dtype)


@mutant(
    "NUM-3",
    "STEP-3",
    source="torch.nn.Softplus(threshold=20); aesara #260: softplus(a) = a from 16 on",
    dtypes=("float64",),
    unseen="exp(-20) is 2e-9, less than float32 resolves at 20",
)
class SoftplusWithThreshold(Plain):
    """softplus(a) = a from 20 on: digits are lost that float64 has."""

    def floored_softplus(self, raw: Array, shift: float, floor: float) -> Array:
        a = raw + shift
        return np.where(a > 20.0, a, softplus(a)) + floor


@mutant("NUM-3", "STEP-4", source="pytorch/xla PR #4311: a negative result near -16.7")
class SigmoidByTanh(Plain):
    """sigmoid as (1 + tanh(a / 2)) / 2, which cancels for negative a."""

    def floored_sigmoid(self, raw: Array, bias: float, floor: float) -> Array:
        return 0.5 * (np.tanh(0.5 * (raw + bias)) + 1.0) + floor

    def gate(self, raw: Array, bias: float) -> Array:
        return 0.5 * (np.tanh(0.5 * (raw + bias)) + 1.0)


@mutant("NUM-3", "DET-1", source="FlowTorch main: the scale is made first, then its logarithm")
class LogOfRoundedScale(Plain):
    """log sigma as log(exp(clip(raw))): the logarithm of a sigma that was rounded already."""

    def step(self, text: Text, net: Weights, x: Array, context: Array | None) -> Step:
        step = super().step(text, net, x, context)
        return step._replace(log_sigma=np.log(step.sigma))


def tf32(values: Array) -> Array:
    """Round float32 numbers as a tensor core does, others not at all."""
    return round_to(values, 11) if values.dtype == np.float32 else values
