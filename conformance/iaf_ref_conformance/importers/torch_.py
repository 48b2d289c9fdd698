"""What importers from PyTorch share: tensors, activations, permutations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

import iaf_ref as ir

Array = np.ndarray[Any, np.dtype[Any]]

FUNCTIONS: Mapping[Callable[..., Any], str] = MappingProxyType(
    {
        functional.relu: "relu",
        torch.relu: "relu",
        functional.tanh: "tanh",
        torch.tanh: "tanh",
        functional.elu: "elu",
        functional.leaky_relu: "leaky_relu",
        functional.sigmoid: "sigmoid",
        torch.sigmoid: "sigmoid",
        functional.softplus: "softplus",
        functional.gelu: "gelu",
        functional.silu: "silu",
    }
)
"""Functions of PyTorch, with the arguments that they have by default."""
MODULES: Mapping[type, tuple[str, Mapping[str, Any]]] = MappingProxyType(
    {
        nn.ReLU: ("relu", {}),
        nn.Tanh: ("tanh", {}),
        nn.ELU: ("elu", {"alpha": 1.0}),
        nn.LeakyReLU: ("leaky_relu", {"negative_slope": 0.01}),
        nn.Sigmoid: ("sigmoid", {}),
        nn.Softplus: ("softplus", {"beta": 1.0}),
        nn.GELU: ("gelu", {"approximate": "none"}),
        nn.SiLU: ("silu", {}),
    }
)
"""Modules of PyTorch, with the values that their parameters have in the specification."""
_THRESHOLD = 20.0
"""From there on PyTorch's softplus is its argument; from less on, it is another function."""


def array(tensor: Any) -> Array:
    """NumPy array of a tensor on any device, dtype kept.

    Raises
    ------
    TypeError
        NumPy has no such dtype: bfloat16.
    """
    if tensor.dtype == torch.bfloat16:
        raise TypeError("weights: expected a dtype that NumPy has, got bfloat16")
    return np.array(tensor.detach().cpu().numpy())


def mask(layer: Any) -> Array:
    """Boolean mask of a masked layer, from its buffer."""
    return np.asarray(array(layer.mask) != 0)


def activation(given: Any) -> str:
    """Name of an activation in the specification.

    Raises
    ------
    ValueError
        The specification has none of its kind, or none with these parameters.
    """
    if isinstance(given, nn.Module):
        name, wanted = MODULES.get(type(given), ("", {}))
        cut = isinstance(given, nn.Softplus) and given.threshold < _THRESHOLD
        if name and not cut and all(getattr(given, key) == value for key, value in wanted.items()):
            return name
    elif given in FUNCTIONS:
        return FUNCTIONS[given]
    raise ValueError(
        f"activation: expected one of {', '.join(sorted(ir.ACTIVATIONS))}, got {given}"
    )


def permutation(order: Any) -> ir.Permutation:
    """Permutation from a tensor of indices."""
    return ir.Permutation(order.tolist())
