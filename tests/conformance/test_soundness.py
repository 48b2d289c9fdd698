"""No float run of NumPy exceeds the bound that error-tracking numbers derive, and it is tight."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iaf_ref_conformance.random_flows import random_flows
from iaf_ref_conformance.soundness import PROFILES, USEFUL, measure, survey

DTYPES = pytest.mark.parametrize("dtype", PROFILES)


@DTYPES
@settings(
    max_examples=1000, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck)
)
@given(largest=st.integers(1, 32), seed=st.integers(0, 2**32))
def test_no_error_exceeds_its_bound(dtype, largest, seed):
    (sample,) = random_flows(1, seed, dtype, largest=largest)
    for name, (error, bound) in measure(sample, dtype).items():
        assert np.all(error <= bound), name


@DTYPES
def test_bounds_are_useful(dtype):
    found = survey(100, 0, dtype)
    assert all(tally.worst <= 1.0 for tally in found.values())
    assert found["y"].median < USEFUL
    assert found["log_scale"].median < USEFUL
