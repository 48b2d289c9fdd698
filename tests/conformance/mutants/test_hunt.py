"""The hunt: every mutant is killed, no correct variant is accused, and the page says so."""

from functools import partial
from multiprocessing import active_children
from pathlib import Path
from time import monotonic, sleep

import pytest

from iaf_ref_conformance.cases import DTYPES
from iaf_ref_conformance.mutants import MUTANTS, VARIANTS
from iaf_ref_conformance.mutants.hunt import (
    CHUNK,
    Refusal,
    Verdict,
    cases_in,
    in_order,
    refused,
    until_refused,
)
from iaf_ref_conformance.mutants.kinds import Mutant, Variant
from iaf_ref_conformance.mutants.markdown import markdown
from iaf_ref_conformance.mutants.matrix import Matrix
from iaf_ref_conformance.mutants.plain import Plain
from iaf_ref_conformance.mutants.work import hunt, tasks

PAGE = Path(__file__).parents[3] / "docs" / "results" / "kill-matrix.md"
EVERY = 20
"""Each 20th case is put to the correct ones here; ``iaf-ref mutants`` puts all."""


@pytest.fixture(scope="module")
def killed() -> dict[tuple[str, str], Verdict]:
    """Verdicts on all mutants where they can be told from a correct program."""
    found = {}
    for dtype in DTYPES:
        for mutant in MUTANTS.values():
            if dtype in mutant.dtypes:
                (found[mutant.id, dtype],) = until_refused(mutant, dtype)
    return found


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_mutant_is_killed_by_a_case_of_a_clause_that_it_breaks(
    dtype: str, killed: dict[tuple[str, str], Verdict]
) -> None:
    clauses = {case.id: set(case.clauses) for case in cases_in(dtype)}
    for mutant in MUTANTS.values():
        if dtype in mutant.dtypes:
            assert killed[mutant.id, dtype].refusals, mutant.id
            (refusal,) = killed[mutant.id, dtype].refusals
            assert refusal.reason
            assert clauses[refusal.case] & set(mutant.clauses), (mutant.id, refusal)


@pytest.mark.parametrize("dtype", DTYPES)
def test_no_correct_subject_is_accused(dtype: str) -> None:
    subjects = [*VARIANTS.values(), *(m for m in MUTANTS.values() if dtype not in m.dtypes)]
    for case in cases_in(dtype)[::EVERY]:
        for subject in subjects:
            assert refused(subject, case) is None, subject.id


def test_the_page_is_what_the_code_says(killed: dict[tuple[str, str], Verdict]) -> None:
    # who is to pass every case has passed it where the page was written, as the test above samples
    passed = {
        (each.id, dtype): Verdict(each.id, dtype, (), len(cases_in(dtype)))
        for each in (*MUTANTS.values(), *VARIANTS.values())
        for dtype in DTYPES
    }
    matrix = Matrix([*MUTANTS.values()], [*VARIANTS.values()], DTYPES, passed | killed)
    assert matrix.faults == []
    assert PAGE.read_text(encoding="utf-8") == markdown(matrix)


class Harmless(Plain):
    """Makes no mistake."""


class Unanswered(Plain):
    """Answers nothing."""

    def masks(self, case: object) -> tuple[object, ...]:
        raise NotImplementedError("not today")


SURVIVOR = Mutant("harmless", ("MASK-4",), "no mistake", "nowhere", Harmless)
SILENT = Variant("unanswered", "answers nothing", Unanswered)


def test_cases_of_the_clauses_of_a_mutant_come_first() -> None:
    mutant = Mutant("harmless", ("MASK-6", "CHAIN-4"), "no mistake", "nowhere", Harmless)
    cases = in_order(mutant, cases_in("float64"))
    assert sorted(c.id for c in cases) == sorted(c.id for c in cases_in("float64"))
    first = sum("MASK-6" in c.clauses for c in cases)
    second = sum("CHAIN-4" in c.clauses and "MASK-6" not in c.clauses for c in cases)
    assert all("MASK-6" in c.clauses for c in cases[:first])
    assert all("CHAIN-4" in c.clauses for c in cases[first : first + second])


def test_silence_kills_no_mutant_and_accuses_a_variant() -> None:
    (case,) = (c for c in cases_in("float64") if c.id.startswith("masks-order-d3"))
    silent = Mutant("unanswered", ("MASK-1",), "answers nothing", "nowhere", Unanswered)
    assert refused(silent, case) is None
    assert refused(SILENT, case) == Refusal(case.id, "not today")


def test_the_work_covers_each_case_once(monkeypatch: pytest.MonkeyPatch) -> None:
    cases = cases_in("float64")
    monkeypatch.setattr("iaf_ref_conformance.mutants.hunt.refused", lambda subject, case: None)
    steps: list[None] = []
    work = list(tasks([SURVIVOR], [SILENT], ("float64",), full=False))
    assert len(work) == 1 + -(-len(cases) // CHUNK)
    found = hunt(work, advance=lambda: steps.append(None))
    assert len(steps) == len(work)
    assert {verdict.asked for verdict in found.values()} == {len(cases)}
    assert set(found) == {("harmless", "float64"), ("unanswered", "float64")}


def test_where_everything_is_counted_every_case_is_put(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "iaf_ref_conformance.mutants.hunt.refused", lambda subject, case: Refusal(case.id, "no")
    )
    first = hunt(list(tasks([SURVIVOR], [], ("float64",), full=False)))["harmless", "float64"]
    every = hunt(list(tasks([SURVIVOR], [], ("float64",), full=True)))["harmless", "float64"]
    assert (len(first.refusals), first.asked) == (1, 1)
    assert [r.case for r in every.refusals] == [c.id for c in cases_in("float64")]
    assert every.asked == len(cases_in("float64"))


def test_an_interrupt_ends_the_processes_too() -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    before = set(active_children())
    with pytest.raises(KeyboardInterrupt):
        hunt([list, partial(sleep, 3600)], jobs=2, advance=interrupted)
    # not joined: the thread of the pool waits for them too, and who comes second is told nothing
    patience = monotonic() + 60
    while (left := set(active_children()) - before) and monotonic() < patience:
        sleep(0.01)
    assert not left
