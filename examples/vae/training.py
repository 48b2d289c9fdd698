"""Data and training of the autoencoder; both posteriors of a seed see the same batches and noise.

The data are scikit-learn's digits: 1797 images of 8 x 8 pixels, each a count from 0 to 16 of the
points of ink in a block of 4 x 4. The binomial likelihood is of these counts as they are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from trainable import step

from .model import PIXELS, Autoencoder, Z

BATCH, RATE = 128, 3e-3
"""Images in a batch; the rate of Adam at first, which falls to 0 along a half cosine."""


@dataclass(frozen=True)
class Task:
    """One model to train: its posterior, its seed, steps of training, draws to judge it by."""

    posterior: str
    seed: int
    updates: int
    draws: int


@dataclass(frozen=True)
class Trained:
    """What became of a task: bounds on the test images in nats, correlation, weights."""

    task: Task
    bound: float
    tighter: float
    correlation: float
    weights: dict[str, Any]

    def model(self) -> Autoencoder:
        """Make the model again of its weights."""
        model = Autoencoder(self.task.posterior, self.task.seed)
        model.load_state_dict({n: torch.from_numpy(a) for n, a in self.weights.items()})
        return model.requires_grad_(False)


def digits() -> tuple[torch.Tensor, torch.Tensor]:
    """Images to train on and to test by, (1347, 64) and (450, 64), the same for every seed."""
    images = load_digits().data.reshape(-1, PIXELS)
    parts = train_test_split(images, test_size=450, random_state=0)
    return tuple(torch.tensor(part, dtype=torch.float32) for part in parts)


def train(task: Task) -> Trained:
    """Train by Adam on the bound, then judge by the test images."""
    images, test = digits()
    model = Autoencoder(task.posterior, task.seed)
    generator = torch.Generator().manual_seed(task.seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, task.updates)
    for _ in range(task.updates):
        x = images[torch.randint(len(images), (BATCH,), generator=generator)]
        noise = torch.randn(1, BATCH, Z, generator=generator)
        step(optimizer, -model.log_weight(x, noise).mean())
        falling.step()
    return judged(task, model.requires_grad_(False), test)


def judged(task: Task, model: Autoencoder, test: torch.Tensor) -> Trained:
    """Both bounds and the correlation on test images, by the same noise for every task."""
    noise = torch.randn(task.draws, len(test), Z, generator=torch.Generator().manual_seed(0))
    log_w = model.log_weight(test, noise)
    tighter = torch.logsumexp(log_w, 0) - math.log(task.draws)
    z, _ = model.sample(test, noise)
    weights = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    return Trained(task, float(log_w.mean()), float(tighter.mean()), float(correlation(z)), weights)


def correlation(z: torch.Tensor) -> torch.Tensor:
    """The largest |correlation| of two latent variables given an image, mean over images."""
    z = z - z.mean(0)
    z = z / z.square().mean(0).sqrt()
    between = torch.einsum("kbi,kbj->bij", z, z).abs() / len(z)
    return (between - torch.diag_embed(torch.ones(len(between), Z))).amax((1, 2)).mean()
