"""Numeric profiles: what an implementation may lose at each operation, as data with sources.

A profile says in which format operands enter a matrix product, in which sums accumulate and in
which results are stored, how many ulps each function may be off, and whether subnormals may be
flushed. An implementation declares its profile; the bounds of :mod:`iaf_ref_backends.tracked`
follow. The numbers stand in ``profiles.json``, each with its source.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

__all__ = ["Format", "Profile", "load", "names"]


@dataclass(frozen=True)
class Format:
    """A binary floating-point format: bits of the significand, hidden one too, and exponents."""

    name: str
    precision: int
    min_exponent: int
    max_exponent: int
    source: str

    @property
    def roundoff(self) -> float:
        """Unit roundoff u = 2^-p: what rounding to nearest changes at most, relatively."""
        return 2.0**-self.precision

    @property
    def max_finite(self) -> float:
        """Greatest finite number, (2 - 2^(1-p)) 2^emax."""
        return (2.0 - 2.0 ** (1 - self.precision)) * 2.0**self.max_exponent

    @property
    def smallest_normal(self) -> float:
        """Least positive normal number, 2^emin."""
        return 2.0**self.min_exponent

    @property
    def smallest_subnormal(self) -> float:
        """Least positive number, 2^(emin - p + 1), and the distance between subnormal numbers."""
        return 2.0 ** (self.min_exponent - self.precision + 1)


@dataclass(frozen=True)
class Ulps:
    """The greatest error of a function, in ulps of the storage format, and who says so."""

    value: float
    source: str


@dataclass(frozen=True)
class Profile:
    """What an implementation may lose.

    Attributes
    ----------
    name
        As in ``profiles.json``.
    dtype
        The storage data type.
    input, accumulate, store
        Formats of the operands of a product, of running sums, of results.
    functions
        The greatest error of each function; read-only.
    flush_to_zero
        Whether subnormal operands and results may be replaced by zero.
    flush_source, source
        Who says so, and what the profile stands for.
    """

    name: str
    dtype: str
    input: Format
    accumulate: Format
    store: Format
    functions: Mapping[str, Ulps]
    flush_to_zero: bool
    flush_source: str
    source: str

    def __hash__(self) -> int:
        """Hash by name: a name stands for one profile."""
        return hash(self.name)

    def ulps(self, function: str) -> float:
        """Return the greatest error of a function in ulps of the storage format."""
        return self.functions[function].value


@cache
def _data() -> Any:
    return json.loads(
        resources.files(__package__).joinpath("profiles.json").read_text(encoding="utf-8")
    )


def names() -> tuple[str, ...]:
    """Return the names of all profiles, the most accurate first.

    Returns
    -------
    tuple of str
    """
    return tuple(_data()["profiles"])


@cache
def load(name: str) -> Profile:
    """Return a profile.

    Parameters
    ----------
    name
        One of :func:`names`.

    Returns
    -------
    Profile
        Always the same object for the same name.

    Raises
    ------
    ValueError
        For an unknown name.
    """
    data = _data()
    if name not in data["profiles"]:
        raise ValueError(f"expected one of {', '.join(names())}, got {name!r}")
    row = data["profiles"][name]
    formats = {
        role: Format(row[role], **data["formats"][row[role]])
        for role in ("input", "accumulate", "store")
    }
    functions = {
        function: Ulps(entry["ulps"], entry["source"])
        for function, entry in data["functions"][row["functions"]].items()
    }
    return Profile(
        name=name,
        dtype=row["dtype"],
        functions=MappingProxyType(functions),
        flush_to_zero=row["flush_to_zero"]["value"],
        flush_source=row["flush_to_zero"]["source"],
        source=row["source"],
        **formats,
    )
