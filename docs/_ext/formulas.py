"""Formulas: drawn by a MathJax that lies beside the pages, and read once when these are built.

MathJax shows a mistake in red to the reader. The converter of docutils knows the same commands but
for rare ones, and refuses what it does not know: so a mistake fails the build.
"""

from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)
# With outlines in the place of fonts, which some browsers do not load from a file.
SCRIPT = "sphinx-mathjax-offline/static/mathjax/tex-svg.js"


def script() -> Path:
    """MathJax as one file, of the package that has it."""
    return Path(str(distribution("sphinx-mathjax-offline").locate_file(SCRIPT)))


def fault(formula: str) -> str:
    r"""What is wrong with a formula in LaTeX; empty where nothing is.

    Examples
    --------
    >>> fault(r"\log \sigma")
    ''
    >>> fault(r"\lgo \sigma")
    'Unknown LaTeX command "\\lgo".'
    """
    try:
        tex2mathml(formula, as_block=True)
    except MathError as error:
        return str(error)
    return ""


def check(app: Sphinx, doctree: nodes.document) -> None:
    """Warn of each formula that cannot be read."""
    for node in doctree.findall(lambda n: isinstance(n, nodes.math | nodes.math_block)):
        problem = fault(node.astext())
        if problem:
            LOGGER.warning("formula: %s: %s", problem, node.astext(), location=node, type="math")


def setup(app: Sphinx) -> dict[str, Any]:
    """Have every page read."""
    app.connect("doctree-read", check)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
