"""The plain implementation's derivatives: within the proven bounds, also where no case asks."""

from typing import Any

import numpy as np
import pytest

from iaf_ref_backends import profiles, taped, tracked
from iaf_ref_conformance import corpus
from iaf_ref_conformance.cases import DTYPES, Case
from iaf_ref_conformance.joint import posed_joint
from iaf_ref_conformance.mutants import VARIANTS
from iaf_ref_conformance.mutants.plain import Plain
from iaf_ref_conformance.run import judge

CORPUS = corpus.load()
PROFILES = Plain.profile
MODES = ("plain-numpy", "implicit-differentiation", "forward-mode-jacobian")


def case_of(glob: str, dtype: str) -> Case:
    return CORPUS.case(CORPUS.select([glob]).ids[0], dtype)


def points(shape: tuple[int, ...], dtype: str) -> Any:
    """Numbers that are exact in both dtypes."""
    drawn = np.random.Generator(np.random.PCG64(5)).integers(-8, 9, size=shape)
    return (drawn / 8.0).astype(dtype)


def compared(subject: Any, case: Case, y: Any, context: Any) -> None:
    """Hold derivatives against the reference's, each of the two within the bound of the truth."""
    function, arguments = posed_joint(case, y, context)
    bounded = taped.derivatives(function, arguments, tracked.namespace(PROFILES[case.dtype]))
    computed = subject.gradient(case, y, context)
    assert set(computed) == set(bounded)
    for name, derivative in bounded.items():
        assert computed[name].dtype == case.dtype, name
        assert computed[name].shape == arguments[name].shape, name
        apart = np.abs(computed[name].astype(np.float64) - tracked.value(derivative))
        assert np.isfinite(tracked.error(derivative)).all(), name
        assert np.all(apart <= 2.0 * tracked.error(derivative)), name


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("mode", MODES)
def test_every_case_about_derivatives_is_passed(mode: str, dtype: str) -> None:
    profile, ratios = profiles.load(PROFILES[dtype]), []
    for case in CORPUS.select(["grad-*"]).cases(dtype):
        outcome = judge(case, VARIANTS[mode].make(), profile)
        assert outcome.status == "passed", outcome.reason
        ratios.append(outcome.ratio)
    assert 0.0 < max(ratios) <= 1.0


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", ["normal", "independent", "diagonal", "tril", "low-rank"])
def test_every_base_has_derivatives(kind: str, mode: str, dtype: str) -> None:
    case = case_of(f"dens-maf-{kind}-*", dtype)
    compared(VARIANTS[mode].make(), case, case.input("y"), case.input("context"))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("y_batch", "context_batch"),
    [((1,), (3,)), ((3, 1), (2,)), ((), (2,)), ((2,), ()), ((0,), (1,))],
)
def test_whatever_was_broadcast_is_summed(
    y_batch: tuple[int, ...], context_batch: tuple[int, ...], mode: str
) -> None:
    case = case_of("grad-context-*", "float64")
    y, context = points((*y_batch, 2), "float64"), points((*context_batch, 2), "float64")
    if 0 in y_batch:  # nothing to add up: error-tracking numbers have no result that depends on it
        found = VARIANTS[mode].make().gradient(case, y, context)
        assert found["y"].shape == y.shape
        assert not any(np.any(found[name]) for name in found)
        return
    compared(VARIANTS[mode].make(), case, y, context)


@pytest.mark.parametrize("mode", MODES)
def test_a_residual_step_is_differentiated_through_its_inverse(mode: str) -> None:
    inverted = case_of("grad-residual-*", "float64")
    text = inverted.text["transform"]
    case = Case(**{**vars(inverted), "text": text})
    compared(VARIANTS[mode].make(), case, case.input("y"), None)


def test_a_case_without_base_has_no_derivatives() -> None:
    case = case_of("net-tanh-*", "float64")
    with pytest.raises(NotImplementedError, match="no base distribution"):
        Plain().gradient(case, case.input("x"), None)


def test_another_dtype_is_refused() -> None:
    case = case_of("grad-skip-*", "float64")
    with pytest.raises(TypeError, match="expected float64, as the weights, got float32"):
        Plain().gradient(case, case.input("y").astype(np.float32), None)
