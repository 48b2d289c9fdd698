"""flowjax's masked autoregressive bijections with the affine transformer, and chains of them."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from flowjax import bijections
from flowjax.distributions import AbstractTransformed
from paramax import Parameterize

import iaf_ref as ir

from ..subjects.peers.layouts import context_first, from_interleaved
from .jax_ import activation, array, held
from .one_step import step


def from_flowjax(module: Any) -> Any:
    """Flow of the specification that computes what a bijection of flowjax computes.

    Of a ``Transformed`` distribution, such as ``masked_autoregressive_flow`` returns, its
    bijection, which leads from noise to data: its density is that of
    ``TransformedDistribution(base, [from_flowjax(flow)])``.

    Parameters
    ----------
    module : AbstractBijection or Transformed
        ``MaskedAutoregressive``, ``Permute`` or ``Flip`` of vectors, and ``Chain``, ``Scan`` and
        ``Invert`` of them.

    Returns
    -------
    AffineAutoregressive, Permutation, Chain or Inverse
        On NumPy, weights copied, dtype kept.

    Raises
    ------
    TypeError
        Another kind of bijection.
    ValueError
        Another transformer than ``Affine`` with a softplus scale, an activation that the
        specification lacks, or masks that no degrees and no graph have.

    Notes
    -----
    flowjax adds the output of its network to the first parameters of the transformer. That of the
    scale becomes the shift of :class:`iaf_ref.Softplus`; that of ``loc``, 0 unless somebody chose
    another, goes into the bias, which may round it. ``Affine()`` has no floor, where the
    specification wants one: 1e-30, which counts below a scale of 1e-14 in float64 only.
    """
    if isinstance(module, AbstractTransformed):
        return from_flowjax(module.bijection)
    if type(module) is bijections.MaskedAutoregressive:
        return _affine(module)
    if isinstance(module, bijections.Permute | bijections.Flip) and len(module.shape) == 1:
        given = getattr(module, "permutation", None)
        return ir.Permutation(
            range(module.shape[0])[::-1] if given is None else array(given[0]).tolist()
        )
    if isinstance(module, bijections.Invert):
        return ir.Inverse(from_flowjax(module.bijection))
    if isinstance(module, bijections.Chain | bijections.Scan):
        scanned = isinstance(module, bijections.Scan)
        layers = _layers(module.bijection) if scanned else module.bijections
        return ir.Chain([from_flowjax(part) for part in layers])
    raise TypeError(
        "module: expected MaskedAutoregressive, Permute or Flip of vectors, Chain, Scan, Invert "
        f"or Transformed, got {type(module).__name__}"
    )


def _layers(stacked: Any) -> list[Any]:
    """Bijections of a ``Scan``, whose arrays have one more axis in front."""
    arrays, rest = eqx.partition(stacked, eqx.is_array)
    count = len(jax.tree.leaves(arrays)[0])
    return [eqx.combine(jax.tree.map(lambda a, k=k: a[k], arrays), rest) for k in range(count)]


def _affine(module: Any) -> ir.AffineAutoregressive:
    """One step; flowjax's context stands after x."""
    network = module.masked_autoregressive_mlp
    first = _first(module)
    context_dim = 0 if module.cond_shape is None else module.cond_shape[0]
    found = [
        [array(k.weight.args[1]), array(k.bias), array(k.weight.args[0])] for k in network.layers
    ]
    for part in (0, 2):
        found[0][part] = context_first(found[0][part], context_dim)
    *hidden, (W, b, masks) = [(each[0], each[1], each[2]) for each in found]
    b = from_interleaved(b)
    b[0] = b[0] + array(first.loc)
    output = from_interleaved(W), b, from_interleaved(masks)
    kind = activation(network.activation, {}) if hidden else "relu"
    return step(hidden, output, context_dim, kind, _softplus(first.scale))


def _first(module: Any) -> Any:
    """Transformer with the parameters that the network's output is added to.

    Raises
    ------
    ValueError
        Not an ``Affine`` with two parameters.
    """
    rows = module.masked_autoregressive_mlp.layers[-1].weight.args[1].shape[-2]
    count = rows // module.shape[0]
    first = module.transformer_constructor(jnp.zeros(count))
    if (
        not isinstance(first, bijections.Affine)
        or not isinstance(first.scale, Parameterize)
        or count != 2
    ):
        raise ValueError(
            f"transformer: expected Affine with a softplus scale, got {type(first).__name__} with "
            f"{count} parameters"
        )
    return first


def _softplus(scale: Any) -> ir.Softplus:
    """Scale map of a ``Parameterize``: softplus, or softplus and a floor as flowjax adds one.

    Raises
    ------
    ValueError
        Another function.
    """
    floor, probe = 0.0, jnp.linspace(-20.0, 20.0, 41)
    if scale.fn is not jax.nn.softplus:
        floor = float(_floor(scale.fn))
    if not bool((scale.fn(probe) == jax.nn.softplus(probe) + floor).all()):
        raise ValueError("transformer: expected a scale softplus(raw) + floor, got another")
    return ir.Softplus(float(array(scale.args[0])), max(floor, 1e-30))


def _floor(function: Any) -> Any:
    """``min_scale`` of flowjax's own function.

    Raises
    ------
    ValueError
        Another function than that of ``masked_autoregressive_flow``.
    """
    try:
        return held(function, "flowjax.flows")["min_scale"]
    except (KeyError, TypeError) as error:
        raise ValueError(
            f"transformer: expected a scale by softplus, with min_scale or without, got {function}"
        ) from error
