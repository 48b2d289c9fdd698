"""FlowTorch's affine autoregressive bijectors, and compositions of them."""

from __future__ import annotations

from typing import Any

import flowtorch.bijectors as fb

import iaf_ref as ir

from ..subjects.peers.layouts import from_interleaved
from .one_step import step
from .torch_ import activation, array, mask, permutation


def from_flowtorch(module: Any) -> Any:
    """Flow of the specification that computes what a bijector of FlowTorch computes.

    Parameters
    ----------
    module : Bijector
        Made, not lazy any more: ``AffineAutoregressive``, ``Permute``, ``Compose`` or ``Invert``.

    Returns
    -------
    AffineAutoregressive, Permutation, Chain or Inverse
        On NumPy, weights copied, dtype kept.

    Raises
    ------
    TypeError
        Another kind of bijector.
    ValueError
        Skip connections, an activation that the specification lacks, a permutation that is not
        drawn yet, or masks that no degrees have.
    """
    if isinstance(module, fb.Compose):
        return ir.Chain([from_flowtorch(part) for part in module.bijectors])
    if isinstance(module, fb.Invert):
        return ir.Inverse(from_flowtorch(module.bijector))
    if isinstance(module, fb.Permute):
        if module.permutation is None:
            raise ValueError("permutation: expected one, got None: FlowTorch draws it when called")
        return permutation(module.permutation)
    if type(module) is fb.AffineAutoregressive:
        scale = ir.Exp(module.log_scale_min_clip, module.log_scale_max_clip)
        return _affine(module._params_fn, scale)
    raise TypeError(
        "module: expected AffineAutoregressive, Permute, Compose or Invert, "
        f"got {type(module).__name__}"
    )


def _affine(network: Any, scale: Any) -> ir.AffineAutoregressive:
    """One step."""
    if network.skip_connections:
        raise ValueError("module: expected skip_connections=False, as FlowTorch's do not work")
    layers = [layer for layer in network.layers if hasattr(layer, "mask")]
    *hidden, (W, b, m) = [(array(k.weight), array(k.bias), mask(k)) for k in layers]
    output = from_interleaved(W), from_interleaved(b), from_interleaved(m)
    return step(hidden, output, 0, activation(network.nonlinearity()), scale)
