"""normflows's masked affine autoregressive flows with residual blocks, and chains of them."""

from __future__ import annotations

from typing import Any

import torch
from normflows import NormalizingFlow
from normflows.flows import MaskedAffineAutoregressive, Permute, Reverse
from normflows.flows.base import Composite

import iaf_ref as ir

from .nflows_family import affine, refuse_context
from .torch_ import permutation


def from_normflows(module: Any) -> Any:
    """Flow of the specification that computes what a flow of normflows computes.

    Of a ``NormalizingFlow``, all its flows: from noise to data, so that its density is that of
    ``TransformedDistribution(base, [from_normflows(flow)])``.

    Parameters
    ----------
    module : Flow or NormalizingFlow

    Returns
    -------
    AffineAutoregressive, Permutation, Chain or Inverse
        On NumPy, weights copied, dtype kept.

    Raises
    ------
    TypeError
        Another kind of flow, or preprocessing.
    ValueError
        Context, blocks that are not residual, batch normalization, dropout in training, an
        activation that the specification lacks, or masks that no degrees have.
    """
    if isinstance(module, NormalizingFlow):
        return ir.Chain([from_normflows(part) for part in module.flows])
    if isinstance(module, Composite):
        return ir.Chain([from_normflows(part) for part in module._flows])
    if isinstance(module, Reverse):
        return ir.Inverse(from_normflows(module.flow))
    if isinstance(module, Permute):
        return permutation(module(torch.arange(module.num_channels)[None])[0][0])
    if type(module) is MaskedAffineAutoregressive:
        return _affine(module.autoregressive_net)
    raise TypeError(
        "module: expected MaskedAffineAutoregressive, Permute, a composition, a Reverse or a "
        f"NormalizingFlow of them, got {type(module).__name__}"
    )


def _affine(network: Any) -> ir.AffineAutoregressive:
    """One step."""
    refuse_context(
        network,
        "normflows gates its residual blocks by the context, and by its masks the first variable "
        "sees none",
    )
    if not isinstance(network.preprocessing, torch.nn.Identity):
        kind = type(network.preprocessing).__name__
        raise TypeError(f"module: expected no preprocessing, got {kind}")
    if not len(network.blocks) or not hasattr(network.blocks[0], "linear_layers"):
        raise ValueError(
            "module: expected residual blocks, as without them normflows has two affine layers "
            "with no activation between them, got others"
        )
    function = network.blocks[0].activation
    return affine(network, function, ir.Sigmoid(bias=2.0, floor=1e-3), residual=True)
