"""What the suite says: start, ask, stop; one line of JSON each, complete in itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ..answers import NAMES
from ..cases import Case, Floats
from .wire import write_array, write_number

VERSION = 1
"""Of the protocol."""

QUESTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType({"masks": ("masks",), **NAMES})
"""Question -> names of the values that answer it."""


def start() -> dict[str, Any]:
    """Ask for the announcement."""
    return {"cmd": "start", "version": VERSION}


def stop() -> dict[str, Any]:
    """Say that nothing follows."""
    return {"cmd": "stop"}


def ask(
    seq: int, case: Case, question: str, inputs: Mapping[str, Floats | None], method: str = ""
) -> dict[str, Any]:
    """Put one question.

    Parameters
    ----------
    seq : int
        To come back in the answer.
    case : Case
    question : str
        A name in :data:`QUESTIONS`.
    inputs : mapping
        By name; None is left out.
    method : str
        Algorithm of the inverse, if the testee has announced several.

    Returns
    -------
    dict
        Valid against ``testee-ask.schema.json``.
    """
    tensors = sorted(case.tensors.items())
    weights = {name: write_array(array.astype(case.dtype)) for name, array in tensors}
    message: dict[str, Any] = {
        "cmd": "ask",
        "seq": seq,
        "case": case.id,
        "question": question,
        "dtype": case.dtype,
        "flow": written_flow(case.text),
        "weights": weights,
        "inputs": {name: write_array(a) for name, a in inputs.items() if a is not None},
    }
    if question == "log_prob":
        message["base"] = _base(case)
        message["per_dimension"] = bool(case.options.get("per_dimension", False))
    return message | ({"method": method} if method else {})


def written_flow(text: Mapping[str, Any]) -> dict[str, Any]:
    """Write the description of a flow: as in the files, its real numbers hexadecimal."""
    flow = dict(text)
    if "scale" in flow:
        flow["scale"] = {
            name: value if name == "kind" else write_number(float(value))
            for name, value in flow["scale"].items()
        }
    if "transform" in flow:
        flow["transform"] = written_flow(flow["transform"])
    if "transforms" in flow:
        flow["transforms"] = [written_flow(part) for part in flow["transforms"]]
    return flow


def _base(case: Case) -> dict[str, Any] | None:
    """Write the base distribution, if the case has one."""
    if case.base_text is None:
        return None
    arrays = {
        name.removeprefix("base."): write_array(array)
        for name, array in case.input_arrays.items()
        if name.startswith("base.")
    }
    return {"kind": case.base_text["kind"], "arrays": arrays}


def line(message: Mapping[str, Any]) -> bytes:
    """Write a message as one line of ASCII."""
    return json.dumps(message, allow_nan=False, separators=(",", ":")).encode("ascii") + b"\n"
