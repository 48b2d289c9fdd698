"""What the libraries on PyTorch have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from torch import distributions, nn

from ...cases import Case, Floats
from .parts import Part, Step
from .peer import Masks, Peer

ACTIVATIONS: Mapping[str, Callable[[], Any]] = MappingProxyType(
    {
        "relu": nn.ReLU,
        "tanh": nn.Tanh,
        "elu": nn.ELU,
        "leaky_relu": nn.LeakyReLU,
        "sigmoid": nn.Sigmoid,
        "softplus": nn.Softplus,
        "gelu": nn.GELU,
        "silu": nn.SiLU,
    }
)
"""Name of an activation in the specification -> PyTorch's module of the same formula."""


class TorchPeer(Peer):
    """A library on PyTorch: tensors over and back, base distributions, its words for refusing."""

    def forward(self, case: Case, x: Floats, context: Floats | None) -> tuple[Any, Any]:
        """Y and log-det; PyTorch says by a RuntimeError that dtypes differ (TYPE-1)."""
        try:
            return super().forward(case, x, context)
        except RuntimeError as error:
            if x.dtype != case.dtype and "dtype" in str(error):
                raise TypeError(f"PyTorch refuses by RuntimeError: {error}") from error
            raise

    def flow(self, given: Sequence[Part], dtype: str) -> Any:
        """Build what the parts say; nothing is trained here."""
        with torch.no_grad():
            return super().flow(given, dtype)

    def place(self, array: Floats) -> torch.Tensor:
        """Copy to a tensor, dtype kept."""
        return torch.tensor(array)

    def fetch(self, array: Any) -> Any:
        """Take a tensor back, dtype kept; what is no tensor stays, to be judged as it is."""
        return array.detach().numpy() if isinstance(array, torch.Tensor) else array

    def base(self, kind: str, arrays: Mapping[str, Any]) -> Any:
        """Base distributions of ``torch.distributions``."""
        if kind == "normal":
            return distributions.Normal(arrays["loc"], arrays["scale"])
        if kind in {"independent", "diagonal"}:  # which are the same, and have one class here
            scale = arrays["scale" if kind == "independent" else "scale_diag"]
            return distributions.Independent(distributions.Normal(arrays["loc"], scale), 1)
        if kind == "tril":
            return distributions.MultivariateNormal(arrays["loc"], scale_tril=arrays["scale_tril"])
        if kind == "low_rank":
            return distributions.LowRankMultivariateNormal(
                arrays["loc"], arrays["cov_factor"], arrays["cov_diag"]
            )
        return super().base(kind, arrays)


def load_layer(layer: Any, weight: Floats, bias: Floats | None, mask: Floats | None) -> None:
    """Load a masked layer: weights as stored and, where one is given, a mask in place of its own.

    Parameters
    ----------
    layer : torch.nn.Linear with a buffer ``mask``
    weight, bias : (out, in) and (out,)
    mask : (out, in), optional
    """
    layer.weight.copy_(torch.tensor(weight))
    if bias is not None:
        layer.bias.copy_(torch.tensor(bias))
    if mask is not None:
        layer.mask.copy_(torch.tensor(mask))


def needs_hidden(step: Step, name: str) -> None:
    """Refuse a step without hidden layers."""
    if not step.widths:
        raise NotImplementedError(f"the network of {name} has a hidden layer at least")


def needs_plain(step: Step, name: str, *, skip: bool = False, residual: bool = False) -> None:
    """Refuse direct connections and residual blocks, unless the library has them."""
    if step.weights.skip is not None and not skip:
        raise NotImplementedError(f"the network of {name} has no skip connection")
    if step.network.residual and not residual:
        raise NotImplementedError(f"the network of {name} has no residual blocks of this form")


def needs_order(step: Step, name: str) -> None:
    """Refuse, for masks of its own, graphs and variables of equal degree."""
    if not step.ordered:
        raise NotImplementedError(f"{name} makes masks for an order of the variables only")


def needs_scale(step: Step, name: str, *kinds: type) -> None:
    """Refuse a scale map that the library does not have."""
    if not isinstance(step.scale, kinds):
        raise NotImplementedError(f"{name} has no scale map {type(step.scale).__name__}")


def booleans(*masks: Any) -> Masks:
    """Masks of a library as Boolean NumPy arrays."""
    return tuple(np.asarray(mask.detach().numpy() != 0) for mask in masks)
