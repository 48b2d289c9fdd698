"""Sums of products in other orders, with more digits, or with compensation."""

from __future__ import annotations

import numpy as np

from ..plain import Plain
from ..plain.masks import Array
from ..plain.network import Layer
from ..registry import REGISTRY

variant = REGISTRY.variant


def wide(array: Array) -> Array:
    """The same numbers in the next format: float64, or what the C compiler calls long double."""
    return array.astype(np.float64 if array.dtype == np.float32 else np.longdouble)


@variant
class ReversedSums(Plain):
    """Sums of products from the last term to the first, one by one."""

    def product(self, W: Array, h: Array) -> Array:
        total = np.zeros((*h.shape[:-1], len(W)), dtype=h.dtype)
        for k in reversed(range(h.shape[-1])):
            total = total + W[:, k] * h[..., k, None]
        return total


@variant
class FusedMultiplyAdd(Plain):
    """Sums of products by fused multiply-add: one rounding for each term."""

    def product(self, W: Array, h: Array) -> Array:
        total = np.zeros((*h.shape[:-1], len(W)), dtype=h.dtype)
        for k in range(h.shape[-1]):
            total = (wide(W[:, k]) * wide(h[..., k, None]) + wide(total)).astype(h.dtype)
        return total


@variant
class KahanSums(Plain):
    """Sums of products with Kahan's compensation."""

    def product(self, W: Array, h: Array) -> Array:
        total = np.zeros((*h.shape[:-1], len(W)), dtype=h.dtype)
        lost = np.zeros_like(total)
        for k in range(h.shape[-1]):
            term = W[:, k] * h[..., k, None] - lost
            grown = total + term
            total, lost = grown, (grown - total) - term
        return total


@variant
class PairwiseSums(Plain):
    """Sums of products by halves."""

    def product(self, W: Array, h: Array) -> Array:
        count = h.shape[-1]
        if count < 2:
            return np.sum(W * h[..., None, :], axis=-1)
        half = count // 2
        return self.product(W[:, :half], h[..., :half]) + self.product(W[:, half:], h[..., half:])


@variant
class SortedSums(Plain):
    """Sums of products from the least term to the greatest."""

    def product(self, W: Array, h: Array) -> Array:
        terms = W * h[..., None, :]
        order = np.argsort(np.abs(terms), axis=-1)
        ordered = np.take_along_axis(terms, order, axis=-1)
        running = np.cumsum(ordered, axis=-1)
        return running[..., -1]


@variant
class WideSums(Plain):
    """Sums of products in the next wider format, rounded once at the end."""

    def product(self, W: Array, h: Array) -> Array:
        return np.asarray((wide(h) @ wide(W).T).astype(h.dtype))


@variant
class BlockedSums(Plain):
    """Sums of products by blocks of four terms."""

    def product(self, W: Array, h: Array) -> Array:
        starts = range(0, h.shape[-1], 4)
        parts = (
            super(BlockedSums, self).product(W[:, k : k + 4], h[..., k : k + 4]) for k in starts
        )
        return np.asarray(sum(parts, np.zeros((), dtype=h.dtype)))


@variant
class BiasFirst(Plain):
    """Sums of products that start from the bias."""

    def affine(self, W: Array, b: Array, h: Array) -> Array:
        total = np.broadcast_to(b, (*h.shape[:-1], len(b)))
        for k in range(h.shape[-1]):
            total = total + W[:, k] * h[..., k, None]
        return total

    def output(self, layer: Layer, h: Array) -> Array:
        W, b = layer
        total = np.broadcast_to(b, (*h.shape[:-1], *b.shape))
        for k in range(h.shape[-1]):
            total = total + W[:, :, k] * h[..., k, None, None]
        return total


@variant
class BiasAsAColumn(Plain):
    """The bias is one more column of the weights, of an input that is 1."""

    def affine(self, W: Array, b: Array, h: Array) -> Array:
        one = np.ones((*h.shape[:-1], 1), dtype=h.dtype)
        return self.product(np.column_stack([W, b]), np.concatenate([h, one], axis=-1))
