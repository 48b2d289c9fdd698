"""What the deep Markov models draw: a sequence and its fit, a posterior of each kind, bounds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
import torch
from cloud import DRAWS, cloud
from matplotlib.figure import Figure

from .data import Sequences
from .model import DeepMarkovModel
from .training import Trained, noise_of


def fit(axes: Any, model: DeepMarkovModel, one: Sequences) -> None:
    """The distances seen, and the emitter's means at draws of the guide."""
    steps = int(one.lengths)
    z = model.guide(one, noise_of(torch.Generator().manual_seed(1), 40, 1)).z[:steps, :, 0]
    means = model.emitter.mean(z)
    times = range(1, steps + 1)
    for m, colour in enumerate(("C0", "C1", "C2")):
        axes.plot(times, means[..., m], color=colour, alpha=0.15, linewidth=0.8)
        axes.plot(times, one.x[:steps, 0, m], "o", color=colour, markersize=3)
    axes.set_title("x_t, and means at draws of z_t", loc="left", fontsize=8)
    axes.set_xlabel("t", fontsize=7)


def posterior(axes: Any, model: DeepMarkovModel, one: Sequences, name: str) -> None:
    """Draws of q(z_1 | z_0, x)."""
    noise = noise_of(torch.Generator().manual_seed(1), DRAWS, 1)
    z = model.guide(one, noise).z[0, :, 0]
    cloud(axes, z, "z_1", f"q(z_1 | z_0, x) {name}")


def bounds(axes: Any, pairs: list[tuple[Trained, Trained]]) -> None:
    """L of every seed, a line from the one guide to the other."""
    for pair in pairs:
        axes.plot((0, 1), [run.bound for run in pair], "o-", color="C3", markersize=3)
    axes.set_xticks((0, 1), ("normal", "IAF"))
    axes.set_xlim(-0.3, 1.3)
    axes.set_title("L, nats a sequence, by seed", loc="left", fontsize=8)


def draw(path: Path, pairs: list[tuple[Trained, Trained]], test: Sequences) -> None:
    """Write the picture, of the models of the first seed."""
    plain, flowing = (run.model() for run in pairs[0])
    one = test[test.lengths == test.lengths.max()][:1]
    figure = Figure(figsize=(8.5, 2.6), layout="constrained")
    panels = figure.subplots(1, 4)
    fit(panels[0], flowing, one)
    posterior(panels[1], plain, one, "normal")
    posterior(panels[2], flowing, one, "under IAF")
    bounds(panels[3], pairs)
    for axes in panels:
        axes.tick_params(labelsize=6)
    with mpl.rc_context({"svg.hashsalt": "markov", "svg.fonttype": "none"}):
        figure.savefig(path, dpi=110)
