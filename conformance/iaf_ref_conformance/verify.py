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
    if problems:
        return problems
    damages = list(_damages(store))
    return [*_strays(store), *damages, *_misfits(store, {p.file for p in damages})]


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


def _misfits(store: Store, damaged: set[str]) -> Iterator[Problem]:
    """Documents against schemas, names against contents, counts; damaged files are left out."""
    listed = store.manifest["files"]
    stems = sorted({name.rpartition(".")[0] for name in listed})
    used: list[str] = []
    for stem in stems:
        files = [f"{stem}.json", f"{stem}.safetensors"]
        missing = [file for file in files if file not in listed]
        for file in missing:
            yield Problem(file, "expected metadata and arrays under one name, got one of the two")
        if missing or not damaged.isdisjoint(files):
            continue
        try:
            document, arrays = store.document(stem), store.arrays(stem)
        except CorpusError as error:
            yield _problem(error)
            continue
        messages = list(_messages(stem, document, arrays))
        if stem.startswith("cases/") and isinstance(document.get("flow"), str):
            used.append(document["flow"])
        yield from (Problem(files[0], message) for message in messages)
    yield from _counts(store, stems, used)


def _messages(stem: str, document: Mapping[str, Any], arrays: Arrays) -> list[str]:
    """What is wrong with metadata and arrays: by the schema, or else by their content."""
    folder, name = stem.split("/")
    judge = _flow_messages if folder == "flows" else _case_messages
    return list(_violations(folder[:-1], document)) or list(judge(name, document, arrays))


def _counts(store: Store, stems: list[str], used: list[str]) -> Iterator[Problem]:
    """The number of cases; where all could be read, flows that no case uses or that are missing."""
    cases = sum(stem.startswith("cases/") for stem in stems)
    if cases != store.manifest["count"]:
        yield Problem(MANIFEST, f"expected a count of {cases}, got {store.manifest['count']}")
    if len(used) < cases:
        return
    flows = {stem.removeprefix("flows/") for stem in stems if stem.startswith("flows/")}
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
    yield from _values(arrays)


def _values(arrays: Arrays) -> Iterator[str]:
    """Bounds below 0, and second parts that are more than half a unit of the first's last place."""
    for n, array in arrays.items():
        if n.startswith("bound.") and np.any(array < 0):
            yield f"expected bounds of 0 or more, got less in {n}"
        hi = arrays.get(f"{n.removesuffix('.lo')}.hi")
        if not n.endswith(".lo") or hi is None or hi.shape != array.shape:
            continue
        if np.any(np.abs(array) > 0.5 * np.spacing(np.abs(hi))):
            yield f"expected at most half of the last place of {n[:-3]}.hi, got more in {n}"


def _declared(document: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """Name -> shape of every array that the metadata of a case declare."""
    shapes = {f"input.{n}": shape for n, shape in document["inputs"].items()}
    if document["base"] is not None:
        shapes |= {f"base.{n}": shape for n, shape in document["base"]["arrays"].items()}
    for n, shape in document["expected"].items():
        parts = [""] if n.startswith("mask.") else [".hi", ".lo"]
        shapes |= {f"expected.{n}{part}": shape for part in parts}
    for profile, names in document["bounds"].items():
        # no array has the shape (-1,): a bound of what is not expected is refused
        shapes |= {f"bound.{profile}.{n}": document["expected"].get(n, [-1]) for n in names}
    return {n: tuple(shape) for n, shape in shapes.items()}


def _infinite(arrays: Arrays) -> Iterator[str]:
    """Arrays with a NaN or an infinity."""
    yield from (
        f"expected finite numbers, got others in {n}"
        for n, a in arrays.items()
        if not np.isfinite(a).all()
    )
