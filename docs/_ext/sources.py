"""The way back from the source of a name to its entry in the API.

Sphinx assumes one name for each module; here a module has names that a package exports, and others.
"""

import re
from collections.abc import Mapping
from typing import Any

from docstrings import documented
from module_api import home
from sphinx.application import Sphinx
from sphinx.domains.python import ObjectEntry
from sphinx.ext.viewcode import OUTPUT_DIRNAME

BACK = re.compile(
    r'(<div class="viewcode-block" id="([\w.]+)">\s*<a class="viewcode-back" href="[^"#]*#)[^"]*'
)


def correct(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Correct the anchors of a page of source."""
    if pagename.startswith(f"{OUTPUT_DIRNAME}/") and "body" in context:
        module = pagename.removeprefix(f"{OUTPUT_DIRNAME}/").replace("/", ".")
        objects = app.env.domains.python_domain.objects
        context["body"] = corrected(context["body"], module, objects)


def corrected(body: str, module: str, objects: Mapping[str, ObjectEntry]) -> str:
    """Return the text of a page with the anchors that the API has for the names of a module."""

    def anchor(match: re.Match[str]) -> str:
        name = f"{home(module, match[2].partition('.')[0])}.{match[2]}"
        # what a private module has is documented with the one that exports it
        known = name in objects and not objects[name].aliased
        where = name if known else documented(name, objects)
        return f"{match[1]}{where}"

    return BACK.sub(anchor, body)


def setup(app: Sphinx) -> dict[str, Any]:
    """Have every page looked at."""
    app.connect("html-page-context", correct)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
