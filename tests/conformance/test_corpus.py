"""The shipped corpus: enough, exact, small, and read as the format says."""

import itertools
from collections import Counter
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from iaf_ref.clauses import CLAUSES
from iaf_ref_backends import profiles
from iaf_ref_conformance import corpus, verify
from iaf_ref_conformance.cases import Case
from iaf_ref_conformance.store import CorpusError, Store

VECTORS = Path(corpus.__file__).parent / "vectors"
CHECKS = {
    "masks", "connectivity", "forward", "log_scale", "inverse", "inverse_explicit", "log_prob",
    "causality", "rows", "nonfinite", "round_trip", "refuse_dtype", "integral",
    "gradient",
}  # fmt: skip


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return list(corpus.load().cases("float64"))


def steps(text: dict) -> list[dict]:
    """The affine steps of a description."""
    if text["kind"] == "affine":
        return [text]
    parts = text.get("transforms", [text["transform"]] if "transform" in text else [])
    return [step for part in parts for step in steps(part)]


def test_it_is_whole() -> None:
    assert corpus.verify() == []


def test_there_are_enough(cases: list[Case]) -> None:
    whole = corpus.load()
    assert len(cases) == len(whole) == whole.manifest["count"] >= 150
    assert {case.check for case in cases} == CHECKS


@pytest.mark.parametrize("clause", CLAUSES)
def test_every_clause_has_three(clause: str, cases: list[Case]) -> None:
    assert sum(clause in case.clauses for case in cases) >= 3


def test_no_case_names_another_clause(cases: list[Case]) -> None:
    assert {clause for case in cases for clause in case.clauses} == set(CLAUSES)


def test_the_sizes_are_covered(cases: list[Case]) -> None:
    found = [step for case in cases for step in steps(dict(case.text))]
    dims = {len(step["degrees"]) for step in found}
    assert dims >= {1, 2, 3, 5, 8, 16, 30}
    widths = {
        len(layer) - len(step["degrees"]) for step in found for layer in step["hidden_degrees"]
    }
    assert widths >= {-1, 0, 1}
    assert {len(layer) for step in found for layer in step["hidden_degrees"]} >= {16, 64}
    assert {len(step["hidden_degrees"]) for step in found} >= {0, 1, 2, 3}
    assert {step["context_dim"] for step in found} >= {0, 1, 3}
    assert {step["scale"]["kind"] for step in found} == {
        "exp",
        "softclip",
        "softplus",
        "sigmoid",
        "gated",
    }
    assert len({step["activation"] for step in found}) == 8
    assert any(step["residual"] for step in found)
    assert any(step["adjacency"] for step in found)
    kinds = {case.base_text["kind"] for case in cases if case.base_text}
    assert kinds == {"normal", "independent", "diagonal", "tril", "low_rank"}


def test_every_batch_shape_is_there(cases: list[Case]) -> None:
    shapes = {case.stored["input.x"].shape[:-1] for case in cases if "input.x" in case.stored}
    assert shapes >= {(), (0,), (1,), (4, 1), (2, 3)}


def test_it_is_small() -> None:
    assert sum(path.stat().st_size for path in VECTORS.rglob("*") if path.is_file()) < 5_000_000


def in_bfloat16(array: np.ndarray) -> bool:
    bits = np.ascontiguousarray(array.astype(np.float32)).view(np.uint32)
    return not np.any(bits & 0xFFFF) and np.array_equal(
        array.astype(np.float16).astype(np.float64), array
    )


def test_numbers_are_exact_where_they_say_so(cases: list[Case]) -> None:
    for case in cases:
        if case.exact_in == "bfloat16":
            assert all(in_bfloat16(a) for a in (*case.stored.values(), *case.tensors.values())), (
                case.id
            )
    assert Counter(case.exact_in for case in cases)["float32"] >= 5  # trained weights


def test_bounds_are_there_for_both_dtypes(cases: list[Case]) -> None:
    for case in cases:
        if case.expected and case.check not in ("masks", "connectivity", "inverse"):
            for profile, name in itertools.product(("ieee-f32", "ieee-f64"), case.expected):
                bound = case.bounds[profile, name]
                assert bound.shape == case.expected[name].hi.shape
                assert np.all(bound >= 0)
        assert {p for p, _ in case.bounds} <= set(profiles.names())


def test_low_profiles_are_bounded_too(cases: list[Case]) -> None:
    count = Counter(p for case in cases for p in {p for p, _ in case.bounds})
    assert min(count[p] for p in profiles.names()) >= 0.8 * count["ieee-f32"]


def test_two_parts_do_not_overlap(cases: list[Case]) -> None:
    for case in cases:
        for name, value in case.expected.items():
            if not name.startswith("mask."):
                assert np.array_equal(value.hi + value.lo, value.hi), (case.id, name)


def test_a_case_is_built_in_its_dtype() -> None:
    whole = corpus.load()
    name = whole.select(["net-context-*"]).ids[0]
    for dtype in ("float32", "float64"):
        case = whole.case(name, dtype)
        assert (
            case.flow.network.output[0].dtype
            == case.input("x").dtype
            == case.input("context").dtype
            == dtype
        )
        assert case.input("y") is None
        y, log_det = case.flow.forward(case.input("x"), case.input("context"))
        assert np.all(np.abs(y - case.expected["y"].hi) <= case.bounds[f"ieee-f{dtype[5:]}", "y"])
        assert log_det.shape == case.expected["log_det"].hi.shape
    with pytest.raises(ValueError, match="dtype: expected one of float32, float64, got 'float16'"):
        whole.case(name, "float16")


def test_inputs_are_copies() -> None:
    case = next(corpus.load().select(["net-tanh-*"]).cases("float32"))
    case.input("x")[:] = 0.0
    assert np.any(case.input("x") != 0.0)


def test_a_base_is_built() -> None:
    case = next(corpus.load().select(["dens-maf-low-rank-*"]).cases("float32"))
    assert case.base.log_prob(case.input("y")).dtype == "float32"
    assert next(corpus.load().select(["net-tanh-*"]).cases()).base is None


def test_selections() -> None:
    whole = corpus.load()
    assert set(whole.select(["inv-*", "det-*"]).ids) == {
        i for i in whole.ids if i.startswith(("inv-", "det-"))
    }
    chosen = whole.select(clauses=["DENS-3"])
    assert all("DENS-3" in case.clauses for case in chosen.cases())
    assert (
        0
        < len(whole.select(["dens-*"], ["DENS-3"]))
        <= len(chosen)
        < len(whole.select(clauses=["DENS-*"]))
    )
    assert whole.select().ids == whole.ids


@pytest.mark.parametrize(
    ("globs", "clauses", "message"),
    [
        (["nothing-*"], [], r"case: expected a pattern that matches a case, got 'nothing-\*'"),
        (["net-*", "none"], [], "case: expected a pattern that matches a case, got 'none'"),
        ([], ["DENS-9"], "clause: expected a pattern that matches a clause, got 'DENS-9'"),
        (["masks-*"], ["DENS-5"], "case: expected a case of masks-"),
    ],
)
def test_a_selection_of_nothing_is_refused(
    globs: list[str], clauses: list[str], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        corpus.load().select(globs, clauses)


def test_an_unknown_id_is_refused() -> None:
    with pytest.raises(ValueError, match="case: expected the id of a case, got 'net'"):
        corpus.load().case("net")


def test_a_damaged_file_is_refused_when_it_is_read(tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "vectors"
    shutil.copytree(VECTORS, copy)
    name = corpus.load(copy).ids[0]
    path = copy / "cases" / f"{name}.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    damaged = corpus.load(copy)
    with pytest.raises(
        CorpusError, match=rf"cases/{name}\.safetensors: expected sha256 [0-9a-f]+, got"
    ):
        damaged.case(name)
    path.write_bytes(content[:-1])
    with pytest.raises(CorpusError, match=r"expected \d+ bytes, got \d+"):
        damaged.case(name)
    path.unlink()
    with pytest.raises(CorpusError, match="expected a readable file, got FileNotFoundError"):
        damaged.case(name)
    with pytest.raises(CorpusError, match="expected a file that the manifest lists"):
        Store(copy).checked("cases/other.json")


@pytest.mark.parametrize("kind", ["case", "flow", "manifest"])
def test_the_schemas_are_schemas(kind: str) -> None:
    jsonschema.Draft202012Validator.check_schema(verify.schema(kind))
