"""Precision switches around a run: held at IEEE arithmetic, or left as they were found."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from iaf_ref_backends.switches import flushes

from ..subject import Backend

PREFIX = "switch "
"""Of the names of switches in the environment of a report."""


def switch_context(subject: Any, as_is: bool) -> AbstractContextManager[Any]:
    """Return the context of a run: the subject's switches at IEEE arithmetic, or as they are.

    The environment is to be asked inside of it, so that the report says what was in force.

    Parameters
    ----------
    subject : Subject
        With a method ``ieee``, or without switches.
    as_is : bool
        Leave them as they are: what a user of the library would get.

    Returns
    -------
    context manager
    """
    held = None if as_is else getattr(subject, "ieee", None)
    return nullcontext() if held is None else held()


def switches_of(backend: Backend, device: str) -> dict[str, str]:
    """Return what decides the precision on a device: the library's switches, and flush-to-zero."""
    read = getattr(backend, "switches", None)
    found = {} if read is None else {PREFIX + name: value for name, value in read().items()}
    return found | {PREFIX + "flush_to_zero": "on" if flushes(backend, device) else "off"}
