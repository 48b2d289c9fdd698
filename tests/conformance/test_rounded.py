"""Products with rounded operands, as accelerators take them: named, and never when clean."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iaf_ref_backends import profiles
from iaf_ref_backends.numpy_ import BACKEND
from iaf_ref_conformance import corpus
from iaf_ref_conformance.diagnosis import diagnosed
from iaf_ref_conformance.run import CONFORMS, FAILS, Run, run
from iaf_ref_conformance.subjects import rounded
from iaf_ref_conformance.subjects.reference import Reference
from iaf_ref_conformance.subjects.rounded import TF32, BFloat16, round_to

float32s = st.floats(width=32, allow_nan=False, allow_infinity=False)


def nearest_even(value: float, precision: int) -> float:
    """The definition, in exact arithmetic: Python's round takes ties to even."""
    if value == 0.0:
        return value
    unit = 2.0 ** (max(math.frexp(value)[1], -125) - precision)
    return round(value / unit) * unit


@pytest.mark.parametrize("precision", [8, 11])
@given(value=float32s)
def test_rounding_is_to_nearest_ties_to_even(precision: int, value: float) -> None:
    (got,) = round_to(np.asarray([value], dtype=np.float32), precision).tolist()
    expected = nearest_even(value, precision)
    greatest = float(np.finfo(np.float32).max)
    assert got == expected or (math.isinf(got) and abs(expected) > greatest)


def test_what_is_not_finite_stays() -> None:
    given_ = np.asarray([np.inf, -np.inf, np.nan, -0.0], dtype=np.float32)
    for precision in (8, 11):
        assert round_to(given_, precision).tobytes() == given_.tobytes()


def test_operands_of_products_are_rounded_and_nothing_else() -> None:
    # 1 + 2^-12 is 1 in TF32, and 1 + 2^-9 in bfloat16 too; a sum keeps both
    for kind, odd in ((TF32, 1 + 2.0**-12), (BFloat16, 1 + 2.0**-9)):
        a = np.full((1, 1), odd, dtype=np.float32).view(kind)
        assert (a @ a).item() == np.matmul(a, np.asarray(a)).item() == 1.0
        assert (a + 0).item() == odd
        assert (a.astype("float64") @ a.astype("float64")).item() == odd * odd
        for result in (np.where(a > 0, a, a), np.stack([a]), np.unstack(a)[0], a.T):
            assert type(result) is kind


@pytest.fixture(scope="module")
def runs() -> dict[str, Run]:
    numpy = Reference(BACKEND)
    return dict(
        _named([("f64", numpy, "float64", "ieee-f64"), ("f32", numpy, "float32", "ieee-f32")])
    ) | dict(
        _named(
            [
                ("tf32", rounded.tf32, "float32", "ieee-f32"),
                ("bf16", rounded.bf16, "float32", "ieee-f32"),
                ("f32 as tf32", numpy, "float32", "tf32"),
                ("f32 as f64", numpy, "float32", "ieee-f64"),
            ]
        )
    )


def _named(jobs: list[tuple[str, Any, str, str]]) -> Iterator[tuple[str, Run]]:
    cases = corpus.load()
    for name, subject, dtype, profile in jobs:
        found = run(subject, cases.cases(dtype), dtype, profiles.load(profile), len(cases))
        yield name, diagnosed(found, cases.case)


@pytest.mark.parametrize(
    ("name", "named", "words"),
    [
        ("tf32", "tf32", "fails ieee-f32, conforms to tf32: TF32 is on; "),
        ("bf16", "bf16-in-f32-acc", "fails ieee-f32, conforms to bf16-in-f32-acc: operands of"),
        ("f32 as f64", "ieee-f32", "fails ieee-f64, conforms to ieee-f32: float64 is computed in"),
    ],
)
def test_a_coarser_arithmetic_is_named(
    runs: dict[str, Run], name: str, named: str, words: str
) -> None:
    assert runs[name].verdict == FAILS
    found = runs[name].diagnosis
    assert found is not None
    assert found.profile == named
    assert found.sentence.startswith(words)


@pytest.mark.parametrize("name", ["f64", "f32", "f32 as tf32"])
def test_a_clean_run_has_no_diagnosis(runs: dict[str, Run], name: str) -> None:
    assert runs[name].verdict == CONFORMS
    assert runs[name].diagnosis is None


@pytest.mark.parametrize(
    ("name", "roundoff"),
    [
        ("f64", 2.0**-53),
        ("f32", 2.0**-24),
        ("tf32", 2.0**-11),
        ("bf16", 2.0**-8),
        # whatever it is held to
        ("f32 as tf32", 2.0**-24),
        ("f32 as f64", 2.0**-24),
    ],
)
def test_effective_precision_is_the_unit_roundoff_within_a_factor_of_4(
    runs: dict[str, Run], name: str, roundoff: float
) -> None:
    found = runs[name].effective_precision
    assert found is not None
    assert roundoff / 4 <= found <= 4 * roundoff
