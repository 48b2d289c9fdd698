"""Follow every link inside a built site: ``python docs/check_links.py docs/_build/html``.

Each ``href`` and ``src`` of a page that does not leave the site has to lead to a file, and its
anchor to an element of that page. What a page loads (scripts, styles, pictures, fonts) has to lie
in the site. Exit codes: 0 all is well, 1 something is broken, each with its page; 2 usage.
"""

import re
import sys
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import click

IMPORTED = re.compile(r"""(?:url\(|@import\s+)\s*["']?([^"')\s;]+)""")
"""What a style sheet loads."""
FOLLOWED_LATER = {"a", "area"}  # a reader clicks; everything else is loaded with the page
NOT_LOADED = {"canonical", "next", "prev", "search", "index"}
"""Kinds of <link> that name a page."""


class Page(HTMLParser):
    """Ids and links of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[tuple[str, bool]] = []  # address, whether it is loaded with the page

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take what an element has."""
        values = {name: value or "" for name, value in attrs}
        self.ids.update(values[name] for name in ("id", "name") if name in values)
        named = NOT_LOADED & set(values.get("rel", "").split()) if tag == "link" else set()
        loaded = tag not in FOLLOWED_LATER and not named
        self.links += [(values[name], loaded) for name in ("href", "src", "data") if name in values]
        for candidate in filter(str.strip, values.get("srcset", "").split(",")):
            self.links.append((candidate.split()[0], True))
        self.links += [(address, True) for address in IMPORTED.findall(values.get("style", ""))]


@cache
def read(path: Path) -> Page:
    """Parse a page, once."""
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def broken(site: Path) -> Iterator[str]:
    """What is wrong with a site, a sentence each.

    Parameters
    ----------
    site : Path
        Folder of the built pages.
    """
    site = site.resolve()
    for path in sorted(site.rglob("*.html")):
        for address, loaded in read(path).links:
            yield from _told(site, path, address, loaded)
    for path in sorted(site.rglob("*.css")):
        for address in IMPORTED.findall(path.read_text(encoding="utf-8")):
            yield from _told(site, path, address, loaded=True)


def _told(site: Path, path: Path, address: str, loaded: bool) -> Iterator[str]:
    """The fault of one link, where there is one, with its page."""
    fault = _fault(site, path, address, loaded)
    if fault:
        yield f"{path.relative_to(site)}: {address}: {fault}"


def _fault(site: Path, path: Path, address: str, loaded: bool) -> str:
    """What is wrong with a link; empty where nothing is."""
    parts = urlsplit(address)
    if parts.scheme == "data":
        return ""
    if parts.scheme or parts.netloc:
        return "loaded from elsewhere" if loaded else ""
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if not target.is_relative_to(site):
        return "outside of the site"
    if not target.is_file():
        return "no such file"
    anchor = unquote(parts.fragment)
    if anchor and target.suffix == ".html" and anchor not in read(target).ids:
        return "no such anchor"
    return ""


@click.command()
@click.argument("site", type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(site: Path) -> None:
    """Follow every link inside a built SITE."""
    if not (site / "index.html").is_file():
        raise click.UsageError(f"SITE: expected a folder with an index.html, got {site}")
    faults = list(broken(site))
    for fault in faults:
        click.echo(fault)
    pages = [read(path) for path in site.resolve().rglob("*.html")]
    links = sum(len(page.links) for page in pages)
    click.echo(f"{len(pages)} pages, {links} links, broken: {len(faults)}")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
