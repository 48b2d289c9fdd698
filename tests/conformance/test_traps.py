"""Cases that only float32 used to fail: a Jacobi sweep, and a clip that lets gradients through."""

from typing import Any

import numpy as np
import pytest

from iaf_ref_backends import profiles
from iaf_ref_conformance import corpus
from iaf_ref_conformance.cases import Case
from iaf_ref_conformance.run import judge


class Wrong:
    name, dtypes, profile = "wrong", ("float32", "float64"), {}

    def inverse(self, case: Case, y: Any, context: Any) -> tuple[Any, Any]:
        """D sweeps over all variables at once."""
        x = np.zeros_like(y)
        for _ in range(case.flow.dim):
            step = case.flow.step(x, context)
            x = (y - step.mu) / step.sigma
        return x, -case.flow.forward(x, context)[1]

    def log_scale(self, case: Case, x: Any, context: Any) -> Any:
        """The clip as x + stop_gradient(clip(x) - x)."""
        raw = case.flow.network(x, context)[..., 1, :]
        return raw + (np.clip(raw, raw.dtype.type(-5.0), raw.dtype.type(3.0)) - raw)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "slug", ["inv-overflow-float64-d49-*", "inv-transient-d3-*", "step-clip-huger-*"]
)
def test_they_fail_in_every_dtype(slug: str, dtype: str) -> None:
    (case,) = corpus.load().select([slug]).cases(dtype)
    outcome = judge(case, Wrong(), profiles.load(f"ieee-f{dtype[5:]}"))
    assert outcome.status == "failed"


def test_sweeps_and_clips_are_right_elsewhere() -> None:
    (case,) = corpus.load().select(["inv-order-d5-*"]).cases("float64")
    assert judge(case, Wrong(), profiles.load("ieee-f64")).status == "passed"
