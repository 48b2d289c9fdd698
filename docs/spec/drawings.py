"""How the pictures of the specification are drawn; ``pictures.py`` is the command.

They are SVG on a transparent ground, in colours that stand on white and on black alike, with text
as text. The same Matplotlib makes the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import drawn
import matplotlib as mpl
import numpy as np
from drawn import Data
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path as Outline

INK, PALE = "#767676", "#76767640"
BLUE, ORANGE, GREEN, PURPLE, RED = "#3987d6", "#d9822b", "#2f9e6e", "#9a6fd0", "#d1495b"
SETTINGS = {
    "svg.hashsalt": "iaf-ref",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9.0,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.titlesize": 9.0,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def _squares(axes: Axes, cells: drawn.Array, sides: drawn.Array | float, colour: str) -> None:
    """A square in the middle of each cell that is not 0, as one outline, which is short."""
    places = np.argwhere(cells)
    half = np.broadcast_to(np.asarray(sides) / 2.0, cells.shape)[tuple(places.T)]
    corners = np.asarray([(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)])
    points = places[:, None, ::-1] + 0.5 + half[:, None, None] * corners
    codes = [Outline.MOVETO, Outline.LINETO, Outline.LINETO, Outline.LINETO, Outline.CLOSEPOLY]
    outline = Outline(points.reshape(-1, 2), codes * len(places))
    axes.add_patch(PathPatch(outline, color=colour, linewidth=0))


def _matrix(axes: Axes, shape: tuple[int, ...], rows: drawn.Array, columns: drawn.Array) -> None:
    """The ground of a matrix: pale cells, with numbers at the edges."""
    _squares(axes, np.ones(shape), 0.94, PALE)
    axes.set_xticks(np.arange(len(columns)) + 0.5, [str(n) for n in columns])
    axes.set_yticks(np.arange(len(rows)) + 0.5, [str(n) for n in rows])
    axes.tick_params(length=0, labeltop=True, labelbottom=False)
    axes.set(xlim=(0, len(columns)), ylim=(len(rows), 0), aspect="equal")
    axes.spines[:].set_visible(False)


def draw_masks(data: Data) -> Figure:
    """Hidden mask, output mask, product."""
    figure = Figure(figsize=(7.0, 2.9), layout="constrained")
    hidden, output, product = figure.subplots(1, 3, width_ratios=[6, 7, 6])
    edges = {"(c, x)": "degrees_in", "hidden units": "degrees_hidden", "outputs": "degrees_out"}
    for axes, name, rows, columns in (
        (hidden, "hidden", "hidden units", "(c, x)"),
        (output, "output", "outputs", "hidden units"),
        (product, "product", "outputs", "(c, x)"),
    ):
        _matrix(axes, data[name].shape, data[edges[rows]], data[edges[columns]])
        _squares(axes, data[name], 0.94, BLUE)
        axes.set(xlabel=columns, ylabel=rows)
    hidden.set_title("hidden mask, ≥")
    output.set_title("output mask, >")
    product.set_title("Boolean product")
    return figure


def draw_scale_maps(data: Data) -> Figure:
    """Two stretches of the same five curves."""
    figure = Figure(figsize=(7.0, 2.9), layout="constrained")
    names = {"Exp": BLUE, "SoftClip": ORANGE, "Softplus": GREEN, "Sigmoid": PURPLE, "Gated": RED}
    dashes = ["-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1))]
    for axes, part in zip(figure.subplots(1, 2), ("near", "far"), strict=True):
        for (name, colour), dash in zip(names.items(), dashes, strict=True):
            curve = data[f"{name} {part}"]
            axes.plot(data[part], curve, color=colour, linestyle=dash, linewidth=1.6, label=name)
        axes.set(xlabel="raw scale s", ylabel="log \N{GREEK SMALL LETTER SIGMA} (nats)")
        axes.grid(color=PALE, linewidth=0.6)
    figure.axes[0].legend(frameon=False, fontsize=8.0, loc="lower right")
    figure.axes[1].set_ylim(-40.0, 3.0)
    return figure


def draw_inverse_order(data: Data) -> Figure:
    """Units against steps, for both algorithms."""
    figure = Figure(figsize=(7.0, 4.6), layout="constrained")
    kinds = ("outputs", "x", "hidden units")
    for axes, name in zip(figure.subplots(1, 2), ("sequential", "blocked"), strict=True):
        parts = [data[f"{name} {kind}"] for kind in kinds]
        cells, edges = np.concatenate(parts), np.cumsum([0, *map(len, parts)])
        _runs(axes, cells == drawn.IN_VAIN, PALE)
        _runs(axes, cells == drawn.NEEDED, BLUE)
        _runs(axes, cells == drawn.READ, ORANGE, 0.3)
        for edge in edges:
            axes.axhline(edge, color=INK, linewidth=0.6)
        if name == "blocked":
            for start in data["starts"][1:]:
                axes.axvline(start - 1, color=INK, linewidth=0.6, linestyle=":")
        ticks = range(1, cells.shape[1] + 1, cells.shape[1] // 5)
        axes.set_xticks(np.asarray(ticks) - 0.5, [str(n) for n in ticks])
        axes.set_yticks((edges[1:] + edges[:-1]) / 2, kinds, rotation=90, va="center")
        axes.tick_params(length=0)
        axes.set(xlabel="step", title=name, xlim=(0, cells.shape[1]), ylim=(edges[-1], 0))
    return figure


def _runs(axes: Axes, cells: drawn.Array, colour: str, margin: float = 0.03) -> None:
    """Fill cells, each run of neighbours in a column by one bar: there are many."""
    for column, filled in enumerate(cells.T):
        (edges,) = np.nonzero(np.diff(filled.astype(int), prepend=0, append=0))
        for a, b in zip(edges[::2], edges[1::2], strict=True):
            corner, size = (column + margin, a + margin), (1 - 2 * margin, b - a - 2 * margin)
            axes.add_patch(Rectangle(corner, *size, facecolor=colour, linewidth=0))


def draw_jacobian(data: Data) -> Figure:
    """The same matrix in two orders."""
    figure = Figure(figsize=(6.2, 3.0), layout="constrained")
    panels = zip(
        figure.subplots(1, 2), (("by index", "index"), ("by degree", "sorting")), strict=True
    )
    for axes, (name, names) in panels:
        J, variables = data[name], data[names]
        size, diagonal = np.cbrt(np.abs(J) / np.max(np.abs(J))), np.eye(len(J), dtype=bool)
        _matrix(axes, J.shape, variables, variables)
        _squares(axes, (J != 0.0) & ~diagonal, 0.2 + 0.74 * size, BLUE)
        _squares(axes, diagonal, 0.2 + 0.74 * size, ORANGE)
        axes.set(title=f"J, {name}", xlabel="x", ylabel="y")
    return figure


def draw_log_det_conventions(data: Data) -> Figure:
    """Ten terms, from which log sigma is subtracted in three ways."""
    figure = Figure(figsize=(7.0, 2.8), layout="constrained")
    terms, scales = data["log p"], data["log sigma"]
    total = np.sum(scales)
    ways = {
        "per dimension": (terms - scales, 0.0),
        "summed, once": (terms, total),
        "mixed: summed, in each term": (terms - total, 0.0),
    }
    for axes, (name, (bars, once)) in zip(
        figure.subplots(1, 3, sharey=True), ways.items(), strict=True
    ):
        colour = RED if name.startswith("mixed") else BLUE
        axes.bar(np.arange(10), bars, color=colour, width=0.45)
        axes.plot(np.arange(10), terms, linestyle="none", marker="_", color=INK, markersize=9)
        if once:
            axes.bar([11], [-once], color=ORANGE, width=0.45)
        axes.axhline(0.0, color=INK, linewidth=0.6)
        axes.set_xticks(
            [0, 9, 11] if once else [0, 9], ["0", "9", "log-det"] if once else ["0", "9"]
        )
        sum_of_bars = f"{np.sum(bars) - once:.4f}".replace("-", "\N{MINUS SIGN}")
        axes.set(title=f"{name}\nΣ = {sum_of_bars}", xlim=(-0.8, 11.8))
    figure.axes[0].set_ylabel("nats")
    return figure


DRAWINGS: dict[str, Callable[[Data], Figure]] = {
    "masks": draw_masks,
    "scale-maps": draw_scale_maps,
    "inverse-order": draw_inverse_order,
    "jacobian": draw_jacobian,
    "log-det-conventions": draw_log_det_conventions,
}
"""Name of a picture -> how it is drawn."""


def draw(folder: Path) -> None:
    """Write all pictures to a folder."""
    for name, data in drawn.PICTURES.items():
        found = data()
        with mpl.rc_context(SETTINGS):
            said = {"Date": None, "Title": name, "Description": f"sha256 {drawn.digest(found)}"}
            figure = DRAWINGS[name](found)
            figure.savefig(folder / f"{name}.svg", transparent=True, metadata=said)
