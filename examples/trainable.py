"""A flow that learns: weights that PyTorch trains, and the flow made anew of them at every step.

Flows of ``iaf_ref`` are frozen: masks are applied, and weights copied, when a network is made. So
what is trained are the leaves, and a step of training is: make the flow, ask it, follow the
derivative back to the leaves. Entries outside the masks get the derivative 0, and never move.
"""

from __future__ import annotations

from typing import Any

import torch

from iaf_ref.describe import describe
from iaf_ref_conformance.joint import with_weights


class Trainable(torch.nn.Module):
    """The weights of a flow as parameters: it may stand in any other module (an encoder, a guide).

    Parameters
    ----------
    initial : AffineAutoregressive, Permutation, Chain or Inverse
        Where training starts; in any array library, and in the dtype to be trained in.

    Raises
    ------
    TypeError
        ``initial`` is something else.
    """

    def __init__(self, initial: Any) -> None:
        """Copy the weights into leaves, by the names that ``describe`` gives them."""
        super().__init__()
        self.initial = initial
        _, tensors = describe(initial)
        self.names = tuple(tensors)
        self.leaves = torch.nn.ParameterList(torch.tensor(array) for array in tensors.values())

    def flow(self) -> Any:
        """Make the flow of the leaves as they are now; derivatives pass through it.

        Later steps do not change it: under ``torch.no_grad()`` it is a snapshot to be kept.
        """
        return with_weights(self.initial, dict(zip(self.names, self.leaves, strict=True)))


def step(optimizer: torch.optim.Optimizer, loss: torch.Tensor) -> float:
    """Follow the derivative of a loss down to the leaves (``torch.optim.Adam``), once.

    Parameters
    ----------
    optimizer : torch.optim.Optimizer
        Of the parameters that are to learn.
    loss : () tensor
        Computed with a flow made since the last step.

    Returns
    -------
    float
        The loss, before the step.
    """
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return float(loss.detach())
