"""Read a clause next to its cases, and record that they fit one another.

``reviewed.json`` has, for each clause, the digests of its text and of its cases as somebody has
read them side by side. The tests fail while they differ from what the tree says now::

    python docs/spec/review.py stale
    python docs/spec/review.py show INV-3
    python docs/spec/review.py accept INV-3
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import click
from clause_texts import HERE, Text, text

from iaf_ref import CLAUSES
from iaf_ref.storage import write_atomically

REVIEWED = HERE / "reviewed.json"
Reviews = Mapping[str, Mapping[str, str]]

clauses = click.argument(
    "clauses", nargs=-1, required=True, type=click.Choice(tuple(CLAUSES)), metavar="CLAUSE..."
)


def digests(found: Text) -> dict[str, str]:
    """What is recorded of a clause."""
    return {"text": found.sha256, "cases": found.cases_sha256}


def fault(clause: str, reviews: Reviews) -> str:
    """Say what has changed since a clause was reviewed, and what to do; empty if nothing has."""
    now, then = digests(text(clause)), reviews.get(clause)
    if then is None:
        changed = "no review"
    else:
        kinds = [kind for kind in now if now[kind] != then.get(kind)]
        changed = " and ".join(f"other {kind}" for kind in kinds)
    if not changed:
        return ""
    return (
        f"{clause}: expected the text and the cases that were reviewed together, got {changed}: "
        f"read `python docs/spec/review.py show {clause}`, change what does not fit, then "
        f"`python docs/spec/review.py accept {clause}`"
    )


def load(path: Path) -> Reviews:
    """Read the record.

    Raises
    ------
    click.UsageError
        It is missing, or not such a record.
    """
    try:
        found: Reviews = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise _not(path, error) from error
    return found


def _not(path: Path, error: Exception) -> click.UsageError:
    """What to say where the record cannot be read or written."""
    return click.UsageError(f"{path.name}: expected the record of reviews, got {error}")


@click.group()
def main() -> None:
    """Clauses of the specification next to their cases."""


@main.command()
@clauses
def show(clauses: tuple[str, ...]) -> None:
    """Print all that is said about some clauses, then their cases with their reasons."""
    for clause in clauses:
        found = text(clause)
        click.secho(f"{clause}: {found.sentence}", bold=True)
        click.echo(f"\n{found.prose.strip()}\n")
        for name, paragraph in found.docstrings:
            click.echo(f"iaf_ref.{name}: {' '.join(paragraph.split())}\n")
        for name, reason in found.cases:
            click.echo(f"  {name}: {reason}")
        click.echo(f"{len(found.cases)} cases\n")


@main.command()
@clauses
def accept(clauses: tuple[str, ...]) -> None:
    """Record that the texts of some clauses were read next to their cases, and fit."""
    reviews = dict(load(REVIEWED))
    for clause in clauses:
        reviews[clause] = digests(text(clause))
    kept = {clause: reviews[clause] for clause in CLAUSES if clause in reviews}
    try:
        write_atomically(REVIEWED, (json.dumps(kept, indent=1) + "\n").encode())
    except OSError as error:
        raise _not(REVIEWED, error) from error


@main.command()
def stale() -> None:
    """Name the clauses that changed since they were reviewed; exit code 1 if there are any."""
    reviews = load(REVIEWED)
    faults = [said for said in (fault(clause, reviews) for clause in CLAUSES) if said]
    for said in faults:
        click.echo(said)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
