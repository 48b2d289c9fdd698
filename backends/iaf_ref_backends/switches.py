"""Precision switches: settings, outside of the text, that lower the arithmetic or raise it again.

A GPU library may take a float32 product in TF32 or bfloat16 because of an environment variable or a
setting far away. A switch says how the setting is read and, where that is possible, how it is held
at IEEE arithmetic for a while: a context manager that restores what it found, after an exception
too.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Switch", "attribute", "flushes", "ieee", "setting", "values", "variable"]


@dataclass(frozen=True)
class Switch:
    """One setting.

    Attributes
    ----------
    name : str
        As the library's documentation calls it.
    read : callable
        Returns what is in force.
    hold : callable, optional
        Returns a context manager that sets it to IEEE arithmetic and then restores it; None: it can
        only be read.
    """

    name: str
    read: Callable[[], object]
    hold: Callable[[], AbstractContextManager[Any]] | None = None


def values(switches: Sequence[Switch]) -> dict[str, str]:
    """Return what is in force, by name; a library that cannot say it is quoted."""
    return {switch.name: _said(switch) for switch in switches}


def _said(switch: Switch) -> str:
    try:
        return str(switch.read())
    except Exception as error:  # noqa: BLE001 - PyTorch refuses where two interfaces were mixed
        return f"unreadable: {' '.join(str(error).split())[:200]}"


@contextmanager
def ieee(switches: Sequence[Switch]) -> Iterator[None]:
    """Hold every switch that can be set at IEEE arithmetic; restore them in reverse order."""
    with ExitStack() as stack:
        for switch in switches:
            if switch.hold is not None:
                stack.enter_context(switch.hold())
        yield


def setting(
    name: str, read: Callable[[], Any], write: Callable[[Any], object], wanted: Any
) -> Switch:
    """Return the switch of a pair of functions; ``wanted`` is what IEEE arithmetic needs."""

    @contextmanager
    def hold() -> Iterator[None]:
        found = read()
        write(wanted)
        try:
            yield
        finally:
            write(found)

    return Switch(name, read, hold)


def attribute(owner: Any, path: str, name: str, wanted: Any) -> Switch:
    """Return the switch that is an attribute of an object, which goes by ``path`` in reports."""
    return setting(
        f"{path}.{name}",
        lambda: getattr(owner, name),
        lambda value: setattr(owner, name, value),
        wanted,
    )


def variable(name: str, wanted: str | None = None) -> Switch:
    """Return the switch that is an environment variable; None: it is only read.

    A library that has read it already does not look again: then it has to be set before the start.
    """

    def write(value: str | None) -> None:
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value

    if wanted is None:
        return Switch(name, lambda: os.environ.get(name, "not set"))
    held = setting(name, lambda: os.environ.get(name), write, wanted)
    return Switch(name, lambda: os.environ.get(name, "not set"), held.hold)


def flushes(backend: Any, device: str) -> bool:
    """Whether subnormal results of products are zero on a device, found out by 2^-100 2^-40.

    Parameters
    ----------
    backend : a backend that places and fetches
    device : str

    Returns
    -------
    bool
    """
    computing = getattr(backend, "computing", lambda dtype, device: nullcontext())
    with computing("float32", device):
        small = backend.place(np.full(4, 2.0**-100, dtype=np.float32), device)
        return not np.any(backend.fetch(small * 2.0**-40))
