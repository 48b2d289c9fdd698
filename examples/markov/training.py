"""Training of the deep Markov model; both guides of a seed see the same batches and noise."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch

from .data import LONGEST, Sequences, generate
from .model import DeepMarkovModel
from .networks import Z

TRAIN, TEST, BATCH = 900, 300, 100
"""Sequences to train on, to test by, in a batch."""
RATE, CLIP = 1e-2, 20.0
"""Of Adam at first, falling to 0 along a half cosine; the largest norm of a gradient."""


@dataclass(frozen=True)
class Task:
    """One model to train: with a flow or not, how its log-det is counted, seed and budget."""

    with_flow: bool
    seed: int
    updates: int
    draws: int
    convention: str = "new"


@dataclass(frozen=True)
class Trained:
    """What became of a task: bounds on the test sequences in nats, and the weights.

    ``claimed`` is the bound as the task's convention counts it, ``bound`` as it is.
    """

    task: Task
    bound: float
    tighter: float
    claimed: float
    weights: dict[str, Any]

    def model(self) -> DeepMarkovModel:
        """Make the model again of its weights."""
        model = DeepMarkovModel(self.task.with_flow, self.task.seed)
        model.load_state_dict({n: torch.from_numpy(a) for n, a in self.weights.items()})
        return model.requires_grad_(False)


def sequences() -> tuple[Sequences, Sequences]:
    """Sequences to train on and to test by, the same for every seed."""
    every = generate(TRAIN + TEST, seed=0)
    return every[:TRAIN], every[TRAIN:]


def noise_of(generator: torch.Generator, *shape: int) -> torch.Tensor:
    """Standard normal draws (T, *shape, Z)."""
    return torch.randn(LONGEST, *shape, Z, generator=generator, dtype=torch.float64)


def train(task: Task) -> Trained:
    """Train by Adam on the bound, then judge by the test sequences."""
    data, test = sequences()
    model = DeepMarkovModel(task.with_flow, task.seed)
    generator = torch.Generator().manual_seed(task.seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, task.updates)
    for _ in range(task.updates):
        batch = data[torch.randint(TRAIN, (BATCH,), generator=generator)]
        noise = noise_of(generator, BATCH)
        optimizer.zero_grad()
        (-model.log_weight(batch, noise, task.convention).mean()).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        optimizer.step()
        falling.step()
    return judged(task, model.requires_grad_(False), test)


def judged(task: Task, model: DeepMarkovModel, test: Sequences) -> Trained:
    """Both bounds on the test sequences, by the same noise for every task."""
    noise = noise_of(torch.Generator().manual_seed(0), task.draws, TEST)
    log_w = model.log_weight(test, noise)
    tighter = torch.logsumexp(log_w, 0) - math.log(task.draws)
    claimed = model.log_weight(test, noise, task.convention)
    weights = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    return Trained(task, float(log_w.mean()), float(tighter.mean()), float(claimed.mean()), weights)
