"""Files of a corpus: what is damaged is found, and named."""

import hashlib
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from iaf_ref_conformance import corpus, store, target

VECTORS = Path(corpus.__file__).parent / "vectors"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The corpus, cut down to a few cases that have every kind of file."""
    whole = corpus.load()
    ids = [
        *whole.select(["net-*"]).ids[:2],
        *whole.select(["masks-*"]).ids[:1],
        *whole.select(["shape-none-*"]).ids,
    ]
    flows = {store.flow_digest(case.text, dict(case.tensors))[:16] for case in map(whole.case, ids)}
    names = {f"cases/{i}" for i in ids} | {f"flows/{flow}" for flow in flows}
    files = {
        f"{n}{end}": (VECTORS / f"{n}{end}").read_bytes()
        for n in sorted(names)
        for end in (".json", ".safetensors")
    }
    directory = tmp_path / "vectors"
    target.replace_directory(directory, {**files, "manifest.json": store.manifest_of(files, "0")})
    return directory


def all_files(directory: Path) -> list[Path]:
    return sorted(path for path in directory.rglob("*") if path.is_file())


def test_a_whole_copy_has_no_problem(copy: Path) -> None:
    assert corpus.verify(copy) == []


def test_every_flipped_byte_is_found_and_its_file_named(copy: Path) -> None:
    rng = np.random.default_rng(0)
    for path in all_files(copy):
        content = bytearray(path.read_bytes())
        for place in {0, len(content) - 1, *rng.integers(0, len(content), 5).tolist()}:
            for bit in (0, 5):
                flipped = bytearray(content)
                flipped[place] ^= 1 << bit
                path.write_bytes(flipped)
                problems = corpus.verify(copy)
                assert [p.file for p in problems] == [path.relative_to(copy).as_posix()], (
                    path,
                    place,
                    bit,
                )
                assert all(
                    p.message.startswith("expected ") and ", got " in p.message for p in problems
                )
        path.write_bytes(content)
    assert corpus.verify(copy) == []


def test_a_missing_file_is_named(copy: Path) -> None:
    for path in all_files(copy):
        content = path.read_bytes()
        path.unlink()
        assert path.relative_to(copy).as_posix() in {p.file for p in corpus.verify(copy)}
        path.write_bytes(content)


def test_an_extra_file_is_named(copy: Path) -> None:
    (copy / "cases" / "another-00000000.json").write_text("{}")
    (copy / "notes.txt").write_text("")
    assert [p.file for p in corpus.verify(copy)] == ["cases/another-00000000.json", "notes.txt"]


def reseal(directory: Path, changes: dict[str, bytes]) -> None:
    """Write files with a manifest that agrees with them: what sha256 cannot see."""
    files = {
        p.relative_to(directory).as_posix(): p.read_bytes() for p in all_files(directory)
    } | changes
    del files["manifest.json"]
    target.replace_directory(directory, {**files, "manifest.json": store.manifest_of(files, "0")})


def first(directory: Path, folder: str) -> str:
    return min(p.stem for p in (directory / folder).glob("*.json"))


def edited(path: Path, **changes: object) -> bytes:
    return store.canonical(json.loads(path.read_text()) | changes)


def test_another_question_under_an_old_id_is_found(copy: Path) -> None:
    name = f"cases/{first(copy, 'cases')}.json"
    reseal(copy, {name: edited(copy / name, options={"row": 1})})
    assert [p.file for p in corpus.verify(copy)] == [name]


def test_another_answer_keeps_the_id(copy: Path) -> None:
    name = f"cases/{first(copy, 'cases')}.json"
    reseal(copy, {name: edited(copy / name, reason="A better sentence about the same question.")})
    assert corpus.verify(copy) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"clauses": []},
        {"check": "guess"},
        {"more": 1},
        {"reason": 3},
        {"base": {"kind": "cauchy", "arrays": {}}},
    ],
)
def test_a_case_against_its_schema(copy: Path, changes: dict[str, object]) -> None:
    name = f"cases/{first(copy, 'cases')}.json"
    reseal(copy, {name: edited(copy / name, **changes)})
    problems = corpus.verify(copy)
    assert name in {p.file for p in problems}
    assert any("schema" in p.message for p in problems)


def test_other_weights_under_an_old_name_are_found(copy: Path) -> None:
    name = f"flows/{first(copy, 'flows')}"
    tensors = corpus.Corpus(store.Store(copy))._store.arrays(name)
    reseal(
        copy, {f"{name}.safetensors": store.to_safetensors({n: a + 1 for n, a in tensors.items()})}
    )
    assert [p.file for p in corpus.verify(copy)] == [f"{name}.json"]


def test_arrays_that_are_not_declared_are_found(copy: Path) -> None:
    name = f"cases/{first(copy, 'cases')}"
    arrays = store.Store(copy).arrays(name)
    reseal(
        copy,
        {
            f"{name}.safetensors": store.to_safetensors(
                arrays | {"bound.x.y": np.zeros(1, np.float32)}
            )
        },
    )
    assert [p.file for p in corpus.verify(copy)] == [f"{name}.json"]


@pytest.mark.parametrize("end", ["json", "safetensors"])
@pytest.mark.parametrize("folder", ["cases", "flows"])
def test_half_of_a_pair_is_found_though_resealed(copy: Path, folder: str, end: str) -> None:
    gone = copy / folder / f"{first(copy, folder)}.{end}"
    gone.unlink()
    reseal(copy, {})
    problems = corpus.verify(copy)
    name = gone.relative_to(copy).as_posix()
    assert (name, "expected metadata and arrays under one name, got one of the two") in problems


def test_a_listed_orphan_is_found(copy: Path) -> None:
    reseal(copy, {"cases/orphan-00000000.safetensors": store.to_safetensors({})})
    assert [p.file for p in corpus.verify(copy)] == [
        "cases/orphan-00000000.json",
        "manifest.json",
    ]


@pytest.mark.parametrize("content", [b"junk", b"\xff" * 64, b"\0" * 8])
def test_junk_in_the_place_of_arrays_is_found(copy: Path, content: bytes) -> None:
    name = f"cases/{first(copy, 'cases')}.safetensors"
    reseal(copy, {name: content})
    (problem,) = corpus.verify(copy)
    assert problem.file == name
    assert problem.message.startswith("expected safetensors, got ")
    with pytest.raises(store.CorpusError, match="expected safetensors, got"):
        corpus.load(copy).case(Path(name).stem)


def test_junk_in_the_place_of_metadata_is_found(copy: Path) -> None:
    name = f"cases/{first(copy, 'cases')}.json"
    for content in (b"[1]\n", b"{", b"\xff"):
        reseal(copy, {name: content})
        (problem,) = corpus.verify(copy)
        assert problem.file == name
        assert problem.message.startswith("expected ")


@pytest.mark.parametrize(
    ("end", "value", "words"),
    [
        ("bound.", -1e-6, "expected bounds of 0 or more, got less in bound."),
        ("bound.", np.inf, "expected finite numbers, got others in bound."),
        (".lo", 1e-3, "expected at most half of the last place of expected."),
    ],
)
def test_impossible_answers_are_found(copy: Path, end: str, value: float, words: str) -> None:
    path = min((copy / "cases").glob("net-*.json"))
    name = f"cases/{path.stem}"
    arrays = dict(store.Store(copy).arrays(name))
    key = min(n for n in arrays if n.startswith(end) or n.endswith(end))
    arrays[key] = np.full_like(arrays[key], value)
    reseal(copy, {f"{name}.safetensors": store.to_safetensors(arrays)})
    (problem,) = corpus.verify(copy)
    assert problem.file == f"{name}.json"
    assert problem.message.startswith(words)


def test_a_bound_of_what_is_not_expected_is_found(copy: Path) -> None:
    path = min((copy / "cases").glob("net-*.json"))
    bounds = json.loads(path.read_text())["bounds"] | {"f16": ["z"]}
    reseal(copy, {f"cases/{path.name}": edited(path, bounds=bounds)})
    assert {p.file for p in corpus.verify(copy)} == {f"cases/{path.name}"}


def test_a_manifest_with_another_count_is_found(copy: Path) -> None:
    manifest = json.loads((copy / "manifest.json").read_text()) | {"count": 7}
    body = {k: v for k, v in manifest.items() if k != "sha256"}
    (copy / "manifest.json").write_bytes(
        store.canonical({**body, "sha256": store.sha256(store.canonical(body))})
    )
    assert [p.file for p in corpus.verify(copy)] == ["manifest.json"]


def test_no_corpus_at_all(tmp_path: Path) -> None:
    assert [p.file for p in corpus.verify(tmp_path)] == ["manifest.json"]
    with pytest.raises(store.CorpusError, match=r"manifest\.json: expected a readable file, got"):
        corpus.load(tmp_path)


def test_a_manifest_of_another_kind(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"schema": "other/1", "sha256": ""}')
    with pytest.raises(store.CorpusError, match="expected schema"):
        corpus.load(tmp_path)
    for text, words in (
        ("[1]", "expected an object in JSON, got a list"),
        ("7", "expected an object in JSON, got a number"),
        ("{", "expected JSON, got "),
        ('{"schema": NaN}', "expected JSON, got the constant NaN"),
        ("{}", 'expected schema "iaf-ref-vectors-manifest/1", got null'),
        ('{"schema": "iaf-ref-vectors-manifest/1", "files": []}', "expected entries files and"),
    ):
        (tmp_path / "manifest.json").write_text(text)
        with pytest.raises(store.CorpusError, match=re.escape(f"manifest.json: {words}")):
            corpus.load(tmp_path)


def test_a_directory_is_replaced_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    goal = tmp_path / "a" / "b"
    target.replace_directory(goal, {"manifest.json": b"one", "cases/1": b"one"})
    target.replace_directory(goal, {"manifest.json": b"two", "cases/2": b"two"})
    names = ["2", "manifest.json"]
    assert [p.name for p in all_files(goal)] == names
    rename = Path.rename

    def fail(self: Path, other: Path) -> Path:
        if self.name == "new":
            raise OSError("no space")
        return rename(self, other)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(OSError, match="no space"):
        target.replace_directory(goal, {"cases/3": b"three"})
    assert [p.name for p in all_files(goal)] == names
    assert [p.name for p in goal.parent.iterdir()] == ["b"]


def test_what_is_no_corpus_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"manifest.json": b"new"}
    foreign, empty, corpora = tmp_path / "foreign", tmp_path / "empty", tmp_path / "corpus"
    empty.mkdir()
    for folder, name in ((foreign, "thesis.tex"), (corpora, "manifest.json")):
        folder.mkdir()
        (folder / name).write_text("old")
    (tmp_path / "partial" / "cases").mkdir(parents=True)
    (tmp_path / "link").symlink_to(foreign)
    (tmp_path / "to-corpus").symlink_to(corpora)
    for name in ("foreign", "link", "partial"):
        with pytest.raises(FileExistsError, match="expected a new folder or one that holds a cor"):
            target.replace_directory(tmp_path / name, files)
    with pytest.raises(NotADirectoryError, match="expected a folder, got the file"):
        target.replace_directory(foreign / "thesis.tex", files)
    assert (foreign / "thesis.tex").read_text() == "old"
    (tmp_path / "partial" / "cases" / "deep").mkdir()
    for here in (empty, tmp_path / "partial" / "cases" / "deep"):
        monkeypatch.chdir(here)
        for goal in (here, Path()):
            with pytest.raises(FileExistsError, match="another folder than the current one"):
                target.replace_directory(goal, files)
    with pytest.raises(FileExistsError, match="another folder than the current one"):
        target.target(tmp_path / "partial")
    target.replace_directory(tmp_path / "to-corpus", files)
    assert (tmp_path / "to-corpus").is_symlink()
    assert (corpora / "manifest.json").read_bytes() == b"new"


def test_shapes_of_numbers_survive(tmp_path: Path) -> None:
    path = tmp_path / "x"
    target.replace_directory(
        path, {"a.safetensors": store.to_safetensors({"s": np.asarray(1.0), "e": np.zeros((0, 3))})}
    )
    from safetensors.numpy import load_file

    assert {n: a.shape for n, a in load_file(path / "a.safetensors").items()} == {
        "s": (),
        "e": (0, 3),
    }
    shutil.rmtree(path)


def by_hand(text: object, arrays: dict[str, np.ndarray]) -> str:
    """The content address as README.md describes it."""
    content = json.dumps(text, sort_keys=True, separators=(", ", ": ")).encode()
    for name in sorted(arrays):
        shape = ", ".join(map(str, arrays[name].shape))
        content += f"\n{name} <f4 [{shape}]\n".encode() + arrays[name].astype("<f4").tobytes("C")
    return hashlib.sha256(content).hexdigest()


def test_content_addresses_are_as_described(copy: Path) -> None:
    files = store.Store(copy)
    for path in (copy / "flows").glob("*.json"):
        name = f"flows/{path.stem}"
        assert by_hand(files.document(name)["flow"], files.arrays(name))[:16] == path.stem
    for path in (copy / "cases").glob("*.json"):
        document, arrays = files.document(f"cases/{path.stem}"), files.arrays(f"cases/{path.stem}")
        question = {k: document[k] for k in ("check", "flow", "base", "options", "exact_in")}
        given = {n: a for n, a in arrays.items() if n.startswith(("input.", "base."))}
        assert path.stem.endswith("-" + by_hand(question, given)[:8])
    manifest = json.loads((copy / "manifest.json").read_text())
    body = {key: value for key, value in manifest.items() if key != "sha256"}
    text = json.dumps(body, sort_keys=True, indent=1) + "\n"
    assert manifest["sha256"] == hashlib.sha256(text.encode()).hexdigest()
