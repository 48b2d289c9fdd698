"""Masks turned back into degrees: legal ones exactly, others refused with the entry in error."""

from typing import Any

import numpy as np
import pytest

import iaf_ref as ir
from iaf_ref_conformance.importers.degrees import degrees_from
from iaf_ref_conformance.random_flows import random_flows

DIAMOND = [[0, 0, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0], [0, 1, 1, 0]]


def masks_of(degrees: ir.Degrees, *, skip: bool = True) -> tuple[Any, Any, Any, int]:
    masks = ir.made_masks(degrees)
    given = masks.skip if skip else None
    return list(masks.hidden), masks.output, given, degrees.context_dim


def equal(one: ir.Degrees, other: ir.Degrees) -> bool:
    return all(
        (a == b).all() for a, b in zip(masks_of(one)[0], masks_of(other)[0], strict=True)
    ) and all((masks_of(one)[k] == masks_of(other)[k]).all() for k in (1, 2))


def test_masks_of_random_networks_come_back() -> None:
    for sample in random_flows(200, 7, "float32", largest=12):
        degrees = sample.flow.degrees
        found = degrees_from(*masks_of(degrees))
        assert found.input.tolist() == degrees.input.tolist()
        assert equal(found, degrees)


@pytest.mark.parametrize("widths", [(4,), (6, 5), ()])
def test_a_graph_comes_back(widths: tuple[int, ...]) -> None:
    degrees = ir.made_degrees(4, widths, adjacency=DIAMOND)
    found = degrees_from(*masks_of(degrees))
    assert found.adjacency is not None
    assert found.adjacency.astype(int).tolist() == DIAMOND
    assert equal(found, degrees)


def test_a_layer_that_is_too_narrow_shows_as_equal_degrees() -> None:
    # 1, 2, 1 as hidden degrees of 5 variables: the last three depend on the same two
    hidden, columns, outputs = np.array([1, 2, 1]), np.arange(1, 6), np.arange(1, 6)
    found = degrees_from([hidden[:, None] >= columns], outputs[:, None] > hidden[None, :], None, 0)
    assert found.input.tolist() == [1, 2, 3, 3, 3]
    assert found.adjacency is None


def test_context_that_one_output_does_not_see_is_a_graph() -> None:
    degrees = ir.made_degrees(3, (4,), context_dim=2)
    masks = ir.made_masks(degrees)
    hidden, output = [np.array(masks.hidden[0])], np.array(masks.output)
    hidden[0][degrees.hidden[0] == 0] = False
    output[:, degrees.hidden[0] == 0] = False
    with pytest.raises(ValueError, match="no unit without use"):
        degrees_from(hidden, output, None, 2)
    used = degrees.hidden[0] > 0
    found = degrees_from([hidden[0][used]], output[:, used], None, 2)
    assert found.adjacency is not None
    assert found.adjacency[0].tolist() == [False] * 5
    assert found.adjacency[1].tolist() == [True, True, True, False, False]


def test_an_output_that_sees_itself_is_refused() -> None:
    hidden, output, _, _ = masks_of(ir.made_degrees(3, (4,)))
    with pytest.raises(ValueError, match=r"no y\[i\] that depends on x\[i\] .* got y\[0\]"):
        degrees_from(hidden, output >= False, None, 0)


def test_a_cycle_is_refused() -> None:
    hidden = [np.array([[0, 1], [1, 0]], dtype=bool)]
    with pytest.raises(ValueError, match="expected variables in some order, got a cycle"):
        degrees_from(hidden, np.eye(2, dtype=bool), None, 0)


def test_the_entry_that_is_wrong_is_named() -> None:
    hidden, output, skip, _ = masks_of(ir.made_degrees(5, (8, 8)))
    broken = [mask.copy() for mask in hidden]
    broken[1][7, 0] = False
    with pytest.raises(ValueError, match=r"hidden mask 1\[7, 0\]: expected True, .* got False"):
        degrees_from(broken, output, skip, 0)
    lost = skip.copy()
    lost[4, 0] = False
    with pytest.raises(
        ValueError, match=r"skip mask\[4, 0\]: expected True, .* got False; 1 differ"
    ):
        degrees_from(hidden, output, lost, 0)
