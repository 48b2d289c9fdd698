"""Flows of other libraries as flows of the specification, weights and dtype kept.

``from_pyro(module)``, ``from_zuko``, ``from_nflows``, ``from_normflows``, ``from_flowtorch``,
``from_numpyro``, ``from_flowjax``, ``from_tfp``: each loads its library when it is first named, and
no other. What one cannot express it refuses by a ``ValueError`` or a ``TypeError`` that says what.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

LIBRARIES = (
    "pyro",
    "zuko",
    "nflows",
    "normflows",
    "flowtorch",
    "numpyro",
    "flowjax",
    "tfp",
)
"""Libraries whose flows can be imported."""

__all__ = ["LIBRARIES", *(f"from_{name}" for name in LIBRARIES)]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    """Load ``from_LIBRARY`` from the module of the library."""
    library = name.removeprefix("from_")
    if name not in __all__ or library == name:
        raise AttributeError(f"expected one of {', '.join(__all__)}, got {name!r}")
    return getattr(import_module(f".{library}_", __name__), name)
