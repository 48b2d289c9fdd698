"""Dask as a backend: chunks along the batch, nothing computed before it is fetched."""

from typing import Any

import numpy as np
import pytest

import iaf_ref as ir
from iaf_ref.describe import describe, rebuild
from iaf_ref_conformance.run import CONFORMS
from iaf_ref_conformance.subjects.reference import Reference

dask = pytest.importorskip("dask", reason="Dask is not installed (extra: dask)")
pytest.importorskip("dask.array", reason="Dask is not installed (extra: dask)")
from iaf_ref_backends.dask_ import BACKEND  # noqa: E402


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_it_conforms(judged: Any, dtype: str) -> None:
    result = judged(Reference(BACKEND), dtype)
    assert {r.outcome.reason for r in result.results if r not in result.left_out} == {""}
    assert result.verdict == CONFORMS
    assert result.environment["dask"] == dask.__version__


@pytest.mark.parametrize(
    ("shape", "chunks"),
    [
        ((5, 3), ((3, 2), (3,))),
        ((2, 4, 3), ((1, 1), (4,), (3,))),
        ((1, 3), ((1,), (3,))),
        ((0, 3), ((0,), (3,))),
        ((3,), ((3,),)),
        ((), ()),
    ],
)
def test_arrays_are_cut_along_the_batch(shape: tuple[int, ...], chunks: Any) -> None:
    given = np.ones(shape, dtype=np.float32)
    placed = BACKEND.place(given, "cpu")
    assert placed.chunks == chunks
    given[...] = 7.0
    back = BACKEND.fetch(placed)
    assert (back.dtype, back.shape) == (np.float32, shape)
    assert np.all(back == 1.0)


def test_the_text_computes_nothing_by_itself() -> None:
    degrees = ir.made_degrees(3, (5,), context_dim=1)
    on_numpy = ir.AffineAutoregressive(
        ir.AutoregressiveNetwork.init(degrees, activation="gelu"), ir.Softplus()
    )
    flow = rebuild(*describe(on_numpy), xp=BACKEND.namespace)
    y, context = np.linspace(-1.0, 1.0, 12).reshape(4, 3), np.ones(1)

    def computing(*given: object, **options: object) -> None:
        raise AssertionError("computed too early")

    with dask.config.set(scheduler=computing):
        placed, c = BACKEND.place(y, "cpu"), BACKEND.place(context, "cpu")
        base = ir.Normal(BACKEND.place(np.zeros(3), "cpu"), BACKEND.place(np.ones(3), "cpu"))
        log_prob = ir.TransformedDistribution(base, [flow]).log_prob(placed, context=c)
    assert log_prob.chunks == ((2, 2),)
    expected = ir.TransformedDistribution(ir.Normal(np.zeros(3), np.ones(3)), [on_numpy])
    blocks = [expected.log_prob(rows, context=context) for rows in (y[:2], y[2:])]
    assert np.array_equal(BACKEND.fetch(log_prob), np.concatenate(blocks))
