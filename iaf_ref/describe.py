"""Flows as plain data: a tree that JSON can hold, beside a dict of NumPy arrays, and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._values import check_one_of
from .affine import AffineAutoregressive
from .chain import Chain, Inverse
from .degrees import Degrees, integers
from .floored import Sigmoid, Softplus
from .gated import Gated
from .host import from_host, to_host
from .network import AutoregressiveNetwork
from .permutation import Permutation
from .scales import Exp, SoftClip

Tensors = dict[str, "np.ndarray[Any, np.dtype[Any]]"]
SCALES = {
    "exp": Exp,
    "softclip": SoftClip,
    "softplus": Softplus,
    "sigmoid": Sigmoid,
    "gated": Gated,
}
"""Name in a file -> scale map."""


def describe(flow: Any, prefix: str = "") -> tuple[dict[str, Any], Tensors]:
    """A flow as a tree of plain data and named arrays.

    Parameters
    ----------
    flow : AffineAutoregressive, Permutation, Chain or Inverse
    prefix : str
        Of the names of the arrays.

    Returns
    -------
    text : dict
        What JSON holds.
    tensors : dict of NumPy arrays

    Raises
    ------
    TypeError
        ``flow`` is something else.
    """
    if isinstance(flow, AffineAutoregressive):
        return _describe_affine(flow, prefix)
    if isinstance(flow, Permutation):
        return {"kind": "permutation", "order": list(flow.order)}, {}
    if isinstance(flow, Inverse):
        text, tensors = describe(flow.transform, prefix)
        return {"kind": "inverse", "transform": text}, tensors
    if isinstance(flow, Chain):
        parts = [describe(t, f"{prefix}{k}.") for k, t in enumerate(flow.transforms)]
        merged = {name: array for _, tensors in parts for name, array in tensors.items()}
        return {"kind": "chain", "transforms": [text for text, _ in parts]}, merged
    raise TypeError(
        f"flow: expected a flow, a permutation, a chain or an inverse, got {type(flow).__name__}"
    )


def rebuild(
    text: dict[str, Any],
    tensors: Tensors,
    *,
    prefix: str = "",
    xp: Any = None,
    device: Any = None,
    dtype: str | None = None,
) -> Any:
    """Build a flow from what :func:`describe` gave.

    Parameters
    ----------
    text, tensors
        As :func:`describe` returns them.
    prefix : str
        Of the names of the arrays.
    xp, device
        Array namespace, NumPy by default, and device of the weights.
    dtype : str, optional
        Name of the dtype of the weights; default: as given.

    Returns
    -------
    AffineAutoregressive, Permutation, Chain or Inverse

    Raises
    ------
    KeyError
        Something is missing.
    ValueError
        An unknown kind or dtype, or weights that do not fit.
    """
    options = {"xp": np if xp is None else xp, "device": device, "dtype": dtype}
    check_one_of("kind", text["kind"], ("affine", "permutation", "chain", "inverse"))
    if text["kind"] == "permutation":
        return Permutation(text["order"])
    if text["kind"] == "inverse":
        return Inverse(rebuild(text["transform"], tensors, prefix=prefix, **options))
    if text["kind"] == "chain":
        parts = enumerate(text["transforms"])
        return Chain([rebuild(t, tensors, prefix=f"{prefix}{k}.", **options) for k, t in parts])
    return _rebuild_affine(text, tensors, prefix, **options)


def _describe_affine(flow: AffineAutoregressive, prefix: str) -> tuple[dict[str, Any], Tensors]:
    """One step: degrees, activation, scale map; weights by layer."""
    net, degrees = flow.network, flow.network.degrees
    scale = {kind: name for name, kind in SCALES.items()}.get(type(flow.scale))
    if scale is None:
        known = ", ".join(kind.__name__ for kind in SCALES.values())
        raise TypeError(f"scale: expected one of {known}, got {type(flow.scale).__name__}")
    text = {
        "kind": "affine",
        "activation": net.activation,
        "residual": net.residual,
        "scale": {"kind": scale, **vars(flow.scale)},
        "context_dim": degrees.context_dim,
        "degrees": degrees.input.tolist(),
        "hidden_degrees": [layer.tolist() for layer in degrees.hidden],
        "adjacency": None if degrees.adjacency is None else degrees.adjacency.astype(int).tolist(),
    }
    named = {"output.weight": net.output[0], "output.bias": net.output[1]}
    for k, (W, b) in enumerate(net.hidden):
        named |= {f"hidden.{k}.weight": W, f"hidden.{k}.bias": b}
    if net.skip is not None:
        named["skip.weight"] = net.skip
    return text, {prefix + name: to_host(array) for name, array in named.items()}


def _rebuild_affine(
    text: dict[str, Any], tensors: Tensors, prefix: str, xp: Any, device: Any, dtype: str | None
) -> AffineAutoregressive:
    """One step from its description."""
    adjacency = text["adjacency"]
    degrees = Degrees(
        integers([0] * text["context_dim"]),
        integers(text["degrees"]),
        tuple(integers(layer) for layer in text["hidden_degrees"]),
        None if adjacency is None else np.asarray(adjacency, dtype=bool),
    )

    def weight(name: str) -> Any:
        array = tensors[prefix + name]
        return from_host(array, xp, device, dtype or array.dtype.name)

    layers = range(len(degrees.hidden))
    hidden = [(weight(f"hidden.{k}.weight"), weight(f"hidden.{k}.bias")) for k in layers]
    output = (weight("output.weight"), weight("output.bias"))
    skip = weight("skip.weight") if f"{prefix}skip.weight" in tensors else None
    scale = dict(text["scale"])
    kind = scale.pop("kind")
    check_one_of("scale", kind, tuple(SCALES))
    net = AutoregressiveNetwork(degrees, hidden, output, skip, text["activation"], text["residual"])
    return AffineAutoregressive(net, SCALES[kind](**scale))
