"""Dask at work: nothing computed early, graphs that grow with the chunks, a cluster that scores."""

import pickle
import runpy
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import iaf_ref as ir

dask = pytest.importorskip("dask", reason="Dask is not installed (extra: dask)")
pytest.importorskip("dask.array", reason="Dask is not installed (extra: dask)")
from iaf_ref_backends.dask_ import BACKEND, per_block  # noqa: E402

D, C = 3, 2
SAME_BITS = {"method": "sequential"}
"""Chunk and block lie alike in memory; the blocked inverse turns them, and a product may then round
otherwise."""
EXAMPLE = Path(__file__).parents[2] / "examples" / "dask_two_million_rows.py"


def density(kind: str, xp: Any = np, context_dim: int = 0) -> ir.TransformedDistribution:
    degrees = ir.made_degrees(D, (6,), context_dim=context_dim)
    iaf = ir.AffineAutoregressive(ir.AutoregressiveNetwork.init(degrees, activation="elu", xp=xp))
    zeros, ones = xp.zeros(D, dtype=xp.float64), xp.ones(D, dtype=xp.float64)
    base = ir.Independent(ir.Normal(zeros, ones))
    return ir.TransformedDistribution(base, [ir.Inverse(iaf) if kind == "maf" else iaf])


def by_text(kind: str, y: Any) -> Any:
    return density(kind, BACKEND.namespace).log_prob(y, **SAME_BITS)


def by_block(kind: str, y: Any) -> Any:
    return per_block(partial(density(kind).log_prob, **SAME_BITS), y)


def rows(*batch: int) -> np.ndarray:
    return np.random.Generator(np.random.PCG64(0)).standard_normal((*batch, D))


def cut(array: np.ndarray, *chunks: Any) -> Any:
    return dask.array.from_array(array, chunks=chunks)


def tasks(array: Any) -> int:
    return len(dask.optimize(array)[0].__dask_graph__())


def refuse(*graph: object, **options: object) -> None:
    raise AssertionError("computed too early")


ways = pytest.mark.parametrize("way", [by_text, by_block])
kinds = pytest.mark.parametrize("kind", ["maf", "iaf"])


@ways
@kinds
def test_a_density_stays_lazy_in_the_chunks_of_the_batch(way: Any, kind: str) -> None:
    y = rows(12)
    with dask.config.set(scheduler=refuse):
        lazy = way(kind, cut(y, (5, 4, 3), -1))
    assert lazy.chunks == ((5, 4, 3),)
    assert lazy.dtype == np.float64
    blocks = [density(kind).log_prob(block, **SAME_BITS) for block in (y[:5], y[5:9], y[9:])]
    assert np.array_equal(lazy.compute(scheduler="sync"), np.concatenate(blocks))


@ways
@kinds
def test_the_graph_grows_by_as_much_with_every_chunk(way: Any, kind: str) -> None:
    few, more, most = (tasks(way(kind, cut(rows(4 * n), 4, -1))) for n in (2, 3, 9))
    each = more - few
    assert most - more == 6 * each
    assert (each == 2) == (way is by_block)  # the block of y, and its density


def test_the_weights_are_one_task() -> None:
    q = density("iaf")
    graph = dict(per_block(q.log_prob, cut(rows(40), 4, -1)).__dask_graph__())
    weights = q.transforms[0].network.output[0].tobytes()
    assert len(graph) == 1 + 2 * 10  # they, the blocks of y, the densities
    assert sum(weights in pickle.dumps(task) for task in graph.values()) == 1


def test_lengths_that_are_not_known() -> None:
    y = rows(12)
    lazy = cut(y, 4, -1)
    some = lazy[lazy[:, 0] > 0.0]
    with pytest.raises(ValueError, match=r"^[xy]: expected axes of known length, got shape \(nan,"):
        by_text("maf", some)
    blocks = [density("maf").log_prob(part[part[:, 0] > 0.0]) for part in (y[:4], y[4:8], y[8:])]
    assert np.array_equal(by_block("maf", some).compute(), np.concatenate(blocks))
    some.compute_chunk_sizes()
    assert np.array_equal(by_text("maf", some).compute(), np.concatenate(blocks))


def test_numpy_weights_are_not_mixed_with_dask_rows() -> None:
    with pytest.raises(
        TypeError, match=r"expected an array of .*numpy, as the weights, got .*dask"
    ):
        density("maf").log_prob(cut(rows(4), 2, -1))


@pytest.mark.parametrize("shape", [(C,), (1, C), (6, C), (2, 6, C)])
def test_a_context_is_cut_as_the_rows_are(shape: tuple[int, ...]) -> None:
    q, y, c = density("maf", context_dim=C), rows(6), np.ones(shape)
    lazy = per_block(q.log_prob, cut(y, (4, 2), (2, 1)), c)
    parts = [q.log_prob(y[s], c[..., s, :] if shape[-2:-1] == (6,) else c) for s in (HEAD, TAIL)]
    assert lazy.shape == q.log_prob(y, c).shape
    assert np.array_equal(lazy.compute(), np.concatenate(parts, axis=-1))


HEAD, TAIL = slice(0, 4), slice(4, 6)


def test_a_single_row_and_an_option() -> None:
    y = rows()
    lazy = per_block(partial(density("iaf").log_prob, method="fixed_point"), cut(y, -1))
    assert lazy.shape == ()
    assert lazy.compute() == density("iaf").log_prob(y, method="fixed_point")


UNKNOWN = cut(rows(4), 2, -1)[:, dask.array.asarray([True, True, False])]


@pytest.mark.parametrize(
    ("y", "error", "message"),
    [
        (rows(4), TypeError, "y: expected a Dask array, got ndarray"),
        (dask.array.asarray(1.0), ValueError, r"y: expected a last axis of known .*, got \(\)"),
        (UNKNOWN, ValueError, r"y: expected a last axis of known length, got \(4, nan\)"),
        (cut(rows(4).astype("float32"), 2, -1), TypeError, "expected dtype float64, .* float32"),
        (cut(rows(4)[:, :2], 2, -1), ValueError, r"expected shape \(\.\.\., 3\), got \(0, 2\)"),
    ],
)
def test_what_cannot_be_scored_is_refused_at_once(y: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        by_block("maf", y)


def test_a_result_that_is_no_density_is_refused_at_once() -> None:
    log_scale = density("iaf").transforms[0].log_scale
    with pytest.raises(
        ValueError, match=r"^log_prob: expected shape \(0,\) for no rows, got \(0, 3"
    ):
        per_block(log_scale, cut(rows(4), 2, -1))


@kinds
def test_the_example_scores_on_a_cluster(kind: str) -> None:
    options = ("--rows", "250", "--chunk", "100", "--dim", "5", "--direction", kind)
    command = [sys.executable, "-W", "error", str(EXAMPLE), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert (done.returncode, done.stderr.count("100%")) == (0, 2), done.stderr
    assert "workers lost: 0" in done.stdout
    assert "3 of 3 chunks equal bit for bit; worst difference 0;" in done.stdout


@pytest.mark.parametrize(
    "wrong",
    [("--rows", "0"), ("--memory", "1MB"), ("--memory", "much"), ("--direction", "nice")],
)
def test_the_example_tells_a_mistake(wrong: tuple[str, str]) -> None:
    done = CliRunner().invoke(runpy.run_path(str(EXAMPLE))["main"], wrong)
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"'{wrong[0]}'" in done.stderr


def test_the_example_names_what_installs_dask(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "dask", None)
    monkeypatch.setitem(sys.modules, "dask.array", None)
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(EXAMPLE))
    assert ended.value.code == 2
    assert 'pip install "iaf-ref[dask]"' in capsys.readouterr().err


def test_a_context_without_axis_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match=r"context: expected a last axis of known .*, got \(\)"):
        per_block(density("maf").log_prob, cut(rows(4), 2, -1), 1.0)


def test_the_graph_grows_with_the_chunks_and_not_with_their_rows() -> None:
    degrees = ir.made_degrees(64, (128, 128))
    flow = ir.AffineAutoregressive(ir.AutoregressiveNetwork.init(degrees, xp=BACKEND.namespace))
    few, many = (
        tasks(flow.forward(dask.array.zeros((100 * n, 64), chunks=(n, -1)))[1]) for n in (2, 20_000)
    )
    assert few == many
