"""Whether a backend computes with floats, and then has all that the suite asks it for."""

from __future__ import annotations

from typing import Any

NEEDED = (
    "name",
    "dtypes",
    "profiles",
    "namespace",
    "devices",
    "place",
    "fetch",
    "environment",
)
"""What :class:`..subject.Backend` has."""
_FLOATS = frozenset({"devices", "place", "fetch"})
"""Any of these says that it computes with floats: what proves or bounds has none of them."""


def holds_floats(backend: Any) -> bool:
    """Return whether a backend computes with floats, so that the suite can judge it.

    Raises
    ------
    AttributeError
        It does, but lacks something that is asked for.
    """
    lacks = [name for name in NEEDED if not hasattr(backend, name)]
    if set(lacks) >= _FLOATS:
        return False
    if lacks:
        needed, got = ", ".join(NEEDED), ", ".join(lacks)
        raise AttributeError(f"expected a backend with {needed}, got one without {got}")
    return True
