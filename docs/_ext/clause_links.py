"""Links to clauses and to mutants: every mention of an id becomes one.

So docstrings, results and prose say ``MASK-1`` and nothing more. Headings, code and what is a link
already are left alone. The rows of the kill matrix get the targets that the boxes of clauses name.
"""

from collections.abc import Iterator
from typing import Any

from clause_evidence import ID
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.domains.std import StandardDomain
from sphinx.transforms import SphinxTransform
from sphinx.util.docutils import SphinxRole

from iaf_ref import CLAUSES
from iaf_ref_conformance.mutants import MUTANTS

LEFT_ALONE = (
    nodes.title,
    nodes.literal,
    nodes.literal_block,
    nodes.math,
    nodes.math_block,
    nodes.reference,
    nodes.raw,
    nodes.comment,
    addnodes.pending_xref,
    addnodes.desc_signature,
)
KILL_MATRIX = "results/kill-matrix"


def link(clause: str, docname: str) -> addnodes.pending_xref:
    """Return a link to the section of a clause."""
    return addnodes.pending_xref(
        "",
        nodes.inline("", clause, classes=["clause-link"]),
        refdomain="std",
        reftype="ref",
        refexplicit=True,
        reftarget=f"clause-{clause.lower()}",
        refdoc=docname,
        refwarn=True,
    )


class ClauseRole(SphinxRole):
    """``{clause}`ID```."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the link, or an error where there is no such clause."""
        if self.text in CLAUSES:
            return [link(self.text, self.env.docname)], []
        problem = f"clause: expected an id of iaf_ref.CLAUSES, got {self.text!r}"
        message = self.inliner.reporter.error(problem, line=self.lineno)
        return [nodes.problematic(self.rawtext, self.rawtext)], [message]


class ClauseLinks(SphinxTransform):
    """Make a link of each id in the text of a page."""

    default_priority = 500

    def apply(self, **kwargs: Any) -> None:
        """Replace the texts that name a clause."""
        for text in list(self.document.findall(nodes.Text)):
            if ID.search(text) and not _inside(text, LEFT_ALONE):
                text.parent.replace(text, list(_parts(str(text), self.env.docname)))


class MutantTargets(SphinxTransform):
    """Give each row of the kill matrix that begins with a mutant's id a target."""

    default_priority = 501

    def apply(self, **kwargs: Any) -> None:
        """Name the first cells."""
        if self.env.docname != KILL_MATRIX:
            return
        standard: StandardDomain = self.env.domains.standard_domain
        for row in self.document.findall(nodes.row):
            name = row[0].astext()
            if name in MUTANTS:
                label = f"mutant-{name}"
                row[0]["ids"].append(label)
                standard.anonlabels[label] = self.env.docname, label
                standard.labels[label] = self.env.docname, label, name


def _inside(node: nodes.Node, kinds: tuple[type, ...]) -> bool:
    """Whether a node stands anywhere below one of these."""
    while node is not None:
        if isinstance(node, kinds):
            return True
        node = node.parent
    return False


def _parts(text: str, docname: str) -> Iterator[nodes.Node]:
    """The text in pieces, with links in the place of ids."""
    at = 0
    for match in ID.finditer(text):
        if match.group() in CLAUSES:
            yield nodes.Text(text[at : match.start()])
            yield link(match.group(), docname)
            at = match.end()
    yield nodes.Text(text[at:])


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the role and both transforms."""
    app.add_role("clause", ClauseRole())
    app.add_transform(ClauseLinks)
    app.add_transform(MutantTargets)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
