"""A deep Markov model with IAF in its guide, and three ways to count the flow's log-det.

The system that the forum's question about ``log_abs_det_jacobian`` had to change: a guide
q(z_t | z_{t-1}, x_{t:T}) whose normal may stand under a flow, over ragged sequences with a mask.
As long as the log-det came per dimension, the mask was (B, 1), broadcast over the Z terms of
log q; with a log-det that is summed, event_dim is 1 and the mask (B,). Both are shown on the same
draws, and next to them their mixture, whose bound is off by (Z - 1) times the log-det.

The sequences are generated, from a state space that ``markov/data.py`` states: two points that
circle in the plane, seen by three distances. Model and guide are networks in PyTorch, the flow is
``iaf_ref``. For each of five seeds the model is trained with a normal guide and with the same guide
under IAF, from the same weights, on the same batches; then once more with the mixture in L.

Exit code 0: the conventions agree and the trained flows conform; 1: not so; 2: a mistake in the
command, or a library is missing. Run it: ``python examples/deep_markov_model.py``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click
from extras import require

require("torch", "PyTorch", "torch")
require("flint", "python-flint", "oracle")
import torch  # noqa: E402 - these import what may be missing
from conforming import complaint, verdict  # noqa: E402
from markov.accounting import account, table  # noqa: E402
from markov.data import LONGEST, Sequences  # noqa: E402
from markov.networks import Z  # noqa: E402
from markov.training import TEST, TRAIN, Task, Trained, noise_of, sequences, train  # noqa: E402
from options import options, several  # noqa: E402
from seeds import bounds, each, gains, one_thread  # noqa: E402

import iaf_ref as ir  # noqa: E402

UPDATES, DRAWS = 800, 50
"""Of training, and K."""
COUNTED, JUDGED = 20, 8
"""Test sequences that every convention counts; those at whose first step a flow is judged."""


def claims(mixed: Trained, right: Trained) -> list[str]:
    """What a model that was trained with the mixture says of itself."""
    return [
        f"trained with the mixture, seed {mixed.task.seed}:",
        f"  it claims L = {mixed.claimed:.3f}; counted rightly L = {mixed.bound:.3f},",
        f"  where training with the right log-det reached L = {right.bound:.3f}",
    ]


def conforms(run: Trained, test: Sequences) -> str:
    """What is wrong with the trained flow at the first step of some test sequences."""
    model, batch = run.model(), test[:JUDGED]
    path = model.guide(batch, noise_of(torch.Generator().manual_seed(run.task.seed), JUDGED))
    base = ir.Normal(path.loc[0], path.scale[0])
    return complaint(model.flow.flow(), base, path.x[0], path.context[0])


def say_bounds(pairs: list[tuple[Trained, Trained]], mixed: Trained) -> None:
    """Print what was trained and what came of it."""
    updates, draws = mixed.task.updates, mixed.task.draws
    click.echo(f"data     generated: {TRAIN} sequences to train on, {TEST} to test by, ragged,")
    click.echo(f"         2 to {LONGEST} steps of 3 distances")
    click.echo(f"model    Z = {Z} latent variables a step; guide: normal, or under one step of IAF")
    click.echo(f"trained  {updates} steps of Adam")
    click.echo(f"bounds   nats a sequence, of the test sequences; K = {draws}\n")
    click.echo("\n".join([*bounds(pairs, "normal"), "", *gains(pairs, 16), ""]))
    click.echo("\n".join([*claims(mixed, pairs[0][1]), ""]))


@click.command(help=(__doc__ or "").partition("\n")[0])
@options
def main(seed: int, seeds: int | None, quick: bool, workers: int, picture: Path | None) -> None:
    """Train both guides for each seed, compare, count by every convention, judge the flows."""
    one_thread()
    updates, draws = (10, 5) if quick else (UPDATES, DRAWS)
    every = several(seed, seeds, quick)
    tasks = [Task(True, seed, updates, draws, "mixture")]
    tasks += [Task(with_flow, s, updates, draws) for s in every for with_flow in (False, True)]
    mixed, *runs = each(train, tasks, 1 if quick else workers)
    pairs = list(zip(runs[::2], runs[1::2], strict=True))
    say_bounds(pairs, mixed)
    _, test = sequences()
    found = account(
        pairs[0][1].model(), test[:COUNTED], noise_of(torch.Generator().manual_seed(0), COUNTED)
    )
    click.echo(f"one draw of {COUNTED} test sequences, seed {seed}, all of them together, nats\n")
    click.echo("\n".join([*table(found), ""]))
    complaints = [conforms(run, test) for _, run in pairs]
    click.echo("\n".join(verdict(complaints, JUDGED)))
    if picture is not None:
        from markov.picture import draw

        draw(picture, pairs, test)
    sys.exit(0 if found.holds and not any(complaints) else 1)


if __name__ == "__main__":
    main()
