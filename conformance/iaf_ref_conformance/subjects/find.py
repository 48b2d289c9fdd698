"""How a name on the command line becomes a subject: through entry points, or from a module."""

from __future__ import annotations

import importlib
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from ..cases import DTYPES
from ..subject import Subject
from .reference import Reference

GROUP = "iaf_ref.backends"
"""Entry point group through which backends are found, ours and a stranger's."""


class UnknownSubjectError(ValueError):
    """The name stands for nothing: a mistake in the command."""


class MissingSubjectError(RuntimeError):
    """The subject is declared, but cannot be had on this machine."""


def backends() -> dict[str, EntryPoint]:
    """Registered backends by name; none is imported."""
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def find(name: str) -> Subject:
    """Return the subject of a name: a backend, or ``module:object``.

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
        No such backend, module or object, or the object is no subject.
    MissingSubjectError
        It is there, but its module fails to load.
    """
    return _from_module(name) if ":" in name else _from_backend(name)


def _from_backend(name: str) -> Subject:
    """The reference on a registered backend."""
    registered = backends()
    if name not in registered:
        raise UnknownSubjectError(
            f"subject: expected a backend ({', '.join(sorted(registered)) or 'there is none'}) "
            f"or module:object, got {name!r}"
        )
    loaded = _loaded(name, registered[name].load)
    backend = getattr(loaded, "BACKEND", loaded)
    if not hasattr(backend, "place"):
        raise UnknownSubjectError(
            f"subject: expected a backend that computes with floats, got {name!r}, which does not"
        )
    return Reference(backend)


def _from_module(name: str) -> Subject:
    """An object of somebody's module."""
    module_name, _, path = name.partition(":")
    if not module_name or not path:
        raise UnknownSubjectError(f"subject: expected module:object, got {name!r}")
    try:
        module = _loaded(name, lambda: importlib.import_module(module_name))
    except MissingSubjectError as error:
        cause = error.__cause__
        if isinstance(cause, ModuleNotFoundError) and _within(cause.name or "", module_name):
            raise UnknownSubjectError(
                f"subject: expected a module that can be imported, got {module_name!r}: {cause}"
            ) from error
        raise
    found: Any = module
    for part in path.split("."):
        if not hasattr(found, part):
            raise UnknownSubjectError(f"subject: expected an object of {module_name}, got {path!r}")
        found = getattr(found, part)
    makes_one = isinstance(found, type) or (callable(found) and not hasattr(found, "dtypes"))
    return checked(_loaded(name, found) if makes_one else found, name)


def _within(missing: str, module: str) -> bool:
    """Whether what could not be found is the module itself or a package around it."""
    return module == missing or module.startswith(f"{missing}.")


def _loaded(name: str, load: Any) -> Any:
    """Run somebody's code that makes a subject; say in one sentence how it failed."""
    try:
        return load()
    except Exception as error:
        reason = " ".join(str(error).split())
        raise MissingSubjectError(
            f"{name}: expected a subject that loads, got {type(error).__name__}: {reason}"
        ) from error


def checked(subject: Any, name: str) -> Subject:
    """Return the object if it is a subject.

    Raises
    ------
    UnknownSubjectError
        It lacks ``name``, ``dtypes`` or ``profile``, or they do not fit one another.
    """
    for attribute in ("name", "dtypes", "profile"):
        if not hasattr(subject, attribute):
            raise UnknownSubjectError(
                f"{name}: expected a subject with {attribute}, got one without"
            )
    unknown = [dtype for dtype in subject.dtypes if dtype not in DTYPES]
    if unknown or not subject.dtypes:
        raise UnknownSubjectError(
            f"{name}: expected dtypes among {', '.join(DTYPES)}, "
            f"got {', '.join(map(str, unknown)) or 'none'}"
        )
    without = [dtype for dtype in subject.dtypes if dtype not in subject.profile]
    if without:
        raise UnknownSubjectError(
            f"{name}: expected a profile for each dtype, got none for {without[0]}"
        )
    return subject  # type: ignore[no-any-return]
