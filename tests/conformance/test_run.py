"""Runs, and what follows from them: counts, verdicts, precision; no subject ends a run."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from iaf_ref_backends import profiles
from iaf_ref_backends.numpy_ import BACKEND
from iaf_ref_conformance import corpus
from iaf_ref_conformance.checks import CHECKS, Outcome
from iaf_ref_conformance.environment import environment_of
from iaf_ref_conformance.run import CONFORMS, FAILS, INCOMPLETE, Result, Run, run
from iaf_ref_conformance.subjects.reference import Reference

F32 = profiles.load("ieee-f32")
GLOB = "step-*"


class Partial:
    """Knows the forward map only."""

    name, dtypes, profile = "partial", ("float32",), {"float32": "ieee-f32"}

    def forward(self, case: Any, x: Any, context: Any) -> Any:
        return case.flow.forward(x, context=context)


class Hopeless(Partial):
    """Wrong, or raising, in everything."""

    name = "hopeless"

    def environment(self) -> Any:
        raise OSError("no driver")

    def __getattr__(self, method: str) -> Any:
        if method in ("masks", "inverse", "log_scale", "log_prob"):
            return lambda *given, **options: 1 / 0
        raise AttributeError(method)

    def forward(self, case: Any, x: Any, context: Any) -> Any:
        return np.float32("nan")


def run_of(subject: Any, glob: str = GLOB) -> Run:
    cases = corpus.load().select([glob], [])
    return run(subject, cases.cases("float32"), "float32", F32, len(cases))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_reference_on_numpy_conforms(dtype: str) -> None:
    cases = corpus.load()
    seen: list[Result] = []
    subject = Reference(BACKEND)
    profile = profiles.load(subject.profile[dtype])
    result = run(subject, cases.cases(dtype), dtype, profile, cases.manifest["count"], seen.append)
    reasons = {r.outcome.reason for r in result.results if r.check != "gradient"}
    assert reasons == {""}
    assert result.uncovered.items() >= {"GRAD-1": "no gradient"}.items()  # of NumPy, that is
    assert result.verdict == CONFORMS
    count, without = cases.manifest["count"], len(cases.select(["grad-*"]))
    assert result.counts == {
        "expected": count,
        "run": count - without,
        "passed": count - without,
        "failed": 0,
        "unsupported": without,
    }
    assert tuple(seen) == result.results
    assert result.worst_ratio is not None
    assert 0.01 < result.worst_ratio <= 1.0
    # the machine's arithmetic, found from outside: between 2^-4 u and u
    u = profile.store.roundoff
    assert result.effective_precision is not None
    assert u / 16 < result.effective_precision <= u


def test_every_check_is_put_by_the_corpus() -> None:
    assert {case.check for case in corpus.load().cases("float64")} == set(CHECKS)


def test_what_is_unsupported_is_counted_and_does_not_conform_alone() -> None:
    result = run_of(Partial())
    assert result.verdict == INCOMPLETE
    assert set(result.unshown) < set(result.tested)
    known = next(clause for clause in result.tested if clause not in result.unshown)
    assert replace(result, judged=(known,)).verdict == CONFORMS
    assert result.counts["unsupported"] == sum(r.check != "forward" for r in result.results)
    assert all(r.outcome.reason for r in result.results if r.outcome.status == "unsupported")
    # no silent green: a subject that supports none of the cases has shown nothing
    nothing = Run("n", "cpu", "float32", "ieee-f32", {}, 1, (skipped(),))
    assert nothing.verdict == INCOMPLETE


def test_clauses_on_algorithms_count_for_subjects_that_have_them() -> None:
    class Sequential(Partial):
        inverse_methods = ("sequential",)

        def inverse(self, case: Any, y: Any, context: Any, method: str) -> Any:
            return case.flow.inverse(y, context=context)

    class All(Sequential):
        inverse_methods = ("sequential", "blocked", "fixed_point")

    plain, every = run_of(Sequential(), "inv-*"), run_of(All(), "inv-*")
    assert set(plain.uncovered) == {"INV-3", "INV-4"}
    assert not {"INV-3", "INV-4"} & set(plain.tested)
    assert all(result.clauses for result in plain.results)
    assert plain.verdict == every.verdict == CONFORMS
    assert every.uncovered == {}
    assert {"INV-3", "INV-4"} < set(every.tested)
    assert replace(plain, judged=("INV-3",)).verdict == INCOMPLETE


def skipped() -> Result:
    return Result("a", ("NET-1",), "forward", Outcome("unsupported", reason="no"))


def test_a_run_survives_a_hopeless_subject() -> None:
    result = run_of(Hopeless())
    assert result.verdict == FAILS
    assert result.counts["failed"] == result.counts["expected"] > 3
    assert result.environment["environment"] == "raised OSError: no driver"


def test_fewer_cases_than_expected_are_incomplete() -> None:
    cases = corpus.load().select([GLOB], [])
    short = run(Reference(BACKEND), cases.cases("float32"), "float32", F32, len(cases) + 1)
    assert short.verdict == INCOMPLETE
    empty = run(Reference(BACKEND), [], "float32", F32, 0)
    assert (empty.verdict, empty.worst_ratio, empty.effective_precision) == (INCOMPLETE, None, None)


def test_a_coarser_arithmetic_shows_in_the_effective_precision() -> None:
    class Coarse(Partial):
        """Rounds operands of products to 11 bits, as TF32 does."""

        def forward(self, case: Any, x: Any, context: Any) -> Any:
            y, log_det = case.flow.forward(x, context=context)
            scale = np.float32(2.0**-11)
            return y * (1 + scale), log_det * (1 + scale)

    fine, coarse = run_of(Partial(), "net-*"), run_of(Coarse(), "net-*")
    assert coarse.verdict == FAILS
    assert fine.effective_precision is not None
    assert coarse.effective_precision is not None
    assert coarse.effective_precision > 100 * fine.effective_precision


@pytest.mark.parametrize("given", [None, 3, {"blas": "x", "threads": 4}])
def test_the_environment_takes_what_a_subject_says(given: Any) -> None:
    class Speaking:
        environment = given

    found = environment_of(Speaking())
    assert {"iaf_ref", "python", "platform", "numpy", "truth"} <= set(found)
    assert found.get("threads") == ("4" if isinstance(given, dict) else None)
