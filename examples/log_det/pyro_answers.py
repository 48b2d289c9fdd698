"""What Pyro answers today: ``AffineAutoregressive`` on ``AutoRegressiveNN``, with our weights."""

from __future__ import annotations

import numpy as np
import pyro.distributions as dist
import torch
from pyro.nn import AutoRegressiveNN

import iaf_ref as ir


def transform_of(flow: ir.AffineAutoregressive) -> dist.transforms.AffineAutoregressive:
    """Pyro's transform of the same weights, masks and clip.

    ``AutoRegressiveNN`` draws an order at random unless it is given one. The rows of its last layer
    are the shifts of all variables, then their raw scales: ours, flattened.
    """
    network, degrees = flow.network, flow.network.degrees
    order = torch.tensor([i for group in degrees.groups for i in group])
    activation = {"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh}[network.activation]()
    theirs = AutoRegressiveNN(
        flow.dim, list(degrees.widths), permutation=order, nonlinearity=activation
    ).double()
    (Wo, bo), D = network.output, flow.dim
    layers = [*network.hidden, (np.reshape(Wo, (2 * D, -1)), np.reshape(bo, (2 * D,)))]
    with torch.no_grad():
        for layer, (weight, bias) in zip(theirs.layers, layers, strict=True):
            layer.weight.copy_(torch.tensor(weight))
            layer.bias.copy_(torch.tensor(bias))
    clip = {"log_scale_min_clip": flow.scale.min, "log_scale_max_clip": flow.scale.max}
    return dist.transforms.AffineAutoregressive(theirs.requires_grad_(False), **clip)


def densities(
    flow: ir.AffineAutoregressive, bases: dict[str, torch.distributions.Distribution]
) -> dict[tuple[str, str], dist.TransformedDistribution]:
    """The transform over each base; its event_dim is 1, its log-det summed."""
    return {
        (name, "summed"): dist.TransformedDistribution(base, [transform_of(flow)])
        for name, base in bases.items()
    }
