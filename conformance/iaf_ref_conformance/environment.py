"""Where a run took place: what has to be known to understand or repeat its numbers."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

import iaf_ref

from .oracle import have_balls


def environment_of(subject: Any) -> dict[str, str]:
    """Versions of the suite and of what it stands on, then what the subject says of itself.

    Parameters
    ----------
    subject : Subject
        Its ``environment`` is a mapping, or a method that returns one, if there is any.

    Returns
    -------
    dict of str to str
    """
    own = {
        "iaf_ref": iaf_ref.__version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "numpy": np.__version__,
        "truth": f"balls (python-flint {_version('python-flint')})"
        if have_balls()
        else "tracked (ieee-f64)",
    }
    return own | _said(subject)


def _said(subject: Any) -> dict[str, str]:
    """What the subject says; a subject that cannot say it is judged all the same."""
    given = getattr(subject, "environment", None)
    try:
        found = given() if callable(given) else given
        items = found.items() if isinstance(found, Mapping) else ()
        return {str(name): str(value) for name, value in items}
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - a stranger's code
        return {"environment": f"raised {type(error).__name__}: {error}"}


def _version(distribution: str) -> str:
    """Version of an installed distribution."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "unknown"
