"""The network of nflows and of its descendant in normflows."""

from __future__ import annotations

from typing import Any

import iaf_ref as ir

from ..subjects.peers.layouts import SCALE_SHIFT, from_interleaved
from .one_step import step
from .torch_ import activation, array, mask


def affine(network: Any, function: Any, scale: Any, *, residual: bool) -> ir.AffineAutoregressive:
    """One step from a ``MADE`` without context.

    Parameters
    ----------
    network : MADE
    function : callable
        Its activation.
    scale : scale map
    residual : bool
        Whether its blocks are residual.

    Raises
    ------
    ValueError
        Something that the specification lacks, or masks that no degrees have.
    """
    layers = [network.initial_layer]
    for block in network.blocks:
        _refuse_block(block)
        layers += block.linear_layers if residual else [block.linear]
    hidden = [(array(k.weight), array(k.bias), mask(k)) for k in layers]
    last = network.final_layer
    output = (
        from_interleaved(array(last.weight), SCALE_SHIFT),
        from_interleaved(array(last.bias), SCALE_SHIFT),
        from_interleaved(mask(last), SCALE_SHIFT),
    )
    return step(hidden, output, 0, activation(function), scale, residual=residual)


def refuse_context(network: Any, why: str) -> None:
    """Refuse a network with a context.

    Raises
    ------
    ValueError
        It has one.
    """
    if hasattr(network, "context_layer"):
        raise ValueError(f"module: expected no context, as {why}, got one")


def _refuse_block(block: Any) -> None:
    """Refuse what depends on the batch or on chance."""
    normal = getattr(block, "batch_norm", None) or getattr(block, "use_batch_norm", False)
    if normal:
        raise ValueError("module: expected no batch normalization, got some")
    if block.dropout.p > 0.0 and block.training:
        raise ValueError("module: expected no dropout, or eval mode, got dropout in training")
