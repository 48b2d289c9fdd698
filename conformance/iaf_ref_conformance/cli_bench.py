"""``iaf-ref bench``: how fast inverse and forward are, beside the libraries of the field."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from . import cli_ending as ending
from .bench.contestants import Contestants, check_names, contestants
from .bench.document import document
from .bench.entry import BACKENDS, NATIVE
from .bench.machine import machine
from .bench.reading import NoBenchmarkError, beside, read
from .bench.row import Field, Row, matching
from .bench.rows import rows
from .bench.run import run
from .bench.show import show
from .bench.words import lost
from .cases import DTYPES
from .cli_bench_files import Files, file_options, needs
from .cli_bench_watch import interruptible, progress
from .cli_files import FILE
from .subjects.claims import UnknownSubjectError


@click.command()
@click.option("--quick", is_flag=True, help="Under two minutes: NumPy alone, few rounds.")
@click.option("--rows", "globs", multiple=True, metavar="GLOB", help="Only rows whose id matches.")
@click.option(
    "--backend", "backends", multiple=True, metavar="NAME", help="Only these, and no library."
)
@click.option("--peer", "peers", multiple=True, metavar="NAME", help="Only these libraries.")
@click.option("--dtype", metavar="DTYPE", help="float32 (default) or float64.")
@click.option(
    "--from", "source", type=FILE, metavar="PATH", help="Measure nothing: show this run's JSON."
)
@click.option(
    "--again", type=FILE, metavar="PATH", help="With --from: show another run's numbers beside."
)
@file_options
def bench(
    quick: bool,
    globs: tuple[str, ...],
    backends: tuple[str, ...],
    peers: tuple[str, ...],
    dtype: str | None,
    source: Path | None,
    again: Path | None,
    files: Files,
) -> None:
    """Time inverse and forward, and what other libraries take for the same flows, side by side.

    Backends: {backends}; BACKEND:DEVICE chooses a device. Libraries: {peers}. All that are
    installed take part unless some are named.

    Each row is one number, its goal, and whether it is reached; "within quartiles": the goal lies
    between those of the run. All contestants of a table run in turn in this process. Before it is
    timed, an inverse or a forward pass of one step is verified against its derived bound; of a
    gradient, the value of the inverse alone; a chain is not.

    All rows with all libraries take about twenty minutes on two cores, and 15 GB of memory for the
    gradients of Pyro. An interrupt (Ctrl-C, SIGTERM) ends the run; the tables that are whole are
    shown and written.

    Exit codes: 0 done, whatever the numbers; 2 usage; 3 a contestant or the extra ``bench`` is
    missing, a row could not be measured, or a file could not be written; 130 interrupted.
    """
    files.check(source, again)
    if source is not None:
        if quick or globs or backends or peers or dtype or files.json:
            ending.usage("--from: expected no option that measures, or writes JSON, beside it")
        found = _read(source, again)
        files.check_document(found)
        unwritten = files.write(found, source, again)
    elif again is not None:
        ending.usage("--again: expected --from beside it")
    else:
        asked = {"dtype": dtype or DTYPES[0], "quick": quick, "rows": list(globs)}
        asked |= {"backends": list(dict.fromkeys(backends)), "peers": list(dict.fromkeys(peers))}
        found, unwritten = _measured(asked, files)
    show(ending.console(), found)
    problems = [*lost(found), *unwritten]
    for why in problems:
        click.echo(f"Incomplete: {ending.printable(why)}", err=True)
    if source is None and found["stopped"]:
        sys.exit(ending.INTERRUPTED)
    sys.exit(ending.INCOMPLETE if problems else ending.OK)


def _read(source: Path, again: Path | None) -> dict[str, Any]:
    """Read a run, and another one to stand beside it."""
    option = "--from"
    try:
        found = read(source)
        option = "--again"
        return found if again is None else beside(found, read(again))
    except NoBenchmarkError as error:
        ending.usage(f"{option}: {error}")


def _measured(asked: dict[str, Any], files: Files) -> tuple[dict[str, Any], list[str]]:
    """Find the contestants, time them, write the run; return it, and what could not be written."""
    dtype, quick = asked["dtype"], asked["quick"]
    if dtype not in DTYPES:
        ending.usage(f"--dtype: expected one of {', '.join(DTYPES)}, got {dtype!r}")
    if quick and asked["peers"]:
        ending.usage("--peer: expected none beside --quick, which asks no library")
    needs("bench", "pyperf", "threadpoolctl")
    where = machine()  # before the contestants are imported, which is a load of its own
    try:
        check_names(asked["backends"], asked["peers"])
        found = contestants(asked["backends"], asked["peers"], dtype, quick)
        chosen = _chosen(found, asked["rows"], quick)
    except (UnknownSubjectError, ValueError) as error:
        ending.usage(str(error))
    files.check_rows(chosen)
    with found.computing(dtype), interruptible() as settle:
        try:
            with progress() as watch:
                outcome = run(chosen, found.makers, dtype, quick, watch)
        except KeyboardInterrupt:
            click.echo("Interrupted: no table is whole, and nothing is written", err=True)
            raise
        settle()
        made = document(outcome, found, asked, where)
        return made, files.write(made)


def _chosen(found: Contestants, globs: Sequence[str], quick: bool) -> list[Row]:
    """Return the rows that are asked for, among those that the contestants can fill.

    Raises
    ------
    ValueError
        A pattern matches none, although nobody is missing.
    """
    possible = rows(Field(found.backends, found.peers, quick))
    try:
        chosen = matching(possible, globs)
    except ValueError:
        if not found.missing:
            raise
        chosen = []
    if not chosen:  # those who could fill the rows are not to be had
        ending.incomplete("; ".join((found.missing or found.absent).values()))
    return chosen


bench.help = (bench.help or "").format(backends=", ".join(BACKENDS), peers=", ".join(NATIVE))
