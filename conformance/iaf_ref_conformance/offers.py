"""What this machine offers: every registered backend, on which devices, or why it is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import EntryPoint
from typing import Any

from .subjects.entries import (
    AbsentLibraryError,
    MissingSubjectError,
    backends,
    install_command,
    opened,
)
from .subjects.switching import switches_of

AVAILABLE, ABSENT, BROKEN = "available", "absent", "broken"
SCHEMA = "iaf-ref-backends/1"
"""Name and version of the format of :func:`document`."""


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


def offers() -> list[Offer]:
    """Return every registered backend; one that is broken does not keep the others away."""
    return [offer(entry) for _, entry in sorted(backends().items())]


def offer(entry: EntryPoint) -> Offer:
    """Return what an entry point offers: its module is imported, its devices are asked for."""
    distribution = "" if entry.dist is None else f"{entry.dist.name} {entry.dist.version}"
    try:
        return _described(entry, opened(entry), distribution)
    except AbsentLibraryError as error:
        install = install_command(entry)
        return Offer(entry.name, ABSENT, error.reason, install, distribution)
    except MissingSubjectError as error:
        reason = str(error) if error.__cause__ is None else _cause(error.__cause__)
        return Offer(entry.name, BROKEN, reason, "", distribution)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a stranger's code
        return Offer(entry.name, BROKEN, _cause(error), "", distribution)


def _described(entry: EntryPoint, backend: Any, distribution: str) -> Offer:
    """What a loaded backend says of itself; one without ``place`` proves or bounds."""
    version = str(getattr(backend, "version", "") or distribution.rpartition(" ")[2])
    if not hasattr(backend, "place"):
        return Offer(entry.name, AVAILABLE, "", "", distribution, version)
    devices = tuple(backend.devices())
    if not devices:
        return Offer(entry.name, ABSENT, "no device at hand", "", distribution, version)
    dtypes_on = getattr(backend, "dtypes_on", lambda device: backend.dtypes)
    return Offer(
        entry.name,
        AVAILABLE,
        distribution=distribution,
        version=version,
        subject=True,
        devices={device: tuple(dtypes_on(device)) for device in devices},
        other_dtypes=tuple(getattr(backend, "other_dtypes", ())),
        profiles=dict(backend.profiles),
        switches=switches_of(backend, devices[0]),
    )


def _cause(error: BaseException) -> str:
    """An exception in one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def document(found: list[Offer]) -> dict[str, Any]:
    """Return the offers as plain data."""
    return {"schema": SCHEMA, "backends": [asdict(each) for each in found]}
