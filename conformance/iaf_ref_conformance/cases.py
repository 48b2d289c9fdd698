"""One case: a flow, inputs, what is to come out, how far off it may be, and why anybody asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

import iaf_ref as ir
from iaf_ref.describe import rebuild

from .raw import raw_weights

Floats = np.ndarray[Any, np.dtype[Any]]

DTYPES = ("float32", "float64")
"""Dtypes in which every case can be put."""


@dataclass(frozen=True)
class Expected:
    """A true value as an unevaluated sum: hi is the nearest float64, lo the nearest of the rest."""

    hi: Floats
    lo: Floats


@dataclass(frozen=True, eq=False)
class Case:
    """One question to a subject, in one dtype.

    Attributes
    ----------
    id : str
        Stable; its last part is derived from the content.
    check : str
        How the subject is asked and judged: a name of :data:`iaf_ref_conformance.checks.CHECKS`.
    clauses : tuple of str
        What is tested.
    reason : str
        Why the case exists: the mistake that it shows.
    dtype : str
        Of ``flow``, ``base`` and ``inputs`` below.
    text, tensors
        The flow as of :func:`iaf_ref.describe.describe`, as stored: float32, with junk in each
        weight that a mask removes. ``flow`` has zeros there, ``raw`` the junk.
    base_text : dict or None
        The base distribution: kind, and names and shapes of its arrays among ``stored``.
    stored : mapping of arrays
        Inputs (``input.x``, ``input.y``, ``input.context``, ``base.loc``, ...), float64, exact in
        every dtype.
    options : mapping
        What else the check needs.
    expected : mapping of Expected, or of Boolean arrays for masks
    bounds : mapping (profile, name) -> float64 array
        Largest error that a legal evaluation at this profile may have made. A profile that cannot
        hold the weights or the values is left out.
    exact_in : {"bfloat16", "float32"}
        Smallest format that holds the weights and the inputs exactly.
    """

    id: str
    check: str
    clauses: tuple[str, ...]
    reason: str
    dtype: str
    text: Mapping[str, Any]
    tensors: Mapping[str, Floats]
    base_text: Mapping[str, Any] | None
    stored: Mapping[str, Floats]
    options: Mapping[str, Any]
    expected: Mapping[str, Any]
    bounds: Mapping[tuple[str, str], Floats]
    exact_in: str = "bfloat16"

    def in_dtype(self, dtype: str) -> Case:
        """Return the same case in another dtype.

        Raises
        ------
        ValueError
            The suite has no such dtype.
        """
        if dtype not in DTYPES:
            raise ValueError(f"dtype: expected one of {', '.join(DTYPES)}, got {dtype!r}")
        return replace(self, dtype=dtype)

    @cached_property
    def flow(self) -> Any:
        """The reference flow, on NumPy, in ``dtype``."""
        return rebuild(dict(self.text), dict(self.tensors), dtype=self.dtype)

    @property
    def raw(self) -> Any:
        """Fresh copies of the weights in ``dtype``, as stored; see :func:`.raw.raw_weights`.

        A subject that applies masks of its own loads these: those of ``flow`` are masked already.
        """
        return raw_weights(self.text, self.tensors, self.dtype)

    @cached_property
    def base(self) -> Any:
        """The base distribution, on NumPy, in ``dtype``; None where the case has none."""
        return None if self.base_text is None else build_base(self.base_text, self.input_arrays)

    @cached_property
    def input_arrays(self) -> dict[str, Floats]:
        """What is stored, in ``dtype``."""
        return {name: array.astype(self.dtype) for name, array in self.stored.items()}

    def input(self, name: str) -> Floats | None:
        """Return a fresh copy of an input in ``dtype``; None where the case has no such input."""
        array = self.input_arrays.get(f"input.{name}")
        return None if array is None else array.copy()


def build_base(text: Mapping[str, Any], arrays: Mapping[str, Any]) -> Any:
    """Build a base distribution of any namespace from its description and its arrays ``base.*``.

    Raises
    ------
    ValueError
        An unknown kind.
    """
    kind, named = (
        text["kind"],
        {n.removeprefix("base."): a for n, a in arrays.items() if n.startswith("base.")},
    )
    if kind == "normal":
        return ir.Normal(named["loc"], named["scale"])
    if kind == "independent":
        return ir.Independent(ir.Normal(named["loc"], named["scale"]), text["ndims"])
    if kind == "diagonal":
        return ir.MultivariateNormal(named["loc"], scale_diag=named["scale_diag"])
    if kind == "tril":
        return ir.MultivariateNormal(named["loc"], scale_tril=named["scale_tril"])
    if kind == "low_rank":
        return ir.LowRankMultivariateNormal(named["loc"], named["cov_factor"], named["cov_diag"])
    raise ValueError(
        f"base: expected normal, independent, diagonal, tril or low_rank, got {kind!r}"
    )


def read_case(
    document: Mapping[str, Any],
    arrays: Mapping[str, Any],
    text: Mapping[str, Any],
    tensors: Mapping[str, Floats],
) -> Case:
    """Put a case together from its metadata, its arrays and its flow, in float64."""
    given = (n for n in arrays if n.startswith(("input.", "base.")))
    bounds = (name for name in arrays if name.startswith("bound."))
    return Case(
        id=document["id"],
        check=document["check"],
        clauses=tuple(document["clauses"]),
        reason=document["reason"],
        dtype="float64",
        text=text,
        tensors=tensors,
        base_text=document["base"],
        stored={n: arrays[n].astype(np.float64) for n in given},
        options=document["options"],
        expected={n: _expected(n, arrays) for n in document["expected"]},
        bounds={_profile_and_name(n): arrays[n].astype(np.float64) for n in bounds},
        exact_in=document["exact_in"],
    )


def _expected(name: str, arrays: Mapping[str, Any]) -> Any:
    """A mask, or a true value in two parts."""
    if name.startswith("mask."):
        return arrays[f"expected.{name}"]
    return Expected(arrays[f"expected.{name}.hi"], arrays[f"expected.{name}.lo"])


def _profile_and_name(array: str) -> tuple[str, str]:
    """``bound.PROFILE.NAME`` taken apart."""
    _, profile, name = array.split(".", 2)
    return profile, name
