"""Numbers as words: what a cell says of a row, who is named, and what a page says of the rest."""

from typing import Any

import pytest

from iaf_ref_conformance.bench.cells import ROW, row_cells, row_head
from iaf_ref_conformance.bench.markdown import HEAD
from iaf_ref_conformance.bench.picture import curves
from iaf_ref_conformance.bench.reading import NoBenchmarkError, beside
from iaf_ref_conformance.bench.words import amount, lost, notes, number


def row(**given: Any) -> dict[str, Any]:
    made = {
        "id": "a",
        "title": "the peer of the least ratio / ours",
        "how": "ratio",
        "goal": {"side": "at least", "value": 150.0},
        "measured": {"median": 140.0, "lower": 120.0, "upper": 145.0, "count": 5},
        "reached": False,
        "between": ["zuko inverse, D 8", "numpy blocked inverse, D 8"],
        "reason": "",
    }
    return {**made, **given}


def test_the_peer_is_named_that_the_number_is_of() -> None:
    assert row_cells(row())[1] == "the peer of the least ratio / ours (zuko)"
    assert row_cells(row(title="inverse / forward"))[1] == "inverse / forward"


@pytest.mark.parametrize(
    ("upper", "reached", "said"),
    [
        (145.0, False, "NO"),
        (145.0, True, "yes"),
        (155.0, False, "NO, within quartiles"),
        (155.0, True, "yes, within quartiles"),
    ],
)
def test_a_goal_between_the_quartiles_is_told(upper: float, reached: bool, said: str) -> None:
    found = {"median": 140.0, "lower": 120.0, "upper": upper, "count": 5}
    assert row_cells(row(measured=found, reached=reached))[-1] == said


@pytest.mark.parametrize(
    ("second", "told", "said"),
    [
        ({}, "140 x", "NO"),
        ({"between": ["pyro inverse, D 8"]}, "140 x (pyro)", "NO"),
        ({"reached": True}, "140 x", "NO; again yes"),
        (
            {"measured": None, "reached": None, "between": []},
            "not measured",
            "NO; again not measured",
        ),
        (None, "not measured", "NO"),
    ],
)
def test_another_run_stands_beside(second: Any, told: str, said: str) -> None:
    again = None if second is None else row(**second)
    cells = row_cells(row(again=again))
    assert (cells[3], cells[-1]) == (told, said)
    assert len(cells) == len(ROW) == len(row_head({"again": {}}))
    assert len(row_cells(row())) == len(row_head({})) == len(ROW) - 1


def test_runs_of_another_kind_are_not_put_side_by_side() -> None:
    one = {
        "asked": {"dtype": "float32", "quick": False},
        "machine": {"cpu_count": 2, "load_avg_1min": 0.1},
        "threads": {"openblas": 2},
        "contestants": {"numpy": {"numpy": "2.0"}},
        "rows": [row(), row(id="b", goal=None)],
    }
    other = {**one, "rows": [row(reached=True)], "machine": {"cpu_count": 2, "load_avg_1min": 0.3}}
    found = beside(one, other)
    assert found["again"] == other
    assert [each["again"] for each in found["rows"]] == [row(reached=True), None]
    for changed in (
        {"asked": {"dtype": "float64", "quick": False}},
        {"asked": {"dtype": "float32", "quick": True}},
        {"machine": {"cpu_count": 4}},
        {"threads": {"openblas": 1}},
        {"contestants": {"numpy": {"numpy": "2.1"}}},
        {"rows": [row(title="another")]},
        {"rows": [row(goal=None)]},
        {"rows": [row(id="c")]},
        {},
    ):
        with pytest.raises(NoBenchmarkError, match=r"^expected .*, got "):
            beside(one, {**one, **changed})


def test_a_row_without_a_number_says_so() -> None:
    cells = row_cells(row(measured=None, reached=None, between=[]))
    assert cells[2:] == ("not measured", "", "", "at least 150", "not measured")


@pytest.mark.parametrize(
    ("value", "said"), [(999.7, "1000"), (999.4, "999"), (2652.4, "2652"), (0.9996, "1")]
)
def test_numbers_are_rounded_before_they_are_written(value: float, said: str) -> None:
    assert number(value) == said


def test_units_are_chosen_after_rounding() -> None:
    assert [amount(value, "byte") for value in (999.7e3, 999.7e6, 2e12)] == [
        "1 MB",
        "1 GB",
        "2000 GB",
    ]


def test_who_failed_or_is_absent_is_told_beside_the_numbers() -> None:
    document = {
        "tables": [],
        "machine": {"load_avg_1min": 0.1},
        "rows": [row(reason="pyro inverse, D 8: it raised")],
        "absent": [{"name": "nflows", "reason": "nflows: expected its library"}],
        "missing": [{"name": "torch", "reason": "it is broken"}],
        "failed": [{"name": "pyro inverse, D 8", "reason": "it raised"}],
    }
    assert notes(document) == [
        "a: without pyro inverse, D 8: it raised",
        "nflows: not installed, expected its library",
    ]
    assert lost(document) == ["torch: it is broken", "pyro inverse, D 8: it raised"]
    assert notes({**document, "machine": {"load_avg_1min": 1.0}})[-1].startswith("machine: load 1 ")
    again = {**document, "date": "today"}
    assert notes({**document, "again": again})[-1].split("; ") == [
        "again: the run of today, load 0.1 before it",
        "torch: it is broken",
        "pyro inverse, D 8: it raised",
    ]
    (why,) = notes({**document, "rows": [row(how="exponent")], "absent": []})
    assert "grow less than quadratically" in why


@pytest.mark.parametrize(
    "said",
    [
        "peer with the least ratio",
        "**not** compiled",
        "unless a call takes {long:g} s or more",
        "*Within quartiles*: the goal lies between them",
        "The chain is not verified",
    ],
)
def test_the_page_says_how_it_was_measured(said: str) -> None:
    assert said in " ".join(HEAD.split())


def test_curves_of_one_name_are_one_line_by_dimension() -> None:
    entries = [{"who": "numpy", "method": "blocked", "dim": d, "taken": {}} for d in (8, 4)]
    tables = [{"id": "growth", "entries": entries}, {"id": "inverse", "entries": entries}]
    assert curves({"tables": tables}) == {"numpy blocked": [(4, {}), (8, {})]}
