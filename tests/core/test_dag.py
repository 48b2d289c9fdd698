"""MASK-9: any directed acyclic graph."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import iaf_ref as ir


@st.composite
def graphs(draw, context_dim=0):
    """A random acyclic graph, its variables in random order, and edges from the context."""
    dim = draw(st.integers(1, 6))
    bits = st.lists(st.booleans(), min_size=dim * dim, max_size=dim * dim)
    order = draw(st.permutations(range(dim)))
    lower = np.tri(dim, k=-1, dtype=bool) & np.reshape(draw(bits), (dim, dim))
    context = np.reshape(
        draw(st.lists(st.booleans(), min_size=dim * 2, max_size=dim * 2)), (dim, 2)
    )
    return np.concatenate([context[:, :context_dim], lower[np.ix_(order, order)]], axis=1)


@settings(derandomize=True, deadline=None)
@given(
    st.sampled_from([0, 1, 2]).flatmap(lambda c: st.tuples(st.just(c), graphs(c))),
    st.integers(1, 3),
)
def test_outputs_reach_the_graph_and_nothing_else(drawn, layers):
    context_dim, graph = drawn
    dim = len(graph)
    degrees = ir.dag_degrees(graph, (dim,) * layers, dim=dim, context_dim=context_dim)
    assert np.array_equal(ir.connectivity(ir.made_masks(degrees)), graph)
    assert np.array_equal(ir.expected_connectivity(degrees), graph)
    for i, j in np.argwhere(graph[:, context_dim:]):
        assert degrees.input[j] < degrees.input[i]


def test_degrees_are_the_longest_paths():
    diamond = [[0, 0, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0], [0, 1, 1, 0]]
    degrees = ir.made_degrees(dim=4, hidden=(4,), adjacency=diamond)
    assert degrees.input.tolist() == [1, 2, 2, 3]
    assert degrees.groups == ((0,), (1, 2), (3,))
    assert degrees.hidden[0].tolist() == [
        1,
        3,
        1,
        3,
    ]  # in turn, one variable for each distinct set of parents


def test_a_total_order_gives_the_masks_of_the_order():
    by_graph = ir.made_masks(ir.dag_degrees(np.tri(4, k=-1), (3,), dim=4))
    by_order = ir.made_masks(ir.made_degrees(dim=4, hidden=(3,)))
    assert np.array_equal(by_graph.hidden[0], by_order.hidden[0])
    assert np.array_equal(by_graph.output, by_order.output)
    assert np.array_equal(by_graph.skip, by_order.skip)


def test_a_square_graph_depends_on_the_whole_context():
    degrees = ir.dag_degrees(np.zeros((3, 3)), (2,), dim=3, context_dim=2)
    assert (
        ir.connectivity(ir.made_masks(degrees)).tolist() == [[True, True, False, False, False]] * 3
    )


def test_the_diagonal_says_nothing():
    graph = np.tri(3, k=-1)
    assert ir.dag_degrees(graph + np.eye(3), (2,), dim=3) == ir.dag_degrees(graph, (2,), dim=3)


def test_no_edges_at_all():
    degrees = ir.dag_degrees(np.zeros((3, 3)), (2,), dim=3)
    assert degrees.hidden[0].tolist() == [0, 0]
    assert not ir.connectivity(ir.made_masks(degrees)).any()


@pytest.mark.parametrize("units", [[1, 2], np.asarray([1, 2])])
def test_units_may_be_given(units):
    degrees = ir.dag_degrees(np.tri(3, k=-1), (units,), dim=3)
    assert degrees.hidden[0].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("graph", "hidden", "error", "message"),
    [
        (
            np.zeros((3, 2)),
            (2,),
            ValueError,
            r"adjacency: expected shape \(3, 3\) or \(3, 4\), got \(3, 2\)",
        ),
        (np.zeros(3), (2,), ValueError, r"adjacency: expected shape .*, got \(3,\)"),
        (2 * np.tri(3, k=-1), (2,), ValueError, "adjacency: expected entries 0 or 1, got others"),
        (
            np.eye(3)[[1, 2, 0]],
            (2,),
            ValueError,
            "adjacency: expected no cycle, got 0 <- 1 <- 2 <- 0",
        ),
        (
            [[0, 1, 0], [0, 0, 1], [0, 1, 0]],
            (2,),
            ValueError,
            "adjacency: expected no cycle, got 1 <- 2 <- 1",
        ),
        (np.tri(3, k=-1), (0,), ValueError, r"hidden\[0\]: expected an integer >= 1, got 0"),
        (np.tri(3, k=-1), (1.0,), TypeError, r"hidden\[0\]: expected an integer, got float"),
        (
            np.tri(3, k=-1),
            ([3],),
            ValueError,
            r"hidden\[0\]: expected one or more degrees in 0\.\.2, got \[3\]",
        ),
    ],
)
def test_refused(graph, hidden, error, message):
    with pytest.raises(error, match=message):
        ir.dag_degrees(graph, hidden, dim=3, context_dim=1)


def test_a_layer_too_narrow_for_the_graph_names_the_missing_pairs():
    degrees = ir.dag_degrees(np.tri(3, k=-1), (1,), dim=3)
    with pytest.raises(
        ValueError, match=r"1 units in which these pairs are missing: y\[2\] on x\[1\]"
    ):
        ir.made_masks(degrees)
