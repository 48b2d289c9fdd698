"""The libraries on PyTorch as subjects: what passes, what fails and why, what is refused."""

import importlib
from typing import Any

import pytest

from iaf_ref_backends import profiles
from iaf_ref_conformance import corpus
from iaf_ref_conformance.checks.outcome import FAILED, PASSED, UNSUPPORTED
from iaf_ref_conformance.run import judge
from iaf_ref_conformance.subjects.find import find
from iaf_ref_conformance.subjects.peers.results import known

CASES = corpus.load()
CAUSES = known()
COMMON = ("chain-permutation-d3", "step-affine-d2", "shape-one", "num-causal-last-d5", "num-nan")
PASSES = {
    "pyro": (*COMMON, "masks-rounding-d8-h13", "net-context-d5-c3", "net-skip-context", "inv-d3-c1",
             "dens-joint-diagonal", "dens-posterior-t2-d3", "step-gated-log-scale"),
    "zuko": (*COMMON, "masks-cyclic-context-d5", "connectivity-graph-diamond", "graph-partial",
             "inv-deep", "dens-joint-diagonal", "dens-posterior-t2-d3", "step-softclip-log-scale"),
    "nflows": (*COMMON, "masks-cyclic-d5", "connectivity-random-d5", "step-softplus", "inv-d2-c0",
               "dens-joint-normal", "chain-2-d3"),
    "normflows": (*COMMON, "masks-cyclic-d5", "step-sigmoid", "inv-d2-c0", "dens-joint-normal",
                  "chain-2-d3"),
    "flowtorch": (*COMMON, "masks-rounding-d8-h13", "inv-d2-c0", "dens-joint-diagonal"),
}  # fmt: skip
FAILS = {
    "pyro": ("step-clip-huger", "shape-broadcast-one-many", "shape-empty-density"),
    "zuko": ("inv-overflow-float64-d49", "shape-empty"),
    "nflows": ("connectivity-d8-h8-c1", "shape-four-one"),
    "normflows": ("shape-none",),
    "flowtorch": ("dens-maf-diagonal", "det-maf-exp", "shape-empty"),
}
FAILS_IN_FLOAT64 = {
    "pyro": ("inv-d2-c0", "type-refuse-context"),
    "zuko": ("shape-none-inverse", "type-refuse-context"),
    "nflows": ("shape-one-inverse",),
    "normflows": ("chain-permutation-d3", "chain-2-d3"),
    "flowtorch": ("shape-one-inverse",),
}
REFUSES = {
    "pyro": ("step-softplus", "net-no-hidden", "net-residual-1-elu", "dens-forum-terms"),
    "zuko": ("net-skip", "masks-order-d5", "net-heads-d1"),
    "nflows": ("net-context-d5-c3", "masks-order-d5", "dens-integral-d2-tril"),
    "normflows": ("net-context-d5-c3", "net-skip", "connectivity-d8-h8-c1"),
    "flowtorch": ("net-context-d5-c3", "step-gated", "net-skip"),
}


@pytest.fixture(scope="module", params=sorted(PASSES))
def peer(request: pytest.FixtureRequest) -> Any:
    pytest.importorskip(request.param, reason=f"{request.param} is not installed (extra: peers)")
    return find(request.param)


def outcome(peer: Any, name: str, dtype: str) -> tuple[str, Any]:
    (case,) = (c for c in CASES.ids if c.rpartition("-")[0] == name)
    return case, judge(CASES.case(case, dtype), peer, profiles.load(peer.profile[dtype]))


def explained(peer: Any, dtype: str, case: str, reason: str) -> bool:
    failed = {"id": case, "reason": reason}
    return any(cause.explains(peer.name, dtype, failed) for cause in CAUSES)


def test_it_says_what_is_judged(peer: Any) -> None:
    environment = peer.environment()
    assert environment["judged"].startswith(peer.libraries[0] + " ")
    assert environment["torch"] == importlib.import_module("torch").__version__


def test_what_is_right_passes(peer: Any) -> None:
    for name in PASSES[peer.name]:
        case, found = outcome(peer, name, "float32")
        assert (case, found.status, found.reason) == (case, PASSED, "")


def test_what_is_right_passes_in_float64_or_fails_for_a_known_cause(peer: Any) -> None:
    for name in PASSES[peer.name]:
        case, found = outcome(peer, name, "float64")
        assert found.status == PASSED or explained(peer, "float64", case, found.reason), (
            found.reason
        )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_fails_has_a_known_cause(peer: Any, dtype: str) -> None:
    extra = FAILS_IN_FLOAT64[peer.name] if dtype == "float64" else ()
    for name in (*FAILS[peer.name], *extra):
        case, found = outcome(peer, name, dtype)
        assert (case, found.status) == (case, FAILED)
        assert explained(peer, dtype, case, found.reason), (case, found.reason)


def test_what_it_cannot_express_is_unsupported(peer: Any) -> None:
    for name in REFUSES[peer.name]:
        case, found = outcome(peer, name, "float32")
        assert (case, found.status) == (case, UNSUPPORTED)
        assert found.reason


@pytest.mark.parametrize("name", ["net-tanh", "num-causal-middle-d5"])
def test_the_masks_are_the_librarys_own(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    network = pytest.importorskip("pyro.nn.auto_reg_nn", reason="pyro is not installed")
    subject, made = find("pyro"), network.create_mask

    def leaking(*args: Any, **options: Any) -> Any:
        masks, skip = made(*args, **options)
        return [*masks[:-1], masks[-1] * 0.0 + 1.0], skip

    monkeypatch.setattr(network, "create_mask", leaking)
    assert outcome(subject, name, "float32")[1].status == FAILED
