"""``iaf-ref conform``: put all cases to subjects, print what came out, exit as it did."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import click

from iaf_ref_backends import profiles

from . import cli_ending as ending
from .agreement import agreement
from .agreement_table import show_agreement
from .checks.asking import raised
from .checks.patience import SECONDS, patient
from .cli_exec import programs, testee_options
from .cli_files import Files, file_options
from .cli_plan import Job, plan
from .corpus import Corpus, CorpusError, load
from .diagnosis import diagnosed
from .report import report
from .run import FAILS, INCOMPLETE, Result, Run, run
from .subjects.entries import backends, subjects
from .table import show
from .testee.subject import closing


@click.command()
@click.argument("subject", nargs=-1)
@testee_options
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
@file_options
@click.option(
    "--as-is", is_flag=True, help="Leave precision switches (TF32, ...) as they are found."
)
@click.option("--quiet", is_flag=True, help="Print failures and verdicts only.")
@click.option("--verbose", is_flag=True, help="Print agreement for every pair and clause.")
def conform(
    subject: tuple[str, ...],
    commands: tuple[str, ...],
    timeout: float | None,
    dtypes: tuple[str, ...],
    profile: str | None,
    clauses: tuple[str, ...],
    globs: tuple[str, ...],
    files: Files,
    as_is: bool,
    quiet: bool,
    verbose: bool,
) -> None:
    """Judge each SUBJECT: a backend (default: numpy), a library, MODULE:OBJECT, or --exec COMMAND.

    Backends: {backends}; BACKEND:DEVICE chooses a device, as in torch:cuda.
    Libraries, with networks of their own: {libraries}.
    Profiles: {profiles}.

    Several are put the same cases, and it is said how far they agree. One that cannot be had stops
    no other. A clause counts as shown where one of its cases passes. Exit codes: 1 if any
    fails, else 3 if anything could not be run or a clause has no case that passes, else 0; 2 usage.
    """
    files.check()
    whole, corpus = _corpora(globs, clauses)
    selected = {"cases": globs, "clauses": clauses} if globs or clauses else None
    expected = len(corpus) if selected else int(whole.manifest["count"])
    sys.path.insert(0, "")  # module:object may lie in the working directory
    names = subject if subject or commands else ("numpy",)
    with closing(programs(commands, timeout)) as testees:
        jobs, missing = plan(names, dtypes, profile, testees)
        with _progress(_work(jobs, corpus), quiet) as advance:
            runs = _runs(jobs, corpus, expected, (as_is, clauses), missing, advance, timeout)
            agreed = agreement(runs, corpus.case, lambda: advance("agreement"))
    document = report(runs, str(whole.manifest["spec_version"]), selected, missing, agreed)
    files.write(runs, missing, document, whole)
    out = ending.console()
    for each in runs:
        show(out, each, quiet, selected is not None)
    if not quiet:
        show_agreement(out, agreed, verbose)
    for why in missing.values():
        click.echo(f"Incomplete: {why}", err=True)
    sys.exit(exit_code(runs, missing))


def _corpora(globs: Sequence[str], clauses: Sequence[str]) -> tuple[Corpus, Corpus]:
    """All cases, and those that are asked for."""
    try:
        whole = load()
        return whole, whole.select(globs, clauses) if globs or clauses else whole
    except CorpusError as error:
        ending.incomplete(str(error))
    except ValueError as error:
        ending.usage(str(error))


def _runs(
    jobs: Sequence[Job],
    corpus: Corpus,
    expected: int,
    options: tuple[bool, Sequence[str]],
    missing: dict[str, str],
    advance: Callable[[str], None],
    timeout: float | None = None,
) -> list[Run]:
    """Run everything; a subject that breaks down is missing, a damaged corpus ends it."""
    runs = []
    for subject, dtype, profile in jobs:
        what = f"{subject.name} {dtype}"
        try:
            cases, step = corpus.cases(dtype), partial(_advance, advance, what)
            with patient(timeout or SECONDS):
                found = run(subject, cases, dtype, profile, expected, step, *options)
            runs.append(diagnosed(found, corpus.case))
        except CorpusError as error:
            ending.incomplete(str(error))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - a stranger's code; the others go on
            missing[what] = f"{what}: expected a run to its end, but it {raised(error)}"
    return runs


def _advance(advance: Callable[[str], None], what: str, result: Result) -> None:
    """Count a result."""
    advance(what)


def _work(jobs: Sequence[Job], corpus: Corpus) -> int:
    """Steps of the progress bar: each case in each run, and once more where runs are compared."""
    dtypes = [dtype for _, dtype, _ in jobs]
    return len(corpus) * (len(dtypes) + len({d for d in dtypes if dtypes.count(d) > 1}))


@contextmanager
def _progress(total: int, quiet: bool) -> Iterator[Callable[[str], None]]:
    """A progress bar on a terminal, over all subjects; nothing elsewhere."""
    if quiet or ending.plain() or not sys.stderr.isatty():
        yield lambda what: None
        return
    from rich.progress import Progress

    with Progress(console=ending.console(stderr=True), transient=True) as bar:
        task = bar.add_task("cases", total=total)
        yield lambda what: bar.update(task, description=what, advance=1)


def exit_code(runs: Sequence[Run], missing: dict[str, str]) -> int:
    """A failure says more than a gap: 1 before 3."""
    verdicts = {each.verdict for each in runs}
    if FAILS in verdicts:
        return ending.FAILED
    return ending.INCOMPLETE if missing or INCOMPLETE in verdicts or not runs else ending.OK


conform.help = (conform.help or "").format(
    backends=", ".join(sorted(backends())),
    libraries=", ".join(sorted(subjects())),
    profiles=", ".join(profiles.names()),
)
