"""Flows as pytrees of JAX: arguments and results of jit, vmap and grad, and what optimizers step.

Leaves are the arrays: weights, biases, direct connections, means and scales of bases. Everything
else is static and compared by value: flows of equal degrees share what jit compiled. A network
among pytrees keeps its masks whatever is done to its leaves (:func:`_mask`).

>>> import jax, iaf_ref as ir
>>> from iaf_ref_backends import jax_trees
>>> jax_trees.register()  # importing iaf_ref_backends.jax_ does it too
>>> net = ir.AutoregressiveNetwork.init(ir.made_degrees(2, (3,)), dtype="float32", xp=jax.numpy)
>>> paths, _ = jax.tree_util.tree_flatten_with_path(ir.AffineAutoregressive(net))
>>> jax.tree_util.keystr(paths[0][0])
'.network.hidden[0][0]'

Transforms, bases and scale maps inside of others are subtrees. So a transform that somebody else
wrote is registered by its author, or is refused by jit as no array.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from functools import cache, partial
from types import MappingProxyType
from typing import Any

import jax
import numpy as np
from jax.tree_util import GetAttrKey, register_pytree_with_keys

import iaf_ref as ir
from iaf_ref.layers import masked
from iaf_ref_backends import jax_loops

__all__ = ["ARRAYS", "register"]

Node = Any
Names = tuple[str, ...]

ARRAYS: MappingProxyType[type, Names] = MappingProxyType(
    {
        ir.AffineAutoregressive: ("network", "scale"),
        ir.AutoregressiveNetwork: ("hidden", "output", "skip"),
        ir.Chain: ("transforms",),
        ir.Exp: (),
        ir.Gated: (),
        ir.Independent: ("base",),
        ir.Inverse: ("transform",),
        ir.LowRankMultivariateNormal: ("loc", "cov_factor", "cov_diag"),
        ir.Masks: ("hidden", "output", "skip"),
        ir.MultivariateNormal: ("loc", "scale_diag", "scale_tril"),
        ir.Normal: ("loc", "scale"),
        ir.PerDimension: ("flow",),
        ir.Permutation: (),
        ir.Sigmoid: (),
        ir.SoftClip: (),
        ir.Softplus: (),
        ir.TransformedDistribution: ("base", "transforms"),
    }
)
"""Class -> its fields that are arrays or hold some; the other fields are static."""


@cache
def register() -> None:
    """Make pytrees of the classes in :data:`ARRAYS`; a second call does nothing.

    And register JAX's loop, see :mod:`iaf_ref_backends.jax_loops`.

    Raises
    ------
    ValueError
        Somebody else has registered one of the classes with JAX.
    """
    for kind, arrays in ARRAYS.items():
        static = tuple(f.name for f in fields(kind) if f.name not in arrays)
        register_pytree_with_keys(
            kind,
            partial(_with_keys, arrays, static),
            partial(_rebuilt, kind, arrays, static),
            partial(_flat, arrays, static),
        )
    jax_loops.register()


def _flat(arrays: Names, static: Names, node: Node) -> tuple[list[Any], tuple[Any, ...]]:
    """Subtrees and static fields."""
    return [getattr(node, name) for name in arrays], tuple(getattr(node, name) for name in static)


def _with_keys(arrays: Names, static: Names, node: Node) -> tuple[Iterable[Any], tuple[Any, ...]]:
    """As :func:`_flat`, each subtree beside the name of its field."""
    trees, rest = _flat(arrays, static, node)
    return [(GetAttrKey(name), tree) for name, tree in zip(arrays, trees, strict=True)], rest


def _rebuilt(
    kind: type, arrays: Names, static: Names, rest: tuple[Any, ...], trees: Iterable[Any]
) -> Node:
    """An object of these fields, whatever they hold: nothing is checked.

    JAX rebuilds with tracers, with shapes, axes, None or ``object()`` in place of arrays, so that
    the class itself, which checks what it is given, cannot be called.
    """
    node: Node = object.__new__(kind)
    for name, value in (*zip(static, rest, strict=True), *zip(arrays, trees, strict=True)):
        object.__setattr__(node, name, value)
    if isinstance(node, ir.AutoregressiveNetwork):
        _mask(node)
    return node


def _mask(net: ir.AutoregressiveNetwork) -> None:
    """Apply the masks to what stands in a weight's place, as the class does when it is made.

    The text relies on weights that are masked already, so this is the place: a leaf passes here on
    its way into every transformation, whence derivatives are exactly 0 outside of the masks, and on
    its way out of every ``tree_map``, whence no optimizer, weight decay or noise breaks causality.
    (Leaves of the unmasked entries alone would need no mask, but have lost the shape that
    optimizers, initializers and shardings of matrices go by.)
    """
    masks = net.masks  # on the host: constants of whatever is traced
    hidden, output, skip = net.hidden, net.output, net.skip
    if isinstance(hidden, tuple) and len(hidden) == len(masks.hidden):
        hidden = tuple(_layer(m, layer) for m, layer in zip(masks.hidden, hidden, strict=True))
    for name, value in (
        ("hidden", hidden),
        ("output", _layer(masks.output, output, lead=1)),
        ("skip", _weight(masks.skip, skip, lead=1)),
    ):
        object.__setattr__(net, name, value)


def _layer(mask: Any, layer: Any, *, lead: int = 0) -> Any:
    """(W, b) with W masked; what is no such pair stays as it is."""
    if not (isinstance(layer, tuple) and len(layer) == 2):
        return layer
    return _weight(mask, layer[0], lead=lead), layer[1]


def _weight(mask: Any, value: Any, *, lead: int = 0) -> Any:
    """Mask an array of floats of the weight's own shape: ``lead`` axes, then those of the mask.

    Others stay as they are. Booleans would turn false outside of the mask. In a stack of flows the
    new axis may be any, so that the last two need not be the mask's; a stack is computed with
    through vmap or scan, or sliced, and then each of its flows is rebuilt, and masked, by itself.
    """
    fits = (
        isinstance(value, jax.Array | np.ndarray)
        and value.shape[lead:] == mask.shape
        and value.ndim == lead + mask.ndim
        and jax.numpy.issubdtype(value.dtype, jax.numpy.floating)
    )
    return masked(mask, value) if fits else value
