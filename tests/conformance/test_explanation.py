"""What is said of a failure: where it begins, and which known mistake it looks like."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import iaf_ref as ir
from iaf_ref_backends import profiles
from iaf_ref_conformance.cases import Case
from iaf_ref_conformance.checks.outcome import FAILED, PASSED, Outcome
from iaf_ref_conformance.checks.patience import Overdue, patient
from iaf_ref_conformance.corpus import load
from iaf_ref_conformance.divergence import first_difference
from iaf_ref_conformance.explanation import explained
from iaf_ref_conformance.intermediates import departs, pre_activations, references
from iaf_ref_conformance.mutants import MUTANTS
from iaf_ref_conformance.mutants.plain import Plain
from iaf_ref_conformance.nearest import nearest
from iaf_ref_conformance.run import judge, run
from iaf_ref_conformance.summary import summary

CORPUS = load()
F64 = profiles.load("ieee-f64")


def case_of(glob: str) -> Case:
    return CORPUS.case(CORPUS.select([glob]).ids[0])


class Off(Plain):
    """Right but for what is changed."""

    def __init__(self, **changes: Callable[..., Any]) -> None:
        super().__init__()
        for method, change in changes.items():
            right = getattr(super(), method, None) or self._pre_activations
            setattr(self, method, lambda *g, _r=right, _c=change: _c(_r(*g)))

    @staticmethod
    def _pre_activations(case: Any, x: Any, context: Any) -> Any:
        network = case.flow.network
        inputs = network.inputs(x, context)
        return (*(v for _, v in pre_activations(network, inputs)), network(x, context))


@pytest.mark.parametrize(
    ("glob", "changes", "says"),
    [
        ("net-tanh-*", {"masks": lambda m: (~m[0], *m[1:])}, "the hidden mask 0"),
        ("net-tanh-*", {"masks": lambda m: (*m[:-1], ~m[-1])}, "the output mask"),
        ("net-skip-*", {"masks": lambda m: (*m[:-1], ~m[-1])}, "the skip mask"),
        (
            "net-three-layers-*",
            {"pre_activations": lambda p: (p[0], p[1] + 1, *p[2:])},
            "the pre-activation of hidden layer 1",
        ),
        ("net-tanh-*", {"pre_activations": lambda p: (*p[:-1], p[-1] + 1)}, "the m"),
        ("net-tanh-*", {"log_scale": lambda s: s + 1}, "log sigma"),
        (
            "net-tanh-*",
            {"forward": lambda a: (a[0] + 1, a[1])},
            "y, though log sigma is right: mu, or how the two are put together",
        ),
        ("net-tanh-*", {"forward": lambda a: (a[0], -a[1])}, "the log-det, though y is right"),
        ("dens-event-d1-*", {"log_prob": lambda a: a + 1}, "what comes after the forward map"),
        ("chain-2-d3-*", {"forward": lambda a: (a[0], -a[1])}, ""),
    ],
)
def test_the_first_thing_that_differs(glob: str, changes: Any, says: str) -> None:
    found = first_difference(case_of(glob), Off(**changes), F64)
    assert found.startswith(says)
    assert bool(found) == bool(says)


def test_the_variable_from_which_on_it_differs_in_the_order_of_generation() -> None:
    case = case_of("net-tanh-*")
    order = np.argsort(case.flow.degrees.input)
    last = int(order[-1])

    def off(scale: Any) -> Any:
        scale = scale.copy()
        scale[..., last] += 1.0
        return scale

    told = first_difference(case, Off(log_scale=off), F64)
    assert told == f"log sigma, from variable {last} on (number {len(order)} in the order)"


def test_pre_activations_end_in_what_the_network_returns() -> None:
    for glob in ("net-tanh-*", "net-residual-*", "net-no-hidden-*"):
        case = case_of(glob)
        network, x, c = case.flow.network, case.input("x"), case.input("context")
        inputs = network.inputs(x, c)
        layers = list(pre_activations(network, inputs))
        assert len(layers) == len(network.hidden)
        if network.residual:
            np.testing.assert_array_equal(layers[-1][1], network.features(inputs))
        known = references(case, F64, x, c)
        assert [n for n in known if n.startswith("pre-")] == [name for name, _ in layers]
        for name, value in layers:
            assert not departs(value, known[name], F64)
            assert departs(value + 1.0, known[name], F64)
            assert departs(value[..., :0], known[name], F64)


TELLING = (
    "heads-swapped",
    "clip-missing",
    "shift-before-scale",
    "parameters-frozen",
    "inverse-from-y",
    "log-det-over-batch",
    "log-det-counted-d-times",
    "permutation-scatters",
    "base-at-the-wrong-end",
    "log-det-keeps-its-axis",
    "clip-hands-the-gradient-on",
    "log-det-off-the-graph",
    "inverse-taken-for-a-constant",
    "removed-weights-have-derivatives",
)


@pytest.mark.parametrize("name", TELLING)
def test_a_mistake_is_called_by_its_name(name: str) -> None:
    mutant = MUTANTS[name]
    for case in CORPUS.select(clauses=[mutant.clauses[0]]).cases():
        outcome = judge(case, mutant.make(), F64)
        if outcome.status == FAILED and nearest(case, mutant.make()):
            told = explained(case, mutant.make(), outcome, F64)
            assert mutant.mistake in told.reason or "(DENS-3)" in told.mistake
            assert told.mistake
            assert (told.status, told.ratio) == (outcome.status, outcome.ratio)
            return
    pytest.fail("expected a failure that is explained, got none")


def test_an_error_like_no_other_gets_no_name() -> None:
    case = case_of("net-tanh-*")
    subject = Off(forward=lambda a: (a[0] * np.linspace(1.1, 1.7, a[0].shape[-1]), a[1]))
    outcome = explained(case, subject, judge(case, subject, F64), F64)
    assert outcome.status == FAILED
    assert outcome.mistake == ""
    assert "looks like" not in outcome.reason


def test_derivatives_of_other_names_or_shapes_get_no_name() -> None:
    case = case_of("grad-skip-*")
    turned = {
        "a name is missing": lambda found: {n: a for n, a in found.items() if n != "y"},
        "other names": lambda found: {f"my.{n}": a for n, a in found.items()},
        "other shapes": lambda found: found | {"y": found["y"].T},
        "no arrays": lambda found: found | {"y": None},
    }
    for why, change in turned.items():
        subject = Off(gradient=change)
        outcome = explained(case, subject, judge(case, subject, F64), F64)
        assert (outcome.status, outcome.mistake) == (FAILED, ""), why


def test_wrong_derivatives_begin_after_the_values() -> None:
    case = case_of("grad-skip-*")
    subject = Off(gradient=lambda found: found | {"y": found["y"] * 1.5})
    outcome = explained(case, subject, judge(case, subject, F64), F64)
    assert "the way back, the base, or the derivatives" in outcome.reason


def test_what_passed_is_left_as_it_is() -> None:
    case = case_of("net-tanh-*")
    passed = judge(case, Plain(), F64)
    assert passed.status == PASSED
    assert explained(case, Plain(), passed, F64) is passed


def test_an_explanation_that_fails_takes_no_verdict_away(monkeypatch: pytest.MonkeyPatch) -> None:
    from iaf_ref_conformance import explanation

    def broken(*_: Any) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr(explanation, "first_difference", broken)
    failed = Outcome(FAILED, reason="y: off")
    assert explained(case_of("net-tanh-*"), Plain(), failed, F64) is failed


def test_who_does_not_answer_is_not_asked_for_more() -> None:
    case, asked = case_of("net-tanh-*"), []

    def hangs(found: Any) -> Any:
        asked.append(found)
        raise Overdue

    subject = Off(forward=hangs)
    failed = Outcome(FAILED, reason="y: off")
    with patient() as patience:
        assert explained(case, subject, failed, F64) == failed
        assert explained(case, subject, failed, F64) is failed
    assert len(asked) == patience.hung["forward"] == 1


def test_a_run_counts_the_mistakes_that_its_failures_look_like() -> None:
    corpus = CORPUS.select(["det-chain-*"])
    subject = Off(forward=lambda a: (a[0], -a[1]))
    found = run(subject, corpus.cases(), "float64", F64, len(corpus))
    assert found.mistakes.total() == found.count(FAILED) > 0
    assert isinstance(case_of("net-tanh-*").flow, ir.AffineAutoregressive)


def test_of_two_names_that_of_the_clause_that_failed_is_given() -> None:
    # NaN where the sweeps overflow: more than one mutant says exactly the same
    mutant = MUTANTS["sweeps-overflow"]
    cases = CORPUS.select(["inv-overflow-*", "inv-transient*"]).cases("float32")
    f32 = profiles.load("ieee-f32")
    failed = [c for c in cases if judge(c, mutant.make(), f32).status == FAILED]
    assert failed
    for case in failed:
        assert nearest(case, mutant.make(), "INV-5").startswith(mutant.mistake)


def test_a_run_names_a_mistake_only_if_most_failures_look_like_it() -> None:
    corpus = CORPUS.select(["det-chain-*"])
    found = run(Off(forward=lambda a: (a[0], -a[1])), corpus.cases(), "float64", F64, len(corpus))
    assert any("mistake    looks like" in line for line in summary(found, selected=True))
    failed = [r for r in found.results if r.outcome.status == FAILED]
    others = [replace(r, outcome=replace(r.outcome, mistake=str(k))) for k, r in enumerate(failed)]
    split = replace(found, results=tuple(others))
    assert not any("mistake    looks like" in line for line in summary(split, selected=True))
