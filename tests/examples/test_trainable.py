"""Weights that learn: the flow is that of the leaves, masked entries and snapshots do not move."""

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import iaf_ref as ir
from iaf_ref.describe import describe

torch = pytest.importorskip("torch", reason="PyTorch is not installed (extra: torch)")

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
D, C, ROWS = 3, 2, 5


@pytest.fixture
def trainable(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The module, as an example beside it imports it."""
    monkeypatch.syspath_prepend(str(EXAMPLES))
    yield import_module("trainable")
    sys.modules.pop("trainable")


def chain(dtype: str = "float64") -> ir.Chain:
    """Two steps with context and skip connections, orders reversed between them."""
    steps = []
    for seed, order in enumerate(([0, 1, 2], [2, 1, 0])):
        degrees = ir.made_degrees(D, (6,), order=order, context_dim=C)
        net = ir.AutoregressiveNetwork.init(
            degrees, seed=seed, activation="tanh", skip=True, dtype=dtype
        )
        steps.append(ir.AffineAutoregressive(net))
    return ir.Chain([steps[0], ir.Permutation([1, 2, 0]), ir.Inverse(steps[1])])


def rows(dtype: Any = torch.float64) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    return tuple(torch.tensor(rng.normal(size=(ROWS, n)), dtype=dtype) for n in (D, C))


def loss_of(flow: Any) -> Any:
    y, context = rows(flow.transforms[0].network.output[0].dtype)
    z, log_det = flow.inverse(y, context)
    return torch.mean(0.5 * torch.sum(z * z, dim=-1) - log_det)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_flow_is_that_of_the_leaves_number_by_number(trainable: Any, dtype: str) -> None:
    initial = chain(dtype)
    text, tensors = describe(trainable.Trainable(initial).flow())
    expected_text, expected = describe(initial)
    assert text == expected_text
    assert {name: array.dtype.name for name, array in tensors.items()} == dict.fromkeys(
        expected, dtype
    )
    assert all(np.array_equal(tensors[name], expected[name]) for name in expected)


def test_every_leaf_learns_and_no_masked_entry_moves(trainable: Any) -> None:
    learning = trainable.Trainable(chain())
    before = {n: leaf.detach().clone() for n, leaf in learning.named_parameters()}
    optimizer = torch.optim.Adam(learning.parameters(), lr=1e-3)
    losses = [trainable.step(optimizer, loss_of(learning.flow())) for _ in range(5)]
    assert sorted(losses, reverse=True) == losses
    inside = describe(with_ones(learning.flow()))[1].values()
    for (name, leaf), mask in zip(learning.named_parameters(), inside, strict=True):
        moved = (leaf.detach() != before[name]).numpy()
        assert not moved[mask == 0.0].any(), name
        assert moved.any(), name


def test_a_snapshot_stays_and_carries_no_derivative(trainable: Any) -> None:
    learning = trainable.Trainable(chain())
    with torch.no_grad():
        kept = learning.flow()
        before = float(loss_of(kept))
    optimizer = torch.optim.Adam(learning.parameters(), lr=1e-2)
    trainable.step(optimizer, loss_of(learning.flow()))
    assert not loss_of(kept).requires_grad
    assert float(loss_of(kept)) == before
    assert float(loss_of(learning.flow()).detach()) != before


def with_ones(flow: ir.Chain) -> Any:
    """The same flow with weights 1: what its masks leave of them shows where they are."""
    from iaf_ref_conformance.joint import with_weights

    return with_weights(flow, {n: np.ones_like(a) for n, a in describe(flow)[1].items()})
