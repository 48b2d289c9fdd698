"""``iaf-ref backends``: what this machine offers, and why the rest is missing."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from . import cli_ending as ending
from .offers import ABSENT, AVAILABLE, BROKEN, LIMIT, Offer, document, offers

STYLES = {AVAILABLE: "green", ABSENT: "yellow", BROKEN: "bold red"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON in place of the table.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0.0, max=86400.0, min_open=True),
    default=LIMIT,
    show_default=True,
    metavar="SECONDS",
    help="For each backend: one that takes longer to load is broken.",
)
def backends(as_json: bool, timeout: float) -> None:
    """List every backend: its devices, dtypes and precision switches, or why it is missing."""
    found = offers(timeout)
    if as_json:
        click.echo(json.dumps(document(found), indent=1))
        return
    out = ending.console()
    out.print(_table(found))
    _print_missing(out, found)
    _print_switches(out, found)


def _table(found: Sequence[Offer]) -> Table:
    """One row a backend."""
    table = Table(box=None, pad_edge=False)
    for heading in ("backend", "status"):
        table.add_column(heading, no_wrap=True)
    for heading in ("version", "devices", "dtypes"):
        table.add_column(heading, overflow="fold")
    for each in found:
        status = f"[{STYLES[each.status]}]{each.status}[/]"
        said = (each.version, " ".join(each.devices), _dtypes(each))
        table.add_row(escape(each.name), status, *map(escape, said))
    return table


def _dtypes(offer: Offer) -> str:
    """Dtypes of the devices together; in brackets those that the suite has no cases in."""
    if offer.status != AVAILABLE:
        return ""
    if not offer.subject:
        return "no floats: it proves or bounds, and is no subject"
    held = dict.fromkeys(dtype for dtypes in offer.devices.values() for dtype in dtypes)
    others = f" ({' '.join(offer.other_dtypes)})" if offer.other_dtypes else ""
    less = [
        f"; {device}: {' '.join(dtypes) or 'none'}"
        for device, dtypes in offer.devices.items()
        if dtypes != tuple(held)
    ]
    return " ".join(held) + others + "".join(less)


def _print_missing(out: Console, found: Sequence[Offer]) -> None:
    """Why a backend is not available, and what makes it so; one line each, never cut."""
    missing = [each for each in found if each.status != AVAILABLE]
    if missing:
        out.print()
    for each in missing:
        install = f"; install it by: {each.install}" if each.install not in each.reason else ""
        line = ending.printable(f"{each.name} is {each.status}: {each.reason}{install}")
        out.print(line, markup=False, soft_wrap=True)


def _print_switches(out: Console, found: Sequence[Offer]) -> None:
    """What is in force at the moment, which a run changes to IEEE arithmetic and restores."""
    out.print(
        "\nPrecision switches as they are (`iaf-ref conform` holds them at IEEE, or --as-is):"
    )
    for each in found:
        for name, value in each.switches.items():
            line = f"  {each.name:<16} {name.removeprefix('switch ')} = {value}"
            out.print(ending.printable(line), markup=False, soft_wrap=True)
