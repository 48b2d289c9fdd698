"""Contestants of every kind, as they are made: each computes the flow that it is timed on."""

import numpy as np
import pytest

from iaf_ref_conformance.bench import library
from iaf_ref_conformance.bench.entry import NATIVE, Entry, Size, peer
from iaf_ref_conformance.bench.jobs import MemoryJob
from iaf_ref_conformance.bench.library import Library
from iaf_ref_conformance.bench.own import Backend
from iaf_ref_conformance.bench.run import warmed
from iaf_ref_conformance.subjects.find import find

SIZE = Size(3, 4, 5)
TORCH = [name for name, (home, _) in NATIVE.items() if home == "torch"]


def maker(who: str, dtype: str = "float32") -> Backend | Library:
    subject = find(who)
    return Library(subject, dtype) if who in NATIVE else Backend(subject, dtype)


def needs(who: str) -> None:
    home = NATIVE[who][0] if who in NATIVE else who
    for module in (home, who):
        pytest.importorskip(module)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("method", ["blocked", "sequential"])
def test_numpy_inverts(method: str, dtype: str) -> None:
    warm = warmed(maker("numpy", dtype).job(Entry("numpy", "inverse", SIZE, method)), dtype)
    assert 0 <= warm.error <= 1
    assert warm.job.itemsize == {"float32": 4, "float64": 8}[dtype]


@pytest.mark.parametrize("method", ["auto", "dense", "triangular"])
def test_numpy_goes_forward(method: str) -> None:
    job = maker("numpy").job(Entry("numpy", "forward", SIZE, method, "sigmoid"))
    assert 0 <= warmed(job, "float32").error <= 1


def test_memory_is_of_the_inverse() -> None:
    job = maker("numpy").job(Entry("numpy", "memory", SIZE, "blocked"))
    assert isinstance(job, MemoryJob)
    assert 0 <= warmed(job, "float32").error <= 1
    assert job.sample(1) >= 5 * 3 * 4  # x, which it returns


@pytest.mark.parametrize("task", ["product", "steps"])
def test_the_yardstick_has_no_answer(task: str) -> None:
    warm = warmed(maker("numpy").job(Entry("numpy", task, SIZE)), "float32")
    assert warm.error is None
    assert np.isfinite(np.asarray(warm.job.call()[0])).all()


@pytest.mark.parametrize("who", TORCH)
@pytest.mark.parametrize("task", ["inverse", "forward"])
def test_a_library_on_torch_computes_the_same_flow(who: str, task: str) -> None:
    needs(who)
    assert 0 <= warmed(maker(who).job(peer(who, task, SIZE)), "float32").error <= 1


@pytest.mark.parametrize("who", ["numpyro", "flowjax"])
def test_a_library_on_jax_is_compiled_once_and_computes_the_same_flow(who: str) -> None:
    needs(who)
    assert 0 <= warmed(maker(who).job(peer(who, "inverse", SIZE)), "float32").error <= 1


@pytest.mark.parametrize("who", ["torch", "pyro"])
def test_derivatives_are_by_points_and_all_weights(who: str) -> None:
    needs(who)
    job = maker(who).job(Entry(who, "gradient", SIZE))
    found = job.call()
    assert found[0].shape == (5, 3)
    assert len(found) == 7  # y, and weight and bias of three layers
    assert 0 <= warmed(job, "float32").error <= 1


def test_the_cached_inverse_of_pyro_is_not_what_is_timed() -> None:
    needs("pyro")
    job = maker("pyro").job(peer("pyro", "inverse", SIZE))
    first, second = job.call(), job.call()
    assert first[0] is not second[0]
    assert (first[0] == second[0]).all()


def test_derivatives_that_do_not_fit_are_refused() -> None:
    needs("pyro")
    with pytest.raises(MemoryError, match=r"expected 8\d+\.\d GB that are free, got"):
        library.enough_memory(Entry("pyro", "gradient", Size(10**9, 4, 5)), [Weight()])


class Weight:
    """As much of a tensor as is asked about."""

    def element_size(self) -> int:
        return 4

    def numel(self) -> int:
        return 10**6
