"""GRAD-1: bounds that no library exceeds, and mistakes in derivatives that the cases catch."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

import iaf_ref as ir
from iaf_ref.describe import describe
from iaf_ref_backends import profiles
from iaf_ref_backends.numpy_ import BACKEND as NUMPY
from iaf_ref_conformance import corpus
from iaf_ref_conformance.answers import decode, encode
from iaf_ref_conformance.diagnosis import diagnose
from iaf_ref_conformance.generate import document, grad, vacuity
from iaf_ref_conformance.generate.question import Question, Refused, bf16, made, points
from iaf_ref_conformance.joint import joint_log_prob, posed_joint
from iaf_ref_conformance.random_flows import Sample, random_flows
from iaf_ref_conformance.run import CONFORMS, FAILS, INCOMPLETE, Run, run
from iaf_ref_conformance.subjects.reference import Reference
from iaf_ref_conformance.subjects.rounded import round_to

pytest.importorskip("flint", reason="derivatives are certified by balls: extra oracle")
torch = pytest.importorskip("torch", reason="PyTorch is not installed (extra: torch)")
import array_api_compat.torch  # noqa: E402

from iaf_ref_backends import ball, taped, torch_, tracked  # noqa: E402

CASES = corpus.load()
PROFILES = {"float32": "ieee-f32", "float64": "ieee-f64"}
FLOWS = 16
USEFUL = 1000.0
"""Median of bound / error from which on a bound is of no use: it adds up over all paths."""
DTYPES = pytest.mark.parametrize("dtype", PROFILES)
Function = Callable[[Mapping[str, Any]], Any]
Numbers = dict[str, Any]


def density(sample: Sample) -> tuple[Function, Numbers]:
    """The density of a flow over standard normals, in its parallel direction, and its arguments."""
    D = sample.x.shape[-1]
    base = {"base.loc": np.zeros(D), "base.scale": np.ones(D)}
    function = joint_log_prob(ir.Inverse(sample.flow), {"kind": "normal"}, base)
    inputs = {"y": sample.x} | ({} if sample.context is None else {"context": sample.context})
    return function, inputs | describe(sample.flow)[1]


@cache
def smooth(dtype: str) -> list[tuple[Function, Numbers, Numbers, Numbers]]:
    """Random flows with the truth and the bounds; those next to a kink are left out."""
    return list(_smooth(dtype))


def _smooth(dtype: str) -> Iterator[tuple[Function, Numbers, Numbers, Numbers]]:
    for sample in random_flows(FLOWS, 3, dtype, largest=4, rows=2):
        function, variables = density(sample)
        try:
            exact = taped.derivatives(function, variables, ball.xp)
            bounds = taped.derivatives(function, variables, tracked.namespace(PROFILES[dtype]))
        except taped.Undecided:
            continue
        yield function, variables, exact, {n: tracked.error(a) for n, a in bounds.items()}


def tensors(variables: Numbers) -> Numbers:
    return {name: torch.tensor(array) for name, array in variables.items()}


def by_reverse_mode(function: Function, variables: Numbers) -> Numbers:
    found = torch_.BACKEND.gradient(function, tensors(variables))
    return {name: a.numpy() for name, a in found.items()}


def by_forward_mode(function: Function, variables: Numbers) -> Numbers:
    found = torch.func.jacfwd(function)(tensors(variables))
    return {name: a.numpy() for name, a in found.items()}


def ratios(exact: Numbers, computed: Numbers, bounds: Numbers) -> tuple[float, Any]:
    """Worst error / bound, and bound / error of each derivative that is not exact."""
    worst, loose = 0.0, []
    for name, bound in bounds.items():
        error = ball.residual(exact[name], computed[name])
        assert np.all(error[bound == 0.0] == 0.0), name
        kept = (bound > 0.0) & np.isfinite(bound)
        worst = max(worst, float(np.max(error[kept] / bound[kept], initial=0.0)))
        loose.append(bound[kept & (error > 0.0)] / error[kept & (error > 0.0)])
    return worst, np.concatenate(loose)


@DTYPES
@pytest.mark.filterwarnings("ignore:.*torch.jit.script.*:DeprecationWarning")  # by forward mode
@pytest.mark.parametrize("mode", [by_reverse_mode, by_forward_mode])
def test_no_error_of_pytorch_exceeds_its_bound(dtype: str, mode: Any) -> None:
    loose = []
    for function, variables, exact, bounds in smooth(dtype):
        worst, found = ratios(exact, mode(function, variables), bounds)
        assert worst <= 1.0
        loose.append(found)
    assert len(loose) > FLOWS / 2
    assert np.median(np.concatenate(loose)) < USEFUL


@DTYPES
def test_no_error_of_jax_exceeds_its_bound(dtype: str) -> None:
    jax = pytest.importorskip("jax", reason="JAX is not installed (extra: jax)")
    from iaf_ref_backends import jax_

    function, variables, exact, bounds = smooth(dtype)[0]
    with jax_.BACKEND.computing(dtype, "cpu"):
        arrays = {name: jax.numpy.asarray(a) for name, a in variables.items()}
        backwards = jax_.BACKEND.gradient(function, arrays)
        forwards = jax.jit(jax.jacfwd(function))(arrays)
    for found in (backwards, forwards):
        computed = {name: np.asarray(a) for name, a in found.items()}
        assert ratios(exact, computed, bounds)[0] <= 1.0


# -- the cases, and what they catch --


class Torch(Reference):
    """The reference on PyTorch, with a mistake in its derivatives."""

    def __init__(self) -> None:
        super().__init__(torch_.BACKEND)


def run_of(subject: Any, glob: str = "grad-*", dtype: str = "float32") -> Run:
    cases = CASES.select([glob])
    profile = profiles.load(subject.profile[dtype])
    return run(subject, cases.cases(dtype), dtype, profile, len(cases))


def failed(subject: Any) -> dict[str, str]:
    """Slug of each case that fails -> why."""
    found = run_of(subject).results
    return {r.id.rpartition("-")[0]: r.outcome.reason for r in found if r.outcome.reason}


@DTYPES
def test_the_reference_conforms(dtype: str) -> None:
    result = run_of(Torch(), dtype=dtype)
    assert (result.verdict, result.tested) == (CONFORMS, ["GRAD-1"])
    assert result.worst_ratio is not None
    assert 0.01 < result.worst_ratio <= 1.0


def test_a_subject_without_gradient_is_not_judged_by_it() -> None:
    plain = run_of(Reference(NUMPY), "[dg]e[nr]*-[mt]*")  # densities, and no gradient
    assert "GRAD-1" not in plain.uncovered
    with_gradients = run_of(Reference(NUMPY), "*-softplus-*")
    assert with_gradients.uncovered["GRAD-1"] == "no gradient"
    assert with_gradients.verdict == CONFORMS
    assert "GRAD-1" not in with_gradients.tested
    assert with_gradients.count("unsupported") > 0
    alone = run_of(Reference(NUMPY))
    assert (alone.verdict, alone.tested) == (INCOMPLETE, [])


def of_pytorch() -> dict[str, Any]:
    """PyTorch's own functions, by where the text has its own; their derivatives are s (1 - s)."""
    own = torch.nn.functional
    functions = {"sigmoid": torch.sigmoid, "log_sigmoid": own.logsigmoid, "softplus": own.softplus}
    used = {"gated": ("sigmoid", "log_sigmoid"), "floored": ("sigmoid", "softplus")}
    return {
        f"iaf_ref.{m}.{name}": of_one_argument(functions[name])
        for m, names in used.items()
        for name in names
    }


def of_one_argument(function: Callable[[Any], Any]) -> Callable[..., Any]:
    """The function in the place of one that is also told what is known of its argument."""
    return lambda z, k=None: function(z)


@DTYPES
def test_the_functions_that_pytorch_has_conform(
    dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = torch.nn.functional
    names = ("elu", "gelu", "silu", "softplus", "leaky_relu")
    given = {name: of_one_argument(getattr(own, name)) for name in names}
    given |= {"sigmoid": of_one_argument(torch.sigmoid)}
    table = {n: a._replace(value=given.get(n, a.value)) for n, a in ir.ACTIVATIONS.items()}
    monkeypatch.setattr("iaf_ref.activations.ACTIVATIONS", table)
    for name, function in of_pytorch().items():
        monkeypatch.setattr(name, function)
    assert run_of(Torch(), dtype=dtype).verdict == CONFORMS


NAIVE: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "grad-gated-far": ("iaf_ref.gated.log_sigmoid", lambda z, k=None: torch.log(torch.sigmoid(z))),
    "grad-softplus-far": (
        "iaf_ref.floored.softplus",
        lambda z, k=None: torch.log(1.0 + torch.exp(z)),
    ),
}


@pytest.mark.parametrize("slug", NAIVE)
def test_a_formula_that_overflows_is_caught(slug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*NAIVE[slug])
    assert slug in failed(Torch())


class Passing(ir.Exp):
    """A clip that hands the gradient on, as Pyro's and NumPyro's do."""

    def log_scale(self, raw: Any) -> Any:
        return raw + (super().log_scale(raw) - raw).detach()


def test_a_clip_that_hands_the_gradient_on_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    original = joint_log_prob

    def changed(flow: Any, *rest: Any) -> Function:
        if isinstance(flow, ir.AffineAutoregressive) and isinstance(flow.scale, ir.Exp):
            flow = ir.AffineAutoregressive(flow.network, Passing())
        return original(flow, *rest)

    monkeypatch.setattr("iaf_ref_conformance.joint.joint_log_prob", changed)
    found = failed(Torch())
    assert set(found) == {"grad-exp-clip"}
    assert "d output.bias[1, 1]: expected 0 within 0, got -2." in found["grad-exp-clip"]


def test_a_log_det_off_the_graph_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def detached(self: Any, raw: Any) -> Any:
        return torch.log(self.scale(raw)).detach()

    for scale in (ir.Exp, ir.SoftClip, ir.Softplus, ir.Sigmoid, ir.Gated):
        monkeypatch.setattr(scale, "log_scale", detached)
    monkeypatch.setattr(ir.Exp, "scale", lambda self, raw: torch.exp(torch.clip(raw, -5.0, 3.0)))
    monkeypatch.setattr(ir.SoftClip, "scale", lambda self, raw: torch.exp(raw / self._bend(raw)))
    assert len(failed(Torch())) == len(CASES.select(["grad-*"]))


class Wrong(Torch):
    """One array of derivatives, changed."""

    def __init__(self, change: Callable[[Any, Numbers], Numbers]) -> None:
        super().__init__()
        right = self.gradient
        self.gradient = lambda case, y, context: change(case, right(case, y, context))


def shifted(case: Any, found: Numbers) -> Numbers:
    """A removed weight with a tiny derivative."""
    for name in sorted(found):
        if name.endswith("weight"):
            found[name][case.tensors[name] == 3.0] += 1e-30
    return found


MISTAKES: Mapping[str, tuple[Callable[[Any, Numbers], Any], str]] = {
    "sign": (lambda case, found: found | {"y": -found["y"]}, "d log q / d y["),
    "removed weights": (shifted, "weight[0, 0]: expected 0"),
    "mean in place of the sum": (
        lambda case, found: {n: a / np.float32(len(found["y"])) for n, a in found.items()},
        "d log q / d ",
    ),
    "shape": (lambda case, found: found | {"y": found["y"][:1]}, "expected shape ("),
    "dtype": (lambda case, found: found | {"y": found["y"].astype("float64")}, "expected dtype"),
    "no mapping": (lambda case, found: tuple(found.values()), "expected a mapping of name to"),
    "none of y": (
        lambda case, found: {n: a for n, a in found.items() if n != "y"},
        "of every weight, got none of y",
    ),
    "more": (lambda case, found: found | {"x": found["y"]}, "got some of x, which the case does"),
    "nan": (lambda case, found: found | {"y": found["y"] * np.float32("nan")}, "got nan"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_caught(name: str) -> None:
    change, reason = MISTAKES[name]
    found = failed(Wrong(change))
    assert len(found) == len(CASES.select(["grad-*"]))
    assert sum(reason in why for why in found.values()) > len(found) / 2


class Rounded(torch.autograd.Function):  # type: ignore[misc]
    """A product whose operands are rounded to TF32, in both directions."""

    @staticmethod
    def coarse(a: Any) -> Any:
        return torch.tensor(round_to(a.detach().numpy(), 11))

    @staticmethod
    def forward(ctx: Any, a: Any, b: Any) -> Any:
        ctx.save_for_backward(a, b)
        return torch.matmul(Rounded.coarse(a), Rounded.coarse(b))

    @staticmethod
    def backward(ctx: Any, g: Any) -> tuple[Any, Any]:
        a, b, g = (Rounded.coarse(operand) for operand in (*ctx.saved_tensors, g))
        first, second = torch.matmul(g, b.mT), torch.matmul(a.mT, g)
        return first.sum_to_size(a.shape), second.sum_to_size(b.shape)


def rounded(a: Any, b: Any) -> Any:
    """The product, as a function that binds to its first operand."""
    return Rounded.apply(a, b)


def test_tf32_is_caught_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(array_api_compat.torch, "matmul", Rounded.apply)
    monkeypatch.setattr(torch.Tensor, "__matmul__", rounded)
    result = run_of(Torch())
    assert result.verdict == FAILS
    found = diagnose(result, CASES.case)
    assert found is not None
    assert found.profile == "tf32"
    assert found.sentence.startswith("fails ieee-f32, conforms to tf32: TF32 is on")


# -- questions that show nothing --


def asked(flow: Any, y: Any, **more: Any) -> Question:
    return grad.gradient("test", "a reason that is long enough", flow, bf16(y), **more)


def test_a_point_at_a_kink_is_refused() -> None:
    flow = made(3, (5,), seed=1, activation="relu")
    W, b = flow.network.hidden[0]
    layers = [(W, np.where(np.arange(len(b)) == 0, -W[0, 0], b))]  # 0 at the first y_0 below
    kinked = ir.AffineAutoregressive(replace(flow.network, hidden=layers))
    y = points((2, 3), 1)
    y[0, 0] = 1.0
    with pytest.raises(Refused, match="expected a point off every kink, got expected operands"):
        document.answered(asked(ir.Inverse(kinked), y))
    y[0, 0] = 1.5
    assert document.answered(asked(ir.Inverse(kinked), y)).worst["ieee-f64"] <= 1.0


def test_a_question_without_base_is_refused() -> None:
    question = replace(asked(made(3, (5,), seed=1), points((2, 3), 1)), base=None)
    with pytest.raises(Refused, match="base: expected a distribution, whose density has a gr"):
        document.answered(question)
    (case,) = CASES.select(["net-relu-*"]).cases("float64")
    with pytest.raises(NotImplementedError, match="the case has no base distribution"):
        posed_joint(case, case.stored["input.x"], None)


def test_flat_derivatives_are_refused() -> None:
    vacuity.refuse_flat({"y": np.ones(2), "output.bias": np.asarray([0.0, 1.0])})
    for name in ("y", "output.bias"):
        with pytest.raises(Refused, match=f"{name}: expected derivatives that are not 0, got"):
            vacuity.refuse_flat({name: np.zeros(2)})
    with pytest.raises(Refused, match="y: expected derivatives"):
        vacuity.refuse_flat({"y": np.asarray([0.0, 1.0])})


def test_answers_are_kept_with_their_names() -> None:
    (result,) = run_of(Torch(), "grad-d1*").results
    (answer,) = result.answers
    assert answer.keys == tuple(sorted(answer.keys))
    assert set(answer.keys) >= {"y", "context", "output.weight"}
    (back,) = decode(encode([answer]))
    assert (back.keys, back.method) == (answer.keys, "gradient")
    assert all(np.array_equal(a, b) for a, b in zip(back.values, answer.values, strict=True))
    assert {"ieee-f32", "ieee-f64"} <= set(result.ratios)
