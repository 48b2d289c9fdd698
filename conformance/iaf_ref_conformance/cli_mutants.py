"""``iaf-ref mutants``: the kill matrix, printed and written; exit as it came out."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TypeVar

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from . import cli_ending as ending
from .cases import DTYPES
from .corpus import CorpusError
from .mutants import MUTANTS, VARIANTS
from .mutants.hunt import Verdict
from .mutants.kinds import Mutant, Variant
from .mutants.markdown import markdown
from .mutants.matrix import KILLED, Matrix
from .mutants.work import hunt, tasks

FILE = click.Path(path_type=Path)
Named = TypeVar("Named", Mutant, Variant)


@click.command()
@click.option(
    "--mutant", "globs", multiple=True, metavar="GLOB", help="Only those whose id matches."
)
@click.option(
    "--dtype", "dtypes", multiple=True, metavar="DTYPE", help="float32 or float64; default: both."
)
@click.option("--full", is_flag=True, help="Put every case to every mutant, and count the killers.")
@click.option(
    "--jobs",
    type=click.IntRange(1),
    default=lambda: os.cpu_count() or 1,
    show_default="one for each CPU",
    help="Processes.",
)
@click.option(
    "--markdown", "path", type=FILE, metavar="PATH", help="Write the whole matrix as Markdown."
)
@click.option("--quiet", is_flag=True, help="Print faults and counts only.")
def mutants(
    globs: tuple[str, ...],
    dtypes: tuple[str, ...],
    full: bool,
    jobs: int,
    path: Path | None,
    quiet: bool,
) -> None:
    """Put the cases to wrong implementations, and to correct ones that round otherwise.

    Each mutant makes one mistake that people made: some case has to fail it. Each variant is
    correct: every case has to pass it. Exit codes: 1 if a mutant survives or a variant is accused,
    else 0; 2 usage; 3 the cases could not be read, or the file not written.
    """
    ending.writable(markdown=path)
    for dtype in dtypes:
        if dtype not in DTYPES:
            ending.usage(f"--dtype: expected one of {', '.join(DTYPES)}, got {dtype!r}")
    if path is not None and (globs or set(dtypes) not in (set(), set(DTYPES))):
        ending.usage("--markdown: expected the whole matrix, got --mutant or --dtype beside it")
    hunted, accepted = _chosen(globs)
    chosen = tuple(dict.fromkeys(dtypes)) or DTYPES
    try:
        matrix = Matrix(hunted, accepted, chosen, _hunt(hunted, accepted, chosen, full, jobs))
    except CorpusError as error:
        ending.incomplete(str(error))
    out = ending.console()
    if not quiet:
        _show(out, matrix, full)
    for fault in matrix.faults:
        out.print(fault, markup=False, soft_wrap=True)
    for dtype in chosen:
        out.print(matrix.counts(dtype), markup=False)
    if path is not None:
        _write(path, markdown(matrix))
    sys.exit(ending.FAILED if matrix.faults else ending.OK)


def _chosen(globs: Sequence[str]) -> tuple[list[Mutant], list[Variant]]:
    """Mutants and variants whose id matches; all without a pattern."""
    for glob in globs:
        if not any(fnmatchcase(name, glob) for name in (*MUTANTS, *VARIANTS)):
            ending.usage(f"--mutant: expected a pattern that matches an id, got {glob!r}")
    return _matching(MUTANTS.values(), globs), _matching(VARIANTS.values(), globs)


def _matching(all_of: Iterable[Named], globs: Sequence[str]) -> list[Named]:
    """Those that match one of the patterns."""
    return [each for each in all_of if not globs or any(fnmatchcase(each.id, g) for g in globs)]


def _hunt(
    hunted: list[Mutant], accepted: list[Variant], dtypes: Sequence[str], full: bool, jobs: int
) -> dict[tuple[str, str], Verdict]:
    """Do the work behind a progress bar."""
    work = list(tasks(hunted, accepted, dtypes, full))
    console = ending.console(stderr=True)
    with Progress(
        console=console, transient=True, disable=ending.plain() or not sys.stderr.isatty()
    ) as bar:
        task = bar.add_task("cases", total=len(work))
        return hunt(work, min(jobs, len(work)), lambda: bar.advance(task))


def _show(out: Console, matrix: Matrix, full: bool) -> None:
    """Print one table of mutants, one of variants."""
    if matrix.mutants:
        table = Table("mutant", "clause", "mistake", *matrix.dtypes, title="Mutants")
        for mutant in matrix.mutants:
            cells = (_cell(matrix, mutant, dtype, full) for dtype in matrix.dtypes)
            table.add_row(mutant.id, mutant.clauses[0], escape(mutant.mistake), *cells)
        out.print(table)
    if matrix.variants:
        table = Table("variant", "what it does", *matrix.dtypes, title="Correct variants")
        for variant in matrix.variants:
            cells = (matrix.of_variant(variant, dtype) for dtype in matrix.dtypes)
            table.add_row(variant.id, escape(variant.what), *cells)
        out.print(table)


def _cell(matrix: Matrix, mutant: Mutant, dtype: str, full: bool) -> str:
    """Who killed a mutant, or what has become of it."""
    status, first = matrix.of_mutant(mutant, dtype), matrix.first(mutant.id, dtype)
    if status != KILLED or first is None:
        return status
    verdict = matrix.verdicts[mutant.id, dtype]
    return f"{len(verdict.refusals)} cases" if full else first.case.rpartition("-")[0]


def _write(path: Path, text: str) -> None:
    """Write the file, or say why not."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        ending.incomplete(f"expected a file that can be written, got {error}")
