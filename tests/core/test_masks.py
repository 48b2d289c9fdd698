"""MASK-4 to MASK-8: which weights exist."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import iaf_ref as ir


def masks(**options):
    return ir.made_masks(ir.made_degrees(**options))


def integers(mask):
    return np.asarray(mask).astype(int).tolist()


def test_golden_masks_of_two_variables():
    # every convention off by one, transposed or with the wrong comparison differs from one of these
    found = masks(dim=2, hidden=(3, 2))
    assert integers(found.hidden[0]) == [[1, 0], [1, 0], [1, 0]]
    assert integers(found.hidden[1]) == [[1, 1, 1], [1, 1, 1]]
    assert integers(found.output) == [[0, 0], [1, 1]]
    assert integers(found.skip) == [[0, 0], [1, 0]]


def test_golden_masks_of_two_variables_in_reversed_order_with_context():
    found = masks(dim=2, hidden=(3, 2), order=[1, 0], context_dim=1)
    assert integers(found.hidden[0]) == [
        [1, 0, 0],
        [1, 0, 0],
        [1, 0, 1],
    ]  # degrees 0, 0 (a half, to even), 1
    assert integers(found.hidden[1]) == [[1, 1, 0], [1, 1, 1]]
    assert integers(found.output) == [[1, 1], [1, 0]]
    assert integers(found.skip) == [[1, 0, 1], [1, 0, 0]]


@settings(derandomize=True, deadline=None)
@given(
    st.permutations(range(5)),
    st.lists(st.integers(1, 4), max_size=3),
    st.integers(0, 2),
    st.lists(st.sampled_from([5, 6, 11]), max_size=3),
    st.sampled_from(["even", "cyclic"]),
)
def test_connectivity_is_the_strict_order(order, cuts, context_dim, hidden, strategy):
    edges = [0, *sorted(set(cuts)), 5]
    groups = [order[a:b] for a, b in pairwise(edges)]  # ties
    degrees = ir.made_degrees(5, hidden, groups, context_dim, strategy)
    position = {i: k for k, group in enumerate(groups) for i in group}
    allowed = [
        [True] * context_dim + [position[j] < position[i] for j in range(5)] for i in range(5)
    ]
    assert ir.expected_connectivity(degrees).tolist() == allowed
    assert ir.connectivity(ir.made_masks(degrees)).tolist() == allowed


@settings(derandomize=True, deadline=None)
@given(st.integers(1, 7), st.integers(1, 9), st.integers(0, 1), st.integers(0, 99))
def test_masks_are_complete_or_refused(dim, width, context_dim, seed):
    degrees = ir.made_degrees(dim, (width, width), None, context_dim, "random", seed=seed)
    try:
        found = ir.made_masks(degrees)
    except ValueError as error:
        assert "pairs are missing" in str(error)  # noqa: PT017 - either outcome is right, and each has its law
    else:
        assert np.array_equal(ir.connectivity(found), ir.expected_connectivity(degrees))


# A pair (i, j) is missing where no unit has a degree in degree(j)..degree(i) - 1: a run of n
# absent degrees loses n (n + 1) / 2.
@pytest.mark.parametrize(
    ("dim", "width", "missing"),
    [
        (6, 2, 6),  # degrees 1, 5: the run 2, 3, 4
        (6, 3, 2),  # 1, 3, 5: the runs 2 and 4
        (6, 4, 1),  # 1, 2, 4, 5: the run 3
        (9, 5, 3),  # 1, 3, 4 (4.5, to even), 6, 8: the runs 2, 5 and 7
    ],
)
def test_a_width_below_the_number_of_degrees_is_refused_with_every_pair(dim, width, missing):
    with pytest.raises(
        ValueError, match="expected every output to reach each variable before it"
    ) as caught:
        masks(dim=dim, hidden=(width,))
    assert str(caught.value).count("y[") == missing


def test_the_missing_pairs_are_named():
    missing = r"y\[0\] on context\[0\], y\[1\] on x\[0\], y\[2\] on x\[0\], y\[2\] on x\[1\]$"
    with pytest.raises(
        ValueError, match=r"layers of 2\+1 units in which these pairs are missing: " + missing
    ):
        masks(dim=3, hidden=([0, 2], [1]), context_dim=1)


def test_many_missing_pairs_are_counted():
    with pytest.raises(
        ValueError, match=r"(y\[\d\] on x\[\d\], ){7}y\[\d\] on x\[\d\] and 13 more$"
    ):
        masks(dim=7, hidden=([0],))


@pytest.mark.parametrize("context_dim", [0, 2])
@pytest.mark.parametrize("hidden", [(), (3,), (2, 3)])
def test_one_variable(context_dim, hidden):
    found = masks(dim=1, hidden=hidden, context_dim=context_dim)
    assert ir.connectivity(found).tolist() == [[True] * context_dim + [False]]
    assert integers(found.skip) == [[1] * context_dim + [0]]


def test_without_hidden_layers_the_output_mask_is_the_skip_mask():
    found = masks(dim=3, hidden=(), order=[1, 2, 0], context_dim=1)
    assert found.hidden == ()
    assert np.array_equal(found.output, found.skip)


def test_masks_of_every_namespace_are_those_of_numpy(at):
    degrees = ir.made_degrees(4, (5, 6), [2, 0, 1, 3], 2)
    found, expected = ir.made_masks(degrees, xp=at.xp, device=at.device), ir.made_masks(degrees)
    for mask, truth in zip(
        (*found.hidden, found.output, found.skip),
        (*expected.hidden, expected.output, expected.skip),
        strict=True,
    ):
        assert mask.dtype == at.xp.bool
        assert mask.device == at.array(0.0).device
        assert at.same(mask, truth)


def test_masks_are_found_once_and_cannot_be_written_to():
    degrees = [ir.made_degrees(4, (5,)) for _ in range(2)]
    first, second = map(ir.made_masks, degrees)
    assert first is second
    for mask in (*first.hidden, first.output, first.skip):
        with pytest.raises(ValueError, match="read-only"):
            mask[0, 0] = True
    other = ir.made_masks(ir.made_degrees(4, (5,), order=[1, 0, 3, 2]))
    assert not np.array_equal(other.output, first.output)
