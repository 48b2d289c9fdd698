"""A base distribution as plain data and named arrays: the way back from ``cases.build_base``."""

from __future__ import annotations

from typing import Any

import iaf_ref as ir
from iaf_ref.host import to_host

from .cases import Floats

KINDS = "Normal, Independent, MultivariateNormal or LowRankMultivariateNormal"


def describe_base(base: Any) -> tuple[dict[str, Any], dict[str, Floats]]:
    """Describe a base of any array library.

    Parameters
    ----------
    base : Normal, Independent of one, MultivariateNormal or LowRankMultivariateNormal

    Returns
    -------
    text : dict
        ``kind``, and what else ``build_base`` reads.
    arrays : dict of NumPy arrays
        ``base.loc`` and so on.

    Raises
    ------
    TypeError
        Something else.
    """
    text, fields = _taken_apart(base)
    arrays = {f"base.{name}": to_host(getattr(*owner)) for name, owner in fields.items()}
    return text, arrays


def _taken_apart(base: Any) -> tuple[dict[str, Any], dict[str, tuple[Any, str]]]:
    """Kind of a base, and for each array whose attribute it is."""
    if isinstance(base, ir.Normal):
        return {"kind": "normal"}, _fields(base, "loc", "scale")
    if isinstance(base, ir.Independent) and isinstance(base.base, ir.Normal):
        text = {"kind": "independent", "ndims": base.ndims}
        return text, _fields(base.base, "loc", "scale")
    if isinstance(base, ir.MultivariateNormal):
        kind, factor = (
            ("tril", "scale_tril") if base.scale_diag is None else ("diagonal", "scale_diag")
        )
        return {"kind": kind}, _fields(base, "loc", factor)
    if isinstance(base, ir.LowRankMultivariateNormal):
        return {"kind": "low_rank"}, _fields(base, "loc", "cov_factor", "cov_diag")
    raise TypeError(f"base: expected {KINDS}, got {type(base).__name__}")


def _fields(owner: Any, *names: str) -> dict[str, tuple[Any, str]]:
    """Names of arrays, and where they are."""
    return {name: (owner, name) for name in names}
