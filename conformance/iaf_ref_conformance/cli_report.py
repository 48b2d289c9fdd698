"""``iaf-ref report``: make the page of a report that ``conform --json`` wrote."""

from __future__ import annotations

from pathlib import Path

import click

from . import cli_ending as ending
from .cli_files import FILE, told, with_template_engine
from .corpus import CorpusError, load
from .html import write_html
from .report_read import ForeignReportError, NoReportError, read


@click.command()
@click.argument("report", metavar="REPORT.json", type=FILE)
@click.option(
    "--html", type=FILE, metavar="PATH", required=True, help="Write the report as a page."
)
@click.option("--date", default="", metavar="TEXT", help="Of the run; a report does not have it.")
def report(report: Path, html: Path, date: str) -> None:
    """Make a page of a report, as ``conform --html`` does: the same bytes for the same report.

    Exit codes: 0 the page is written; 2 usage, or a file that is no report; 3 a report that was
    changed, no Jinja2, or no room for the page.
    """
    ending.writable(html=html)
    if html.resolve() == report.resolve():
        ending.usage(f"--html: expected another file than the report, got {str(html)!r}")
    with_template_engine()
    try:
        document, corpus = read(report).document, load()
        write_html(html, document, told(corpus, date))
    except NoReportError as error:
        ending.usage(str(error))
    except (ForeignReportError, CorpusError) as error:
        ending.incomplete(str(error))
    except OSError as error:
        ending.incomplete(f"--html: expected a file that can be written, got {error}")
