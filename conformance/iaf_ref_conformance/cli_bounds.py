"""``iaf-ref bounds``: the numbers that say whether derived tolerances are sound and useful."""

from __future__ import annotations

import sys

import click

from . import cli_ending as ending
from .cases import DTYPES
from .oracle import have_balls


@click.command()
@click.option(
    "--flows", default=1000, show_default=True, type=click.IntRange(1), help="Random flows."
)
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Of the flows.")
@click.option(
    "--dtype", "dtypes", multiple=True, metavar="DTYPE", help="float32 or float64; default: both."
)
def bounds(flows: int, seed: int, dtypes: tuple[str, ...]) -> None:
    """Hold derived bounds against certified errors of NumPy on random flows.

    Exit code 1 if a bound is exceeded, or if the median of bound / error (D <= 16; y, log sigma) is
    100 or more; 3 without the extra ``oracle``.
    """
    for dtype in dtypes:
        if dtype not in DTYPES:
            ending.usage(f"--dtype: expected one of {', '.join(DTYPES)}, got {dtype!r}")
    if not have_balls():
        ending.incomplete(
            'expected python-flint for the truth (pip install "iaf-ref[oracle]"), got none'
        )
    good = [_survey(flows, seed, dtype) for dtype in dtypes or DTYPES]
    sys.exit(ending.OK if all(good) else ending.FAILED)


def _survey(flows: int, seed: int, dtype: str) -> bool:
    """Run one dtype, print its table, return whether the bounds are sound and useful."""
    from rich.progress import Progress

    from .soundness import PROFILES, SMALL, USEFUL, survey

    with Progress(
        console=ending.console(stderr=True),
        transient=True,
        disable=ending.plain() or not sys.stderr.isatty(),
    ) as bar:
        task = bar.add_task(dtype, total=flows)
        found = survey(flows, seed, dtype, lambda: bar.advance(task))
    click.echo(f"{dtype}, {PROFILES[dtype]}: {flows} random flows, seed {seed}, truth by balls")
    median = f"median bound/error, D <= {SMALL}"
    click.echo(f"  {'output':<10} {'elements':>9} {'worst error/bound':>18} {median:>28}")
    for name, tally in found.items():
        click.echo(f"  {name:<10} {tally.elements:>9} {tally.worst:>18.3f} {tally.median:>28.1f}")
    sound = all(tally.worst <= 1.0 for tally in found.values())
    useful = all(not found[name].median >= USEFUL for name in ("y", "log_scale"))
    click.echo(f"  {'sound' if sound else 'NOT SOUND'}, {'useful' if useful else 'NOT USEFUL'}")
    return sound and useful
