"""SHAPE: mistakes with batch dimensions."""

from __future__ import annotations

import numpy as np

from ..cases import Case
from .plain import Plain
from .plain.masks import Array
from .plain.transforms import Mapped
from .registry import REGISTRY

mutant = REGISTRY.mutant


@mutant("SHAPE-1", source="pyro PR #1169, fixed in 0.3.0: [:, ...] in place of [..., :]; pyro #721")
class SumOverAxisOne(Plain):
    """Summed over axis 1, which is the event with exactly one batch dimension."""

    def log_det(self, log_sigma: Array) -> Array:
        return np.sum(log_sigma, axis=1)


@mutant("SHAPE-1", source="nflows 0.14: an input (4, 1, 5) comes back as (4, 4, 5)")
class OneBatchDimension(Plain):
    """Batch dimensions are flattened, and not restored."""

    def forward(self, case: Case, x: Array, context: Array | None) -> Mapped:
        y, log_det = super().forward(case, x, context)
        return y.reshape(-1, y.shape[-1]), log_det.reshape(-1)


@mutant("SHAPE-1", source="kornia/kornia PR #4681, of a series on empty batches (#4429)")
class EmptyBatchRefused(Plain):
    """A batch of no rows raises, as the greatest of no numbers is asked for."""

    def log_det(self, log_sigma: Array) -> Array:
        np.max(np.abs(log_sigma))
        return super().log_det(log_sigma)


@mutant(
    "SHAPE-2",
    source="tensorflow #17925; sbi #1316; one batch dimension only in nflows and normflows",
)
class ContextNotBroadcast(Plain):
    """Context and x are concatenated without broadcasting: batches that differ raise."""

    def inputs(self, x: Array, context: Array | None) -> Array:
        return x if context is None else np.concatenate([context, x], axis=-1)


@mutant("SHAPE-2", source="wenet-e2e/west PR #121: repeat for repeat_interleave; pzflow PR #65")
class ContextRowsInAnotherOrder(Plain):
    """Contexts repeated in one order and rows of x in another: each row gets a stranger's."""

    def concatenated(self, context: Array, x: Array) -> Array:
        axes = (*range(context.ndim - 1)[::-1], context.ndim - 1)
        return super().concatenated(context.transpose(axes).reshape(context.shape), x)


@mutant(
    "SHAPE-3",
    "NUM-2",
    source="ikostrikov/pytorch-flows #8; kamenbliznashki/normalizing_flows #13; nflows' MADE",
)
class BatchStatistics(Plain):
    """Raw scales are centred by the mean over the batch: a row depends on the others."""

    def split(self, o: Array) -> tuple[Array, Array]:
        m, raw = super().split(o)
        axes = tuple(range(raw.ndim - 1))
        return (m, raw - np.mean(raw, axis=axes)) if raw.size and axes else (m, raw)
