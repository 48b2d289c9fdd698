"""What the pictures of the specification show, as arrays: computed by the code that is shown.

The digest of these arrays stands in each picture, so that a test sees, without drawing, whether a
picture is of the code as it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np

import iaf_ref as ir
from iaf_ref.schedule import WIDEST_PART, Part

Array = np.ndarray[Any, Any]
Span = tuple[int, int]
Data = dict[str, Array]

PLACES = 1e3
"""Arrays are digested in units of 1e-3, which no picture resolves."""
APART = 1e-6
"""Least distance, in such units, from where they are rounded up or down: far above any rounding."""

NOTHING, IN_VAIN, NEEDED, READ = range(4)
"""Cells of ``inverse_order``: not computed; computed in vain; computed; read by the product."""
ORDERED, HIDDEN = 20, 44
"""Variables and hidden units there: the plan cuts them into halves twice."""


def masks() -> Data:
    """Masks of a small network and their Boolean product, with the degrees at their edges."""
    degrees = ir.made_degrees(dim=5, hidden=(7,), order=[2, 0, 1, 4, 3], context_dim=1)
    made = ir.made_masks(degrees)
    return {
        "hidden": made.hidden[0],
        "output": made.output,
        "product": ir.connectivity(made),
        "degrees_in": np.concatenate([degrees.context, degrees.input]),
        "degrees_hidden": degrees.hidden[0],
        "degrees_out": degrees.input,
    }


def scale_maps() -> Data:
    """Log sigma of the five maps, near and far."""
    near, far = np.linspace(-12.0, 12.0, 49), np.linspace(-200.0, 0.0, 41)
    maps: list[Any] = [ir.Exp(), ir.SoftClip(), ir.Softplus(), ir.Sigmoid(), ir.Gated()]
    return {
        "near": near,
        "far": far,
        **{f"{type(m).__name__} near": m.log_scale(near) for m in maps},
        **{f"{type(m).__name__} far": m.log_scale(far) for m in maps},
    }


def inverse_order() -> Data:
    """Units, sorted by degree, against the steps of two inverses: what is computed when."""
    degrees = ir.made_degrees(dim=ORDERED, hidden=(HIDDEN,))
    step = np.arange(1, ORDERED + 1)[None, :]
    variables, units = np.sort(degrees.input)[:, None], np.sort(degrees.hidden[0])[:, None]
    walked, products = parts(degrees.schedule.whole, 0)
    found: Data = {"starts": np.asarray([start for start, _ in walked])}
    for kind, degree in (("outputs", variables), ("x", variables), ("hidden units", units)):
        # a run of the network in step d knows x of smaller degrees, so units of degree d - 1
        needed = degree == (step - 1 if kind == "hidden units" else step)
        in_vain = NOTHING if kind == "x" else IN_VAIN
        found[f"sequential {kind}"] = np.where(needed, NEEDED, in_vain)
        cells = np.where(degree == step, NEEDED, NOTHING)
        for start, end in walked if kind == "hidden units" else ():
            again = (degree >= start) & (degree < step) & (step < end)
            cells = np.where(again, IN_VAIN, cells)
        for start, end in products if kind != "outputs" else ():
            read = (degree >= start) & (degree < end) & (step == end)
            cells = np.where(read, READ, cells)
        found[f"blocked {kind}"] = cells
    return found


def parts(part: Part, start: int) -> tuple[list[Span], list[Span]]:
    """Degrees of the parts that are walked, and of those that a product reads at their end."""
    end = start + len(part.steps)
    if part.halves is None or part.widest <= WIDEST_PART:
        return [(start, end)], []
    middle = start + len(part.halves[0].steps)
    (one, read), (two, later) = parts(part.halves[0], start), parts(part.halves[1], middle)
    return one + two, [*read, (start, middle), *later]


def jacobian() -> Data:
    """A Jacobian with groups, by index and by degree."""
    order = [[3], [0, 5], [1], [2, 7, 4], [6]]
    degrees = ir.made_degrees(dim=8, hidden=(16,), order=order)
    net = ir.AutoregressiveNetwork.init(degrees, seed=2, activation="tanh")
    flow, x = ir.AffineAutoregressive(net, ir.Gated()), np.linspace(-2.0, 3.0, 8)
    J, sorting = ir.jacobian(flow, x), np.argsort(degrees.input, kind="stable")
    return {
        "by index": J,
        "by degree": J[np.ix_(sorting, sorting)],
        "index": np.arange(8),
        "sorting": sorting,
        "degrees": degrees.input,
    }


def log_det_conventions() -> Data:
    """The terms of the forum's example (``examples/log_det_question.py``), and its log scales."""
    flow = ir.AffineAutoregressive(
        ir.AutoregressiveNetwork.init(ir.made_degrees(dim=10, hidden=[40]), seed=471)
    )
    y = np.asarray([0.5, -1.0, 0.25, 2.0, -0.75, 1.5, 0.0, -0.5, 1.0, -2.0])
    x, _ = flow.inverse(y, method="sequential")
    return {
        "log p": ir.Normal(np.zeros(10), np.ones(10)).log_prob(x),
        "log sigma": flow.log_scale(x),
    }


PICTURES: dict[str, Callable[[], Data]] = {
    "masks": masks,
    "scale-maps": scale_maps,
    "inverse-order": inverse_order,
    "jacobian": jacobian,
    "log-det-conventions": log_det_conventions,
}
"""Name of a picture -> its data."""


def digest(data: Data) -> str:
    """SHA-256 of the arrays, in units of 1e-3.

    Raises
    ------
    ValueError
        A number lies where another library's last bit would round it to another unit.
    """
    found = hashlib.sha256()
    for name, array in sorted(data.items()):
        units = np.asarray(array, dtype=np.float64) * PLACES
        if np.min(np.abs(np.abs(units - np.rint(units)) - 0.5)) < APART:
            raise ValueError(f"{name}: expected numbers apart from the half of a unit, got others")
        found.update(f"\n{name} {array.shape}\n".encode())
        found.update(np.rint(units).astype("<i8").tobytes())
    return found.hexdigest()
