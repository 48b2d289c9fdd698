"""Which precision switch a coarser profile is a sign of: words from ``diagnosis.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

from .results import Run


def switch(profile: str, name: str) -> tuple[str, str]:
    """Return what a coarser profile is a sign of, and what to do about it.

    Parameters
    ----------
    profile : str
    name : str
        Of the library; one that is unknown gets general advice.

    Returns
    -------
    tuple of str
    """
    entry = _switches()[profile]
    given = entry["set"].get(name)
    return entry["cause"], entry["otherwise"] if given is None else f"set {given}"


@cache
def _switches() -> Mapping[str, Any]:
    """Profile -> cause, remedies by library, and general advice."""
    text = resources.files(__package__).joinpath("diagnosis.json").read_text(encoding="utf-8")
    return json.loads(text)  # type: ignore[no-any-return]


def library(run: Run) -> str:
    """Return the array library of a run: by the subject's name, or else by its environment."""
    known: Sequence[str] = sorted({name for e in _switches().values() for name in e["set"]})
    first = run.subject.partition(":")[0]
    return next(
        (n for n in known if n == first), next((n for n in known if n in run.environment), "")
    )
