"""How to cite, from ``CITATION.cff``: ``:::{citation}`` writes entries as sentences and BibTeX."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

FILE = Path(__file__).resolve().parents[2] / "CITATION.cff"
DOI = "https://doi.org/"


class Citation(SphinxDirective):
    """``:::{citation}``."""

    def run(self) -> list[nodes.Node]:
        """Return the message of the file, then each entry twice: as a sentence and for BibTeX."""
        self.env.note_dependency(str(FILE))
        document = yaml.safe_load(FILE.read_text("utf-8"))
        found: list[nodes.Node] = [nodes.paragraph("", document["message"])]
        for entry in (document, *document["references"]):
            source = "\n".join(bibtex(entry))
            found += [sentence(entry), nodes.literal_block(source, source, language="bibtex")]
        return found


def year(entry: dict[str, Any]) -> str:
    """Of an article, or of a release."""
    return str(entry.get("year") or entry["date-released"])[:4]


def authors(entry: dict[str, Any]) -> list[str]:
    """``Family, Given``, or the name of a body."""
    return [
        each.get("name") or f"{each['family-names']}, {each['given-names']}"
        for each in entry["authors"]
    ]


def sentence(entry: dict[str, Any]) -> nodes.paragraph:
    """Authors, year, title, and where it is to be had."""
    head = nodes.Text(f"{'; '.join(authors(entry))} ({year(entry)}). ")
    found = nodes.paragraph("", "", head, nodes.emphasis("", entry["title"]))
    if "version" in entry:
        found += nodes.Text(f", version {entry['version']}")
    found += nodes.Text(".")
    if "doi" in entry:
        found += nodes.Text(" ")
        found += nodes.reference("", f"doi:{entry['doi']}", refuri=DOI + entry["doi"])
    return found


def bibtex(entry: dict[str, Any]) -> Iterator[str]:
    """Lines of an entry.

    Parameters
    ----------
    entry : mapping
        Of a file in the Citation File Format, or one of its references.
    """
    kind = "article" if entry["type"] == "article" else "software"
    first = authors(entry)[0].partition(",")[0].lower().replace(" ", "-")
    yield f"@{kind}{{{first}{year(entry)},"
    # names of bodies are kept whole by a second pair of braces
    names = [name if "," in name else f"{{{name}}}" for name in authors(entry)]
    yield f"  author = {{{' and '.join(names)}}},"
    yield f"  title = {{{{{entry['title']}}}}},"
    yield f"  year = {{{year(entry)}}},"
    yield from (f"  {key} = {{{entry[key]}}}," for key in ("version", "doi") if key in entry)
    yield "}"


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("citation", Citation)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
