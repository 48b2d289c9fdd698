"""CHAIN: mistakes in compositions, permutations and inverses."""

from __future__ import annotations

from typing import Any

import numpy as np

from .plain import Plain
from .plain.masks import Array, Text
from .plain.transforms import Mapped
from .registry import REGISTRY

mutant = REGISTRY.mutant


@mutant("CHAIN-1", source="google-deepmind/distrax #324; rs-station/careless PR #122")
class ChainFromTheLast(Plain):
    """A chain applies its last transform first."""

    def sequence(self, count: int, way: str) -> list[int]:
        return super().sequence(count, way)[::-1]


@mutant("CHAIN-1", "INV-1", source="google-deepmind/distrax #324; rs-station/careless PR #122")
class ChainUndoneInTheSameOrder(Plain):
    """The inverse of a chain undoes its transforms in the order in which they were applied."""

    def sequence(self, count: int, way: str) -> list[int]:
        return list(range(count))


@mutant(
    "CHAIN-2", source="rll/deepul #10; numpyro PR #224: is the permuted network the permuted data?"
)
class PermutationScatters(Plain):
    """y[order[k]] = x[k]: the permutation is the inverse of the one that is meant."""

    def permuted(self, x: Array, order: list[int]) -> Mapped:
        return super().unpermuted(x, order)

    def unpermuted(self, y: Array, order: list[int]) -> Mapped:
        return super().permuted(y, order)


@mutant(
    "CHAIN-2",
    "TYPE-1",
    source="normflows Permute, in a float64 flow",
    dtypes=("float64",),
    unseen="in float32 a float32 is the right one",
)
class PermutationLogDetInFloat32(Plain):
    """The log-det of a permutation, 0, is of the default dtype: float32."""

    def permuted(self, x: Array, order: list[int]) -> Mapped:
        y, log_det = super().permuted(x, order)
        return y, log_det.astype(np.float32)


@mutant(
    "CHAIN-3",
    source="kamenbliznashki/normalizing_flows maf.py:289,366: wrong for most permutations",
)
class PermutationAppliedAgain(Plain):
    """A permutation is undone by applying it again: right for reversals and swaps only."""

    def unpermuted(self, y: Array, order: list[int]) -> Mapped:
        return self.permuted(y, order)


@mutant(
    "CHAIN-3",
    "CHAIN-1",
    source="karpathy/pytorch-normalizing-flows #5, #10: parts come back in another place",
)
class PermutationForgottenOnTheWayBack(Plain):
    """The inverse leaves permutations out."""

    def unpermuted(self, y: Array, order: list[int]) -> Mapped:
        return y, self.no_log_det(y)


@mutant("CHAIN-4", source="TFP #112, e-hulten/maf #2, nflows PR #16: forward is which way?")
class InverseRunsForward(Plain):
    """The inverse of a flow runs it forward: IAF and MAF are confused."""

    def backwards(self, text: Text, raw: Any, x: Array, context: Array | None) -> Mapped:
        return self.forward_of(text, raw, x, context)


@mutant("CHAIN-4", "DET-4", source="ikostrikov/pytorch-flows #16; numpyro #855: the sign of Invert")
class InverseKeepsTheSign(Plain):
    """The MAF made from an IAF keeps the sign of its log-det."""

    def backwards(self, text: Text, raw: Any, x: Array, context: Array | None) -> Mapped:
        y, log_det = super().backwards(text, raw, x, context)
        return y, -log_det
