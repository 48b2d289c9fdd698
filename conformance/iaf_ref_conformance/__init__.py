"""Conformance suite of iaf-ref: identical cases for every implementation of IAF.

For a test suite: :func:`check_implementation` puts all cases to a subject, the ``assert_``
functions judge one's own model and inputs, :func:`parametrize_cases` makes a test of each case.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .assertions import assert_forward, assert_inverse, assert_log_prob, assert_log_scale
    from .implementation import check_implementation
    from .pytest_plugin import parametrize_cases

__all__ = [
    "assert_forward",
    "assert_inverse",
    "assert_log_prob",
    "assert_log_scale",
    "check_implementation",
    "parametrize_cases",
]

_HOMES = {
    "check_implementation": "implementation",
    "parametrize_cases": "pytest_plugin",
    **{name: "assertions" for name in __all__ if name.startswith("assert_")},
}


def __getattr__(name: str) -> Any:
    """Import what is asked for: pytest loads this package at every start, and is not to pay."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    """List the public names too that are not imported yet."""
    return sorted({*globals(), *__all__})
