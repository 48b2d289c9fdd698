"""Subjects against each other: bit for bit, in ulps, in units of what rounding may do."""

import io
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from iaf_ref_backends import profiles
from iaf_ref_backends.numpy_ import BACKEND
from iaf_ref_conformance import agreement_inverse, corpus
from iaf_ref_conformance.agreement import Agreement, agreement, labels
from iaf_ref_conformance.agreement_distance import EQUAL, Distance, Yardstick, greatest, over, ulps
from iaf_ref_conformance.agreement_table import show_agreement, written
from iaf_ref_conformance.answers import Answer, Recorder, Replay, decode, encode
from iaf_ref_conformance.checks.outcome import Unsupported
from iaf_ref_conformance.run import Run, judge, run
from iaf_ref_conformance.subjects import rounded
from iaf_ref_conformance.subjects.reference import Reference

CASES = corpus.load()


def named(glob: str) -> str:
    """The first case of a kind: ids end by their content."""
    return CASES.select([glob]).ids[0]


F32 = profiles.load("ieee-f32")
INF = float("inf")


class Other(Reference):
    """Adds and multiplies in float64, rounds once at the end: legal, with other bits."""

    def __init__(self) -> None:
        super().__init__(BACKEND)
        self.name = "other"

    def forward(self, case: Any, x: Any, context: Any, method: str = "dense") -> Any:
        return self._rounded(case, "forward", x, context)

    def inverse(self, case: Any, y: Any, context: Any, method: str = "sequential") -> Any:
        return self._rounded(case, "inverse", y, context)

    def _rounded(self, case: Any, method: str, *given: Any) -> Any:
        wide = (None if a is None else a.astype("float64") for a in given)
        found = getattr(Reference(BACKEND), method)(case.in_dtype("float64"), *wide)
        return tuple(np.asarray(a, dtype=case.dtype) for a in found)


def run_of(subject: Any, glob: str, dtype: str = "float32") -> Run:
    cases = CASES.select([glob])
    profile = profiles.load(subject.profile[dtype])
    return run(subject, cases.cases(dtype), dtype, profile, len(cases))


def test_ulps_are_distances_of_floats_at_the_greater_magnitude() -> None:
    one = np.asarray([1.0, 1.0, 0.0, -0.0], dtype=np.float32)
    assert ulps(one, one) == 0.0
    assert ulps(one[:1], np.nextafter(one[:1], np.float32(2))) == 1.0
    assert ulps(one[:1], -one[:1]) == 2.0**24
    assert ulps(one[2:3], one[3:]) == 0.0  # other bits, the same number
    odd = np.asarray([np.inf, np.nan])
    assert ulps(odd, odd) == 0.0
    assert ulps(odd, np.asarray([1.0, np.nan])) == INF
    assert ulps(np.zeros((0, 3)), np.zeros((0, 3))) == 0.0
    assert over(np.asarray([0.0, 1.0]), np.zeros(2)) == INF


def test_the_greatest_of_several() -> None:
    some = [EQUAL, Distance(False, 3.0, 0.5), Distance(False, 1.0, None)]
    assert greatest(some) == Distance(False, 3.0, 0.5)
    assert greatest(some[2:]).units is None
    assert greatest([]) == EQUAL


def test_one_and_the_same_is_bitwise_equal_in_every_clause() -> None:
    runs = [run_of(Reference(BACKEND), "*-d3-*") for _ in range(2)]
    found = agreement(runs, lambda *given: pytest.fail("no case is needed where bits are the same"))
    assert len(found) > 5
    assert all(each.distance == EQUAL and each.within for each in found)
    clauses = {c for r in runs[0].results if r.answers for c in r.clauses}
    assert {each.clause for each in found} == clauses
    assert all(each.cases > 0 for each in found)


@pytest.mark.parametrize("glob", ["net-*", "inv-d*", "chain-maf-d*"])
def test_two_that_conform_are_within_both_bounds(glob: str) -> None:
    found = agreement([run_of(s, glob) for s in (Reference(BACKEND), Other())], CASES.case)
    assert all(each.within for each in found)
    differing = [each.distance for each in found if not each.distance.bitwise]
    assert differing
    assert all(0.0 < d.ulps < INF and d.units is not None and d.units > 0.0 for d in differing)


def test_without_balls_inverses_are_compared_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agreement_inverse, "have_balls", lambda: False)
    monkeypatch.setattr("iaf_ref_conformance.oracle.have_balls", lambda: False)
    found = agreement([run_of(s, "inv-d3*") for s in (Reference(BACKEND), Other())], CASES.case)
    assert all(each.within for each in found)


def test_a_coarser_arithmetic_is_beyond_the_bounds() -> None:
    found = agreement(
        [run_of(s, "inv-d3*") for s in (Reference(BACKEND), rounded.tf32)], CASES.case
    )
    assert not any(each.within for each in found)


def test_dtypes_are_not_mixed_and_names_are_told_apart() -> None:
    runs = [run_of(Reference(BACKEND), "net-elu*", d) for d in ("float32", "float64")]
    assert agreement(runs, CASES.case) == []
    twice = [Run("torch", d, "float32", "ieee-f32", {}, 0, ()) for d in ("cpu", "cuda:0")]
    assert list(labels(twice).values()) == ["torch on cpu", "torch on cuda:0"]
    assert list(labels(runs).values()) == ["numpy", "numpy"]  # by dtype they are apart


def between(a: Answer, b: Answer, name: str = "") -> Distance | None:
    return Yardstick(lambda: CASES.case(name or named("net-elu-*"), "float32")).between(
        [a], [b], F32, F32
    )


def test_what_cannot_be_compared_is_infinitely_far() -> None:
    one = np.zeros(2, dtype=np.float32)
    y = Answer("forward", "", (one, one))
    for values in ((one,), (one[:1], one), (one.astype("float64"), one)):
        found = between(y, Answer("forward", "", values))
        assert found is not None
        assert (found.bitwise, found.units) == (False, INF)
    masks = [Answer("masks", "", (np.full((2, 2), b),)) for b in (True, False)]
    assert between(*masks) == Distance(False, INF, INF)
    assert between(y, masks[0]) is None
    zero = np.zeros((5, 3), dtype=np.float32)
    for x, det in ((zero + np.nan, zero[:, 0]), (zero, one), (zero + 1, zero)):
        answers = [Answer("inverse", "", pair) for pair in ((zero, det), (x, det + 1))]
        found = between(*answers, named("inv-d3-c1-*"))
        assert found is not None
        assert found.units == INF
    found = between(y, Answer("forward", "", (one + 1, one)))  # alike, and both misshapen
    assert found is not None
    assert found.units == INF


def permuted(case: Any) -> list[Answer]:
    """Masks of a case, and the same with the units of the first hidden layer in reverse."""
    recorder = Recorder(Reference(BACKEND))
    judge(case, recorder, F32)
    (answer,) = recorder.take()
    first, second, *others = answer.values
    other = (first[::-1].copy(), second[:, ::-1].copy(), *others)
    assert any(not np.array_equal(u, v) for u, v in zip(answer.values, other, strict=True))
    return [answer, Answer("masks", "", other)]


def test_masks_are_compared_by_what_is_judged() -> None:
    product, single = named("connectivity-d5-h4-5-4-*"), named("masks-order-d5-*")
    one, other = permuted(CASES.case(product, "float32"))
    assert between(one, other, product) == EQUAL
    cut = Answer("masks", "", (np.zeros_like(one.values[0]), *one.values[1:]))
    assert between(one, cut, product) == Distance(False, INF, INF)
    short = [Answer("masks", "", answer.values[:2]) for answer in (one, other)]
    assert between(*short, product) == Distance(False, INF, INF)
    # where the units have their places, another order is another answer
    found = between(*permuted(CASES.case(single, "float32")), single)
    assert found == Distance(False, INF, INF)


@pytest.mark.parametrize("method", ["forward", "inverse", "log_scale"])
@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_answers_that_are_alike_and_of_a_wrong_number_are_infinitely_far(
    method: str, count: int
) -> None:
    name = named("inv-d3-c1-*" if method == "inverse" else "net-elu-*")
    zero, one = (np.full((5, 3), v, dtype=np.float32) for v in (0, 1))
    found = between(Answer(method, "", (zero,) * count), Answer(method, "", (one,) * count), name)
    assert found == EQUAL if count == 0 else found is not None and found.units == INF


def test_a_value_that_a_case_does_not_expect_is_infinitely_far() -> None:
    zero, one = (np.full(5, v, dtype=np.float32) for v in (0, 1))
    found = between(Answer("log_prob", "", (zero,)), Answer("log_prob", "", (one,)))
    assert found is not None
    assert found.units == INF


def test_where_a_profile_gives_no_bound_there_are_no_units(monkeypatch: pytest.MonkeyPatch) -> None:
    def unbounded(*given: Any) -> Any:
        raise Unsupported("no finite bound")

    monkeypatch.setattr("iaf_ref_conformance.agreement_distance.bound_of", unbounded)
    case = CASES.case(named("net-elu-*"), "float32")
    y, log_det = (case.expected[n].hi.astype("float32") for n in ("y", "log_det"))
    found = between(Answer("forward", "", (y, log_det)), Answer("forward", "", (2 * y, log_det)))
    assert found is not None
    assert found.units is None
    assert found.ulps > 0.0


def test_algorithms_are_matched_by_name_and_else_the_first_of_each() -> None:
    one, two = (np.full(2, v, dtype=np.float32) for v in (1, 2))
    named = [Answer("inverse", by, (v, v)) for by, v in (("sequential", one), ("blocked", two))]
    plain, stick = [Answer("inverse", "", (one, one))], Yardstick(lambda: pytest.fail("no need"))
    assert stick.between(named, list(reversed(named)), F32, F32) == EQUAL
    assert stick.between(named, plain, F32, F32) == EQUAL


def test_answers_survive_the_report() -> None:
    values = (np.asarray([[0.1, -0.0]], dtype=">f4"), np.asarray(np.nan), np.asarray([True]))
    (back,) = decode(encode([Answer("forward", "by", values)]))
    assert (back.method, back.by) == ("forward", "by")
    for value, read in zip(values, back.values, strict=True):
        assert value.astype(read.dtype).tobytes() == read.tobytes()
        assert (value.shape, value.dtype.name) == (read.shape, read.dtype.name)
    short = {"dtype": "float32", "shape": [2], "data": "AAAA"}
    with pytest.raises(ValueError, match="expected 8 bytes"):
        decode([{"method": "forward", "by": "", "values": [short]}])


def test_a_replay_is_judged_as_the_subject_was() -> None:
    for name in (named("inv-d3-c1-*"), named("net-elu-*"), named("masks-order-d5-*")):
        case, recorder = CASES.case(name, "float32"), Recorder(Reference(BACKEND))
        outcome = judge(case, recorder, F32)
        assert judge(case, Replay(recorder.take()), F32) == outcome
        assert recorder.take() == ()
    assert not hasattr(Replay([]), "forward")


def printed(found: list[Agreement], every: bool = False, width: int = 120) -> str:
    stream = io.StringIO()
    show_agreement(Console(file=stream, width=width, no_color=True), found, every)
    return stream.getvalue()


def test_the_matrix_has_the_worst_and_the_lines_what_differs() -> None:
    found = [
        Agreement("a", "b", "float32", "NET-1", 3, EQUAL),
        Agreement("a", "b", "float32", "NET-2", 2, Distance(False, 2.0, 0.25)),
        Agreement("a", "c", "float32", "NET-1", 3, EQUAL),
        Agreement("a", "c", "float32", "NET-2", 2, Distance(False, 1234.5, 40.0)),
        Agreement("b", "c", "float32", "NET-1", 3, EQUAL),
    ]
    text = printed(found)
    _, header, a, b, *_ = text.splitlines()
    assert header.split() == ["b", "c"]
    assert a.split(maxsplit=1)[1].split("  ") == ["2 | 0.25", "1234 | 40"]
    assert b.split() == ["b", "="]
    assert "NET-1 " not in text
    assert text.count("NET-2 ") == 1
    assert printed(found, every=True).count("NET-2 ") == 2
    assert written(Distance(False, INF, None)) == "inf | no bound"
    assert printed([]) == ""


@pytest.mark.parametrize("width", [20, 40, 60, 80, 120])
@pytest.mark.parametrize("every", [False, True])
def test_a_narrow_table_keeps_ids_numbers_and_names_whole(width: int, every: bool) -> None:
    one, other = "A: iaf_ref_backend", "B: array_api_strict"
    found = [
        Agreement(one, other, "float64", "MASK-9", 3, EQUAL),
        Agreement(one, other, "float64", "CHAIN-4", 12, Distance(False, 1536.0, 0.0948)),
    ]
    text = printed(found, every, width)
    assert "\N{HORIZONTAL ELLIPSIS}" not in text
    (line,) = [line for line in text.splitlines() if line.startswith("CHAIN-4 ")]
    assert f"{one}, {other}" in line
    assert all(number in line.split() for number in ("12", "1536", "0.0948"))
    assert width < 80 or len(line) <= width
    assert "bit for bit the same: MASK-9\n" in text
