"""Time of the inverse against the number of variables, log-log: ours, and each peer's.

The blocked inverse is drawn solid, the definition dashed, peers dotted, each with its own mark.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from itertools import cycle
from typing import Any

from .entry import LAYERS

SUFFIXES = (".svg", ".png", ".pdf")
UNDATED: dict[str, Any] = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
"""Suffix -> what keeps the time of drawing out of a file."""
TABLE = "growth"
"""The table that is drawn."""

Curves = dict[str, list[tuple[int, Mapping[str, float]]]]


def curves(document: Mapping[str, Any]) -> Curves:
    """Return the curves: name -> (D, median and quartiles in seconds), by D."""
    found: Curves = {}
    for table in document["tables"]:
        for entry in table["entries"] if table["id"] == TABLE else ():
            name = f"{entry['who']} {entry['method']}".strip()
            found.setdefault(name, []).append((entry["dim"], entry["taken"]))
    return {name: sorted(taken, key=lambda point: point[0]) for name, taken in found.items()}


def draw(document: Mapping[str, Any], suffix: str) -> bytes:
    """Draw the curves; the same document gives the same bytes.

    Parameters
    ----------
    document : mapping
        As of :func:`.document.document`, with a table of growth.
    suffix : str
        One of ``SUFFIXES``: the format.

    Returns
    -------
    bytes
        Of the file.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.0, 5.0), layout="constrained")
    axes = figure.add_subplot()
    peers = cycle("^vD<>P")
    for name, taken in curves(document).items():
        ours = name.endswith(" blocked")
        style = "o-" if ours else "s--" if " " in name else f"{next(peers)}:"
        x = [dim for dim, _ in taken]
        y = [values["median"] for _, values in taken]
        (line,) = axes.plot(x, y, style, linewidth=1 + ours, label=name)
        lower, upper = ([values[q] for _, values in taken] for q in ("lower", "upper"))
        axes.fill_between(x, lower, upper, color=line.get_color(), alpha=0.2)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    dims = sorted({dim for taken in curves(document).values() for dim, _ in taken})
    axes.set_xticks(dims, labels=[str(dim) for dim in dims])
    axes.set_xlabel("number of variables D")
    axes.set_ylabel("seconds (median, quartiles shaded)")
    width, batch = _sizes(document)
    title = f"Inverse of a step, width {width} x {LAYERS}, batch {batch}"
    axes.set_title(f"{title}\nflows differ by their scale map: each library has its own", size=10)
    axes.grid(visible=True, which="both", alpha=0.3)
    axes.legend(fontsize="small")
    file = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "iaf-ref", "svg.fonttype": "none"}):
        figure.savefig(file, format=suffix[1:], metadata=UNDATED.get(suffix))
    return file.getvalue()


def _sizes(document: Mapping[str, Any]) -> tuple[int, int]:
    """Width and batch of the table that is drawn."""
    entries = (e for table in document["tables"] if table["id"] == TABLE for e in table["entries"])
    first = next(entries)
    return first["width"], first["batch"]
