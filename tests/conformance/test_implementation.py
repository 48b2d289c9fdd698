from typing import Any

import numpy as np
import pytest

from iaf_ref_conformance import check_implementation
from iaf_ref_conformance.checks.outcome import Outcome
from iaf_ref_conformance.expected_failures import matches, unkept
from iaf_ref_conformance.subjects.find import find

SOME = ("det-per-dimension-d3-*", "dens-event-d1-*", "step-exp-*")


class Right:
    """The reference on NumPy, as a stranger would write it: by methods of its own."""

    name, dtypes = "right", ("float32", "float64")
    profile = {"float32": "ieee-f32", "float64": "ieee-f64"}  # noqa: RUF012

    def __init__(self) -> None:
        self.numpy: Any = find("numpy")

    def forward(self, case: Any, x: Any, context: Any) -> Any:
        return self.numpy.forward(case, x, context)

    def log_scale(self, case: Any, x: Any, context: Any) -> Any:
        return self.numpy.log_scale(case, x, context)


class Sign(Right):
    """In float32 alone the log-det has the wrong sign."""

    def forward(self, case: Any, x: Any, context: Any) -> Any:
        y, log_det = super().forward(case, x, context)
        return y, -log_det if case.dtype == "float32" else log_det


def test_a_right_subject_passes_and_what_it_lacks_is_told() -> None:
    runs = check_implementation(Right, cases=SOME)
    assert [run.dtype for run in runs] == ["float32", "float64"]
    statuses = {r.id.rpartition("-")[0]: r.outcome.status for r in runs[0].results}
    assert statuses["det-per-dimension-d3"] == "passed"
    assert statuses["dens-event-d1"] == "unsupported"


def test_complete_counts_what_is_unsupported() -> None:
    with pytest.raises(AssertionError, match=r"unsupported: dens-event-d1-.* \[float32\]"):
        check_implementation(Right(), cases=SOME, complete=True)


def test_a_failure_is_told_with_its_reason_and_the_mistake() -> None:
    with pytest.raises(AssertionError) as caught:
        check_implementation(Sign(), cases=SOME)
    message = str(caught.value)
    assert message.startswith("right does not conform:\nFAILED step-exp-")
    assert "[float32]" in message
    assert "[float64]" not in message
    assert "first to differ: the log-det, though y is right" in message


def test_an_expected_failure_is_excused_in_its_dtype() -> None:
    expected = {"step-exp-*[float32]": "sign, upstream issue 16"}
    cases = [f"{glob}" for glob in SOME]
    failing = _failing(cases)
    runs = check_implementation(Sign(), {f"{n}[float32]": "sign" for n in failing}, cases=cases)
    assert {r.id for r in runs[0].results if r.outcome.status == "failed"} == failing
    with pytest.raises(AssertionError, match="passed"):  # float64 passes: strict
        check_implementation(Sign(), dict.fromkeys(failing, "sign"), cases=cases)
    # the pattern also matches cases of log sigma, which pass
    with pytest.raises(AssertionError, match="sign, upstream issue 16"):
        check_implementation(Sign(), expected, cases=cases)


def _failing(cases: list[str]) -> set[str]:
    with pytest.raises(AssertionError) as caught:
        check_implementation(Sign(), cases=cases, dtypes=["float32"])
    return {line.split()[1] for line in str(caught.value).splitlines() if line.startswith("FAILED")}


def test_an_expected_failure_has_to_match_a_case() -> None:
    with pytest.raises(AssertionError, match="'gone-\\*': matches no case that was run"):
        check_implementation(Right(), {"gone-*": "was mended"}, cases=SOME)


def test_nothing_passed_is_no_success() -> None:
    class Empty:
        name, dtypes, profile = "empty", ("float64",), {"float64": "ieee-f64"}

    with pytest.raises(AssertionError, match="expected a case that passes, got none"):
        check_implementation(Empty(), cases=SOME)


def test_known_failures_are_a_success_only_where_they_are_all() -> None:
    one = min(_failing(["step-exp-*"]))
    check_implementation(Sign(), {one: "sign"}, cases=[one], dtypes=["float32"])
    some = [one, "dens-event-d1-*"]  # of which the second is unsupported
    with pytest.raises(AssertionError, match="expected a case that passes, got none"):
        check_implementation(Sign(), {one: "sign"}, cases=some, dtypes=["float32"])


def test_a_known_failure_has_a_reason() -> None:
    with pytest.raises(TypeError, match="expected a mapping of ids to reasons, got list"):
        check_implementation(Right(), ["step-exp-*"], cases=SOME)  # type: ignore[arg-type]


def test_no_limit_is_one_of_the_limits() -> None:
    check_implementation(Right(), cases=SOME, dtypes=["float32"], timeout=float("inf"))
    check_implementation(Right(), cases=SOME, dtypes=["float32"], timeout=1e300)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"timeout": 0.0}, "timeout: expected seconds above 0, got 0.0"),
        ({"timeout": float("nan")}, "timeout: expected seconds above 0, got nan"),
        ({"dtypes": ["float16"]}, "dtype: expected one of float32, float64, got 'float16'"),
        ({"cases": ["no-such-*"]}, "expected a pattern that matches a case"),
        ({"profile": "ieee"}, "ieee"),
    ],
)
def test_mistakes_in_the_call(options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_implementation(Right(), **options)


def test_what_is_no_subject_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a subject with name"):
        check_implementation(np.zeros(3))


def test_expectations_need_reasons() -> None:
    outcomes = {("a-1", "float32"): Outcome("failed")}
    excused, broken = unkept({"a-*": " "}, outcomes)
    assert excused == {("a-1", "float32")}
    assert broken == ["expected failure 'a-*': expected a reason, got ' '"]


def test_patterns_may_name_a_dtype() -> None:
    assert matches("a-?[float32]", ("a-1", "float32"))
    assert not matches("a-?[float32]", ("a-1", "float64"))
    assert matches("a-[12]", ("a-1", "float64"))
