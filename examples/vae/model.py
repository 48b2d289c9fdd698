"""A variational autoencoder of counts, its posterior diagonal or T steps of IAF.

In the letters of Kingma et al. 2016, for an image x and latent variables z of dimension Z:

    p(z) = N(0, I),  p(x | z) = Binomial(16, sigmoid(decoder(z))) for each pixel
    (mu, sigma, h) = encoder(x),  epsilon ~ N(0, I)
    z_0 = mu + sigma epsilon                                       the diagonal posterior ends here
    z_t = sigma_t z_{t-1} + (1 - sigma_t) m_t,  t = 1, ..., T       eqs. 12-14, of (z_{t-1}, h)
    log w = log p(x | z_T) + log p(z_T) - log q(z_T | x)            eq. 11

The bound L is the mean of log w; L_K = log mean_k w_k of K draws is at least as tight.
"""

from __future__ import annotations

import math

import array_api_compat.torch as xp
import torch
from torch.nn.functional import logsigmoid, softplus
from trainable import Trainable

import iaf_ref as ir

PIXELS, MOST = 64, 16
"""Of an image, and the most that a pixel counts: it stands for 4 x 4 points of ink or none."""
Z, C, T = 12, 32, 4
HIDDEN, NARROW, FLOW = 64, 32, 32
"""Units of the encoder, of the decoder and of each step."""
POSTERIORS = ("diagonal", "IAF")


def make_steps(seed: int) -> ir.Chain:
    """T gated steps with context h, the order reversed from each to the next."""
    forth, steps = list(range(Z)), []
    for t in range(T):
        degrees = ir.made_degrees(
            Z, (FLOW,), order=forth if t % 2 == 0 else forth[::-1], context_dim=C
        )
        network = ir.AutoregressiveNetwork.init(
            degrees, seed=T * seed + t, activation="elu", dtype="float32", xp=xp
        )
        steps.append(ir.AffineAutoregressive(network, ir.Gated(bias=2.0)))
    return ir.Chain(steps)


class Autoencoder(torch.nn.Module):
    """Encoder and decoder, the same for both posteriors, and the steps.

    Parameters
    ----------
    posterior : {"diagonal", "IAF"}
    seed : int
        Draws the same encoder and decoder for both.
    """

    def __init__(self, posterior: str, seed: int) -> None:
        """Draw the weights; the seed of PyTorch is set."""
        super().__init__()
        torch.manual_seed(seed)
        linear, elu = torch.nn.Linear, torch.nn.ELU
        self.encoder = torch.nn.Sequential(linear(PIXELS, HIDDEN), elu(), linear(HIDDEN, 2 * Z + C))
        self.decoder = torch.nn.Sequential(linear(Z, NARROW), elu(), linear(NARROW, PIXELS))
        self.steps = Trainable(make_steps(seed)) if posterior == "IAF" else None

    def encode(self, x: torch.Tensor) -> tuple[ir.Normal, torch.Tensor]:
        """The base N(mu, sigma^2) of (B, Z), and h of (B, C)."""
        mu, raw, h = torch.split(self.encoder(x), [Z, Z, C], dim=-1)
        return ir.Normal(mu, softplus(raw) + 1e-4), h

    def sample(self, x: torch.Tensor, noise: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Draw z_T with log q(z_T | x): (K, B, Z) and (K, B), nats; noise epsilon (K, B, Z)."""
        base, h = self.encode(x)
        steps = self.steps.flow().transforms if self.steps is not None else ()
        return ir.iaf_posterior(noise, base.loc, base.scale, steps, h if steps else None)

    def log_likelihood(self, x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        """log p(x | z), nats, of counts: a probability, not a density."""
        logits = self.decoder(z)
        ways = math.lgamma(MOST + 1) - torch.lgamma(x + 1) - torch.lgamma(MOST - x + 1)
        terms = ways + x * logsigmoid(logits) + (MOST - x) * logsigmoid(-logits)
        return terms.sum(-1)

    def log_weight(self, x: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """log w of each draw and image: (K, B), nats."""
        z, log_q = self.sample(x, noise)
        prior = ir.Independent(ir.Normal(torch.zeros(Z), torch.ones(Z)))
        return self.log_likelihood(x, z) + prior.log_prob(z) - log_q

    def mean(self, z: torch.Tensor) -> torch.Tensor:
        """Mean of p(x | z)."""
        return MOST * torch.sigmoid(self.decoder(z))

    def size(self) -> int:
        """How many numbers are trained, those that masks remove included."""
        return sum(p.numel() for p in self.parameters())
