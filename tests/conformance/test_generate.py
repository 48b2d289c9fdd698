"""Making the corpus: it is what is shipped, twice the same, and nothing empty gets through."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import iaf_ref as ir
from iaf_ref_conformance import corpus, generate
from iaf_ref_conformance.generate import answer, document, families, real
from iaf_ref_conformance.generate.bases import normal
from iaf_ref_conformance.generate.question import Question, Refused, bf16, made, points, require
from iaf_ref_conformance.store import Store

pytest.importorskip("flint")


@pytest.fixture(scope="module")
def made_again(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("corpus") / "vectors"
    count = generate.generate(directory)
    assert count == corpus.load().manifest["count"]
    return directory


def test_the_corpus_is_what_the_generator_makes(made_again: Path) -> None:
    assert corpus.verify(made_again) == []
    new, old = corpus.load(made_again), corpus.load()
    assert new.ids == old.ids
    for first, second in zip(new.cases(), old.cases(), strict=True):
        for name in ("check", "clauses", "reason", "text", "base_text", "options", "exact_in"):
            assert getattr(first, name) == getattr(second, name)
        for arrays in ("tensors", "stored"):
            a, b = getattr(first, arrays), getattr(second, arrays)
            assert set(a) == set(b)
            assert all(np.array_equal(a[n], b[n]) for n in a)
        same_answer(first, second)


def same_answer(first: corpus.Case, second: corpus.Case) -> None:
    """Truth is the same everywhere; a bound may hang on the last bit of a machine's exp."""
    assert set(first.expected) == set(second.expected)
    for name, value in first.expected.items():
        other = second.expected[name]
        if name.startswith("mask."):
            assert np.array_equal(value, other)
        else:
            assert np.array_equal(value.hi, other.hi)
            assert np.array_equal(value.lo, other.lo)
    assert set(first.bounds) == set(second.bounds)
    for key, bound in first.bounds.items():
        assert np.all(np.abs(bound - second.bounds[key]) <= np.spacing(bound.astype(np.float32))), (
            first.id,
            key,
        )


@pytest.mark.parametrize("family", ["masks", "step", "det", "num"])
def test_making_twice_gives_the_same_bytes(family: str) -> None:
    first, second = (
        [document.answered(q).files for q in list(families.FAMILIES[family]())[:4]]
        for _ in range(2)
    )
    assert first == second


def test_every_family_has_questions_with_reasons() -> None:
    for name, questions in families.FAMILIES.items():
        reasons = [q.reason for q in questions()]
        assert reasons, name
        assert all(len(reason) >= 20 for reason in reasons), name


def forward(flow: object, **more: object) -> Question:
    values = {"inputs": {"x": points((4, 5), 1)}, "reason": "a reason that is long enough", **more}
    return Question("test", "forward", ("STEP-6",), flow=flow, **values)


FLOW = made(5, (16,), seed=1)


def with_output(weight: np.ndarray, bias: np.ndarray) -> ir.AffineAutoregressive:
    return ir.AffineAutoregressive(replace(FLOW.network, output=(weight, bias)))


def test_a_good_question_is_answered() -> None:
    files = document.answered(forward(FLOW))
    assert max(files.worst.values()) <= 1.0
    assert files.id.startswith("test-")


def test_a_log_det_of_zero_is_refused() -> None:
    W, b = (a.copy() for a in FLOW.network.output)
    W[1], b[1] = 0.0, 0.0
    with pytest.raises(Refused, match="log_det: expected a log-det that is not zero, got zeros"):
        document.answered(forward(with_output(W, b)))


def test_missing_dependencies_are_refused() -> None:
    W, b = (a.copy() for a in FLOW.network.output)
    W[:, 4] = 0.0
    with pytest.raises(Refused, match=r"jacobian: expected .* got 0 for \[\(4, 0\)"):
        document.answered(forward(with_output(W, b)))


def test_equal_heads_are_refused() -> None:
    W, b = FLOW.network.output
    with pytest.raises(Refused, match="heads: expected shift and raw scale to differ"):
        document.answered(forward(with_output(np.stack([W[0], W[0]]), np.stack([b[0], b[0]]))))


def test_a_context_without_effect_is_refused() -> None:
    flow = made(3, (16,), seed=2, context_dim=2)
    W, b = flow.network.hidden[0]
    dead = W.copy()
    dead[:, 1] = 0.0
    flow = ir.AffineAutoregressive(replace(flow.network, hidden=((dead, b),)))
    inputs = {"x": points((4, 3), 1), "context": points((4, 2), 2)}
    with pytest.raises(
        Refused, match=r"context: expected each context variable to move .* got none for \[\(0, 1\)"
    ):
        document.answered(forward(flow, inputs=inputs))


def test_an_exemption_that_nothing_needs_is_refused() -> None:
    with pytest.raises(Refused, match="expected an exemption that is needed, got jacobian"):
        document.answered(forward(FLOW, exempt={"jacobian": "no reason"}))


def test_numbers_that_are_not_exact_are_refused() -> None:
    with pytest.raises(Refused, match=r"input\.x: expected numbers that are exact in bfloat16"):
        document.answered(forward(FLOW, inputs={"x": points((4, 5), 1) * 1.001}))
    with pytest.raises(Refused, match=r"input\.x: expected numbers that are exact in float32"):
        document.answered(
            forward(FLOW, inputs={"x": points((4, 5), 1) + 2.0**-30}, exact_in="float32")
        )


def test_a_useless_bound_is_refused() -> None:
    flow = made(30, (64, 64, 64), seed=3, activation="silu", gain=6.0, scale=ir.Exp(-5.0, 30.0))
    with pytest.raises(Refused, match=r"expected a (finite bound|bound below)"):
        document.answered(forward(flow, inputs={"x": points((40, 30), 1, 3.0)}))


def test_a_bound_that_a_correct_run_exceeds_is_refused() -> None:
    stated = document.state(forward(FLOW))
    balls = answer.truth(stated)
    small = {key: 1e-3 * bound for key, bound in answer.bounds(stated, "bfloat16").items()}
    with pytest.raises(Refused, match="expected NumPy within the bound at ieee-f32"):
        answer.inspect(stated, balls, small)


def test_a_log_det_that_is_not_the_jacobians_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    right = answer.full_jacobian
    monkeypatch.setattr(answer, "full_jacobian", lambda *given: 2.0 * right(*given))
    with pytest.raises(
        Refused, match=r"expected log\|det\| of the Jacobian to be the sum of log sigma"
    ):
        document.answered(forward(FLOW, by_jacobian=True))


def test_a_value_that_is_not_certain_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer, "PRECISIONS", (60,))
    with pytest.raises(Refused, match="expected relative radii below"):
        document.answered(forward(FLOW))


def test_a_reason_that_does_not_hold_is_refused() -> None:
    require(True, "nothing")
    with pytest.raises(Refused, match="expected raw scales beyond both clips, got the opposite"):
        require(False, "raw scales beyond both clips")


def test_two_cases_of_one_id_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(families, "FAMILIES", {"twice": lambda: iter([forward(FLOW)] * 2)})
    with pytest.raises(Refused, match="expected one case of this id, got two"):
        families.corpus_files()


def test_nothing_is_written_where_a_question_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        families, "FAMILIES", {"bad": lambda: iter([forward(FLOW, exempt={"heads": ""})])}
    )
    with pytest.raises(Refused):
        generate.generate(tmp_path / "vectors")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_may_not_be_replaced_is_refused_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(families, "corpus_files", lambda: pytest.fail("nothing is to be made"))
    (tmp_path / "thesis.tex").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path)
    for directory in (tmp_path, tmp_path / "link"):
        with pytest.raises(OSError, match="expected a new folder or one that holds a corpus only"):
            generate.generate(directory)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OSError, match="expected another folder than the current one"):
        generate.generate(".")


def test_without_flint_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "flint", None)
    with pytest.raises(
        ImportError, match=r"expected python-flint, .* got none: pip install 'iaf-ref\[oracle\]'"
    ):
        generate.generate(tmp_path / "vectors")
    assert list(tmp_path.iterdir()) == []


def test_junk_outside_the_masks_is_stored_and_changes_nothing() -> None:
    whole = corpus.load()
    case = whole.case(whole.select(["net-dense-weights-skip-*"]).ids[0])
    masks = case.flow.network.masks
    assert np.all(case.tensors["hidden.0.weight"][~masks.hidden[0]] == 3.0)
    assert np.all(case.tensors["skip.weight"][:, ~masks.skip] == 3.0)
    assert not np.any(case.flow.network.skip[:, ~masks.skip])


def test_the_trained_flow_comes_from_the_corpus_where_there_is_no_tree(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    flow, rows = real.trained()
    monkeypatch.setattr(real, "FLOW", Path("nowhere"))
    other, same_rows = real.trained()
    assert np.array_equal(rows, same_rows)
    assert np.array_equal(flow.forward(rows)[0], other.forward(rows)[0])


@pytest.mark.parametrize("value", [0.0, 1.0, -3.140625, 65280.0, 2.0**-16, 9984.0])
def test_bfloat16_numbers_stay(value: float) -> None:
    assert bf16(value) == value


def test_rounding_to_bfloat16() -> None:
    assert bf16(1.0 + 2.0**-8) == 1.0  # half to even
    assert bf16(1.0 + 3 * 2.0**-8) == 1.0 + 2.0**-6
    assert bf16(2.0**-18) == 0.0  # below what float16 holds with 8 bits
    values = points((1000,), 5, 10.0)
    assert np.array_equal(values.astype(np.float16).astype(np.float64), values)


def test_low_profiles_need_numbers_that_they_can_hold() -> None:
    assert [
        answer.holds(p, "float32") for p in ("ieee-f64", "ieee-f32", "tf32", "bf16", "f16")
    ] == [True] * 3 + [False] * 2
    assert answer.holds("f16", "bfloat16")


def test_a_base_is_stored_with_its_arrays() -> None:
    inputs, reason = {"y": points((4, 5), 1)}, "a reason that is long enough"
    flow = ir.Inverse(FLOW)
    question = Question("test", "log_prob", ("DENS-1",), reason, flow, inputs, normal(5))
    files = document.answered(question).files
    assert sum(name.endswith(".json") for name in files) == 2


def test_the_store_reads_what_was_made(made_again: Path) -> None:
    name = corpus.load(made_again).ids[0]
    assert Store(made_again).document(f"cases/{name}")["id"] == name
