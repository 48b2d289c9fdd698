"""Exported programs leave the size of the batch open: no way may be chosen by it."""

from typing import Any

import numpy as np
import pytest

import iaf_ref as ir
from iaf_ref_conformance import assert_forward, assert_inverse

JUDGES = {"forward": assert_forward, "inverse": assert_inverse}


@pytest.mark.parametrize("way", JUDGES)
def test_jax_exports_a_batch_of_any_size(way: str) -> None:
    jax = pytest.importorskip("jax")
    from jax import export

    flow = ir.AffineAutoregressive(
        ir.AutoregressiveNetwork.init(ir.made_degrees(5, (8, 8)), xp=jax.numpy, dtype="float32")
    )
    text = jax.jit(getattr(flow, way))
    (batch,) = export.symbolic_shape("b")
    exported = export.export(text)(jax.ShapeDtypeStruct((batch, 5), "float32"))
    for rows in (1, 3):
        x = jax.numpy.asarray(np.linspace(-1, 1, 5 * rows, dtype="float32").reshape(rows, 5))
        JUDGES[way](flow, x, *exported.call(x))


@pytest.mark.parametrize("way", JUDGES)
def test_torch_exports_a_batch_of_any_size(way: str) -> None:
    torch = pytest.importorskip("torch")
    from array_api_compat import torch as xp

    flow = ir.AffineAutoregressive(
        ir.AutoregressiveNetwork.init(ir.made_degrees(5, (8, 8)), xp=xp, dtype="float32")
    )

    class Text(torch.nn.Module):  # type: ignore[misc, name-defined]
        def forward(self, x: Any) -> Any:
            return getattr(flow, way)(x)

    shapes = {"x": {0: torch.export.Dim("batch")}}
    exported = torch.export.export(Text(), (torch.zeros(4, 5),), dynamic_shapes=shapes).module()
    for rows in (2, 3):
        x = torch.linspace(-1, 1, 5 * rows).reshape(rows, 5)
        JUDGES[way](flow, x, *exported(x))
