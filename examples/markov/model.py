"""The deep Markov model, its guide q(z_t | z_{t-1}, x_{t:T}), and the bound that joins them.

    p(x, z) = prod_t p(x_t | z_t) p(z_t | z_{t-1})            z_0 is trained, as in Pyro's tutorial
    q(z | x) = prod_t q(z_t | z_{t-1}, x_{t:T})               a normal, or a normal under IAF
    L = sum_t [log p(x_t | z_t) + log p(z_t | z_{t-1}) - log q(z_t | z_{t-1}, x_{t:T})]

The sum runs over the steps that a sequence has; a padded step counts exactly 0. The state of a
network that reads each sequence from its own last step back stands for x_{t:T}.
"""

from __future__ import annotations

from dataclasses import dataclass

import array_api_compat.torch as xp
import torch
from trainable import Trainable

import iaf_ref as ir

from .conventions import CONVENTIONS, counted
from .data import M, Sequences
from .networks import HIDDEN, Combiner, Emitter, GatedTransition, Z

FLOW, START = 16, 0.1
"""Units of the flow; its output's weights as drawn, so that training begins near the identity."""


def make_flow(seed: int) -> ir.Chain:
    """One step of IAF with the combiner's context, y = sigma x + mu, as Pyro's with its clip."""
    degrees = ir.made_degrees(Z, (FLOW,), context_dim=HIDDEN)
    drawn = ir.AutoregressiveNetwork.init(degrees, seed=seed, activation="elu", xp=xp)
    output = tuple(START * array for array in drawn.output)
    network = ir.AutoregressiveNetwork(degrees, drawn.hidden, output, activation="elu")
    return ir.Chain([ir.AffineAutoregressive(network, ir.Exp(min=-5.0, max=3.0))])


@dataclass(frozen=True)
class Path:
    """What the guide drew and from what: each (T, ..., B, n), and log q at every step."""

    z: torch.Tensor
    x: torch.Tensor
    loc: torch.Tensor
    scale: torch.Tensor
    context: torch.Tensor
    log_q: torch.Tensor


class DeepMarkovModel(torch.nn.Module):
    """Model and guide, the same for both guides but for the flow.

    Parameters
    ----------
    with_flow : bool
    seed : int
        Draws the same networks with and without the flow.
    """

    def __init__(self, with_flow: bool, seed: int) -> None:
        """Draw the weights, in float64; the seed of PyTorch is set."""
        super().__init__()
        torch.manual_seed(seed)
        self.transition, self.emitter = GatedTransition(), Emitter()
        self.combiner, self.backward_network = Combiner(), torch.nn.GRU(M, HIDDEN)
        self.start, self.guide_start = (torch.nn.Parameter(torch.zeros(Z)) for _ in range(2))
        self.double()
        self.flow = Trainable(make_flow(seed)) if with_flow else None

    def states(self, batch: Sequences) -> torch.Tensor:
        """What stands for x_{t:T}: (T, B, HIDDEN); at padded steps some finite numbers."""
        steps = torch.arange(len(batch.x))[:, None]
        mirrored = (batch.lengths - 1 - steps).clamp(min=0)[..., None]  # its own inverse
        backwards = torch.gather(batch.x, 0, mirrored.expand(-1, -1, M))
        read, _ = self.backward_network(backwards)
        return torch.gather(read, 0, mirrored.expand(-1, -1, HIDDEN))

    def guide(self, batch: Sequences, noise: torch.Tensor, convention: str = "new") -> Path:
        """Draw z_1, ..., z_T; noise (T, ..., B, Z), log q as the convention has it."""
        flow = self.flow.flow() if self.flow is not None else None
        z, drawn = self.guide_start.expand(noise.shape[1:]), []
        for state, e in zip(self.states(batch), noise, strict=True):
            mu, sigma, h = self.combiner(z, state)
            base, x = ir.Normal(mu, sigma), mu + sigma * e
            if flow is None:
                z, log_q = x, ir.Independent(base).log_prob(x)
            else:
                z, log_q = CONVENTIONS[convention](base, flow, x, h)
            drawn.append((z, x, mu, sigma, h, log_q))
        return Path(*map(torch.stack, zip(*drawn, strict=True)))

    def log_joint(self, batch: Sequences, z: torch.Tensor) -> torch.Tensor:
        """log p(x_t | z_t) + log p(z_t | z_{t-1}) at every step: (T, ..., B), nats."""
        before = torch.cat([self.start.expand(z[:1].shape), z[:-1]])
        x = batch.x.reshape(len(z), *[1] * (z.ndim - 3), -1, M)
        return self.emitter.log_prob(x, z) + self.transition.log_prob(z, before)

    def log_weight(
        self, batch: Sequences, noise: torch.Tensor, convention: str = "new"
    ) -> torch.Tensor:
        """The terms of L, summed over steps: (..., B), nats; their mean is the bound."""
        path = self.guide(batch, noise, convention)
        mask = batch.mask.reshape(len(noise), *[1] * (noise.ndim - 3), -1)
        joint = counted(self.log_joint(batch, path.z), mask)
        q = counted(path.log_q, mask.expand(joint.shape))
        return (joint - (q if q.ndim == joint.ndim else q.sum(-1))).sum(0)
