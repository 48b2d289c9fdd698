"""Options that the examples on PyTorch share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from extras import require

NUMBER, FEW = click.IntRange(min=1), click.IntRange(1, 1000)


def _drawable(context: click.Context, parameter: click.Parameter, value: Path | None) -> Any:
    """Refuse, before anything is trained, a picture that could not be written after it."""
    if value is None:
        return None
    require("matplotlib", "Matplotlib", "examples")
    from matplotlib.backend_bases import FigureCanvasBase

    known = sorted(FigureCanvasBase.get_supported_filetypes())
    if value.suffix[1:].lower() not in known:
        raise click.BadParameter(f"expected a name that ends in one of {known}, got {str(value)!r}")
    if not value.absolute().parent.is_dir():
        raise click.BadParameter(f"expected a folder that exists, got {str(value.parent)!r}")
    return value


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --seed, --seeds, --quick, --workers and --picture to a command."""
    path = click.Path(dir_okay=False, writable=True, path_type=Path)
    for option in (
        click.option("--picture", type=path, callback=_drawable, help="Draw it to this file."),
        click.option("--workers", type=NUMBER, default=2, show_default=True, help="Processes."),
        click.option("--quick", is_flag=True, help="The same code, trained far too short."),
        click.option("--seeds", type=FEW, default=None, help="How many; 5, or 2 with --quick."),
        click.option(
            "--seed", type=click.IntRange(0, 2**31 - 1), default=0, help="The first of them."
        ),
    ):
        command = option(command)
    return command


def several(seed: int, seeds: int | None, quick: bool) -> list[int]:
    """The seeds that are meant."""
    return list(range(seed, seed + (seeds or (2 if quick else 5))))
