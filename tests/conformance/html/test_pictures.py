"""What is drawn, before it is drawn: each case in the bar that its number belongs to."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest

from iaf_ref_backends import profiles
from iaf_ref_conformance.checks import Outcome
from iaf_ref_conformance.diagnosis import Diagnosis
from iaf_ref_conformance.html.pictures import (
    EXACT,
    HIGH,
    LOW,
    NONE,
    WIDTH,
    exponent,
    histogram,
    place_of,
)
from iaf_ref_conformance.html.scale import scale
from iaf_ref_conformance.report import report

from .conftest import MIXED, PASSED, Tree, run_of


@pytest.mark.parametrize(
    ("ratio", "place"),
    [
        (0.0, EXACT),
        (None, NONE),
        (float("inf"), NONE),
        (1.0, -1),  # at the bound is within it
        (1.0 + 2.0**-52, 0),
        (0.5, -2),
        (0.75, -1),
        (2.0, 0),
        (2.0**-60, LOW),
        (2.0**60, HIGH - 1),
        (5e-324, LOW),
    ],
)
def test_each_ratio_has_its_place(ratio: float | None, place: int) -> None:
    assert place_of(replace(PASSED, outcome=Outcome("passed", ratio))) == place


def test_bars_count_all_that_was_judged() -> None:
    found = histogram(run_of(*MIXED))
    assert sum(bar.passed for bar in found.bars) == 2
    assert sum(bar.failed for bar in found.bars) == 2
    beyond = [bar for bar in found.bars if bar.x >= found.bound and bar.says[:5] == "error"]
    assert [bar.says for bar in beyond] == ["error / bound above 2¹, up to 2²: 1 failed"]
    assert all(bar.x < found.bound for bar in found.bars if bar.passed)
    assert found.says == (
        "1 cases without an error, 1 within their bound, 1 beyond it, 1 without a number"
    )


def test_one_case_is_seen_beside_hundreds() -> None:
    bars = histogram(run_of(*[PASSED] * 500, *MIXED)).bars
    assert min(bar.passed_height + bar.failed_height for bar in bars) >= 2.5
    assert max(bar.passed_height for bar in bars) <= 84.0


def test_bars_stand_beside_each_other() -> None:
    many = [replace(PASSED, outcome=Outcome("passed", 2.0**k)) for k in range(LOW - 3, HIGH + 3)]
    bars = histogram(run_of(*many, *MIXED)).bars
    assert len(bars) == HIGH - LOW + 2
    places = [bar.x for bar in bars]
    assert all(b - a >= 16.0 for a, b in pairwise(places))
    assert places[0] >= 0.0
    assert places[-1] + 16.0 <= WIDTH


def test_powers_are_written_with_small_digits() -> None:
    assert [exponent(k) for k in (-11, 0, 5)] == ["2⁻¹¹", "2⁰", "2⁵"]


def test_the_scale_has_every_profile_and_marks_the_one_in_force() -> None:
    found = scale("tf32", 2.0**-12)
    for name in profiles.names():
        assert any(name in mark.label.replace(",", "").split() for mark in found.marks)
    assert [mark.label for mark in found.marks if mark.held] == ["f16, tf32 2⁻¹¹"]
    assert [mark.x for mark in found.marks] == sorted(mark.x for mark in found.marks)
    near = found.marks[2].x
    assert found.x is not None
    assert found.marks[1].x < found.x < near


def test_labels_of_the_scale_overlap_neither_each_other_nor_a_mark() -> None:
    marks = scale("ieee-f32", None).marks
    ends = []
    for mark in marks:
        width = 5.6 * len(mark.label)
        left = mark.x - width * {"start": 0.0, "middle": 0.5, "end": 1.0}[mark.anchor]
        assert left >= 0.0
        assert left + width <= WIDTH
        ends.append((left, left + width))
    for k, (left, right) in enumerate(ends):
        for j, other in enumerate(marks):
            assert j == k or other.line < marks[k].line or not left < other.x < right
            apart = right <= ends[j][0] or left >= ends[j][1]
            assert j == k or apart or other.line != marks[k].line


@pytest.mark.parametrize(("shown", "x"), [(2.0**-200, 12.0), (8.0, WIDTH - 12.0)])
def test_what_is_off_the_scale_is_drawn_at_its_end(shown: float, x: float) -> None:
    assert scale("ieee-f64", shown).x == x


def test_what_was_not_measured_has_no_mark() -> None:
    for shown in (None, 0.0):
        found = scale("ieee-f64", shown)
        assert found.x is None
        assert "not measured" in found.text


def test_what_is_no_matter_of_precision_has_no_place_on_the_scale(
    tree: Callable[..., Tree],
) -> None:
    found = scale("ieee-f32", 2.0**10, beyond=True)
    assert found.x is None
    assert (found.text, found.says[:25]) == ("not a matter of precision",) * 2
    run = replace(run_of(*MIXED), diagnosis=Diagnosis(None, 0, "fails ieee-f32"))
    made = tree(report([run], "0.1.0"))
    assert not made.all("path", "arrow")
    assert "effective" not in made.all("section")[1].text
    coarse = replace(run, diagnosis=Diagnosis("tf32", 0, "fails ieee-f32"))
    assert len(tree(report([coarse], "0.1.0")).all("path", "arrow")) == 1


def test_pictures_say_in_words_what_they_show(tree: Callable[..., Tree]) -> None:
    made = tree(report([run_of(*MIXED)], "0.1.0"))
    drawn = [each for each in made.all("svg") if each.attributes.get("role") == "img"]
    assert [bool(each.attributes.get("aria-label")) for each in drawn] == [True, True]
    assert len(made.all("title")) == 1 + 4  # that of the page, and one of each bar
    assert len(made.all("rect", "bad")) == 2  # hatched: told apart without colours
    assert made.all("pattern")[0].attributes["id"] == "hatch"
