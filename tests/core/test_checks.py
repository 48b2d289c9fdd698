"""What is refused, and in which words."""

import re

import numpy as np
import pytest

from iaf_ref import _checks, _values


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: _checks.check_array("a", 1.0), TypeError, "a: expected an array, got float"),
        (
            lambda: _checks.check_array("a", np.ones(2, bool)),
            TypeError,
            "a: expected a real floating dtype, got bool",
        ),
        (
            lambda: _checks.check_array("a", np.ones(2), (3,)),
            ValueError,
            "a: expected shape (3,), got (2,)",
        ),
        (
            lambda: _checks.check_array("a", np.ones(2), (2, None)),
            ValueError,
            "a: expected shape (2, *), got (2,)",
        ),
        (
            lambda: _checks.check_array("a", np.ones(2), ()),
            ValueError,
            "a: expected shape (), got (2,)",
        ),
        (
            lambda: _checks.check_event("a", np.ones((2, 3)), 2),
            ValueError,
            "a: expected shape (..., 2), got (2, 3)",
        ),
        (
            lambda: _checks.check_event("a", np.asarray(1.0), 1),
            ValueError,
            "a: expected shape (..., 1), got ()",
        ),
        (
            lambda: _checks.check_alike("first", np.ones(1), second=np.ones(1, "f4")),
            TypeError,
            "second: expected dtype float64, as first, got float32",
        ),
        (lambda: _values.check_int("n", 1.0, 0), TypeError, "n: expected an integer, got float"),
        (lambda: _values.check_int("n", False, 0), TypeError, "n: expected an integer, got bool"),
        (
            lambda: _values.check_int("n", np.int64(1), 2),
            ValueError,
            "n: expected an integer >= 2, got 1",
        ),
        (lambda: _values.check_number("r", "1"), TypeError, "r: expected a real number, got str"),
        (lambda: _values.check_number("r", True), TypeError, "r: expected a real number, got bool"),
        (
            lambda: _values.check_number("r", 1j),
            TypeError,
            "r: expected a real number, got complex",
        ),
        (
            lambda: _values.check_number("r", float("-inf")),
            ValueError,
            "r: expected a finite number, got -inf",
        ),
        (
            lambda: _values.check_number("r", float("nan")),
            ValueError,
            "r: expected a finite number, got nan",
        ),
        (
            lambda: _values.check_permutation("p", [1, 1]),
            ValueError,
            "p: expected a permutation of 0..1, got [1, 1]",
        ),
        (
            lambda: _values.check_one_of("w", "c", ("a", "b")),
            ValueError,
            "w: expected one of a, b, got 'c'",
        ),
    ],
)
def test_refused(call, error, message):
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        call()


def test_accepted():
    _checks.check_array("a", np.ones((2, 3)), (None, 3))
    _checks.check_event("a", np.ones((0, 3)), 3)
    _checks.check_alike("first", np.ones(1), second=np.ones((4, 5)), third=None)
    assert _values.check_int("n", np.int64(3), 3) == 3
    assert type(_values.check_int("n", np.int64(3), 3)) is int
    assert _values.check_number("r", 2) == 2.0
    assert type(_values.check_number("r", 2)) is float
    assert _values.check_permutation("p", np.asarray([1, 0])) == (1, 0)
    assert _values.check_permutation("p", []) == ()
    _values.check_one_of("w", "a", ("a", "b"))


class Selected(np.ndarray):
    """Rows that a condition has selected: how many is not known, as Dask has it."""

    shape = property(lambda self: (float("nan"), 3))


def test_an_axis_of_unknown_length_is_refused():
    message = "a: expected axes of known length, got shape (nan, 3)"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        _checks.check_event("a", np.ones((2, 3)).view(Selected), 3)


@pytest.mark.parametrize(
    ("shape", "text"), [((), "()"), ((1,), "(1,)"), ((None,), "(*,)"), ((2, None, 3), "(2, *, 3)")]
)
def test_shapes_are_written_as_tuples(shape, text):
    assert _checks.show(shape) == text
