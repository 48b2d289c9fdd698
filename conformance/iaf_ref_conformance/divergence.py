"""The first thing on the way to a wrong answer that a subject has otherwise.

A subject is asked for whatever it offers of its intermediates: ``masks``, ``pre_activations``,
``log_scale``, ``forward``. What it does not offer is passed over in silence: this explains a
failure, it judges nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import iaf_ref as ir
from iaf_ref_backends.profiles import Profile

from .cases import Case, Floats
from .checks.asking import ask
from .checks.outcome import Broken, Unsupported
from .intermediates import departs, references

References = Mapping[str, tuple[Floats, Floats]]


def first_difference(case: Case, subject: Any, profile: Profile) -> str:
    """Name the first intermediate that a subject has otherwise; empty where nothing can be said.

    Parameters
    ----------
    case : Case
    subject : Subject
    profile : Profile
        Of the subject.

    Returns
    -------
    str
    """
    if not isinstance(case.flow, ir.AffineAutoregressive):
        return ""
    wrong = _masks(case, subject)
    if wrong:
        return wrong
    x, context = _where(case), case.input("context")
    known = references(case, profile, x, context)
    return _inside(case, subject, known, profile, x) or _outside(case, subject, known, profile, x)


def _where(case: Case) -> Floats:
    """An x: the case's, or what the reference finds for its y."""
    x = case.input("x")
    if x is not None:
        return x
    with np.errstate(all="ignore"):
        found: Floats = case.flow.inverse(case.input("y"), context=case.input("context"))[0]
    return found


def _masks(case: Case, subject: Any) -> str:
    """The first mask that differs."""
    made = case.flow.network.masks
    skip = () if case.flow.network.skip is None else (made.skip,)
    layers = len(made.hidden)
    given = _asked(case, subject, "masks")
    for k, (got, true) in enumerate(zip(given, (*made.hidden, made.output, *skip), strict=False)):
        name = f"hidden mask {k}" if k < layers else "output mask" if k == layers else "skip mask"
        if not np.array_equal(np.asarray(got), true):
            return f"the {name}"
    return ""


def _inside(case: Case, subject: Any, known: References, profile: Profile, x: Floats) -> str:
    """The first layer, or parameter, that differs, where a subject shows them."""
    given = _asked(case, subject, "pre_activations", x, case.input("context"))
    names = [n for n in known if n.startswith("pre-activation")]
    parts = [*given[:-1], *np.moveaxis(np.asarray(given[-1]), -2, 0)] if given else []
    for name, value in zip([*names, "m", "raw scale"], parts, strict=False):
        if departs(np.asarray(value), known[name], profile):
            return f"the {name}"
    return ""


def _outside(case: Case, subject: Any, known: References, profile: Profile, x: Floats) -> str:
    """Log sigma, y or the log-det; or that all of them are right, so that it is what follows."""
    scale = _asked(case, subject, "log_scale", x, case.input("context"))
    if scale and departs(scale[0], known["log sigma"], profile):
        return f"log sigma{_from(case, scale[0], known['log sigma'], profile)}"
    forward = _asked(case, subject, "forward", x, case.input("context"))
    if len(forward) != 2:
        return ""
    if departs(forward[0], known["y"], profile):
        what = "y, though log sigma is right: mu, or how the two are put together" if scale else "y"
        return what + _from(case, forward[0], known["y"], profile)
    if departs(forward[1], known["log_det"], profile):
        return "the log-det, though y is right"
    if case.check in _AFTER:
        return f"what comes after the forward map, which is right: {_AFTER[case.check]}"
    return ""


_AFTER = {
    "inverse": "the way back",
    "log_prob": "the way back, the base, or the sum",
    "integral": "the way back, the base, or the sum",
    "gradient": "the way back, the base, or the derivatives",
}


def _from(case: Case, value: Floats, known: tuple[Floats, Floats], profile: Profile) -> str:
    """From which variable on, in the order of generation, where that is not the first."""
    true, bound = known
    if value.shape != true.shape:
        return ""
    order = np.argsort(case.flow.degrees.input, kind="stable")
    for place, i in enumerate(order):
        if departs(value[..., i], (true[..., i], bound[..., i]), profile):
            return f", from variable {i} on (number {place + 1} in the order)" if place else ""
    return ""


def _asked(case: Case, subject: Any, method: str, *inputs: Floats | None) -> tuple[Any, ...]:
    """Return what a method says, as a tuple of arrays; nothing where it says nothing."""
    try:
        answer = ask(case, subject, method, *inputs)
    except (Broken, Unsupported):
        return ()
    parts = answer if isinstance(answer, tuple | list) else (answer,)
    return tuple(parts) if all(isinstance(p, np.ndarray | np.generic) for p in parts) else ()
