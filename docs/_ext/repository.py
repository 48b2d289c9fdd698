"""Files of the repository that are pages too: they are included, and their links mended.

``CONTRIBUTING.md`` and the like are read where they lie, with links that hold there. What such a
link leads to is a page here, or a file to be had from the page, or, for a folder, its name.
"""

import re
from os.path import relpath
from pathlib import Path, PurePosixPath
from typing import Any

from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[2]
PAGES = {
    "README.md": "index",
    "CONTRIBUTING.md": "contributing",
    "CHANGELOG.md": "changelog",
    "CITATION.cff": "cite",
    "backends/README.md": "backends",
    "conformance/README.md": "conformance",
    "conformance/PROTOCOL.md": "protocol",
    "iaf_ref/__init__.py": "api/index",
}
"""File of the repository -> the page that has its text, or says what it says."""
LINK = re.compile(r"(?<!!)\[((?:[^\[\]`]|`[^`]*`)*)\]\(([^()\s:#]+)(#[^()\s]*)?\)")
IMAGE = re.compile(r"(!\[[^\]]*\]\()([^()\s:]+)(\))")


def read(app: Sphinx, path: Path, parent: str, content: list[str]) -> None:
    """Mend the links of an included file of the repository."""
    file = (Path(app.srcdir) / path).resolve()
    if file.suffix == ".md" and file.is_relative_to(ROOT):
        content[0] = mended(content[0], file, app.env.docname)


def mended(text: str, file: Path, docname: str) -> str:
    """Return the text of a Markdown file with links that hold on a page.

    Parameters
    ----------
    text : str
    file : Path
        Where the text stands.
    docname : str
        The page, as Sphinx names it.

    Raises
    ------
    ValueError
        A link leads to nothing.
    """

    def link(match: re.Match[str]) -> str:
        words, target, anchor = match[1], match[2], match[3] or ""
        found = existing(file, target)
        if found.is_dir():
            return f"{words} (`{found.relative_to(ROOT)}/`)" if "`" not in words else words
        return f"[{words}]({from_page(found, docname)}{anchor})"

    def image(match: re.Match[str]) -> str:
        return f"{match[1]}{from_page(existing(file, match[2]), docname)}{match[3]}"

    return IMAGE.sub(image, LINK.sub(link, text))


def existing(file: Path, target: str) -> Path:
    """File or folder that a link leads to."""
    found = (file.parent / target).resolve()
    if not found.exists() or not found.is_relative_to(ROOT):
        raise ValueError(f"{file.relative_to(ROOT)}: expected a link to a file, got {target!r}")
    return found


def from_page(found: Path, docname: str) -> str:
    """Address of a file relative to a page, by the page that has its text where there is one."""
    name = found.relative_to(ROOT).as_posix()
    where = ROOT / "docs" / f"{PAGES[name]}.md" if name in PAGES else found
    return PurePosixPath(relpath(where, (ROOT / "docs" / docname).parent)).as_posix()


def setup(app: Sphinx) -> dict[str, Any]:
    """Have every included file read."""
    app.connect("include-read", read)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
