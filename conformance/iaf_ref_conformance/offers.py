"""What this machine offers: every registered backend, on which devices, or why it is missing."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass, field
from importlib.metadata import EntryPoint
from threading import Thread
from typing import Any

from .subjects.entries import (
    AbsentLibraryError,
    MissingSubjectError,
    backends,
    devices_of,
    install_command,
    opened,
)
from .subjects.switching import switches_of
from .subjects.whole import holds_floats

AVAILABLE, ABSENT, BROKEN = "available", "absent", "broken"
SCHEMA = "iaf-ref-backends/1"
"""Name and version of the format of :func:`document`."""
LIMIT = 60.0
"""Seconds that a backend may take to say what it offers; the first import of a library is slow."""


@dataclass(frozen=True)
class Offer:
    """One backend.

    Attributes
    ----------
    name, status : str
        The status is available, absent (its library or a device is missing) or broken.
    reason, install : str
        Why it is not available, and the command that makes it so; empty if there is none.
    distribution, version : str
        Who registered it, and the version of the library.
    subject : bool
        Whether it computes with floats, so that ``iaf-ref conform`` can judge it.
    devices : mapping of device to its dtypes
        The default one first.
    other_dtypes : tuple of str
        Held too; the suite has no cases in them.
    profiles : mapping of dtype to profile
    switches : mapping of name to what is in force
    """

    name: str
    status: str
    reason: str = ""
    install: str = ""
    distribution: str = ""
    version: str = ""
    subject: bool = False
    devices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    other_dtypes: tuple[str, ...] = ()
    profiles: Mapping[str, str] = field(default_factory=dict)
    switches: Mapping[str, str] = field(default_factory=dict)


def offers(limit: float = LIMIT) -> list[Offer]:
    """Return every registered backend; one that is broken does not keep the others away.

    What they print goes to standard error: standard output is the list's.
    """
    with redirect_stdout(sys.stderr):
        return [offer(entry, limit) for _, entry in sorted(backends().items())]


def offer(entry: EntryPoint, limit: float = LIMIT) -> Offer:
    """Return what an entry point offers: its module is imported, its devices are asked for.

    That is done in a thread: one that hangs, as a driver may, is left behind after so many seconds.
    """
    said: list[Offer] = []
    asking = Thread(target=lambda: said.append(_asked(entry)), daemon=True)
    asking.start()
    asking.join(limit)
    if said:
        return said[0]
    reason = f"TimeoutError: expected an answer within {limit:g} s, got none"
    return Offer(entry.name, BROKEN, reason, "", _distribution(entry))


def _asked(entry: EntryPoint) -> Offer:
    """Ask an entry point, whatever it raises."""
    distribution = _distribution(entry)
    try:
        return _described(entry, opened(entry), distribution)
    except AbsentLibraryError as error:
        install = install_command(entry)
        return Offer(entry.name, ABSENT, error.reason, install, distribution)
    except MissingSubjectError as error:
        reason = str(error) if error.__cause__ is None else _cause(error.__cause__)
        return Offer(entry.name, BROKEN, reason, "", distribution)
    except BaseException as error:  # noqa: BLE001 - a stranger's code, in a thread of its own
        return Offer(entry.name, BROKEN, _cause(error), "", distribution)


def _distribution(entry: EntryPoint) -> str:
    """Who registered an entry point."""
    return "" if entry.dist is None else f"{entry.dist.name} {entry.dist.version}"


def _described(entry: EntryPoint, backend: Any, distribution: str) -> Offer:
    """What a loaded backend says of itself; one that holds no floats proves or bounds."""
    version = str(getattr(backend, "version", "") or distribution.rpartition(" ")[2])
    if not holds_floats(backend):
        return Offer(entry.name, AVAILABLE, "", "", distribution, version)
    devices = devices_of(backend)
    if not devices:
        return Offer(entry.name, ABSENT, "no device at hand", "", distribution, version)
    dtypes_on = getattr(backend, "dtypes_on", lambda device: backend.dtypes)
    return Offer(
        entry.name,
        AVAILABLE,
        distribution=distribution,
        version=version,
        subject=True,
        devices={device: tuple(map(str, dtypes_on(device))) for device in devices},
        other_dtypes=tuple(map(str, getattr(backend, "other_dtypes", ()))),
        profiles={str(dtype): str(profile) for dtype, profile in backend.profiles.items()},
        switches=switches_of(backend, devices[0]),
    )


def _cause(error: BaseException) -> str:
    """An exception in one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def document(found: list[Offer]) -> dict[str, Any]:
    """Return the offers as plain data."""
    return {"schema": SCHEMA, "backends": [asdict(each) for each in found]}
