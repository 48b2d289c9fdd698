"""array-api-strict: nothing optional is there, and nothing stays switched off."""

from typing import Any

import array_api_strict
import numpy as np
import pytest

from iaf_ref_backends.strict import API_VERSION, BACKEND
from iaf_ref_conformance.run import CONFORMS
from iaf_ref_conformance.subjects.reference import Reference


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_it_conforms(judged: Any, dtype: str) -> None:
    result = judged(Reference(BACKEND), dtype)
    assert [r.outcome.reason for r in result.results if r.outcome.reason] == []
    assert result.verdict == CONFORMS
    assert result.environment["api_version"] == API_VERSION


def test_nothing_optional_is_there_while_it_computes() -> None:
    before = array_api_strict.get_array_api_strict_flags()
    with BACKEND.computing("float64", "cpu"):
        x = BACKEND.place(np.arange(3.0), "cpu")
        with pytest.raises(RuntimeError, match="boolean"):
            x[x > 1.0]
        assert array_api_strict.get_array_api_strict_flags()["enabled_extensions"] == ()
    assert array_api_strict.get_array_api_strict_flags() == before


def test_arrays_go_over_and_come_back() -> None:
    given = np.arange(3, dtype=np.float32)
    placed = BACKEND.place(given, "device2")
    given[0] = 7.0
    back = BACKEND.fetch(placed)
    assert back.tolist() == [0.0, 1.0, 2.0]
    back[0] = 1.0
    assert BACKEND.fetch(placed)[0] == 0.0
    assert BACKEND.synchronize(placed) is None
