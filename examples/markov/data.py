"""Sequences from a known state space: two points that circle in the plane, seen by distances.

    each point: its angle advances by 0.45, its radius r moves to r + 0.3 (1.5 - r);
                then each coordinate + N(0, 0.4^2)
    x_t = distances of one point to (1.5, 0), of the other to (1.5, 0), and of both from one
          another, less 2, each + N(0, 0.05^2)

Three numbers do not determine four coordinates, and what they leave open no choice of coordinates
makes independent. Lengths are uniform on 2..8, so that a batch is ragged; steps past the end of a
sequence are padding, and 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

LONGEST, M = 8, 3
"""Steps of the longest sequence, and numbers observed at each."""
NOISE = 0.05
"""Standard deviation of a distance: the instrument's, and known."""
TURN, RADIUS, PULL, SHAKE = 0.45, 1.5, 0.3, 0.4
BEACON = np.array([1.5, 0.0])


@dataclass(frozen=True)
class Sequences:
    """A padded batch: x of (T, B, M), the steps lead; lengths (B,)."""

    x: torch.Tensor
    lengths: torch.Tensor

    @property
    def mask(self) -> torch.Tensor:
        """(T, B), true at the steps that a sequence has."""
        return torch.arange(len(self.x))[:, None] < self.lengths

    def __getitem__(self, rows: slice | torch.Tensor) -> Sequences:
        """Some of the sequences."""
        return Sequences(self.x[:, rows], self.lengths[rows])


def moved(z: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The points (..., 2) one step later."""
    r = np.linalg.norm(z, axis=-1)
    angle = np.arctan2(z[..., 1], z[..., 0]) + TURN
    r = r + PULL * (RADIUS - r)
    at = np.stack([r * np.cos(angle), r * np.sin(angle)], axis=-1)
    return at + SHAKE * rng.normal(size=z.shape)


def seen(z: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The distances (B, M) of two points, (2, B, 2)."""
    apart = np.stack([z[0] - BEACON, z[1] - BEACON, z[0] - z[1]], axis=-2)
    distances = np.linalg.norm(apart, axis=-1)
    return distances - 2.0 + NOISE * rng.normal(size=distances.shape)


def generate(count: int, seed: int) -> Sequences:
    """Draw sequences, in float64."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(2, LONGEST + 1, count)
    z, steps = rng.normal(size=(2, count, 2)), []
    for _ in range(LONGEST):
        z = moved(z, rng)
        steps.append(seen(z, rng))
    there = np.arange(LONGEST)[:, None] < lengths
    x = np.where(there[..., None], np.stack(steps), 0.0)
    return Sequences(torch.from_numpy(x), torch.from_numpy(lengths))
