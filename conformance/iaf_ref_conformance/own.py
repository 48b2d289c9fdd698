"""A case made of anybody's own flow and inputs, with its truth and its tolerance, at run time.

The truth is a ball run of the specification on exactly these weights and inputs, the tolerance an
error-tracking run at a profile; so no case of the corpus is needed, and nobody picks a tolerance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Any

import numpy as np
from array_api_compat import is_array_api_obj

import iaf_ref as ir
from iaf_ref.describe import describe
from iaf_ref.host import to_host
from iaf_ref_backends.profiles import Profile

from .cases import DTYPES, Case, Expected, Floats
from .generate.answer import PRECISIONS
from .generate.evaluate import Stated, evaluate
from .oracle import derived_bounds

CLAUSES: Mapping[str, tuple[str, ...]] = {
    "forward": ("STEP-6", "DET-2"),
    "inverse": ("INV-1", "DET-4"),
    "inverse_explicit": ("INV-1", "DET-4"),
    "log_scale": ("DET-1",),
    "log_prob": ("DENS-1",),
}
"""Check -> clauses that a failure names."""
_SHARPER = 2.0**-10
"""A ball is narrow enough at this part of the tolerance."""


@dataclass(frozen=True)
class Question:
    """What a model was asked, in arrays of any library.

    Attributes
    ----------
    check : str
        A key of ``CLAUSES``.
    flow
        Of ``iaf_ref``, in any namespace.
    inputs : mapping
        ``x`` or ``y``, and ``context`` (None: there is none).
    base
        Of ``iaf_ref``, for a density.
    per_dimension : bool
        A density per dimension.
    """

    check: str
    flow: Any
    inputs: Mapping[str, Any]
    base: Any = None
    per_dimension: bool = False


def own_case(question: Question, profile: Profile) -> Case:
    """Return the case of a question, its bounds at one profile.

    Parameters
    ----------
    question : Question
    profile : Profile

    Returns
    -------
    Case
        In the dtype of the inputs.

    Raises
    ------
    ModuleNotFoundError
        python-flint is missing.
    TypeError
        The flow or the base is of another kind, or the dtypes differ.
    ValueError
        The inputs do not fit the flow, are not finite, or lie where no truth can be certified.
    """
    if find_spec("flint") is None:
        raise ModuleNotFoundError(
            "expected python-flint, got none; install it by: pip install 'iaf-ref[oracle]'"
        )
    stated, dtype = _stated(question)
    case = Case(
        id="yours",
        check=question.check,
        clauses=CLAUSES[question.check],
        reason="a flow of your own",
        dtype=dtype,
        text=stated.text,
        tensors=stated.tensors,
        base_text=stated.base,
        stored={name: array.astype(np.float64) for name, array in stated.arrays.items()},
        options=stated.options,
        expected={},
        bounds={},
    )
    if question.check == "inverse":  # judged by its residual: no bound is known beforehand
        evaluate(stated, np, dtype)  # what does not fit is refused
        return case
    return _answered(case, stated, profile)


def _answered(case: Case, stated: Stated, profile: Profile) -> Case:
    """Put in the truth, and bounds that what is not known of the truth widens."""
    from iaf_ref_backends import ball

    evaluate(stated, np, case.dtype)
    bounds = derived_bounds(case, profile)
    for bits in PRECISIONS:
        with ball.precision(bits):
            true = evaluate(stated, ball.xp, "float64")
            radii = {name: ball.radius(value) for name, value in true.items()}
            expected = {name: Expected(*ball.double_double(v)) for name, v in true.items()}
        if all(np.all(radii[name] <= _SHARPER * bounds[name]) for name in true):
            break
    else:
        raise ValueError("inputs: expected some at which the truth can be certified, got others")
    widened = {(profile.name, name): bounds[name] + radii[name] for name in true}
    return replace(case, expected=expected, bounds=widened)


def _stated(question: Question) -> tuple[Stated, str]:
    """The question as plain data and NumPy arrays, and the one dtype of all of them."""
    text, tensors = describe(question.flow)
    base: dict[str, Any] | None = None
    arrays: dict[str, Floats] = {}
    if question.base is not None:
        from .base_text import describe_base

        base, arrays = describe_base(question.base)
    given = {f"input.{n}": hosted(n, a) for n, a in question.inputs.items() if a is not None}
    dtype = _one_dtype({**tensors, **arrays, **given}, next(iter(given)))
    for name, array in given.items():
        if not np.isfinite(array).all():
            raise ValueError(f"{name[6:]}: expected finite numbers, got others")
    options = {"per_dimension": True} if question.per_dimension else {}
    return Stated(question.check, text, tensors, base, {**arrays, **given}, options), dtype


def hosted(name: str, array: Any) -> Floats:
    """Copy an array of any library to NumPy.

    Raises
    ------
    TypeError
        It is no array.
    """
    if not is_array_api_obj(array) and not isinstance(array, np.generic):
        raise TypeError(f"{name}: expected an array, got {type(array).__name__}")
    return to_host(array)


def _one_dtype(arrays: Mapping[str, Floats], first: str) -> str:
    """The dtype of an input, if all arrays have it and the suite knows it (TYPE-1)."""
    dtype = arrays[first].dtype.name
    if dtype not in DTYPES:
        raise TypeError(f"{first[6:]}: expected {' or '.join(DTYPES)}, got {dtype}")
    for name, array in arrays.items():
        if array.dtype.name != dtype:
            raise TypeError(
                f"{name.removeprefix('input.')}: expected {dtype}, as {first[6:]}, "
                f"got {array.dtype.name}"
            )
    return dtype


def is_explicit(flow: Any) -> bool:
    """Whether the inverse of a flow is a formula: permutations, inverses of steps, chains of them.

    Raises
    ------
    TypeError
        A chain of both kinds: its inverse has no bound as a whole; ask for the parts.
    """
    if not isinstance(flow, ir.Chain):
        return isinstance(flow, ir.Permutation | ir.Inverse)
    kinds = {is_explicit(t) for t in flow.transforms if not isinstance(t, ir.Permutation)}
    if len(kinds) > 1:
        raise TypeError(
            "flow: expected a chain of steps or one of inverses, got both: ask for its parts"
        )
    return kinds != {False}
