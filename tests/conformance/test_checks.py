"""Each check passes the reference and catches the mistake that it is there for, by name."""

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import iaf_ref as ir
from iaf_ref.describe import describe
from iaf_ref_backends import profiles
from iaf_ref_backends.numpy_ import BACKEND
from iaf_ref_conformance import corpus
from iaf_ref_conformance.cases import Case, Expected
from iaf_ref_conformance.checks import CHECKS, Outcome
from iaf_ref_conformance.checks.apart import apart
from iaf_ref_conformance.generate.answer import bounds, doubles, truth
from iaf_ref_conformance.generate.evaluate import Stated
from iaf_ref_conformance.run import judge
from iaf_ref_conformance.subjects.reference import Reference

inverse_check = sys.modules["iaf_ref_conformance.checks.inverse"]
"""The module, whose name in its package is the check's."""

pytest.importorskip("flint", reason="the truth of these cases is that of balls: extra oracle")

D, ROWS = 10, 3
PROFILE = {"float32": "ieee-f32", "float64": "ieee-f64"}
RNG = np.random.default_rng(7)
X = RNG.integers(-40, 40, (ROWS, D)) / 16.0
CONTEXT = RNG.integers(-40, 40, (ROWS, 2)) / 16.0
NORMAL = {"kind": "normal"}
BASE = {"base.loc": np.zeros(D), "base.scale": np.ones(D)}


def flow_of(context_dim: int = 0, scale: Any = None, skip: bool = False) -> ir.AffineAutoregressive:
    degrees = ir.made_degrees(
        D, (12, 12), order=[3, 1, 4, 0, 5, 9, 2, 6, 8, 7], context_dim=context_dim
    )
    net = ir.AutoregressiveNetwork.init(degrees, 5, activation="tanh", skip=skip, dtype="float32")
    return ir.AffineAutoregressive(net, scale or ir.Exp())


FLOW = flow_of()
CHAIN = ir.Chain([FLOW, ir.Permutation([2, 0, 1, 4, 3, 9, 8, 5, 6, 7]), flow_of(scale=ir.Gated())])


def case_of(
    check: str,
    flow: Any = FLOW,
    dtype: str = "float64",
    options: dict[str, Any] | None = None,
    base: dict[str, Any] | None = None,
    clauses: tuple[str, ...] = ("STEP-6", "DET-2"),
    **inputs: Any,
) -> Case:
    """A case as the corpus would have it: certified truth, derived bounds."""
    text, tensors = describe(flow)
    stored = {f"input.{name}": np.asarray(array, dtype=float) for name, array in inputs.items()}
    stored |= {name: array[: flow.dim] for name, array in BASE.items()} if base else {}
    options = options or {}
    arrays = {name: array.astype(np.float32) for name, array in stored.items()}
    stated = Stated(check, text, tensors, base, arrays, options)
    expected = doubles(truth(stated))
    found = bounds(stated, "float32")
    return Case(
        "hand-made",
        check,
        clauses,
        "to see a mistake",
        dtype,
        text,
        tensors,
        base,
        stored,
        options,
        expected,
        found,
    )


def masks_case(check: str, flow: Any = FLOW) -> Case:
    case = case_of(check, flow, clauses=("MASK-4",))
    net = flow.network
    given = (*net.masks.hidden, net.masks.output, *(() if net.skip is None else (net.masks.skip,)))
    if check == "connectivity":
        given = (ir.expected_connectivity(net.degrees),)
    return replace(case, expected={f"mask.{k}": m for k, m in enumerate(given)})


class Own:
    """The reference, with some of its methods put in other words."""

    name, dtypes, profile = "own", ("float32", "float64"), PROFILE

    def __init__(self, **methods: Callable[..., Any]) -> None:
        reference = Reference(BACKEND)
        for name in ("masks", "forward", "inverse", "log_scale", "log_prob"):
            setattr(self, name, methods.get(name, getattr(reference, name)))


def put(case: Case, **methods: Callable[..., Any]) -> Outcome:
    return judge(case, Own(**methods), profiles.load(PROFILE[case.dtype]))


def every_case(dtype: str = "float64") -> dict[str, Case]:
    x2 = X.copy()
    x2[:, 7] += 1.0
    row = X.copy()
    row[1] += 1.0
    grid = np.arange(-480, 481)[:, None] / 16.0
    small = ir.AffineAutoregressive(
        ir.AutoregressiveNetwork.init(ir.made_degrees(1, ()), 1, dtype="float32"), ir.Exp()
    )
    cases = {
        "masks": masks_case("masks"),
        "connectivity": masks_case("connectivity"),
        "forward": case_of("forward", x=X),
        "log_scale": case_of("log_scale", x=X),
        "inverse": case_of("inverse", y=X),
        "inverse_explicit": case_of("inverse_explicit", ir.Inverse(FLOW), y=X),
        "log_prob": case_of("log_prob", base=NORMAL, y=X),
        "causality": case_of("causality", options={"variable": 7}, x=X, changed=x2),
        "rows": case_of("rows", options={"row": 1}, x=X, changed=row),
        "nonfinite": case_of("nonfinite", options={"row": 1, "value": "nan"}, x=X),
        "round_trip": case_of(
            "round_trip", ir.Permutation([2, 0, 1, *range(3, D)]), x=X, clauses=("CHAIN-3",)
        ),
        "refuse_dtype": case_of("refuse_dtype", clauses=("TYPE-1",), x=X),
    }
    integral = case_of("log_prob", small, base=NORMAL, y=grid, clauses=("DENS-5",))
    options = {"cell": 1 / 16, "quadrature": 1e-9}
    cases["integral"] = replace(integral, check="integral", options=options)
    return {name: case.in_dtype(dtype) for name, case in cases.items()}


CASES = {dtype: every_case(dtype) for dtype in PROFILE}
"""One case of each check, in each dtype."""


def test_there_is_a_case_for_every_check() -> None:
    elsewhere = {"gradient"}  # needs a library that differentiates: test_gradient.py
    assert list(CASES["float64"]) == [name for name in CHECKS if name not in elsewhere]


@pytest.mark.parametrize("dtype", PROFILE)
@pytest.mark.parametrize("name", CASES["float64"])
def test_the_reference_passes(name: str, dtype: str) -> None:
    outcome = put(CASES[dtype][name])
    assert (outcome.status, outcome.reason) == ("passed", "")
    assert outcome.ratio is None or 0.0 <= outcome.ratio <= 1.0


@pytest.mark.parametrize("flow", [CHAIN, flow_of(scale=ir.Gated()), flow_of(scale=ir.Sigmoid())])
@pytest.mark.parametrize("dtype", PROFILE)
def test_inverses_of_chains_pass(flow: Any, dtype: str) -> None:
    outcome = put(case_of("inverse", flow, dtype, y=X))
    assert outcome.status == "passed"
    assert outcome.ratio is not None
    assert 0.0 < outcome.ratio < 1.0


def test_the_inverse_with_context_that_broadcasts_passes() -> None:
    case = case_of("inverse", flow_of(2), y=X[:1], context=CONTEXT)
    assert put(case).status == "passed"


@pytest.mark.parametrize("method", ["masks", "forward", "inverse", "log_scale", "log_prob"])
def test_a_method_that_is_not_there_is_unsupported(method: str) -> None:
    name = {"log_prob": "log_prob", "masks": "masks"}.get(method, method)
    assert put(CASES["float64"][name], **{method: None}) == Outcome(
        "unsupported", reason=f"the subject has no method {method}"
    )


def test_not_implemented_is_unsupported_with_its_reason() -> None:
    def no(case: Case, x: Any, context: Any) -> Any:
        raise NotImplementedError("no residual blocks here")

    assert put(CASES["float64"]["forward"], forward=no) == Outcome(
        "unsupported", reason="no residual blocks here"
    )


PER_DIMENSION = "per-dimension log-det where the summed one is expected (DENS-3)"


def answering(answer: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """A forward map whose two results are changed on their way out."""

    def forward(case: Case, x: Any, context: Any) -> Any:
        return answer(*case.flow.forward(x, context=context))

    return forward


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda y, d: y, "expected a pair (y, log_det), got ndarray"),
        (lambda y, d: None, "expected a pair (y, log_det), got NoneType"),
        (lambda y, d: (y.tolist(), d), "y: expected a NumPy array, got list"),
        (lambda y, d: (y[:1], d), "SHAPE-1: y: expected shape (3, 10), got (1, 10)"),
        (lambda y, d: (y.astype("f2"), d), "TYPE-1: y: expected dtype float64, got float16"),
        (lambda y, d: (y, d.astype("f4")), "TYPE-1: log_det: expected dtype float64, got float32"),
        (lambda y, d: (y, d[0]), "SHAPE-1: log_det: expected shape (3,), got ()"),
        (lambda y, d: (y * np.nan, d), "STEP-6: y[0, 0]: expected"),
        (lambda y, d: (y + 1e-3, d), "off by 0.001"),
        (lambda y, d: (y, d + 1e-3), "DET-2: log_det[0]: expected"),
        (lambda y, d: (y, np.repeat(d[:, None], D, 1)), PER_DIMENSION),
        (lambda y, d: (y, d[:, None]), PER_DIMENSION),
    ],
)
def test_a_wrong_answer_fails_in_so_many_words(
    answer: Callable[[Any, Any], Any], words: str
) -> None:
    outcome = put(CASES["float64"]["forward"], forward=answering(answer))
    assert outcome.status == "failed"
    assert words in outcome.reason


def test_a_failure_names_element_value_truth_bound_and_ratio() -> None:
    case = CASES["float32"]["forward"]

    def forward(case: Case, x: Any, context: Any) -> Any:
        y, log_det = case.flow.forward(x, context=context)
        y[2, 4] += 1.0
        return y, log_det

    outcome = put(case, forward=forward)
    expected = case.expected["y"].hi[2, 4]
    bound = case.bounds["ieee-f32", "y"][2, 4]
    assert outcome.reason.startswith(f"STEP-6: y[2, 4]: expected {expected:.10f}"[:38])
    assert f"within {bound:.3g}" in outcome.reason
    assert f"{1.0 / bound:.1e}"[:2] in outcome.reason
    assert "(ieee-f32)" in outcome.reason
    # moved by 1, rounded to float32, and off by no more than the bound before that
    error = abs(float(np.float32(expected + 1.0)) - expected)
    slack = bound + 2.0 * float(np.spacing(np.float32(abs(expected) + 1.0)))
    assert abs(outcome.ratio * bound - error) <= slack
    assert outcome.effective == outcome.ratio * 2.0**-24


@pytest.mark.parametrize(
    "error", [RuntimeError("out of memory"), SystemExit(4), GeneratorExit("x"), KeyError("W")]
)
def test_an_exception_is_one_failed_case(error: BaseException) -> None:
    def forward(case: Case, x: Any, context: Any) -> Any:
        raise error

    outcome = put(CASES["float64"]["forward"], forward=forward)
    assert outcome.status == "failed"
    assert outcome.reason.startswith(f"raised {type(error).__name__}: ")


def test_writing_to_an_input_or_to_the_case_fails() -> None:
    def to_input(case: Case, x: Any, context: Any) -> Any:
        result = case.flow.forward(x, context=context)
        x[0, 0] = 7.0
        return result

    def to_case(case: Case, x: Any, context: Any) -> Any:
        result = case.flow.forward(x, context=context)
        case.flow.network.hidden[0][1][0] += 1.0
        return result

    assert put(case_of("forward", x=X), forward=to_input).reason == "forward wrote to its input"
    assert put(case_of("forward", x=X), forward=to_case).reason == "forward wrote to the case"


def test_inverse_is_judged_by_its_residual_not_by_its_distance() -> None:
    # sigma = exp(-5) everywhere: one ulp of y moves x by 150 times as much, and both are right
    degrees = ir.made_degrees(4, ())
    net = ir.AutoregressiveNetwork(
        degrees, [], (np.zeros((2, 4, 4)), np.stack([np.ones(4), np.full(4, -9.0)]))
    )
    case = case_of("inverse", ir.AffineAutoregressive(net), y=np.full((1, 4), 1.0 + 2.0**-10))

    def near(ulps: int) -> Callable[..., Any]:
        def inverse(case: Case, y: Any, context: Any) -> Any:
            x, log_det = case.flow.inverse(np.nextafter(y, 2.0) if ulps else y)
            return x * (1.0 + ulps * 2.0**-53), log_det

        return inverse

    right, off = put(case, inverse=near(0)), put(case, inverse=near(4000))
    assert right.status == "passed"
    assert off.status == "failed"
    assert off.reason.startswith("INV-1: x[0, ")


def test_inverse_that_is_not_finite_or_has_the_wrong_log_det_fails() -> None:
    def infinite(case: Case, y: Any, context: Any) -> Any:
        x, log_det = case.flow.inverse(y)
        x[1, 2] = np.inf
        return x, log_det

    def forwards(case: Case, y: Any, context: Any) -> Any:
        x, log_det = case.flow.inverse(y)
        return x, -log_det

    case = CASES["float64"]["inverse"]
    assert put(case, inverse=infinite).reason == (
        "INV-5: x[1, 2]: expected a finite number, as y is finite, got inf"
    )
    assert put(case, inverse=forwards).reason.startswith("DET-4: log_det[")


def test_masks_name_the_layer_and_the_entry() -> None:
    def shifted(case: Case) -> Any:
        *hidden, output = Reference(BACKEND).masks(case)
        return (*hidden, np.roll(output, 1, axis=0))

    flow = flow_of(skip=True)
    assert put(masks_case("masks", flow)).status == "passed"
    assert put(masks_case("connectivity", flow)).status == "passed"
    assert put(CASES["float64"]["masks"], masks=shifted).reason.startswith("MASK-5: output mask[")
    assert put(CASES["float64"]["connectivity"], masks=shifted).reason.startswith(
        "MASK-7: connectivity["
    )
    assert "expected 3 masks" in put(CASES["float64"]["masks"], masks=lambda case: ()).reason
    assert "expected a tuple" in put(CASES["float64"]["masks"], masks=lambda case: 3).reason


def log_prob_by(formula: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """A density by one's own accounting of log p(x) per dimension and the inverse map's log-det."""

    def log_prob(case: Case, y: Any, context: Any) -> Any:
        x, log_det = case.flow.inverse(y)
        return formula(case.base.log_prob(x), log_det).astype(case.dtype)

    return log_prob


@pytest.mark.parametrize("dtype", PROFILE)
@pytest.mark.parametrize(
    ("formula", "words"),
    [
        (lambda p, d: p.sum(-1) + D * d, "off by (D-1) = 9 times the log-det (DENS-3)"),
        (lambda p, d: p.sum(-1), "looks like: log-det left out"),
        (lambda p, d: p.sum(-1) - d, "looks like: log-det with the wrong sign"),
    ],
)
def test_the_accounting_of_a_density_is_recognised(dtype: str, formula: Any, words: str) -> None:
    outcome = put(CASES[dtype]["log_prob"], log_prob=log_prob_by(formula))
    assert outcome.status == "failed"
    assert words in outcome.reason
    assert outcome.reason.startswith("STEP-6: log_prob[")


@pytest.mark.parametrize("dtype", PROFILE)
def test_the_forum_mixture_is_recognised_per_dimension(dtype: str) -> None:
    case = case_of(
        "log_prob", base=NORMAL, options={"per_dimension": True}, clauses=("DENS-3",), y=X
    )
    case = case.in_dtype(dtype)
    assert put(case).status == "passed"
    outcome = put(case, log_prob=log_prob_by(lambda p, d: p + d[:, None]))
    assert outcome.reason.endswith(
        "looks like: summed log-det over a univariate base, subtracted D times: "
        "off by (D-1) = 9 times the log-det (DENS-3)"
    )


def test_another_mistake_is_not_called_by_these_names() -> None:
    outcome = put(
        CASES["float64"]["log_prob"], log_prob=log_prob_by(lambda p, d: p.sum(-1) + d + 0.5)
    )
    assert outcome.status == "failed"
    assert "looks like" not in outcome.reason


def test_a_density_per_dimension_where_the_sum_is_asked_for() -> None:
    outcome = put(CASES["float64"]["log_prob"], log_prob=log_prob_by(lambda p, d: p))
    assert "DENS-2: log_prob: expected shape (3,), got (3, 10)" in outcome.reason


def test_an_integral_that_is_not_1_fails() -> None:
    outcome = put(CASES["float64"]["integral"], log_prob=log_prob_by(lambda p, d: p.sum(-1)))
    assert outcome.status == "failed"
    assert outcome.reason.startswith("DENS-5: integral of the density: expected 1 within")


def test_leaks_are_seen_bit_for_bit() -> None:
    def leaking(case: Case, x: Any, context: Any) -> Any:
        y, log_det = case.flow.forward(x, context=context)
        return y + 1e-14 * x[..., 7:8], log_det

    def mixing(case: Case, x: Any, context: Any) -> Any:
        y, log_det = case.flow.forward(x, context=context)
        return y + 1e-14 * np.sum(x, axis=0), log_det

    assert put(CASES["float64"]["causality"], forward=leaking).reason.startswith("NUM-1: y[..., ")
    assert put(CASES["float64"]["rows"], forward=mixing).reason.startswith("SHAPE-3: y of row 0")
    assert put(CASES["float64"]["nonfinite"], forward=mixing).reason.startswith("NUM-2: y of row 0")


def test_causality_without_log_scale_is_judged_by_y() -> None:
    assert put(CASES["float64"]["causality"], log_scale=None).status == "passed"


def test_a_permutation_undone_by_itself_fails() -> None:
    def again(case: Case, y: Any, context: Any) -> Any:
        return case.flow.forward(y)

    outcome = put(CASES["float64"]["round_trip"], inverse=again)
    assert outcome.reason.startswith("CHAIN-3: x[0, 0] after forward and inverse: expected")


def test_silent_promotion_fails() -> None:
    def promoting(case: Case, x: Any, context: Any) -> Any:
        return case.flow.forward(x.astype(case.dtype))

    def confused(case: Case, x: Any, context: Any) -> Any:
        if x.dtype != case.dtype:
            raise ValueError("no idea")
        return case.flow.forward(x)

    case = CASES["float32"]["refuse_dtype"]
    assert put(case, forward=promoting).reason == (
        "TYPE-1: expected a TypeError for x of float64 beside weights of float32, as nothing is "
        "converted silently (compare x.dtype with the weights' and raise), got a result of float32"
    )
    assert "but it raised ValueError: no idea" in put(case, forward=confused).reason


def test_a_profile_that_is_not_stored_is_derived_and_an_infinite_bound_passes_nothing() -> None:
    case = CASES["float32"]["forward"]
    again = replace(case, bounds={})
    profile = profiles.load("ieee-f32")
    first, second = (CHECKS["forward"](c, Reference(BACKEND), profile) for c in (case, again))
    assert first == second
    infinite = {key: np.full_like(bound, np.inf) for key, bound in case.bounds.items()}
    outcome = CHECKS["forward"](replace(case, bounds=infinite), Reference(BACKEND), profile)
    assert outcome == Outcome("unsupported", reason="ieee-f32 gives no finite bound for y")


def test_a_check_that_cannot_be_completed_is_no_pass() -> None:
    broken = replace(CASES["float64"]["forward"], expected={})
    assert put(broken) == Outcome(
        "failed", reason="the check could not be completed: raised KeyError: 'y'"
    )
    unknown = replace(broken, check="guess")
    assert put(unknown).reason.startswith("check: expected one of masks, ")


def test_a_wrong_truth_would_be_seen() -> None:
    case = CASES["float64"]["forward"]
    y = case.expected["y"]
    moved = {**case.expected, "y": Expected(y.hi + 1e-10, y.lo)}
    assert put(replace(case, expected=moved)).status == "failed"


def test_a_subject_gets_the_question_without_the_answer_and_cannot_write_to_it() -> None:
    seen: list[Case] = []

    def forward(case: Case, x: Any, context: Any) -> Any:
        seen.append(case)
        return case.flow.forward(x, context=context)

    case = CASES["float64"]["forward"]
    assert put(case, forward=forward).status == "passed"
    (question,) = seen
    assert (dict(question.expected), dict(question.bounds)) == ({}, {})
    assert case.expected
    for mapping in (question.options, question.expected, question.tensors, question.text):
        with pytest.raises(TypeError, match="does not support item assignment"):
            mapping["y"] = 0  # type: ignore[index]
    arrays = (*question.tensors.values(), *question.stored.values())
    assert not any(array.flags.writeable for array in (*arrays, *question.input_arrays.values()))


@pytest.mark.parametrize("dtype", PROFILE)
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("causality", "NUM-1: y[..., 7]: expected it to change"),
        ("rows", "SHAPE-3: y of row 1: expected it to change"),
        ("nonfinite", "NUM-2: y of row 1: expected a NaN or an infinity"),
    ],
)
def test_a_constant_keeps_no_law_of_what_stays(name: str, words: str, dtype: str) -> None:
    def constant(case: Case, x: Any, context: Any) -> Any:
        return np.zeros_like(x), np.zeros_like(x[..., 0])

    def nothing(case: Case, x: Any, context: Any) -> Any:
        return np.full_like(x, np.nan), np.zeros_like(x[..., 0])

    case = CASES[dtype][name]
    found = put(case, forward=constant, log_scale=None)
    assert found.status == "failed"
    assert found.reason.startswith(words) or "depends on x[7]" in found.reason
    assert "expected finite numbers" in put(case, forward=nothing, log_scale=None).reason


@pytest.mark.parametrize("dtype", PROFILE)
def test_the_cases_of_causality_and_rows_say_what_has_to_change(dtype: str) -> None:
    profile = profiles.load(PROFILE[dtype])
    for case in corpus.load().cases(dtype):
        if case.check not in ("causality", "rows"):
            continue
        x, changed = (case.input(name) for name in ("x", "changed"))
        must = apart(case, profile, x, changed, case.input("context")).reshape(-1, case.flow.dim)
        if case.check == "rows":
            assert must[case.options["row"]].any(), case.id
            continue
        degrees, j = case.flow.degrees, case.options["variable"]
        depends = ir.expected_connectivity(degrees)[:, degrees.context_dim + j]
        assert must.any(axis=0).tolist() == [bool(d) or i == j for i, d in enumerate(depends)], (
            case.id
        )


def test_a_subject_that_refuses_every_dtype_fails() -> None:
    def refusing(case: Case, x: Any, context: Any) -> Any:
        raise TypeError("no")

    assert put(CASES["float64"]["refuse_dtype"], forward=refusing).reason == "raised TypeError: no"


def test_a_coarse_profile_without_a_bound_is_unsupported_and_a_dtype_without_one_fails() -> None:
    case, inf = CASES["float32"]["inverse"], np.inf
    coarse = profiles.load("tf32")
    real = inverse_check.inverse_residual

    def silent(everywhere: bool) -> Callable[..., Any]:
        def residual(case: Case, profile: Any, *given: Any) -> Any:
            found = real(case, profile, *given)
            if everywhere or profile.name == "tf32":
                return replace(found, bound=tuple(np.full_like(b, inf) for b in found.bound))
            return found

        return residual

    outcomes = []
    for everywhere in (False, True):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(inverse_check, "inverse_residual", silent(everywhere))
            outcomes.append(judge(case, Own(), coarse))
    assert outcomes[0].status == "unsupported"
    assert outcomes[0].reason.startswith("tf32 gives no finite bound for the residual of x")
    assert outcomes[1].status == "failed"
