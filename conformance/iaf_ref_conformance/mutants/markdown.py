"""The kill matrix as a page of ``docs/results``."""

from __future__ import annotations

from collections.abc import Iterator

from .matrix import EQUIVALENT, KILLED, Matrix

HEAD = """\
# The kill matrix

Written by `iaf-ref mutants --markdown docs/results/kill-matrix.md`; do not edit.

A suite that accepts everything is of no use, and one that accuses a correct program does harm. So
the shipped cases are put to small wrong implementations, each of which makes one mistake that
people made, and to correct ones that round otherwise: other orders of summation, other layouts,
other formulas. Every clause of the specification has a mutant; every mutant has to be refused, in
each dtype in which it can be told from a correct program; every variant has to be accepted.
"""


def markdown(matrix: Matrix) -> str:
    """Return the page.

    Parameters
    ----------
    matrix : Matrix
        Of all mutants and variants, in all dtypes.

    Returns
    -------
    str
        Names of families of cases stand for who refused, not numbers: those change with each new
        case.
    """
    return "\n".join(
        [HEAD, *_counts(matrix), *_mutants(matrix), *_unseen(matrix), *_variants(matrix)]
    )


def _counts(matrix: Matrix) -> Iterator[str]:
    """How many of which, by dtype."""
    yield from (f"- {matrix.counts(dtype)}" for dtype in matrix.dtypes)


def _mutants(matrix: Matrix) -> Iterator[str]:
    """One row a mutant, under the clause that it stands for."""
    yield "\n## Mutants\n"
    yield "The last columns name the family of cases whose case was the first to refuse it.\n"
    yield f"| mutant | breaks | mistake | where it happened | {' | '.join(matrix.dtypes)} |"
    yield "|---" * (4 + len(matrix.dtypes)) + "|"
    for mutant in matrix.mutants:
        killers = []
        for dtype in matrix.dtypes:
            status, first = matrix.of_mutant(mutant, dtype), matrix.first(mutant.id, dtype)
            killers.append(first.family if first and status == KILLED else status)
        cells = (f"`{mutant.id}`", ", ".join(mutant.clauses), mutant.mistake, mutant.source)
        yield f"| {' | '.join(_escaped(cell) for cell in (*cells, *killers))} |"


def _unseen(matrix: Matrix) -> Iterator[str]:
    """Mutants that are right somewhere, and why."""
    found = [m for m in matrix.mutants if any(d not in m.dtypes for d in matrix.dtypes)]
    if found:
        yield "\n## Equivalent\n"
        yield f"Where a mutant is {EQUIVALENT} to a correct program, no case may refuse it.\n"
    for mutant in found:
        where = ", ".join(dtype for dtype in matrix.dtypes if dtype not in mutant.dtypes)
        yield f"- `{mutant.id}` in {where}: {mutant.unseen}"


def _variants(matrix: Matrix) -> Iterator[str]:
    """One row a variant."""
    yield "\n## Correct variants\n"
    yield f"| variant | what it does | {' | '.join(matrix.dtypes)} |"
    yield "|---" * (2 + len(matrix.dtypes)) + "|"
    for variant in matrix.variants:
        said = (matrix.of_variant(variant, dtype) for dtype in matrix.dtypes)
        yield f"| `{variant.id}` | {_escaped(variant.what)} | {' | '.join(said)} |"
    yield ""


def _escaped(cell: str) -> str:
    """A bar would end the cell."""
    return cell.replace("|", "\\|")
