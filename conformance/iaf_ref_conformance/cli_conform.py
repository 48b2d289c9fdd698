"""``iaf-ref conform``: put all cases to subjects, print what came out, exit as it did."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from iaf_ref_backends import profiles
from iaf_ref_backends.profiles import Profile

from . import cli_ending as ending
from .cases import DTYPES
from .corpus import Corpus, CorpusError, load
from .junit import write_junit
from .report import report, write_json
from .run import FAILS, INCOMPLETE, Result, Run, run
from .subject import Subject
from .subjects.find import MissingSubjectError, UnknownSubjectError, find
from .table import show

Job = tuple[Subject, str, Profile]
FILE = click.Path(path_type=Path)


@click.command()
@click.argument("subject", nargs=-1)
@click.option(
    "--dtype", "dtypes", multiple=True, metavar="DTYPE", help="float32 or float64; default: all."
)
@click.option(
    "--profile", metavar="NAME", help="Hold subjects to this profile, not the one they declare."
)
@click.option(
    "--clause", "clauses", multiple=True, metavar="ID", help="Only cases of this clause, as DENS-3."
)
@click.option("--case", "globs", multiple=True, metavar="GLOB", help="Only cases whose id matches.")
@click.option("--json", "json_path", type=FILE, metavar="PATH", help="Write the report as JSON.")
@click.option(
    "--junit", "junit_path", type=FILE, metavar="PATH", help="Write the report as JUnit XML."
)
@click.option("--quiet", is_flag=True, help="Print failures and verdicts only.")
def conform(
    subject: tuple[str, ...],
    dtypes: tuple[str, ...],
    profile: str | None,
    clauses: tuple[str, ...],
    globs: tuple[str, ...],
    json_path: Path | None,
    junit_path: Path | None,
    quiet: bool,
) -> None:
    """Judge each SUBJECT: a backend (numpy by default), or MODULE:OBJECT.

    Exit codes: 0 conforms, 1 fails, 2 usage, 3 incomplete.
    """
    ending.writable("--json", json_path)
    ending.writable("--junit", junit_path)
    try:
        whole = load()
        corpus = whole.select(globs, clauses) if globs or clauses else whole
    except CorpusError as error:
        ending.incomplete(str(error))
    except ValueError as error:
        ending.usage(str(error))
    selected = {"cases": globs, "clauses": clauses} if globs or clauses else None
    expected = len(corpus) if selected else int(whole.manifest["count"])
    sys.path.insert(0, "")  # module:object may lie in the working directory
    jobs, missing = plan(subject or ("numpy",), dtypes, profile)
    runs = _runs(jobs, corpus, expected, quiet)
    document = report(runs, str(whole.manifest["spec_version"]), selected, missing)
    _write(runs, missing, document, json_path, junit_path)
    out = ending.console()
    for each in runs:
        show(out, each, quiet, selected is not None)
    for why in missing.values():
        click.echo(f"Incomplete: {why}", err=True)
    sys.exit(exit_code(runs, missing))


def plan(
    names: Sequence[str], dtypes: Sequence[str], profile: str | None
) -> tuple[list[Job], dict[str, str]]:
    """Return who is asked in which dtype under which profile, and who cannot be had.

    Raises
    ------
    click.UsageError
        An unknown subject, dtype or profile, or a combination that there is not.
    """
    for dtype in dtypes:
        if dtype not in DTYPES:
            ending.usage(f"--dtype: expected one of {', '.join(DTYPES)}, got {dtype!r}")
    forced = None if profile is None else _profile("--profile", profile)
    jobs: list[Job] = []
    missing: dict[str, str] = {}
    for name in dict.fromkeys(names):
        try:
            jobs += _jobs(name, find(name), dtypes, forced)
        except UnknownSubjectError as error:
            ending.usage(str(error))
        except MissingSubjectError as error:
            missing[name] = str(error)
    return jobs, missing


def _jobs(
    name: str, subject: Subject, dtypes: Sequence[str], forced: Profile | None
) -> Iterator[Job]:
    """Runs of one subject: the dtypes asked for, and of those the ones that the profile is for."""
    for dtype in dtypes:
        if dtype not in subject.dtypes:
            ending.usage(
                f"--dtype: expected one of {', '.join(subject.dtypes)} for {name}, got {dtype!r}"
            )
    chosen = [
        d for d in dict.fromkeys(dtypes or subject.dtypes) if forced is None or forced.dtype == d
    ]
    if not chosen and forced is not None:
        wanted = ", ".join(dtypes or subject.dtypes)
        ending.usage(
            f"--profile: expected a profile for {wanted}, "
            f"got {forced.name}, which is for {forced.dtype}"
        )
    for dtype in chosen:
        yield (
            subject,
            dtype,
            forced or _profile(f"{name}, profile of {dtype}", subject.profile[dtype]),
        )


def _profile(whose: str, name: str) -> Profile:
    """Return a profile; an unknown one is a mistake in the command."""
    try:
        return profiles.load(name)
    except ValueError as error:
        ending.usage(f"{whose}: {error}")


def _runs(jobs: Sequence[Job], corpus: Corpus, expected: int, quiet: bool) -> list[Run]:
    """Run everything; a damaged corpus ends it."""
    runs = []
    with _progress(len(jobs) * len(corpus), quiet) as advance:
        for subject, dtype, profile in jobs:
            try:
                runs.append(run(subject, corpus.cases(dtype), dtype, profile, expected, advance))
            except CorpusError as error:
                ending.incomplete(str(error))
    return runs


@contextmanager
def _progress(total: int, quiet: bool) -> Iterator[Callable[[Result], None] | None]:
    """A progress bar on a terminal; nothing elsewhere."""
    if quiet or ending.plain() or not sys.stderr.isatty():
        yield None
        return
    from rich.progress import Progress

    with Progress(console=ending.console(stderr=True), transient=True) as bar:
        task = bar.add_task("cases", total=total)
        yield lambda result: bar.advance(task)


def _write(
    runs: Sequence[Run],
    missing: dict[str, str],
    document: dict[str, object],
    json_path: Path | None,
    junit_path: Path | None,
) -> None:
    """Write the reports that were asked for."""
    try:
        if json_path is not None:
            write_json(json_path, document)
        if junit_path is not None:
            write_junit(junit_path, runs, missing)
    except OSError as error:
        ending.usage(f"expected a file that can be written, got {error}")


def exit_code(runs: Sequence[Run], missing: dict[str, str]) -> int:
    """A failure says more than a gap: 1 before 3."""
    verdicts = {each.verdict for each in runs}
    if FAILS in verdicts:
        return ending.FAILED
    return ending.INCOMPLETE if missing or INCOMPLETE in verdicts or not runs else ending.OK
