"""An IAF as the posterior of a variational autoencoder: a tighter bound, from the same encoder.

The paper's own use of IAF (Kingma et al. 2016, algorithm 1), on scikit-learn's images of digits:
the encoder gives a diagonal normal and a context h, and T = 4 gated steps with reversed orders
between them make of it a posterior whose variables depend on one another. The text that is
differentiated is ``iaf_ref``; encoder and decoder are small networks in PyTorch.

For each of five seeds, the autoencoder is trained with the diagonal posterior and with IAF, from
the same weights of encoder and decoder, on the same batches. Shown are the bound L on test images,
the tighter bound L_K of K draws, and what IAF gains, in nats. At the end, every trained flow is
held to the certified values and derived bounds of its own weights.

Exit code 0: the trained flows conform; 1: one does not; 2: a mistake in the command, or a library
is missing. Run it: ``python examples/vae_iaf_posterior.py``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click
from extras import require

require("torch", "PyTorch", "torch")
require("sklearn", "scikit-learn", "examples")
require("flint", "python-flint", "oracle")
import torch  # noqa: E402 - these import what may be missing
from conforming import complaint, verdict  # noqa: E402
from options import options, several  # noqa: E402
from seeds import bounds, each, gains, one_thread, spread  # noqa: E402
from vae.model import POSTERIORS, C, T, Z  # noqa: E402
from vae.training import Task, Trained, digits, train  # noqa: E402

UPDATES, DRAWS = 2000, 200
"""Of training, and K."""
JUDGED = 8
"""Test images at which a trained flow is judged."""


def summary(pairs: list[tuple[Trained, Trained]], draws: int) -> list[str]:
    """Means over seeds, and of the differences seed by seed."""
    lines = gains(pairs, 24)
    for name, runs in zip(POSTERIORS, zip(*pairs, strict=True), strict=True):
        slack = spread([run.tighter - run.bound for run in runs])
        related = spread([run.correlation for run in runs])
        lines += [
            f"L_K - L, {name:<15} {slack} nats, K = {draws}",
            f"|correlation|, {name:<9} {related}, largest of two variables given x",
        ]
    return lines


def conforms(run: Trained) -> str:
    """What is wrong with the trained flow at some test images."""
    model, x = run.model(), digits()[1][:JUDGED]
    base, h = model.encode(x)
    noise = torch.randn(JUDGED, Z, generator=torch.Generator().manual_seed(run.task.seed))
    return complaint(model.steps.flow(), base, base.loc + base.scale * noise, h)


@click.command(help=(__doc__ or "").partition("\n")[0])
@options
def main(seed: int, seeds: int | None, quick: bool, workers: int, picture: Path | None) -> None:
    """Train both posteriors for each seed, compare, judge the flows."""
    one_thread()
    updates, draws = (30, 20) if quick else (UPDATES, DRAWS)
    tasks = [Task(p, s, updates, draws) for s in several(seed, seeds, quick) for p in POSTERIORS]
    runs = each(train, tasks, 1 if quick else workers)
    pairs = list(zip(runs[::2], runs[1::2], strict=True))
    images, test = digits()
    sizes = ", ".join(f"{run.task.posterior} {run.model().size()}" for run in pairs[0])
    click.echo(f"data     {len(images)} digits to train on, {len(test)} to test by: counts 0..16")
    click.echo(f"model    p(x | z) binomial, Z = {Z}; IAF: T = {T} gated steps, context of {C}")
    click.echo(f"trained  {updates} steps of Adam; numbers to train: {sizes}")
    click.echo("bounds   nats an image, of the test images\n")
    click.echo("\n".join([*bounds(pairs, POSTERIORS[0]), "", *summary(pairs, draws), ""]))
    complaints = [conforms(run) for _, run in pairs]
    click.echo("\n".join(verdict(complaints, JUDGED)))
    if picture is not None:
        from vae.picture import draw

        draw(picture, {run.task.posterior: run.model() for run in pairs[0]}, test)
    sys.exit(1 if any(complaints) else 0)


if __name__ == "__main__":
    main()
