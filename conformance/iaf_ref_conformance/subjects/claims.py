"""What a subject says of itself, looked at before it is asked anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..cases import DTYPES


class UnknownSubjectError(ValueError):
    """The name stands for nothing, or for no subject: a mistake in the command."""


def check_claims(subject: Any, name: str) -> None:
    """Look at ``name``, ``dtypes``, ``profile``, and what is optional.

    Raises
    ------
    UnknownSubjectError
        One is missing, cannot be read or is of another kind than ``Subject`` says.
    """
    own = _read(subject, name, "name")
    if not isinstance(own, str) or not own or not own.isprintable():
        raise UnknownSubjectError(f"{name}: expected a name of characters to print, got {own!a}")
    dtypes, profile = (_read(subject, name, attribute) for attribute in ("dtypes", "profile"))
    _check_dtypes(name, dtypes)
    if not isinstance(profile, Mapping):
        raise UnknownSubjectError(
            f"{name}: expected profile, a mapping of dtype to profile, got {profile!a}"
        )
    for dtype in dtypes:
        if not isinstance(profile.get(dtype), str):
            got = f"{profile[dtype]!a}" if dtype in profile else "none"
            raise UnknownSubjectError(
                f"{name}: expected a profile for each dtype, got {got} for {dtype}"
            )
    _read(subject, name, "device", "cpu")
    for methods in ("forward_methods", "inverse_methods"):
        _check_methods(name, methods, _read(subject, name, methods, ()))


def _read(subject: Any, name: str, attribute: str, *default: Any) -> Any:
    """Return an attribute; a property of a stranger may raise anything."""
    try:
        return getattr(subject, attribute, *default)
    except AttributeError as error:
        raise UnknownSubjectError(
            f"{name}: expected a subject with {attribute}, got one without"
        ) from error
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        reason = " ".join(str(error).split())
        raise UnknownSubjectError(
            f"{name}: expected {attribute} to be read, got {type(error).__name__}: {reason}"
        ) from error


def _check_dtypes(name: str, dtypes: Any) -> None:
    """Refuse what is no sequence of names of dtypes."""
    if not isinstance(dtypes, tuple | list):
        raise UnknownSubjectError(f"{name}: expected dtypes, a tuple of names, got {dtypes!a}")
    unknown = [dtype for dtype in dtypes if dtype not in DTYPES]
    if unknown or not dtypes:
        raise UnknownSubjectError(
            f"{name}: expected dtypes among {', '.join(DTYPES)}, "
            f"got {', '.join(map(str, unknown)) or 'none'}"
        )


def _check_methods(name: str, attribute: str, methods: Any) -> None:
    """Refuse what is no sequence of names of algorithms."""
    if not isinstance(methods, tuple | list) or not all(isinstance(m, str) for m in methods):
        raise UnknownSubjectError(
            f"{name}: expected {attribute}, a tuple of names, got {methods!a}"
        )
