"""The box below a clause: its code, its cases, its mutants, each with links."""

from collections.abc import Iterable

from clause_evidence import Place, cases, functions, mutants
from docutils import nodes
from sphinx import addnodes
from sphinx.ext.viewcode import OUTPUT_DIRNAME, viewcode_anchor


def box(clause: str, docname: str) -> nodes.container:
    """What stands behind the clause.

    Parameters
    ----------
    clause : str
    docname : str
        The page that the box is for.

    Returns
    -------
    container
        With the lists of functions, cases and mutants; the cases are folded.
    """
    found = nodes.container(classes=["clause-box"])
    found += _code(clause, docname)
    found += _cases(clause)
    found += _mutants(clause, docname)
    return found


def _code(clause: str, docname: str) -> nodes.Node:
    """Functions whose docstrings name the clause, with their source."""
    places = functions(clause)
    if not places:
        return _line("Code", "no function alone: a law of the text as a whole")
    return _list("Code", (_function(place, docname) for place in places))


def _function(place: Place, docname: str) -> list[nodes.Node]:
    """Link to the page of the API, where the name is public, and to the source."""
    name = nodes.literal("", place.documented)
    source = viewcode_anchor(
        reftarget=f"{OUTPUT_DIRNAME}/{place.module.replace('.', '/')}",
        refid=place.source,
        refdoc=docname,
    )
    if not place.public:
        return [name]
    reference = addnodes.pending_xref(
        "", name, refdomain="py", reftype="obj", reftarget=place.documented, refdoc=docname
    )
    reference["refwarn"] = True
    return [reference, nodes.Text(" "), source]


def _cases(clause: str) -> list[nodes.Node]:
    """How many cases, and folded below: each with its reason."""
    found = cases(clause)
    if not found:
        return [_line("Cases", "none")]
    count = f"{len(found)} case{'s' if len(found) > 1 else ''}"
    listed = nodes.bullet_list()
    for case in found:
        reason = nodes.Text(f": {case.reason}")
        listed += nodes.list_item("", nodes.paragraph("", "", nodes.literal("", case.id), reason))
    return [
        _raw(f'<details class="clause-cases"><summary>{count}</summary>'),
        listed,
        _raw("</details>"),
    ]


def _mutants(clause: str, docname: str) -> nodes.Node:
    """Each with its mistake, and a link to its row of the kill matrix."""
    found = mutants(clause)
    if not found:
        return _line("Mutants", "none")

    def row(name: str, mistake: str) -> list[nodes.Node]:
        reference = addnodes.pending_xref(
            "",
            nodes.literal("", name),
            refdomain="std",
            reftype="ref",
            refexplicit=True,
            reftarget=f"mutant-{name}",
            refdoc=docname,
            refwarn=True,
        )
        return [reference, nodes.Text(f": {mistake}")]

    return _list("Mutants", (row(mutant.id, mutant.mistake) for mutant in found))


def _line(title: str, text: str) -> nodes.paragraph:
    """A title and a few words."""
    return nodes.paragraph("", "", nodes.strong("", title), nodes.Text(f": {text}"))


def _list(title: str, items: Iterable[list[nodes.Node]]) -> nodes.container:
    """A title and a list."""
    listed = nodes.bullet_list()
    for item in items:
        listed += nodes.list_item("", nodes.paragraph("", "", *item))
    head = nodes.paragraph("", "", nodes.strong("", title))
    return nodes.container("", head, listed)


def _raw(html: str) -> nodes.raw:
    """Markup that docutils has no node for."""
    return nodes.raw("", html, format="html")
