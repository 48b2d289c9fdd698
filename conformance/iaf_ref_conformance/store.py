"""Files of a corpus: a manifest with the sha256 of each file, and content addresses.

    manifest.json                        what there is
    flows/<16 hex>.json, .safetensors    description and weights of a flow
    cases/<slug>-<8 hex>.json, .safetensors

The hex digits of a flow and of a case are the first of a sha256 over what they stand for, so that
a name never comes to mean another question. Those of a case are of the question, not of the answer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cached_property
from importlib.resources.abc import Traversable
from typing import Any

import numpy as np

from iaf_ref.storage import digest

Arrays = dict[str, "np.ndarray[Any, np.dtype[Any]]"]

MANIFEST_SCHEMA = "iaf-ref-vectors-manifest/1"
FLOW_SCHEMA = "iaf-ref-vectors-flow/1"
CASE_SCHEMA = "iaf-ref-vectors-case/1"
MANIFEST = "manifest.json"

QUESTION = ("check", "flow", "base", "options", "exact_in")
"""Metadata that make the question, beside the arrays ``input.*`` and ``base.*``."""


class CorpusError(ValueError):
    """A file of the corpus is not what the manifest says: "FILE: expected ..., got ..."."""


def canonical(data: Any) -> bytes:
    """JSON as it is stored: sorted keys, one blank of indentation, a final newline."""
    return (json.dumps(data, sort_keys=True, indent=1, allow_nan=False) + "\n").encode()


def sha256(content: bytes) -> str:
    """Hex digits of the sha256 of some bytes."""
    return hashlib.sha256(content).hexdigest()


def flow_digest(text: Mapping[str, Any], tensors: Arrays) -> str:
    """Content address of a flow: of its description in compact sorted JSON, and of its weights."""
    return digest(json.dumps(text, sort_keys=True), tensors)


def case_digest(document: Mapping[str, Any], arrays: Arrays) -> str:
    """Content address of a case: of the question that it puts, whatever the answer is."""
    question = {key: document[key] for key in QUESTION}
    given = {n: a for n, a in arrays.items() if n.startswith(("input.", "base."))}
    return digest(json.dumps(question, sort_keys=True), given)


def manifest_of(files: Mapping[str, bytes], spec_version: str) -> bytes:
    """Write the manifest of these files, sealed by the sha256 of its own content."""
    entries = {name: {"sha256": sha256(c), "size": len(c)} for name, c in files.items()}
    count = sum(name.startswith("cases/") and name.endswith(".json") for name in files)
    body = {
        "schema": MANIFEST_SCHEMA,
        "spec_version": spec_version,
        "count": count,
        "files": entries,
    }
    return canonical({**body, "sha256": sha256(canonical(body))})


def to_safetensors(arrays: Arrays) -> bytes:
    """Bytes of a safetensors file; the same arrays give the same bytes."""
    from safetensors.numpy import save

    return save({name: np.asarray(arrays[name], order="C") for name in sorted(arrays)})


class Store:
    """Files of a corpus under a directory, or inside a package; each is checked when it is read.

    Parameters
    ----------
    root : pathlib.Path or importlib.resources.abc.Traversable
    """

    def __init__(self, root: Traversable) -> None:
        self.root = root

    @cached_property
    def manifest(self) -> Mapping[str, Any]:
        """The manifest.

        Raises
        ------
        CorpusError
            It is missing, is no JSON, or was altered.
        """
        content = self.raw(MANIFEST)
        manifest = _parsed(MANIFEST, content)
        if not isinstance(manifest.get("files"), dict) or "sha256" not in manifest:
            raise CorpusError(f"{MANIFEST}: expected entries files and sha256, got none")
        body = {key: value for key, value in manifest.items() if key != "sha256"}
        if manifest["sha256"] != sha256(canonical(body)) or content != canonical(manifest):
            raise CorpusError(
                f"{MANIFEST}: expected the content that was sealed (sha256), got other content"
            )
        return manifest

    def raw(self, name: str) -> bytes:
        """Content of a file, unchecked.

        Raises
        ------
        CorpusError
            It cannot be read.
        """
        try:
            return self.root.joinpath(*name.split("/")).read_bytes()
        except OSError as error:
            raise CorpusError(
                f"{name}: expected a readable file, got {type(error).__name__}"
            ) from error

    def checked(self, name: str) -> bytes:
        """Content of a file.

        Raises
        ------
        CorpusError
            It cannot be read, or differs from what the manifest says.
        """
        entry = self.manifest["files"].get(name)
        if entry is None:
            raise CorpusError(
                f"{name}: expected a file that the manifest lists, got one that it does not"
            )
        content = self.raw(name)
        if len(content) != entry["size"]:
            raise CorpusError(f"{name}: expected {entry['size']} bytes, got {len(content)}")
        if sha256(content) != entry["sha256"]:
            raise CorpusError(f"{name}: expected sha256 {entry['sha256']}, got {sha256(content)}")
        return content

    def document(self, name: str) -> dict[str, Any]:
        """Metadata ``name``.json; CorpusError as of :meth:`checked`, or if it is no JSON."""
        return _parsed(f"{name}.json", self.checked(f"{name}.json"))

    def arrays(self, name: str) -> Arrays:
        """Arrays ``name``.safetensors; CorpusError as of :meth:`checked`, or if it is none."""
        from safetensors import SafetensorError
        from safetensors.numpy import load

        content = self.checked(f"{name}.safetensors")
        try:
            return load(content)
        except (SafetensorError, ValueError, KeyError, TypeError) as error:
            words = " ".join(str(error).split())
            raise CorpusError(f"{name}.safetensors: expected safetensors, got {words}") from error


def _parsed(name: str, content: bytes) -> dict[str, Any]:
    """Read an object in JSON; that of the manifest has the schema that is known.

    Raises
    ------
    CorpusError
        Something else.
    """
    try:
        document = json.loads(content, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise CorpusError(f"{name}: expected JSON, got {error}") from error
    if not isinstance(document, dict):
        raise CorpusError(f"{name}: expected an object in JSON, got {_KINDS[type(document)]}")
    if name == MANIFEST and document.get("schema") != MANIFEST_SCHEMA:
        found = json.dumps(document.get("schema"))
        raise CorpusError(f'{name}: expected schema "{MANIFEST_SCHEMA}", got {found}')
    return document


_KINDS = {
    list: "a list",
    str: "a text",
    int: "a number",
    float: "a number",
    bool: "a truth value",
    type(None): "null",
}
"""What JSON holds beside objects."""


def _refuse(name: str) -> Any:
    """Refuse NaN and the infinities, which are no JSON."""
    raise ValueError(f"the constant {name}")
