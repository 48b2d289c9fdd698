"""A picture that two examples draw: a posterior's draws, where they depend on one another most."""

from __future__ import annotations

from typing import Any

import torch

DRAWS = 600


def cloud(axes: Any, z: torch.Tensor, variable: str, title: str) -> None:
    """Draws (n, Z) of a variable by its name, in the two components that are correlated most."""
    between = torch.corrcoef(z.T).abs().fill_diagonal_(0)
    i, j = divmod(int(between.argmax()), len(between))
    axes.scatter(z[:, i], z[:, j], s=2, linewidths=0)
    axes.set_title(title, loc="left", fontsize=8)
    axes.set_xlabel(f"{variable}, variable {i}", fontsize=7)
    axes.set_ylabel(f"{variable}, variable {j}", fontsize=7)
    axes.tick_params(labelsize=6)
    axes.set_aspect("equal", "datalim")
