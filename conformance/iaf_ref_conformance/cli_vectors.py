"""``iaf-ref vectors``: list, show, verify and generate the cases."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
import numpy as np

from . import cli_ending as ending
from .cases import Case, Expected
from .checks.compare import digits
from .corpus import Corpus, CorpusError, load, verify

DIRECTORY = click.Path(path_type=Path)
CORPUS = {"manifest.json", "cases", "flows"}
"""What a corpus consists of."""
_MOST_NUMBERS = 8
"""Elements of an array that ``show`` writes out."""


@click.group()
def vectors() -> None:
    """The cases: what is asked, what is true, how far off an answer may be."""


def _load() -> Corpus:
    """Open the corpus of the package."""
    try:
        return load()
    except CorpusError as error:
        ending.incomplete(str(error))


@vectors.command("list")
@click.option(
    "--clause", "clauses", multiple=True, metavar="ID", help="Only cases of this clause, as DENS-3."
)
@click.option("--case", "globs", multiple=True, metavar="GLOB", help="Only cases whose id matches.")
def list_(clauses: tuple[str, ...], globs: tuple[str, ...]) -> None:
    """List the cases: id, check, clauses, and the reason for each."""
    corpus = _load()
    try:
        for case in corpus.select(globs, clauses).cases("float64"):
            click.echo(f"{case.id}  {case.check}  {','.join(case.clauses)}  {case.reason}")
    except CorpusError as error:
        ending.incomplete(str(error))
    except ValueError as error:
        ending.usage(str(error))


@vectors.command()
@click.argument("name", metavar="ID")
def show(name: str) -> None:
    """Show one case: why it exists, the flow, the inputs, the truth and the bounds."""
    try:
        case = _load().case(name, "float64")
    except CorpusError as error:
        ending.incomplete(str(error))
    except ValueError as error:
        ending.usage(str(error))
    click.echo("\n".join(_lines(case)))


def _lines(case: Case) -> list[str]:
    """Write a case."""
    lines = [
        f"id        {case.id}",
        f"check     {case.check}",
        f"clauses   {', '.join(case.clauses)}",
        f"reason    {case.reason}",
        f"options   {json.dumps(dict(case.options))}",
        f"base      {json.dumps(case.base_text)}",
        f"flow      {json.dumps(dict(case.text))}",
    ]
    lines += [f"weight    {name}: {_array(array)}" for name, array in sorted(case.tensors.items())]
    lines += [f"stored    {name}: {_array(array)}" for name, array in sorted(case.stored.items())]
    lines += [f"expected  {name}: {_truth(value)}" for name, value in sorted(case.expected.items())]
    lines += [
        f"bound     {name} at {profile}: {_array(b)}"
        for (profile, name), b in sorted(case.bounds.items())
    ]
    return lines


def _array(array: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> str:
    """Shape and first elements."""
    first = ", ".join(str(number) for number in array.ravel()[:_MOST_NUMBERS].tolist())
    return f"{array.shape} {first}{', ...' if array.size > _MOST_NUMBERS else ''}"


def _truth(value: Expected | np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> str:
    """Shape and first elements, true values with all the digits that are stored."""
    if not isinstance(value, Expected):
        return _array(value.astype(int))
    pairs = zip(value.hi.ravel()[:_MOST_NUMBERS], value.lo.ravel()[:_MOST_NUMBERS], strict=True)
    first = ", ".join(digits(float(hi), float(lo), 32) for hi, lo in pairs)
    return f"{value.hi.shape} {first}{', ...' if value.hi.size > _MOST_NUMBERS else ''}"


@vectors.command("verify")
@click.argument("directory", type=DIRECTORY, required=False)
def verify_(directory: Path | None) -> None:
    """Check every file of DIRECTORY (default: the package's) against the manifest."""
    if directory is not None and not directory.is_dir():
        ending.usage(f"DIRECTORY: expected a folder, got {str(directory)!r}")
    try:
        problems = verify(directory)
        count = load(directory).manifest["count"] if not problems else 0
    except CorpusError as error:
        ending.incomplete(str(error))
    for problem in problems:
        click.echo(": ".join(problem), err=True)
    if problems:
        ending.incomplete(f"expected a corpus without damage, got {_problems(len(problems))}")
    click.echo(f"{count} cases verified")


def _problems(number: int) -> str:
    """Write a number of problems."""
    return "1 problem" if number == 1 else f"{number} problems"


@vectors.command()
@click.argument("directory", type=DIRECTORY)
def generate(directory: Path) -> None:
    """Make all cases anew and write them to DIRECTORY, replaced whole; needs the extra `oracle`."""
    _refuse_foreign(directory)
    try:
        from .generate import generate as make

        count = make(directory)
    except ImportError as error:
        ending.incomplete(str(error))
    except OSError as error:
        ending.incomplete(f"DIRECTORY: expected a folder that can be written, got {error}")
    except ValueError as error:
        click.echo(f"Refused: {error}", err=True)
        sys.exit(ending.FAILED)
    click.echo(f"{count} cases written to {directory}")


def _refuse_foreign(directory: Path) -> None:
    """Refuse a folder with anything but a corpus in it: it would be gone."""
    if not directory.exists():
        return
    if not directory.is_dir():
        ending.usage(f"DIRECTORY: expected a folder, got the file {str(directory)!r}")
    foreign = sorted({entry.name for entry in directory.iterdir()} - CORPUS)
    if foreign:
        ending.usage(
            f"DIRECTORY: expected a new folder or one that holds a corpus only, "
            f"got {str(directory)!r}, which holds {foreign[0]!r}"
        )
