"""Files of a corpus: what is damaged is found, and named."""

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from iaf_ref_conformance import corpus, store

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
    store.replace_directory(directory, {**files, "manifest.json": store.manifest_of(files, "0")})
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
    store.replace_directory(directory, {**files, "manifest.json": store.manifest_of(files, "0")})


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
    (tmp_path / "manifest.json").write_text("[1]")
    with pytest.raises(store.CorpusError, match="expected a manifest in JSON"):
        corpus.load(tmp_path)


def test_a_directory_is_replaced_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "a" / "b"
    store.replace_directory(target, {"x/1": b"one"})
    store.replace_directory(target, {"x/2": b"two"})
    assert [p.name for p in all_files(target)] == ["2"]
    rename = Path.rename

    def fail(self: Path, other: Path) -> Path:
        if self.name == "new":
            raise OSError("no space")
        return rename(self, other)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(OSError, match="no space"):
        store.replace_directory(target, {"x/3": b"three"})
    assert [p.name for p in all_files(target)] == ["2"]
    assert [p.name for p in target.parent.iterdir()] == ["b"]


def test_shapes_of_numbers_survive(tmp_path: Path) -> None:
    path = tmp_path / "x"
    store.replace_directory(
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
