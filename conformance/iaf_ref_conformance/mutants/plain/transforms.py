"""CHAIN: permutations, chains and inverses, plainly."""

from __future__ import annotations

from typing import Any

import numpy as np

from .inverse import Inverses
from .masks import Array, Text

Mapped = tuple[Array, Array]


class Transforms(Inverses):
    """Both directions of every kind of flow; each gives its log-det in that direction."""

    def forward_of(self, text: Text, raw: Any, x: Array, context: Array | None) -> Mapped:
        """y and log|det dy/dx|."""
        kind = text["kind"]
        if kind == "permutation":
            return self.permuted(x, text["order"])
        if kind == "inverse":
            return self.backwards(text["transform"], raw, x, context)
        if kind == "chain":
            return self.chain(text, raw, x, context, "forward_of")
        step = self.step(text, self.load(text, raw), x, context)
        return self.mapped(step, x), self.log_det(step.log_sigma)

    def inverse_of(self, text: Text, raw: Any, y: Array, context: Array | None) -> Mapped:
        """x and log|det dx/dy|."""
        kind = text["kind"]
        if kind == "permutation":
            return self.unpermuted(y, text["order"])
        if kind == "inverse":
            return self.forward_of(text["transform"], raw, y, context)
        if kind == "chain":
            return self.chain(text, raw, y, context, "inverse_of")
        x, log_sigma = self.invert(text, self.load(text, raw), y, context)
        return x, self.inverse_log_det(log_sigma)

    def backwards(self, text: Text, raw: Any, x: Array, context: Array | None) -> Mapped:
        """A transform run backwards: of an IAF, the MAF (CHAIN-4)."""
        return self.inverse_of(text, raw, x, context)

    def chain(self, text: Text, raw: Any, value: Array, context: Array | None, way: str) -> Mapped:
        """fT(... f1(x)), or its inverse in the opposite order; log-dets add (CHAIN-1, DET-5)."""
        total = self.no_log_det(value)
        for k in self.sequence(len(raw), way):
            part = text["transforms"][k]
            given = context if takes_context(part) else None
            value, log_det = getattr(self, way)(part, raw[k], value, self.given_to(k, given))
            total = self.accumulated(total, log_det)
        return value, total

    def sequence(self, count: int, way: str) -> list[int]:
        """The first transform of a chain is applied first, and undone last (CHAIN-1)."""
        return list(range(count)) if way == "forward_of" else list(range(count))[::-1]

    def given_to(self, k: int, context: Array | None) -> Array | None:
        """Every transform of a chain that takes context gets it (DENS-4)."""
        return context

    def accumulated(self, total: Array, log_det: Array) -> Array:
        """Log-dets add (DET-5)."""
        return total + log_det

    def no_log_det(self, x: Array) -> Array:
        """Log-det 0, in the dtype of x (CHAIN-2)."""
        return np.zeros(x.shape[:-1], dtype=x.dtype)

    def permuted(self, x: Array, order: list[int]) -> Mapped:
        """y[k] = x[order[k]] (CHAIN-2)."""
        return x[..., order], self.no_log_det(x)

    def unpermuted(self, y: Array, order: list[int]) -> Mapped:
        """x[order[k]] = y[k] (CHAIN-3)."""
        return y[..., np.argsort(order)], self.no_log_det(y)


def takes_context(text: Text) -> bool:
    """Whether a transform has context somewhere."""
    if text["kind"] == "chain":
        return any(takes_context(part) for part in text["transforms"])
    if text["kind"] == "inverse":
        return takes_context(text["transform"])
    return bool(text.get("context_dim"))
