"""What the autoencoders draw: images, reconstructions, samples, and a posterior of each kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
import torch
from cloud import DRAWS, cloud
from matplotlib.figure import Figure

from .model import MOST, PIXELS, Autoencoder, Z

COLUMNS, SIDE = 12, 8


def strip(axes: Any, images: torch.Tensor, title: str) -> None:
    """Draw images side by side, ink black."""
    rows = images.reshape(-1, COLUMNS, SIDE, SIDE).permute(0, 2, 1, 3)
    axes.imshow(rows.reshape(-1, COLUMNS * SIDE), cmap="gray_r", vmin=0, vmax=MOST)
    axes.set_title(title, loc="left", fontsize=8)
    axes.set_axis_off()


def posterior(axes: Any, model: Autoencoder, image: torch.Tensor, name: str) -> None:
    """Draws of q(z | x) for one image."""
    noise = torch.randn(DRAWS, 1, Z, generator=torch.Generator().manual_seed(1))
    z = model.sample(image[None], noise)[0][:, 0]
    cloud(axes, z, "z", f"q(z | x) of one image, {name}")


def draw(path: Path, models: dict[str, Autoencoder], test: torch.Tensor) -> None:
    """Write the picture: one test image a column, then samples of the prior, decoded."""
    shown = test[:COLUMNS]
    generator = torch.Generator().manual_seed(2)
    noise = torch.randn(1, COLUMNS, Z, generator=generator)
    prior = torch.randn(2 * COLUMNS, Z, generator=generator)
    figure = Figure(figsize=(7.5, 5.2), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=[2, 1])
    strips = left.subplots(5, 1, height_ratios=[1, 1, 1, 2, 2])
    strip(strips[0], shown, "test images")
    for k, (name, model) in enumerate(models.items()):
        z, _ = model.sample(shown, noise)
        strip(strips[1 + k], model.mean(z[0]), f"reconstructions, {name}")
        strip(strips[3 + k], model.mean(prior), f"samples: means of p(x | z), z ~ p(z), {name}")
    for axes, (name, model) in zip(right.subplots(2, 1), models.items(), strict=True):
        posterior(axes, model, shown[0], name)
    with mpl.rc_context({"svg.hashsalt": str(PIXELS), "svg.fonttype": "none"}):
        figure.savefig(path, dpi=110)
