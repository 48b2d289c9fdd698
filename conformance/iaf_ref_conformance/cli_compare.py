"""``iaf-ref compare``: hold two reports against one another, print it, exit as it came out."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from . import cli_ending as ending
from .agreement import Agreement, compared
from .agreement_table import show_agreement
from .compare import (
    Pair,
    conclusions,
    contradictions,
    environments,
    other_cases,
    partners,
    unpaired,
    verdicts,
)
from .corpus import Corpus, CorpusError, load
from .report import agreed, write_json
from .report_read import ForeignReportError, Loaded, NoReportError, read

SCHEMA = "iaf-ref-comparison/1"
"""Name and version of the format of ``--json``."""
FILE = click.Path(path_type=Path)
_MOST = 5
"""Ids that are written out; ``--json`` has them all."""
_LONGEST = 300
"""Characters of an entry of a report that are written out."""


@click.command()
@click.argument("a", metavar="A.json", type=FILE)
@click.argument("b", metavar="B.json", type=FILE)
@click.option(
    "--json", "json_path", type=FILE, metavar="PATH", help="Write the comparison as JSON."
)
@click.option("--verbose", is_flag=True, help="Print agreement for every pair and clause.")
def compare(a: Path, b: Path, json_path: Path | None, verbose: bool) -> None:
    """Compare two reports of ``conform --json``, from two machines if need be.

    Runs of one subject in one dtype are paired; where no subject is in both, all runs of a dtype.
    Exit codes: 0 they agree within both bounds; 1 some numbers are further apart than the sum of
    both bounds, or a case passed in one and failed in the other; 2 usage, a file that is no
    report, or a report that was changed; 3 other cases here than there, or no room for
    the comparison.
    """
    ending.writable(json=json_path)
    if json_path is not None and json_path.resolve() in {a.resolve(), b.resolve()}:
        ending.usage(f"--json: expected another file than the reports, got {str(json_path)!r}")
    try:
        first, second, corpus = read(a), read(b), load()
    except (NoReportError, ForeignReportError) as error:
        ending.usage(str(error))
    except CorpusError as error:
        ending.incomplete(str(error))
    pairs = partners(first.runs, second.runs)
    _same_cases(first, second, pairs, corpus)
    named = [(*pair, _names(pair)) for pair in pairs]
    try:
        found = compared(named, corpus.case)
    except CorpusError as error:
        ending.incomplete(str(error))
    agree = all(each.within for each in found) and not any(map(contradictions, pairs))
    for line in _lines(first, second, pairs):
        click.echo(ending.printable(line))
    show_agreement(ending.console(), found, verbose)
    click.echo(_conclusion(pairs, found))
    if json_path is not None:
        _write(json_path, _document(first, second, pairs, found, agree))
    sys.exit(ending.OK if agree else ending.FAILED)


def _same_cases(first: Loaded, second: Loaded, pairs: Sequence[Pair], corpus: Corpus) -> None:
    """End where the reports have nothing in common, or hold other cases than one another."""
    if first.spec_version != second.spec_version:
        ending.incomplete(
            f"expected cases of one version, got {first.spec_version} and {second.spec_version}"
        )
    if not pairs:
        ending.incomplete("expected runs in the same dtype in both reports, got none")
    for pair in pairs:
        only = other_cases(pair)
        for where, names in zip(("A", "B"), only, strict=True):
            if names:
                ending.incomplete(
                    f"{pair[0].subject} {pair[0].dtype}: expected the same cases in both reports, "
                    f"got {len(names)} only in {where}: {_listed(names)}"
                )
        unknown = sorted({result.id for result in pair[0].results} - set(corpus.ids))
        if unknown:
            ending.incomplete(
                f"expected cases that this version knows, got {len(unknown)} others: "
                f"{_listed(unknown)}"
            )


def _listed(names: Sequence[str]) -> str:
    """Write the first of some ids."""
    first = [ending.printable(name, _LONGEST) for name in names[:_MOST]]
    return ", ".join(first) + (", ..." if len(names) > _MOST else "")


def _names(pair: Pair) -> tuple[str, str]:
    """Names of two runs in tables."""
    a, b = (ending.printable(run.subject, _LONGEST) for run in pair)
    return f"A: {a}", f"B: {b}"


def _lines(first: Loaded, second: Loaded, pairs: Sequence[Pair]) -> Iterator[str]:
    """Yield what is to be said of each pair before the numbers."""
    for pair in pairs:
        one, other = pair
        yield f"{one.subject} {one.dtype} on {one.device}, {other.subject} on {other.device}"
        yield f"  {len(one.results)} cases, the same in both; {conclusions(pair)}"
        if one.profile != other.profile:
            yield f"  profile: {one.profile} / {other.profile}"
        for name, (here, there) in environments(pair).items():
            values = (ending.printable(v or "not said", _LONGEST) for v in (here, there))
            yield f"  {name}: {' / '.join(values)}"
        differing = [f"{name} {here} / {there}" for name, here, there in verdicts(pair)]
        if differing:
            yield f"  {len(differing)} cases ended differently: {_listed(differing)}"
        yield ""
    for side, (where, report) in enumerate((("A", first), ("B", second))):
        for name in unpaired(report.runs, pairs, side):
            yield f"only in {where}: {name}"


def _conclusion(pairs: Sequence[Pair], found: Sequence[Agreement]) -> str:
    """Say whether the reports agree, or in what they do not."""
    beyond = list(dict.fromkeys(each.clause for each in found if not each.within))
    against = sum(map(contradictions, pairs))
    if not beyond and not against:
        return "The reports agree within both bounds."
    said = [f"beyond both bounds in {', '.join(beyond)}"] if beyond else []
    said += [f"{against} cases passed in one and failed in the other"] if against else []
    return f"The reports disagree: {'; '.join(said)}."


def _document(
    first: Loaded, second: Loaded, pairs: Sequence[Pair], found: Sequence[Agreement], agree: bool
) -> dict[str, Any]:
    """The comparison as plain data."""
    return {
        "schema": SCHEMA,
        "spec_version": first.spec_version,
        "agree": agree,
        "only_in_a": unpaired(first.runs, pairs, 0),
        "only_in_b": unpaired(second.runs, pairs, 1),
        "pairs": [_pair(pair) for pair in pairs],
        "agreement": [agreed(each) for each in found],
    }


def _pair(pair: Pair) -> dict[str, Any]:
    """One pair as plain data."""
    a, b = pair
    return {
        "a": a.subject,
        "b": b.subject,
        "dtype": a.dtype,
        "cases": len(a.results),
        "profiles": [a.profile, b.profile],
        "verdicts": [a.verdict, b.verdict],
        "environment": {name: list(values) for name, values in environments(pair).items()},
        "ended_differently": [list(each) for each in verdicts(pair)],
    }


def _write(path: Path, document: dict[str, Any]) -> None:
    """Write the comparison."""
    try:
        write_json(path, document)
    except OSError as error:
        ending.incomplete(f"--json: expected a file that can be written, got {error}")
