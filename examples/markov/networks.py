"""Networks of a deep Markov model (Krishnan, Shalit and Sontag 2017, arXiv 1609.09869).

Gated transition, emitter, and the combiner of the guide, in the letters of the paper's section 5.
"""

from __future__ import annotations

import math

import torch
from torch.nn.functional import softplus

from .data import NOISE, M

Z, HIDDEN = 6, 32
"""Latent variables at each step, and units of every network."""
HALF_LOG_TWO_PI = 0.5 * math.log(2 * math.pi)


def perceptron(inputs: int, outputs: int) -> torch.nn.Sequential:
    """One hidden layer."""
    linear = torch.nn.Linear
    return torch.nn.Sequential(linear(inputs, HIDDEN), torch.nn.ReLU(), linear(HIDDEN, outputs))


class GatedTransition(torch.nn.Module):
    """p(z_t | z_{t-1}) = N(mu, sigma^2): g h + (1 - g) W z, a gate between two proposals."""

    def __init__(self) -> None:
        """Begin with W z = z."""
        super().__init__()
        self.gate, self.proposal = perceptron(Z, Z), perceptron(Z, Z)
        self.linear, self.raw_scale = torch.nn.Linear(Z, Z), torch.nn.Linear(Z, Z)
        torch.nn.init.eye_(self.linear.weight)
        torch.nn.init.zeros_(self.linear.bias)

    def forward(self, before: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Mu and sigma, each (..., Z)."""
        g, h = torch.sigmoid(self.gate(before)), self.proposal(before)
        mu = (1.0 - g) * self.linear(before) + g * h
        return mu, softplus(self.raw_scale(torch.relu(h)))

    def log_prob(self, z: torch.Tensor, before: torch.Tensor) -> torch.Tensor:
        """log p(z_t | z_{t-1}): (...), nats."""
        mu, sigma = self(before)
        e = (z - mu) / sigma
        return (-0.5 * e * e - torch.log(sigma) - HALF_LOG_TWO_PI).sum(-1)


class Emitter(torch.nn.Module):
    """p(x_t | z_t) = N(emitter(z_t), NOISE^2)."""

    def __init__(self) -> None:
        """One hidden layer."""
        super().__init__()
        self.mean = perceptron(Z, M)

    def log_prob(self, x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        """log p(x_t | z_t): (...), nats."""
        e = (x - self.mean(z)) / NOISE
        return (-0.5 * e * e - math.log(NOISE) - HALF_LOG_TWO_PI).sum(-1)


class Combiner(torch.nn.Module):
    """From z_{t-1} and the state of the backward network: mu, sigma and context of the guide."""

    def __init__(self) -> None:
        """Layers from and to HIDDEN units."""
        super().__init__()
        self.from_z = torch.nn.Linear(Z, HIDDEN)
        self.to_mu, self.to_raw_scale = torch.nn.Linear(HIDDEN, Z), torch.nn.Linear(HIDDEN, Z)

    def forward(
        self, before: torch.Tensor, state: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Mu and sigma, each (..., Z), and h_combined, (..., HIDDEN)."""
        h = 0.5 * (torch.tanh(self.from_z(before)) + state)
        return self.to_mu(h), softplus(self.to_raw_scale(h)), h
