"""NumPy whose arrays cannot be written to: what it refuses, and that the text needs none of it."""

from typing import Any

import numpy as np
import pytest

from iaf_ref_backends.numpy_readonly import BACKEND, Frozen
from iaf_ref_conformance.run import CONFORMS
from iaf_ref_conformance.subjects.reference import Reference


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_it_conforms(judged: Any, dtype: str) -> None:
    result = judged(Reference(BACKEND), dtype)
    assert [r.outcome.reason for r in result.results if r.outcome.reason] == []
    assert result.verdict == CONFORMS


def placed() -> Any:
    return BACKEND.place(np.arange(6.0).reshape(2, 3), "cpu")


@pytest.mark.parametrize(
    "compute",
    [
        lambda x: x,
        lambda x: x + 1.0,
        lambda x: 1.0 - x,
        lambda x: x @ x.T,
        lambda x: x[..., 0],
        np.exp,
        lambda x: np.sum(x, axis=-1),
        lambda x: np.concat([x, x], axis=-1),
        lambda x: np.where(x > 1.0, x, np.zeros_like(x)),
        lambda x: np.broadcast_arrays(x, x[:1])[1],
        lambda x: BACKEND.namespace.asarray([1.0, 2.0]),
    ],
)
def test_whatever_comes_out_is_frozen(compute: Any) -> None:
    result = compute(placed())
    assert isinstance(result, Frozen)
    with pytest.raises(ValueError, match="read-only"):
        result[...] = 0.0
    with pytest.raises(ValueError, match="read-only"):
        result += 1.0
    with pytest.raises(ValueError, match="read-only"):
        np.add(result, 1.0, out=np.zeros(result.shape))


def test_arrays_go_over_and_come_back() -> None:
    given = np.arange(3.0)
    array = BACKEND.place(given, "cpu")
    given[0] = 7.0
    back = BACKEND.fetch(array)
    back[1] = 5.0
    assert type(back) is np.ndarray
    assert BACKEND.fetch(array).tolist() == [0.0, 1.0, 2.0]
    assert BACKEND.fetch(np.float32(2.0)).shape == ()


def test_types_and_numbers_of_the_namespace_are_numpys() -> None:
    assert BACKEND.namespace.float32 is np.float32
    assert BACKEND.namespace.pi == np.pi
    assert not hasattr(BACKEND.namespace, "nosuch")
