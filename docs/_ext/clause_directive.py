"""A clause of the specification as a part of a page, with what stands behind it.

In a page of ``docs/spec``, for each clause once::

    :::{clause} MASK-1
    Prose, mathematics, figures: any MyST. No headings.
    :::

makes a section with the title ``MASK-1`` and the target ``clause-mask-1``: the sentence of
``iaf_ref.CLAUSES``, the body (which may be empty), and a box with the functions whose docstrings
name the clause, its cases and its mutants. To put another directive inside, give this one more
colons. Nothing of the box, nor the sentence, is written by hand.

To refer to a clause, write its id: every mention outside of code is made a link (clause_links).
``{clause}`MASK-1``` does the same where the id is all there is to say, and fails if there is no
such clause. ``[text](#clause-mask-1)`` links with a text of one's own.

The build fails where an id is unknown, where a clause has two directives, and where it has none.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from clause_boxes import box
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from iaf_ref import CLAUSES

LOGGER = logging.getLogger(__name__)


def target(clause: str) -> str:
    """Name of the target that a clause has."""
    return f"clause-{clause.lower()}"


class ClauseDirective(SphinxDirective):
    """``:::{clause} ID``."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the section of the clause."""
        clause = self.arguments[0]
        if clause not in CLAUSES:
            raise self.error(f"clause: expected an id of iaf_ref.CLAUSES, got {clause!r}")
        places(self.env).setdefault(clause, []).append(self.env.docname)
        section = nodes.section("", nodes.title("", clause), classes=["clause"])
        self.set_source_info(section)
        section["names"].append(target(clause))
        self.state.document.note_explicit_target(section, section)
        section += nodes.paragraph("", "", nodes.strong("", CLAUSES[clause]))
        self.state.nested_parse(self.content, self.content_offset, section)
        section += box(clause, self.env.docname)
        return [section]


def places(env: BuildEnvironment) -> dict[str, list[str]]:
    """Clause -> pages on which it has its directive, once for each."""
    found: dict[str, list[str]] = env.__dict__.setdefault("iaf_clauses", {})
    return found


def purge(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Forget a page that is read again."""
    for clause, pages in places(env).items():
        places(env)[clause] = [page for page in pages if page != docname]


def merge(app: Sphinx, env: BuildEnvironment, docnames: Iterable[str], other: Any) -> None:
    """Take what another process has read."""
    for clause, pages in places(other).items():
        places(env).setdefault(clause, []).extend(page for page in pages if page in set(docnames))


def faults(found: dict[str, list[str]]) -> Iterator[str]:
    """What is wrong with the clauses of all pages together."""
    for clause in CLAUSES:
        pages = found.get(clause, [])
        if len(pages) != 1:
            where = f" in {', '.join(pages)}" if pages else ""
            yield f"clause {clause}: expected one directive, got {len(pages)}{where}"


def check(app: Sphinx, env: BuildEnvironment) -> None:
    """Warn, which fails the build, of each clause that is not described exactly once."""
    for fault in faults(places(env)):
        LOGGER.warning(fault, type="iaf_ref", subtype="clause")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive, and the check of all pages."""
    app.setup_extension("sphinx.ext.viewcode")  # the boxes have links to the source
    app.add_directive("clause", ClauseDirective)
    app.connect("env-purge-doc", purge)
    app.connect("env-merge-info", merge)
    app.connect("env-check-consistency", check)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
