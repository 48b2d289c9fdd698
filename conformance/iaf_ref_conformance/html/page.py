"""A report (``report``) as a page: what the template is given, and the file that it makes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import iaf_ref
from iaf_ref.storage import write_atomically

from ..report_read import runs_of
from ..results import CONFORMS, FAILS, INCOMPLETE
from .matrix import matrix, pairs
from .pictures import HEIGHT, WIDTH
from .sections import Told, places_of, section

TEMPLATE = "report.html.j2"
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""What HTML has no way to write, or UTF-8 has not."""


def page(document: Mapping[str, Any], told: Told | None = None) -> str:
    """Return a page: it depends on what is given here, and on nothing else.

    Parameters
    ----------
    document : mapping
        A report, as ``report`` returns it.
    told : Told, optional

    Returns
    -------
    str
        HTML. Whatever a subject says stands in it as text.

    Raises
    ------
    ModuleNotFoundError
        Jinja2 is not installed (extra ``report``).
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("iaf_ref_conformance.html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    text = environment.get_template(TEMPLATE).render(_context(document, told or Told()))
    return _FORBIDDEN.sub("\ufffd", text)


def write_html(path: Path, document: Mapping[str, Any], told: Told | None = None) -> None:
    """Write the page of a report, whole or not at all; arguments as of :func:`page`.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    write_atomically(path, page(document, told).encode())


def _context(document: Mapping[str, Any], told: Told) -> dict[str, Any]:
    """Return all that the template uses."""
    runs = runs_of(document)
    sections = [
        section(run, data, f"run-{k}", document["selected"] is not None, told)
        for k, (run, data) in enumerate(zip(runs, document["runs"], strict=True), 1)
    ]
    overall, headline = conclusion([s.verdict for s in sections], len(document["missing"]))
    return {
        "verdict": overall,
        "headline": headline,
        "report": document,
        "sections": sections,
        "matrix": matrix(runs, [each.failures for each in sections]),
        "agreement": list(pairs(document)),
        "places": places_of(runs),
        "date": told.date,
        "version": iaf_ref.__version__,
        "size": {"width": WIDTH, "height": HEIGHT},
    }


def conclusion(verdicts: Sequence[str], missing: int) -> tuple[str, str]:
    """Return the verdict on all runs, as the exit code is, and a headline.

    >>> conclusion(["conforms", "fails", "fails"], 0)
    ('fails', '2 runs fail, 1 conforms')
    >>> conclusion(["conforms"], 1)
    ('incomplete', '1 run conforms, 1 subject could not be had')
    """
    counted = [
        (verdicts.count(FAILS), "fails", "fail"),
        (verdicts.count(INCOMPLETE), "is incomplete", "are incomplete"),
        (verdicts.count(CONFORMS), "conforms", "conform"),
    ]
    said = [f"{n} {one if n == 1 else many}" for n, one, many in counted if n]
    if said:
        number, _, rest = said[0].partition(" ")
        said[0] = f"{number} {'run' if number == '1' else 'runs'} {rest}"
    if missing:
        said.append(f"{missing} subject{'s' * (missing > 1)} could not be had")
    complete = not missing and set(verdicts) == {CONFORMS}
    worst = FAILS if FAILS in verdicts else CONFORMS if complete else INCOMPLETE
    return worst, ", ".join(said) or "nothing was run"
