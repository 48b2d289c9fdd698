"""What is exact in mathematics is exact here: bit for bit, no tolerance."""

from __future__ import annotations

import numpy as np

import iaf_ref as ir
from iaf_ref_backends.profiles import Profile

from ..cases import Case, Floats
from ..subject import Subject
from .apart import apart
from .asking import Arrays, array, ask, log_det, pair, same
from .outcome import Broken, Score, Unsupported, verdict


@verdict
def causality(case: Case, subject: Subject, profile: Profile) -> Score:
    """Changing x_j changes no y_i, and no log sigma_i, that does not depend on it (NUM-1).

    And y_i that do depend on it change, where no rounding could hide it (``apart``).
    """
    j, degrees = case.options["variable"], case.flow.degrees
    depends = ir.expected_connectivity(degrees)[:, degrees.context_dim + j]
    steady = [i for i in range(degrees.dim) if not depends[i] and i != j]
    x, changed = _inputs(case)
    y, moved = (_finite(_forward(case, subject, values)[0]) for values in (x, changed))
    _unchanged("y", y, moved, steady, j)
    must = apart(case, profile, x, changed, case.input("context"))
    for i in np.flatnonzero(must.reshape(-1, degrees.dim).any(axis=0)):
        if same(y[..., i], moved[..., i]):
            raise Broken(
                f"NUM-1: y[..., {i}]: expected it to change, as it depends on x[{j}], "
                "got it bit for bit as before"
            )
    try:
        before, after = (_log_scale(case, subject, values) for values in (x, changed))
    except Unsupported:
        return Score()  # y has been looked at; a subject need not have log sigma
    # sigma_j does not depend on x_j itself either
    _unchanged("log_scale", before, after, [*steady, j], j)
    return Score()


@verdict
def rows(case: Case, subject: Subject, profile: Profile) -> Score:
    """Changing one row changes no other (SHAPE-3), but that one."""
    x, changed = _inputs(case)
    row, dim = case.options["row"], x.shape[-1]
    y, moved = (_finite(a).reshape(-1, dim) for a in _others(case, subject, "SHAPE-3", x, changed))
    must = apart(case, profile, x, changed, case.input("context"))
    if must.reshape(-1, dim)[row].any() and same(y[row], moved[row]):
        raise Broken(
            f"SHAPE-3: y of row {row}: expected it to change with x, got it bit for bit as before"
        )
    return Score()


@verdict
def nonfinite(case: Case, subject: Subject, profile: object) -> Score:
    """A NaN or an infinity in one row changes no other (NUM-2)."""
    x = _input(case, "x")
    changed = x.copy()
    changed.reshape(-1, x.shape[-1])[case.options["row"]] = float(case.options["value"])
    y, moved = (a.reshape(-1, a.shape[-1]) for a in _others(case, subject, "NUM-2", x, changed))
    if np.isfinite(moved[case.options["row"]]).all():
        raise Broken(
            f"NUM-2: y of row {case.options['row']}: expected a NaN or an infinity, "
            f"as its x is {case.options['value']}, got finite numbers only"
        )
    _finite(y)
    return Score()


@verdict
def round_trip(case: Case, subject: Subject, profile: object) -> Score:
    """The inverse of the forward map is x itself, and the log-dets cancel (CHAIN-3)."""
    x, context = _input(case, "x"), case.input("context")
    y, there = _forward(case, subject, x)
    back, det = pair(ask(case, subject, "inverse", y, context), "x, log_det")
    back = array("x", back, x.shape, case.dtype)
    det = log_det(det, x.shape[:-1], x.shape[-1], case.dtype)
    wrong = np.argwhere(back != x)
    if len(wrong):
        place = tuple(int(i) for i in wrong[0])
        raise Broken(
            f"{case.clauses[0]}: x[{', '.join(map(str, place))}] after forward and inverse: "
            f"expected {x[place]} exactly, got {back[place]}; {len(wrong)} of {x.size} differ"
        )
    if np.any(there + det != 0.0):
        raise Broken(f"{case.clauses[0]}: expected log-dets that cancel exactly, got others")
    return Score()


@verdict
def refuse_dtype(case: Case, subject: Subject, profile: object) -> Score:
    """An x of another dtype than the weights is refused by a TypeError (TYPE-1).

    One of the right dtype is taken: a subject that refuses everything shows nothing.
    """
    _forward(case, subject, _input(case, "x"))
    other = "float32" if case.dtype == "float64" else "float64"
    x, context = _input(case, "x").astype(other), case.input("context")
    try:
        answer = ask(case, subject, "forward", x, context)
    except Broken as broken:
        if isinstance(broken.__cause__, TypeError):
            return Score(None)
        raise Broken(f"{_wanted(case, other)}, but it {broken}") from broken
    got = getattr(
        answer[0] if isinstance(answer, tuple | list) and answer else answer, "dtype", None
    )
    raise Broken(f"{_wanted(case, other)}, got a result of {got}")


def _wanted(case: Case, other: str) -> str:
    """What has to happen to an x of another dtype, and why."""
    return (
        f"TYPE-1: expected a TypeError for x of {other} beside weights of {case.dtype}, as "
        "nothing is converted silently (compare x.dtype with the weights' and raise)"
    )


def _others(
    case: Case, subject: Subject, clause: str, x: Floats, changed: Floats
) -> tuple[Arrays, Arrays]:
    """Compare all rows but one of two runs, y and log-det; return both y."""
    row, dim = case.options["row"], x.shape[-1]
    first_run, second_run = (_forward(case, subject, values) for values in (x, changed))
    for name, before, after in zip(("y", "log_det"), first_run, second_run, strict=True):
        width = dim if name == "y" else 1
        first, second = before.reshape(-1, width), after.reshape(-1, width)
        for k in range(len(first)):
            if k != row and not same(first[k], second[k]):
                raise Broken(
                    f"{clause}: {name} of row {k}: expected it bit for bit as before, as only "
                    f"row {row} of x changed, got {second[k].tolist()} for {first[k].tolist()}"
                )
    return first_run[0], second_run[0]


def _finite(y: Arrays) -> Arrays:
    """Return y of an x that is finite, if it is."""
    if not np.isfinite(y).all():
        raise Broken("STEP-6: y: expected finite numbers, as x is finite, got others")
    return y


def _unchanged(name: str, before: Arrays, after: Arrays, variables: list[int], j: int) -> None:
    """Compare some variables of two runs."""
    for i in variables:
        if not same(before[..., i], after[..., i]):
            difference = np.max(np.abs(after[..., i] - before[..., i]))
            raise Broken(
                f"NUM-1: {name}[..., {i}]: expected it bit for bit as before, as it does not "
                f"depend on x[{j}], got a difference of {difference:.3g}"
            )


def _forward(case: Case, subject: Subject, x: Floats) -> tuple[Arrays, Arrays]:
    """Ask for the forward map; look at shapes and dtypes."""
    context = case.input("context")
    y, det = pair(ask(case, subject, "forward", x, context), "y, log_det")
    shape = _shape(x, context)
    return array("y", y, shape, case.dtype), log_det(det, shape[:-1], shape[-1], case.dtype)


def _log_scale(case: Case, subject: Subject, x: Floats) -> Arrays:
    """Ask for log sigma; look at shape and dtype."""
    context = case.input("context")
    return array(
        "log_scale", ask(case, subject, "log_scale", x, context), _shape(x, context), case.dtype
    )


def _shape(x: Floats, context: Floats | None) -> tuple[int, ...]:
    """Shape of results: the batch dimensions broadcast (SHAPE-2)."""
    batch = () if context is None else context.shape[:-1]
    return (*np.broadcast_shapes(x.shape[:-1], batch), x.shape[-1])


def _inputs(case: Case) -> tuple[Floats, Floats]:
    """The two inputs to compare."""
    return _input(case, "x"), _input(case, "changed")


def _input(case: Case, name: str) -> Floats:
    """An input that the check cannot do without."""
    found = case.input(name)
    if found is None:
        raise KeyError(f"{case.id}: expected input.{name}, got none")
    return found
