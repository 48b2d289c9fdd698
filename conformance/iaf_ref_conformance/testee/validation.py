"""What the testee says, read as JSON and held against the schemas of the protocol."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from ..verify import schema
from .process import ProgramError, printable


def parsed(line: bytes, kind: str) -> dict[str, Any]:
    """Read a message of the testee.

    Parameters
    ----------
    line : bytes
    kind : {"announcement", "answer"}

    Returns
    -------
    dict
        Valid against ``testee-KIND.schema.json``.

    Raises
    ------
    ProgramError
        No JSON, or not by the schema: it says where, or how the line begins.
    """
    try:
        message = json.loads(line.decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        begins = printable(line[:60])
        raise ProgramError(f"expected a line of JSON, got {begins!r}") from error
    for violation in _validator(kind).iter_errors(message):
        what = printable(violation.message)
        raise ProgramError(
            f"expected testee-{kind}.schema.json at {violation.json_path}, got: {what}"
        )
    return message  # type: ignore[no-any-return]


@cache
def _validator(kind: str) -> Any:
    """Validator of a kind of message."""
    from jsonschema import Draft202012Validator

    return Draft202012Validator(schema(f"testee-{kind}"))


def _refuse(name: str) -> Any:
    """Refuse NaN and the infinities, which are no JSON: they are texts here."""
    raise ValueError(f"the constant {name}")
