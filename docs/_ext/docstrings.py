"""Docstrings as they are written here: bars, formulas set apart, short names.

reStructuredText reads ``|z|`` as a substitution, and runs indented lines together. The project's
docstrings are read in the source first of all, where bars are magnitudes, and an indented block is
a block of formulas or of code. A reference to a name by the module that defines it finds the name
that the package exports.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.domains.python import ObjectEntry
from sphinx.environment import BuildEnvironment
from sphinx.util.nodes import make_refnode


def process(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Change the lines of a docstring in place."""
    lines[:] = prepared(lines)


def prepared(lines: list[str]) -> Iterator[str]:
    r"""Mark the blocks that are set apart, and escape the bars of all other lines.

    Examples
    --------
    >>> list(prepared(["Sum:", "", "    log|z|", "", "of |z| and ``|z|``."]))
    ['Sum:', '', '::', '', '    log|z|', '', 'of \\|z\\| and ``|z|``.']
    """
    above, blank, block, doctest = 0, False, False, False
    for line in lines:
        indent = len(line) - len(line.lstrip())
        doctest = bool(line.strip()) and (doctest or line.lstrip().startswith(">>>"))
        if line.strip():
            if blank and indent > above and not block:
                block = True
                yield from (" " * above + "::", "")
            elif block and indent <= above:
                block = False
            above = above if block else indent
        blank = not line.strip()
        yield line if block or doctest else escaped(line)


def escaped(line: str) -> str:
    """Escape the bars outside of literals."""
    parts = line.split("``")
    return "``".join(p if k % 2 else p.replace("|", "\\|") for k, p in enumerate(parts))


def resolve(
    app: Sphinx, env: BuildEnvironment, node: addnodes.pending_xref, content: nodes.Node
) -> nodes.reference | None:
    """Link a reference that names an object of the API in another way than its page does."""
    if node.get("refdomain") != "py":
        return None
    name = documented(node["reftarget"], env.domains.python_domain.objects)
    if name is None:
        return None
    entry = env.domains.python_domain.objects[name]
    source = node.get("refdoc", env.docname)
    return make_refnode(app.builder, source, entry.docname, entry.node_id, content, name)


def documented(target: str, objects: Mapping[str, ObjectEntry]) -> str | None:
    """Full name of the one object that a reference means.

    Parameters
    ----------
    target : str
        As in ``:func:`iaf_ref.dag.dag_degrees``` or ``:class:`Undecided```.
    objects : mapping
        Full name -> entry of the objects on the pages.

    Returns
    -------
    str or None
        None where no object or several could be meant.
    """
    package, _, rest = target.partition(".")
    name = rest.rpartition(".")[2] or package
    found = [
        full
        for full, entry in objects.items()
        if full.rpartition(".")[2] == name and not entry.aliased
        if not rest or full.startswith(f"{package}.")
    ]
    return found[0] if len(found) == 1 else None


def setup(app: Sphinx) -> dict[str, Any]:
    """Register both."""
    app.connect("autodoc-process-docstring", process, priority=400)  # before numpydoc
    app.connect("missing-reference", resolve)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
