"""The command ``iaf-ref``: what there is to do; each command has a module of its own."""

from __future__ import annotations

import click

import iaf_ref

from .cli_backends import backends
from .cli_bench import bench
from .cli_bounds import bounds
from .cli_compare import compare
from .cli_conform import conform
from .cli_ending import Ending
from .cli_mutants import mutants
from .cli_report import report
from .cli_vectors import vectors


@click.group(cls=Ending, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(iaf_ref.__version__, prog_name="iaf-ref")
def main() -> None:
    """Inverse Autoregressive Flow as a specification that runs: see whether yours conforms.

    Exit codes: 0 yes, 1 no, 2 a mistake in the command, 3 not everything could be run or written,
    130 interrupted, 141 nobody reads the output.
    """


main.add_command(conform)
main.add_command(vectors)
main.add_command(bounds)
main.add_command(backends)
main.add_command(compare)
main.add_command(report)
main.add_command(mutants)
main.add_command(bench)

if __name__ == "__main__":
    main()
