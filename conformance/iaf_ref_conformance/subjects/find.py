"""How a name on the command line becomes a subject: through entry points, or from a module.

``torch`` is a backend on its first device, ``torch:cuda`` and ``torch:cuda:1`` name the device,
``pyro`` is a registered subject, a library with networks of its own, and ``module:object`` is
whatever no backend claims.
"""

from __future__ import annotations

import importlib
from typing import Any

from ..subject import Subject
from .claims import UnknownSubjectError, check_claims
from .entries import (
    MissingSubjectError,
    backends,
    devices_of,
    failure,
    load,
    opened,
    subjects,
    within,
)
from .reference import NoDeviceError, Reference, chosen
from .whole import holds_floats

__all__ = ["MissingSubjectError", "UnknownSubjectError", "backends", "checked", "find"]


def find(name: str) -> Subject:
    """Return the subject of a name: a backend, ``backend:device``, a subject, ``module:object``.

    Parameters
    ----------
    name : str
        ``object`` is a subject or a function without arguments (a class, say) that returns one.

    Returns
    -------
    Subject

    Raises
    ------
    UnknownSubjectError
        No such backend, subject, device, module or object, or the object is no subject.
    MissingSubjectError
        It is there, but its module fails to load, or it has no device on this machine.
    """
    backend, colon, device = name.partition(":")
    registered = backends()
    if backend in registered:
        if colon and not device:
            raise UnknownSubjectError(f"subject: expected BACKEND or BACKEND:DEVICE, got {name!r}")
        return _on_device(name, opened(registered[backend]), device or None)
    if ":" in name:
        return _from_module(name)
    judged = subjects()
    if name not in judged:
        raise UnknownSubjectError(
            f"subject: expected a backend ({', '.join(sorted(registered)) or 'there is none'}), "
            f"a library ({', '.join(sorted(judged)) or 'there is none'}) or module:object, "
            f"got {name!r}"
        )
    return _made(name, load(judged[name]))


def _on_device(name: str, backend: Any, device: str | None) -> Subject:
    """The reference on a backend's device."""
    if not _loaded(name, lambda: holds_floats(backend)):
        raise UnknownSubjectError(
            f"subject: expected a backend that computes with floats, got {name!r}, which does not"
        )
    devices = _loaded(name, lambda: devices_of(backend))
    if not devices:
        raise MissingSubjectError(f"{name}: expected a device on this machine, got none")
    try:
        on = None if device is None else chosen(devices, device)
    except NoDeviceError as error:
        raise UnknownSubjectError(f"subject: {name}: {error}") from error
    subject = _loaded(name, lambda: Reference(backend, on))
    subject.name = name
    return checked(subject, name)


def _from_module(name: str) -> Subject:
    """An object of somebody's module."""
    module_name, _, path = name.partition(":")
    if not module_name or not path:
        raise UnknownSubjectError(f"subject: expected module:object, got {name!r}")
    try:
        module = _loaded(name, lambda: importlib.import_module(module_name))
    except MissingSubjectError as error:
        cause = error.__cause__
        if isinstance(cause, ModuleNotFoundError) and within(cause.name or "", module_name):
            raise UnknownSubjectError(
                f"subject: expected a module that can be imported, got {module_name!r}: {cause}"
            ) from error
        raise
    found: Any = module
    for part in path.split("."):
        if not hasattr(found, part):
            raise UnknownSubjectError(f"subject: expected an object of {module_name}, got {path!r}")
        found = getattr(found, part)
    return _made(name, found)


def _made(name: str, found: Any) -> Subject:
    """The object itself, or what it makes where it is a class or a function without arguments."""
    makes_one = isinstance(found, type) or (callable(found) and not hasattr(found, "dtypes"))
    return checked(_loaded(name, found) if makes_one else found, name)


def _loaded(name: str, load: Any) -> Any:
    """Run somebody's code that makes a subject; say in one sentence how it failed."""
    try:
        return load()
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise MissingSubjectError(failure(name, error)) from error


def checked(subject: Any, name: str) -> Subject:
    """Return the object if it is a subject.

    Raises
    ------
    UnknownSubjectError
        It lacks ``name``, ``dtypes`` or ``profile``, or says something else by them (``claims``).
    """
    check_claims(subject, name)
    return subject  # type: ignore[no-any-return]
