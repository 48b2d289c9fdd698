"""MASK-1, MASK-2, MASK-3, MASK-8: degrees are exact integers."""

import copy
import pickle
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import iaf_ref as ir


def degrees(**options):
    return ir.made_degrees(**{"dim": 4, "hidden": (5,), **options})


def layer(**options):
    return degrees(**options).hidden[0].tolist()


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (None, [1, 2, 3, 4, 5]),
        ([2, 0, 1, 4, 3], [2, 3, 1, 5, 4]),  # a 3-cycle: the degrees are the inverse permutation
        (np.asarray([2, 0, 1, 4, 3]), [2, 3, 1, 5, 4]),
        ([[0, 1], [2, 3, 4]], [1, 1, 2, 2, 2]),  # a coupling layer
        ([[4], 2, (0, 1), np.asarray([3])], [3, 3, 2, 4, 1]),
        ([[0, 1, 2, 3, 4]], [1, 1, 1, 1, 1]),
    ],
)
def test_degrees_of_variables_follow_the_order(order, expected):
    result = degrees(dim=5, order=order, context_dim=2)
    assert result.input.tolist() == expected
    assert result.context.tolist() == [0, 0]
    groups = [tuple(np.atleast_1d(g)) for g in (range(5) if order is None else order)]
    assert [sorted(g) for g in result.groups] == [sorted(g) for g in groups]


@settings(derandomize=True, deadline=None)
@given(st.permutations(range(6)))
def test_degree_of_the_kth_variable_is_k_plus_1(order):
    assert [int(degrees(dim=6, order=order).input[i]) for i in order] == [1, 2, 3, 4, 5, 6]


def halves_to_even(q: Fraction) -> int:
    whole, rest = divmod(q, 1)
    return int(whole) + (rest > Fraction(1, 2) or (rest == Fraction(1, 2) and whole % 2 == 1))


@pytest.mark.parametrize("context_dim", [0, 3])
def test_even_is_linspace_in_fractions(context_dim):
    for high in range(1, 17):
        low = 0 if context_dim else 1
        for width in range(1, 34):
            expected = [
                halves_to_even(low + Fraction(k, max(width - 1, 1)) * (high - low))
                for k in range(width)
            ]
            assert layer(dim=high + 1, hidden=(width,), context_dim=context_dim) == expected


@pytest.mark.parametrize(
    ("dim", "width", "unit", "degree"),
    [
        (
            8,
            13,
            11,
            6,
        ),  # 1 + 11 * 6/12 = 6.5; linspace in float32 gives 7 on JAX (0.10.2)
        (8, 13, 1, 2),  # 1.5
        (8, 13, 3, 2),  # 2.5
        (8, 13, 5, 4),  # 3.5
    ],
)
def test_even_is_not_linspace_in_floats(dim, width, unit, degree):
    assert layer(dim=dim, hidden=(width,))[unit] == degree


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"strategy": "cyclic", "hidden": (7,)}, [1, 2, 3, 1, 2, 3, 1]),
        ({"strategy": "cyclic", "hidden": (7,), "context_dim": 1}, [0, 1, 2, 3, 0, 1, 2]),
        ({"hidden": ([3, 1, 2],)}, [3, 1, 2]),
        ({"hidden": (np.asarray([3, 1, 2]),)}, [3, 1, 2]),
        ({"dim": 1, "hidden": (3,)}, [0, 0, 0]),  # MASK-8
        ({"dim": 1, "hidden": (3,), "context_dim": 2}, [0, 0, 0]),
        ({"dim": 1, "hidden": (3,), "strategy": "random"}, [0, 0, 0]),
        ({"dim": 3, "order": [[0, 1, 2]], "hidden": (2,)}, [0, 0]),
        ({"hidden": (1,)}, [1]),
        ({"hidden": (1,), "context_dim": 1}, [0]),
    ],
)
def test_golden_hidden_degrees(options, expected):
    assert layer(**options) == expected


@settings(derandomize=True, deadline=None)
@given(st.integers(2, 9), st.integers(0, 2), st.integers(0, 2**32))
def test_random_degrees_never_fall_below_the_layer_before(dim, context_dim, seed):
    options = {"dim": dim, "hidden": (40, 40, 40), "context_dim": context_dim, "strategy": "random"}
    result = degrees(**options, seed=seed)
    least = 0 if context_dim else 1
    for units in result.hidden:
        assert least <= min(units)
        assert max(units) <= dim - 1
        least = min(units)
    assert result == degrees(**options, seed=seed)


def test_random_degrees_differ_between_layers_and_seeds_and_cover_the_range():
    result = degrees(dim=5, hidden=(200, 200), strategy="random", context_dim=1)
    first, second = (units.tolist() for units in result.hidden)
    assert first != second
    assert set(first) == {0, 1, 2, 3, 4}
    assert result != degrees(dim=5, hidden=(200, 200), strategy="random", context_dim=1, seed=1)


def test_degrees_are_frozen_values():
    one, same, other = degrees(), degrees(), degrees(order=[3, 2, 1, 0])
    assert one == same
    assert hash(one) == hash(same)
    assert len({one, same, other}) == 2
    assert one != "degrees"
    assert (one.dim, one.context_dim, one.widths) == (4, 0, (5,))
    with pytest.raises(AttributeError):
        one.input = other.input
    for vector in (one.input, one.context, *one.hidden):
        assert vector.dtype == np.int64
        with pytest.raises(ValueError, match="read-only"):
            vector[...] = 0


def test_degrees_of_a_graph_are_values_too():
    chain, fork = np.tri(3, k=-1), [[0, 0, 0], [1, 0, 0], [1, 0, 0]]
    assert degrees(dim=3, adjacency=chain) == degrees(dim=3, adjacency=chain.astype(bool))
    assert len({degrees(dim=3, adjacency=graph) for graph in (chain, fork, None)} | set()) == 3


PERMUTATION = r"order: expected a permutation of 0\.\.3, got"


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"dim": 0}, ValueError, "dim: expected an integer >= 1, got 0"),
        ({"dim": 2.0}, TypeError, "dim: expected an integer, got float"),
        ({"dim": True}, TypeError, "dim: expected an integer, got bool"),
        ({"context_dim": -1}, ValueError, "context_dim: expected an integer >= 0, got -1"),
        (
            {"strategy": "odd"},
            ValueError,
            "strategy: expected one of even, cyclic, random, got 'odd'",
        ),
        ({"order": [0, 1, 2]}, ValueError, PERMUTATION + r" \[0, 1, 2\]"),
        ({"order": [0, 1, 2, 2]}, ValueError, PERMUTATION + r" \[0, 1, 2, 2\]"),
        ({"order": [0, 1, 2, 4]}, ValueError, PERMUTATION),
        ({"order": [0, 1, 2, -1]}, ValueError, r"order\[3\]: expected an integer >= 0, got -1"),
        ({"order": [0, 1, 2, 3.0]}, TypeError, r"order\[3\]: expected an integer, got float"),
        (
            {"order": [[0, 1], [], [2, 3]]},
            ValueError,
            "order: expected groups of at least one variable, got",
        ),
        (
            {"order": [0, 1, 2, 3], "adjacency": np.zeros((4, 4))},
            ValueError,
            "order: expected None beside an adj",
        ),
        ({"hidden": (0,)}, ValueError, r"hidden\[0\]: expected an integer >= 1, got 0"),
        ({"hidden": (5, 2.5)}, TypeError, r"hidden\[1\]: expected an integer, got float"),
        (
            {"hidden": ([],)},
            ValueError,
            r"hidden\[0\]: expected one or more degrees in 0\.\.3, got \[\]",
        ),
        (
            {"hidden": ([1, 4],)},
            ValueError,
            r"hidden\[0\]: expected one or more degrees in 0\.\.3, got \[1, 4\]",
        ),
        ({"hidden": ([1, -1],)}, ValueError, r"hidden\[0\]\[1\]: expected an integer >= 0, got -1"),
        ({"hidden": ([1, 1.5],)}, TypeError, r"hidden\[0\]\[1\]: expected an integer, got float"),
    ],
)
def test_refused(options, error, message):
    with pytest.raises(error, match=message):
        degrees(**options)


def test_levels_and_groups_are_plain_numbers():
    degrees = ir.Degrees(np.array([], dtype=int), np.array([2, 1, 3, 1]), (np.array([1]),))
    assert degrees.levels == (2, 1, 3, 1)
    assert degrees.groups == ((1, 3), (0,), (2,))
    assert {type(d) for d in degrees.levels} == {int}


def pickled(degrees):
    return pickle.loads(pickle.dumps(degrees))  # noqa: S301 - our own


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, pickled])
@pytest.mark.parametrize(
    "degrees",
    [
        ir.made_degrees(3, (5, 4), order=[2, 0, 1], context_dim=2),
        ir.dag_degrees(np.array([[0, 0, 0], [1, 0, 0], [1, 0, 0]], dtype=bool), (6,), dim=3),
    ],
)
def test_a_copy_is_equal_and_cannot_change_either(degrees, again):
    hash(degrees)  # keeps what is compared
    found = again(degrees)
    assert found == degrees
    assert hash(found) == hash(degrees)
    graph = [] if found.adjacency is None else [found.adjacency]
    for array in (found.context, found.input, *found.hidden, *graph):
        assert not array.flags.writeable
