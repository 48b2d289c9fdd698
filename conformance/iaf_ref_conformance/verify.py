"""Whether a corpus is whole: every byte, every name, every shape."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, NamedTuple

import numpy as np

from .store import MANIFEST, Arrays, CorpusError, Store, case_digest, flow_digest

DTYPES = {"input": "float32", "base": "float32", "expected": "float64", "bound": "float32"}
"""First part of the name of an array -> its dtype; masks are Boolean."""


class Problem(NamedTuple):
    """What is wrong with a file: "expected ..., got ..."."""

    file: str
    message: str


def verify_store(store: Store) -> list[Problem]:
    """List what is wrong with the files; see :func:`iaf_ref_conformance.corpus.verify`."""
    try:
        manifest = store.manifest
    except CorpusError as error:
        return [_problem(error)]
    problems = [Problem(MANIFEST, m) for m in _violations("manifest", manifest)]
    return problems or [*_strays(store), *_damages(store), *_misfits(store)]


def _problem(error: CorpusError) -> Problem:
    """A problem from the message of an error."""
    return Problem(*str(error).split(": ", 1))


def _strays(store: Store) -> Iterator[Problem]:
    """Files that the manifest does not list."""
    listed = {MANIFEST, *store.manifest["files"]}
    for name in _walk(store.root, ""):
        if name not in listed:
            yield Problem(name, "expected no such file, as the manifest does not list it, got one")


def _walk(folder: Traversable, prefix: str) -> Iterator[str]:
    """Names of all files below a folder."""
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.is_dir():
            yield from _walk(entry, f"{prefix}{entry.name}/")
        else:
            yield prefix + entry.name


def _damages(store: Store) -> Iterator[Problem]:
    """Files that are missing, or have another size or sha256."""
    for name in store.manifest["files"]:
        try:
            store.checked(name)
        except CorpusError as error:
            yield _problem(error)


def _misfits(store: Store) -> Iterator[Problem]:
    """Documents against schemas, names against contents, counts; damaged files are left out."""
    names = [n.removesuffix(".json") for n in store.manifest["files"] if n.endswith(".json")]
    used: list[str] = []
    for name in names:
        kind = name.split("/")[0].removesuffix("s")
        try:
            document, arrays = store.document(name), store.arrays(name)
        except CorpusError:
            continue
        except ValueError as error:
            yield Problem(f"{name}.json", f"expected JSON, got {error}")
            continue
        messages = list(_violations(kind, document))
        if not messages:
            judge = _flow_messages if kind == "flow" else _case_messages
            messages = list(judge(name.split("/")[1], document, arrays))
            used += [document["flow"]] if kind == "case" else []
        yield from (Problem(f"{name}.json", message) for message in messages)
    yield from _counts(store, names, used)


def _counts(store: Store, names: list[str], used: list[str]) -> Iterator[Problem]:
    """The number of cases; where all could be read, flows that no case uses or that are missing."""
    cases = sum(name.startswith("cases/") for name in names)
    if cases != store.manifest["count"]:
        yield Problem(MANIFEST, f"expected a count of {cases}, got {store.manifest['count']}")
    if len(used) < cases:
        return
    flows = {name.removeprefix("flows/") for name in names if name.startswith("flows/")}
    for name in sorted(flows ^ set(used)):
        yield Problem(
            f"flows/{name}.json",
            "expected a flow that a case uses and that is there, got one of the two",
        )


def _violations(kind: str, document: Any) -> Iterator[str]:
    """Where a document breaks its JSON Schema."""
    for error in _validator(kind).iter_errors(document):
        yield f"expected {kind}.schema.json at {error.json_path}, got {error.message}"


@cache
def _validator(kind: str) -> Any:
    """Validator of a kind of document."""
    from jsonschema import Draft202012Validator

    return Draft202012Validator(schema(kind))


def schema(kind: str) -> Mapping[str, Any]:
    """JSON Schema (draft 2020-12) of a "case", a "flow" or the "manifest"."""
    file = resources.files(__package__) / "schemas" / f"{kind}.schema.json"
    return json.loads(file.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def _flow_messages(name: str, document: Mapping[str, Any], arrays: Arrays) -> Iterator[str]:
    """The content address of a flow."""
    found = flow_digest(document["flow"], arrays)
    if document["sha256"] != found or name != found[:16]:
        yield f"expected content address {found}, got {document['sha256']} in {name}"
    yield from (
        f"expected float32, got {a.dtype} for {n}"
        for n, a in arrays.items()
        if a.dtype != np.float32
    )
    yield from _infinite(arrays)


def _case_messages(name: str, document: Mapping[str, Any], arrays: Arrays) -> Iterator[str]:
    """The content address of a case, and names, dtypes, shapes and finiteness of its arrays."""
    found = case_digest(document, arrays)[:8]
    if document["id"] != name or name.rpartition("-")[2] != found:
        yield f"expected the id {name.rpartition('-')[0]}-{found}, got {document['id']} in {name}"
    declared = _declared(document)
    for n in sorted(set(declared) ^ set(arrays)):
        yield f"expected the arrays that are declared, got a difference in {n}"
    for n in sorted(set(declared) & set(arrays)):
        dtype = "bool" if ".mask." in n else DTYPES[n.split(".")[0]]
        got = arrays[n]
        if got.dtype != dtype or got.shape != declared[n]:
            yield f"expected {dtype} {declared[n]} for {n}, got {got.dtype} {got.shape}"
    yield from _infinite(arrays)


def _declared(document: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """Name -> shape of every array that the metadata of a case declare."""
    shapes = {f"input.{n}": shape for n, shape in document["inputs"].items()}
    if document["base"] is not None:
        shapes |= {f"base.{n}": shape for n, shape in document["base"]["arrays"].items()}
    for n, shape in document["expected"].items():
        parts = [""] if n.startswith("mask.") else [".hi", ".lo"]
        shapes |= {f"expected.{n}{part}": shape for part in parts}
    for profile, names in document["bounds"].items():
        shapes |= {f"bound.{profile}.{n}": document["expected"][n] for n in names}
    return {n: tuple(shape) for n, shape in shapes.items()}


def _infinite(arrays: Arrays) -> Iterator[str]:
    """Arrays with a NaN or an infinity."""
    yield from (
        f"expected finite numbers, got others in {n}"
        for n, a in arrays.items()
        if not np.isfinite(a).all()
    )
