"""The question this started from: four ways agree, a fifth is off by (D - 1) log-dets, refused."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import iaf_ref as ir
from iaf_ref_backends import tracked

PATH = Path(__file__).resolve().parents[2] / "examples" / "log_det_question.py"
D = 10


def load_example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("log_det_question", PATH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(PATH.parent))  # what it imports lies beside it
        spec.loader.exec_module(module)
    return module


example = load_example()
XP = tracked.namespace("ieee-f64")


def joint(value: Any) -> Any:
    return np.sum(value) if isinstance(value, np.ndarray | np.generic) else XP.sum(value)


@pytest.fixture(scope="module")
def numbers() -> dict[tuple[str, str], Any]:
    return example.combinations()


@pytest.fixture(scope="module")
def bounds() -> dict[tuple[str, str], float]:
    found = example.combinations(XP)
    return {key: float(tracked.error(joint(value))) for key, value in found.items()}


def test_the_flow_is_the_threads() -> None:
    flow = example.make_flow()
    assert (flow.dim, flow.degrees.widths) == (D, (40,))
    assert example.make_bases()["univariate"].event_shape == ()
    assert example.make_bases()["univariate"].batch_shape == (D,)


@pytest.mark.parametrize(
    ("base", "convention", "shape"),
    [
        ("univariate", "per dimension", (D,)),
        ("univariate", "summed", ()),
        ("multivariate", "per dimension", ()),
        ("multivariate", "summed", ()),
        ("low-rank", "per dimension", ()),
        ("low-rank", "summed", ()),
    ],
)
def test_each_combination_has_its_shape(
    numbers: dict[tuple[str, str], Any], base: str, convention: str, shape: tuple[int, ...]
) -> None:
    assert np.shape(numbers[base, convention]) == shape


def test_the_four_combinations_are_one_joint_density(numbers: Any, bounds: Any) -> None:
    keys = [(b, c) for b in ("univariate", "multivariate") for c in ("per dimension", "summed")]
    for first in keys:
        for second in keys:
            off = abs(joint(numbers[first]) - joint(numbers[second]))
            assert off <= bounds[first] + bounds[second], (first, second)


def test_the_low_rank_base_takes_both_conventions(numbers: Any, bounds: Any) -> None:
    first, second = ("low-rank", "per dimension"), ("low-rank", "summed")
    assert abs(numbers[first] - numbers[second]) <= bounds[first] + bounds[second]
    # the same covariance by a triangular factor is the same density
    base = example.make_bases()["low-rank"]
    tril = np.linalg.cholesky(base.cov_factor @ base.cov_factor.T + np.diag(base.cov_diag))
    full = ir.MultivariateNormal(base.loc, scale_tril=tril)
    q = ir.TransformedDistribution(full, [example.make_flow()])
    # LAPACK rounds the factor: |L L^T - Sigma| <= (n + 1) u |L| |L|^T / (1 - (n + 1) u)
    # (Higham 2002, theorem 10.3), which perturbs each entry of Sigma by at most e, itself formed
    # with 3 roundings; the joint density moves by at most the two norms below times e
    n, u = D, 2.0**-53
    size = np.abs(tril) @ np.abs(tril).T
    e = ((n + 1) * u / (1 - (n + 1) * u) + 3 * u) * size
    x, _ = example.make_flow().inverse(example.make_point())
    inverse = np.linalg.inv(tril @ tril.T)
    solved = np.abs(inverse @ (x - base.loc))
    moved = 0.5 * (np.sum(np.abs(inverse) * e) + solved @ e @ solved)
    off = abs(float(q.log_prob(example.make_point())) - float(numbers[second]))
    xp_full = ir.MultivariateNormal(XP.asarray(base.loc), scale_tril=XP.asarray(tril))
    tracked_q = ir.TransformedDistribution(xp_full, [example.make_flow(XP)])
    rounding = float(tracked.error(tracked_q.log_prob(example.make_point(XP))))
    # twice: the second order of a perturbation of 1e-15 is far below the first
    assert off <= bounds[second] + rounding + 2.0 * moved


def test_the_terms_are_those_of_the_paper(numbers: Any) -> None:
    # eq. 11 before its sum: log p(x_i) - log sigma_i
    flow, y = example.make_flow(), example.make_point()
    x, _ = flow.inverse(y)
    by_hand = -0.5 * x * x - 0.5 * np.log(2 * np.pi) - flow.log_scale(x)
    terms = tracked.error(example.combinations(XP)["univariate", "per dimension"])
    assert np.all(np.abs(numbers["univariate", "per dimension"] - by_hand) <= 2 * terms)


def test_the_mixture_is_off_by_nine_log_dets(numbers: Any) -> None:
    wrong = example.mixture()
    assert wrong.shape == (D,)
    log_det = example.make_flow().inverse(example.make_point())[1]
    off = joint(wrong) - numbers["univariate", "summed"]
    assert abs(off - (D - 1) * log_det) <= example.bound()
    # and that says something: the log-det is not hidden in the bound
    assert abs(log_det) > 1e6 * example.bound()


def test_iaf_ref_refuses_the_mixture_and_names_the_clause() -> None:
    q = ir.TransformedDistribution(
        example.make_bases()["univariate"], [example.KeptDimension(example.make_flow())]
    )
    with pytest.raises(ValueError, match=r"expected shape \(10,\).*got \(1,\).*DENS-3"):
        q.log_prob(example.make_point())
