"""nflows's masked affine autoregressive transforms, and chains of them."""

from __future__ import annotations

from typing import Any

from nflows.flows.base import Flow
from nflows.transforms import (
    CompositeTransform,
    InverseTransform,
    MaskedAffineAutoregressiveTransform,
)
from nflows.transforms.permutations import Permutation

import iaf_ref as ir

from .nflows_family import affine, refuse_context
from .torch_ import permutation


def from_nflows(module: Any) -> Any:
    """Flow of the specification that computes what a transform of nflows computes.

    Of a ``Flow``, its transform, which leads from data to noise: its density is that of
    ``TransformedDistribution(base, [Inverse(from_nflows(flow))])``.

    Parameters
    ----------
    module : Transform or Flow

    Returns
    -------
    AffineAutoregressive, Permutation, Chain or Inverse
        On NumPy, weights copied, dtype kept.

    Raises
    ------
    TypeError
        Another kind of transform.
    ValueError
        Context, batch normalization, dropout in training, an activation that the specification
        lacks, or masks that no degrees have.
    """
    if isinstance(module, Flow):
        return from_nflows(module._transform)
    if isinstance(module, CompositeTransform):
        return ir.Chain([from_nflows(part) for part in module._transforms])
    if isinstance(module, InverseTransform):
        return ir.Inverse(from_nflows(module._transform))
    if isinstance(module, Permutation) and module._dim == 1:
        return permutation(module._permutation)
    if type(module) is MaskedAffineAutoregressiveTransform:
        network = module.autoregressive_net
        refuse_context(
            network,
            "nflows adds f(W c + b) to its first layer, and by its masks the first variable sees "
            "no context",
        )
        return affine(
            network,
            network.activation,
            ir.Softplus(shift=0.0, floor=module._epsilon),
            residual=network.use_residual_blocks,
        )
    raise TypeError(
        "module: expected MaskedAffineAutoregressiveTransform, a permutation, a composition, an "
        f"inverse or a Flow of them, got {type(module).__name__}"
    )
