"""Wrong subjects that apply masks of their own to the stored weights: each is found out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import iaf_ref as ir
from iaf_ref.describe import describe
from iaf_ref_backends import profiles
from iaf_ref_conformance import corpus
from iaf_ref_conformance.cases import Case
from iaf_ref_conformance.raw import RawWeights
from iaf_ref_conformance.run import judge

ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "relu": lambda a: np.maximum(a, 0),
    "tanh": np.tanh,
    "elu": lambda a: np.where(a > 0, a, np.expm1(a)),
    "leaky_relu": lambda a: np.where(a > 0, a, 0.01 * a),
}


class Masking:
    """A network from the raw weights, under masks that one rule may get wrong."""

    name, dtypes, profile = "masking", ("float64",), {"float64": "ieee-f64"}

    def __init__(self, mistake: str = "") -> None:
        self.mistake = mistake

    def masks(self, case: Case) -> list[Any]:
        text = case.text
        if text["kind"] != "affine" or text["adjacency"] is not None:
            raise NotImplementedError("one step, in an order")
        columns = np.asarray([0] * text["context_dim"] + text["degrees"])
        below, found = columns, []
        for layer in map(np.asarray, text["hidden_degrees"]):
            found.append(layer[:, None] >= below)
            below = layer
        own = np.asarray(text["degrees"])[:, None]
        found.append(own >= below if self.mistake == "output >=" else own > below)
        if case.raw.skip is not None:
            found.append(own >= columns if self.mistake == "skip >=" else own > columns)
        if self.mistake == "none":
            return [np.ones_like(mask) for mask in found]
        return found

    def step(self, case: Case, x: Any, context: Any) -> tuple[Any, Any]:
        """(m, raw)."""
        masks, raw, f = self.masks(case), case.raw, ACTIVATIONS.get(case.text["activation"])
        if case.text["residual"] or f is None or case.text["scale"]["kind"] not in SCALES:
            raise NotImplementedError("a plain network")
        h = inputs = x if context is None else np.concatenate([context, x], axis=-1)
        for mask, (W, b) in zip(masks, raw.hidden, strict=False):
            h = f(h @ np.where(mask, W, 0).T + b)
        o = [
            h @ np.where(masks[len(raw.hidden)], W, 0).T + b
            for W, b in zip(*raw.output, strict=True)
        ]
        if raw.skip is not None:
            o = [a + inputs @ np.where(masks[-1], W, 0).T for a, W in zip(o, raw.skip, strict=True)]
        return o[0], o[1]

    def log_scale(self, case: Case, x: Any, context: Any) -> Any:
        o = self.step(case, x, context)
        return SCALES[case.text["scale"]["kind"]](case.text["scale"], o)

    def forward(self, case: Case, x: Any, context: Any) -> Any:
        if x.dtype != case.dtype:
            raise TypeError("x: expected the dtype of the weights")
        log_sigma, sigma = (f(self.log_scale(case, x, context)) for f in (np.array, np.exp))
        m = self.step(case, x, context)[0]
        y = sigma * x + ((1 - sigma) * m if case.text["scale"]["kind"] == "gated" else m)
        return y, log_sigma.sum(-1)


SCALES: dict[str, Callable[[Any, Any], Any]] = {
    "exp": lambda text, o: np.clip(o[1], text["min"], text["max"]),
    "gated": lambda text, o: -np.logaddexp(0, -o[1] - text["bias"]),
}


def outcomes(subject: Masking, clause: str) -> list[str]:
    profile = profiles.load("ieee-f64")
    chosen = corpus.load().select(clauses=[clause]).cases("float64")
    return [judge(case, subject, profile).status for case in chosen]


CLAUSES = ("MASK-5", "NET-1", "NET-4", "NUM-1", "DET-3")


@pytest.mark.parametrize("clause", CLAUSES)
def test_the_right_masks_pass(clause: str) -> None:
    found = outcomes(Masking(), clause)
    assert "failed" not in found
    assert "passed" in found


@pytest.mark.parametrize(
    ("mistake", "clauses"),
    [
        ("output >=", ("MASK-5", "NET-1", "NUM-1", "DET-3")),
        ("skip >=", ("MASK-6", "NET-4", "NUM-1")),
        ("none", ("MASK-5", "NET-1", "NET-4", "NUM-1", "DET-3")),
    ],
)
def test_wrong_masks_fail(mistake: str, clauses: tuple[str, ...]) -> None:
    for clause in clauses:
        assert "failed" in outcomes(Masking(mistake), clause), clause


@pytest.mark.parametrize(
    "slug", ["num-causal-last-d5-*", "net-no-hidden-*", "net-dense-weights-*", "net-tanh-*"]
)
def test_a_forgotten_mask_fails_the_case(slug: str) -> None:
    profile = profiles.load("ieee-f64")
    for case in corpus.load().select([slug]).cases("float64"):
        assert judge(case, Masking(), profile).status == "passed"
        assert judge(case, Masking("none"), profile).status == "failed"


def flows_of(
    text: dict[str, Any], flow: Any, raw: Any
) -> list[tuple[ir.AutoregressiveNetwork, Any]]:
    """Each network beside its raw weights."""
    if text["kind"] == "affine":
        return [(flow.network, raw)]
    if text["kind"] == "inverse":
        return flows_of(text["transform"], flow.transform, raw)
    parts = zip(text.get("transforms", []), getattr(flow, "transforms", []), raw or [], strict=True)
    return [pair for part in parts for pair in flows_of(*part)]


def test_all_weights_are_dense_and_the_flow_hides_it() -> None:
    kinds = set()
    for case in corpus.load().cases("float32"):
        kinds.add(case.text["kind"])
        for net, raw in flows_of(dict(case.text), case.flow, case.raw):
            assert isinstance(raw, RawWeights)
            masks = net.masks
            layers = [*(W for W, _ in net.hidden), net.output[0]]
            given = [*(W for W, _ in raw.hidden), raw.output[0]]
            kept = [*masks.hidden, masks.output]
            if net.skip is not None:
                layers, given, kept = [*layers, net.skip], [*given, raw.skip], [*kept, masks.skip]
            for masked, dense, mask in zip(layers, given, kept, strict=True):
                assert dense.dtype == np.float32
                assert np.array_equal(np.where(mask, dense, 0), masked)
                assert np.all(np.where(mask, 3.0, dense) == 3.0)
    assert kinds == {"affine", "permutation", "chain", "inverse"}


def test_raw_weights_are_copies() -> None:
    case = next(corpus.load().select(["net-tanh-*"]).cases("float64"))
    case.raw.output[0][:] = 0.0
    assert np.any(case.raw.output[0] != 0.0)
    assert np.any(describe(case.flow)[1]["output.weight"] != 0.0)


def test_the_example_in_the_readme_runs() -> None:
    text = (Path(__file__).parents[2] / "conformance" / "README.md").read_text(encoding="utf-8")
    code = text.split("```python\n")[1].split("```")[0]
    space: dict[str, Any] = {}
    exec(compile(code, "README.md", "exec"), space)  # noqa: S102
    subject, whole = space["Mine"](), corpus.load()
    profile = profiles.load("ieee-f64")
    found = {c.id: judge(c, subject, profile).status for c in whole.cases("float64")}
    assert "failed" not in found.values()
    (passed,) = whole.select(["net-no-hidden-*"]).ids
    assert found[passed] == "passed"
