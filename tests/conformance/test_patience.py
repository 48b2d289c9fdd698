import signal
import time
from typing import Any

import pytest

from iaf_ref_backends import profiles
from iaf_ref_conformance.checks.patience import Overdue, limited, patience, patient
from iaf_ref_conformance.corpus import load
from iaf_ref_conformance.run import Result, run


class Slow:
    name, dtypes, profile = "slow", ("float64",), {"float64": "ieee-f64"}

    def forward(self, case: Any, x: Any, context: Any) -> Any:
        try:
            while True:
                time.sleep(0.01)
        except Exception:  # noqa: BLE001 - a subject that swallows whatever it can
            return x, x

    def log_scale(self, case: Any, x: Any, context: Any) -> Any:
        print("a line\nof noise " + "x" * 100)  # noqa: T201
        return x


def results(subject: Any, *globs: str) -> list[Result]:
    corpus = load().select(globs)
    with patient(0.05):
        found = run(subject, corpus.cases("float64"), "float64", profiles.load("ieee-f64"), 5)
    return list(found.results)


def test_a_hang_costs_its_case_and_the_run_goes_on() -> None:
    found = results(Slow(), "net-elu-*", "net-relu-*", "net-tanh-*", "net-silu-*", "net-gelu-*")
    reasons = [r.outcome.reason for r in found if r.check == "forward"]
    assert len(reasons) >= 5
    assert reasons[:3] == ["forward: expected an answer within 0.05 s, got none"] * 3
    assert set(reasons[3:]) == {
        "forward is not asked any more: too often it did not answer in time"
    }
    assert {r.outcome.status for r in found} == {"failed"}


def test_what_is_printed_fails_the_case_and_is_quoted(capsys: pytest.CaptureFixture[str]) -> None:
    (found,) = results(Slow(), "det-per-dimension-d3-*")
    assert found.outcome.status == "failed"
    start = "log_scale wrote to standard output: 'a line of noise xxx"
    assert found.outcome.reason.startswith(start)
    assert "..." in found.outcome.reason
    assert capsys.readouterr().out == ""


def test_a_timer_of_somebody_else_is_left_alone() -> None:
    fired = []
    before = signal.signal(signal.SIGALRM, lambda *_: fired.append(True))
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        with limited(0.001):
            time.sleep(0.1)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
    assert fired == [True]


def test_the_timer_and_its_handler_are_put_back() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with pytest.raises(Overdue), limited(0.01):
        time.sleep(1.0)
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_patience_is_of_one_run() -> None:
    with patient(1.0) as first:
        first.hung["forward"] = 3
        assert patience().spent("forward")
    with patient(2.0):
        assert not patience().spent("forward")
    assert patience() is not patience()
