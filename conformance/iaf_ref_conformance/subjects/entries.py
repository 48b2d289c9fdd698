"""Entry points of backends and subjects: who is registered, loaded one by one when asked for."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Any

GROUP = "iaf_ref.backends"
"""Entry point group through which backends are found, ours and a stranger's."""
SUBJECTS = "iaf_ref.subjects"
"""Entry point group through which subjects are found: libraries with networks of their own."""


class MissingSubjectError(RuntimeError):
    """The subject is declared, but cannot be had on this machine."""


class AbsentLibraryError(MissingSubjectError):
    """Its library is not installed; ``reason`` is what the import said."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


def backends() -> dict[str, EntryPoint]:
    """Registered backends by name; none is imported."""
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def subjects() -> dict[str, EntryPoint]:
    """Registered subjects by name; none is imported."""
    return {entry.name: entry for entry in entry_points(group=SUBJECTS)}


def opened(entry: EntryPoint) -> Any:
    """Return the backend that an entry point leads to.

    Raises
    ------
    MissingSubjectError
        It cannot be loaded: with the command that installs its library if that is what it lacks.
    """
    loaded = load(entry)
    try:
        backend = getattr(loaded, "BACKEND", loaded)
        computes = hasattr(backend, "namespace") or hasattr(backend, "asarray")
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a property of a stranger may raise anything
        raise MissingSubjectError(failure(entry.name, error)) from error
    if not computes:
        raise MissingSubjectError(
            f"{entry.name}: expected BACKEND, with a namespace, or a namespace itself, "
            f"got {type(backend).__name__} with neither"
        )
    return backend


def devices_of(backend: Any) -> tuple[str, ...]:
    """Return the names of a backend's devices.

    Raises
    ------
    TypeError
        It names them by something else than strings.
    """
    found = backend.devices()
    if isinstance(found, str) or not all(isinstance(name, str) for name in found):
        raise TypeError(f"devices: expected a tuple of names, got {found!a}")
    return tuple(found)


def load(entry: EntryPoint) -> Any:
    """Return what an entry point names.

    Raises
    ------
    MissingSubjectError
        It cannot be loaded: with the command that installs its library if that is what it lacks.
    """
    try:
        return entry.load()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit, or a panic of Rust: a stranger's code
        if _lacks_library(entry, error):
            raise AbsentLibraryError(_absence(entry, error), str(error)) from error
        raise MissingSubjectError(failure(entry.name, error)) from error


def _lacks_library(entry: EntryPoint, error: BaseException) -> bool:
    """Whether an import failed, in its own words or the module's, as something else is missing."""
    given = (error, error.__cause__) if isinstance(error, ImportError) else ()
    return any(
        isinstance(each, ModuleNotFoundError) and not within(each.name or "", entry.module)
        for each in given
    )


def _absence(entry: EntryPoint, error: BaseException) -> str:
    """Say which library is missing, and how it is installed."""
    command = install_command(entry)
    told = command in str(error)  # some modules say it themselves; "" is in any text
    return f"{entry.name}: expected its library, got none ({error})" + (
        "" if told else f"; install it by: {command}"
    )


def install_command(entry: EntryPoint) -> str:
    """Return the command that installs the library: its entry point names an extra, or says none.

    In the metadata of a distribution, ``torch = "iaf_ref_backends.torch_ [torch]"``.
    """
    if not entry.extras or entry.dist is None:
        return ""
    return f"pip install '{entry.dist.name}[{','.join(entry.extras)}]'"


def within(missing: str, module: str) -> bool:
    """Whether what could not be found is the module itself or a package around it."""
    return module == missing or module.startswith(f"{missing}.")


def failure(name: str, error: BaseException) -> str:
    """Say in one sentence how something failed to load."""
    reason = " ".join(str(error).split())
    return f"{name}: expected a subject that loads, got {type(error).__name__}: {reason}"
