"""NumPyro and flowjax as subjects: what they refuse, their own masks, and a part of the corpus."""

from typing import Any

import numpy as np
import pytest

from iaf_ref_backends import profiles
from iaf_ref_conformance import corpus
from iaf_ref_conformance.checks.asking import Unsupported, ask
from iaf_ref_conformance.checks.outcome import PASSED
from iaf_ref_conformance.run import judge

jax = pytest.importorskip("jax", reason="JAX is not installed (extra: jax)")

CASES = corpus.load()
PROFILES = {"float32": "ieee-f32", "float64": "ieee-f64"}


def numpyro() -> Any:
    pytest.importorskip("numpyro", reason="numpyro is not installed (extra: peers)")
    from iaf_ref_conformance.subjects.peers.numpyro_ import NumPyro

    return NumPyro()


def flowjax() -> Any:
    pytest.importorskip("flowjax", reason="flowjax is not installed (extra: peers)")
    from iaf_ref_conformance.subjects.peers.flowjax_ import FlowJAX

    return FlowJAX()


def case(pattern: str, dtype: str = "float64") -> Any:
    (name,) = CASES.select([pattern]).ids
    return CASES.case(name, dtype)


def verdict(subject: Any, pattern: str, dtype: str) -> Any:
    return judge(case(pattern, dtype), subject, profiles.load(PROFILES[dtype]))


@pytest.mark.parametrize(
    ("make", "pattern", "dtype"),
    [
        (numpyro, "masks-order-d5-*", "float64"),
        (numpyro, "net-skip-alone-*", "float32"),
        (numpyro, "chain-conjugate-*", "float64"),
        (numpyro, "inv-deep-*", "float32"),
        (numpyro, "dens-maf-tril-*", "float64"),
        (flowjax, "masks-cyclic-context-d5-*", "float64"),
        (flowjax, "net-context-d3-c3-*", "float32"),
        (flowjax, "chain-conjugate-*", "float64"),
        (flowjax, "inv-order-d8-*", "float32"),
        (flowjax, "dens-maf-context-*", "float64"),
    ],
)
def test_what_a_library_can_do_is_right(make: Any, pattern: str, dtype: str) -> None:
    outcome = verdict(make(), pattern, dtype)
    assert outcome.status == PASSED, outcome.reason


@pytest.mark.parametrize(
    ("make", "pattern", "says"),
    [
        (numpyro, "masks-rounding-d8-*", "MASK-4"),
        (numpyro, "step-clip-huger-*", "log_scale"),
        (numpyro, "shape-empty-density-*", "ZeroDivisionError"),
        (numpyro, "type-refuse-plain-*", "TYPE-1"),
        (flowjax, "type-refuse-plain-*", "TYPE-1"),
    ],
)
def test_what_is_wrong_is_found(make: Any, pattern: str, says: str) -> None:
    outcome = verdict(make(), pattern, "float32")
    assert outcome.status == "failed"
    assert says in outcome.reason


@pytest.mark.parametrize(
    ("make", "pattern", "method", "says"),
    [
        (numpyro, "net-context-d5-c3-*", "forward", "no context"),
        (numpyro, "step-gated-1-*", "forward", "Gated"),
        (numpyro, "net-residual-1-elu-*", "forward", "residual"),
        (numpyro, "masks-no-hidden-d5-*", "masks", "even"),
        (numpyro, "connectivity-d30-h29-31-c0-*", "masks", "at least D wide"),
        (flowjax, "net-skip-alone-*", "forward", "skip"),
        (flowjax, "step-gated-1-*", "forward", "gated"),
        (flowjax, "net-residual-1-elu-*", "forward", "residual"),
        (flowjax, "masks-three-layers-d5-*", "masks", "cyclic"),
    ],
)
def test_what_a_library_has_not_is_unsupported(
    make: Any, pattern: str, method: str, says: str
) -> None:
    asked = case(pattern)
    given = () if method == "masks" else (asked.input("x"), asked.input("context"))
    with pytest.raises(Unsupported, match=says):
        ask(asked, make(), method, *given)


@pytest.mark.parametrize("make", [numpyro, flowjax])
def test_a_mask_of_the_library_that_is_wrong_shows(
    make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The weights are loaded with junk outside of the masks: a mask that lets it in is seen."""
    subject = make()
    if subject.name == "numpyro":
        import numpyro.nn.auto_reg_nn as own

        made = own.create_mask
        monkeypatch.setattr(
            own, "create_mask", lambda **given: ([m | True for m in made(**given)[0]], True)
        )
        pattern = "net-heads-d4-*"
    else:
        import flowjax.bijections.masked_autoregressive as own

        made = own.rank_based_mask
        monkeypatch.setattr(own, "rank_based_mask", lambda *a, **given: made(*a, **given) | True)
        pattern = "masks-cyclic-d5-*"
    asked = case(pattern, "float32")
    outcome = judge(asked, subject, profiles.load("ieee-f32"))
    assert outcome.status == "failed", outcome.reason


@pytest.mark.parametrize("make", [numpyro, flowjax])
def test_float64_leaves_x64_as_it_was(make: Any) -> None:
    asked, before = case("net-heads-d4-*"), jax.config.jax_enable_x64
    y, _ = make().forward(asked, asked.input("x"), None)
    assert y.dtype == np.float64
    assert jax.config.jax_enable_x64 == before


@pytest.mark.parametrize("make", [numpyro, flowjax])
def test_the_environment_names_the_versions(make: Any) -> None:
    subject = make()
    said = subject.environment()
    assert said["jax"] == jax.__version__
    assert said["judged"].startswith(subject.name)
