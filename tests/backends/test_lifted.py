"""What balls and error-tracking numbers share: shape functions, data types and refusals.

The law of a shape function is one line: apart from the arithmetic, it does what NumPy's does.
"""

from __future__ import annotations

import array_api_compat
import numpy as np
import pytest

from iaf_ref_backends import ball, tracked

NP = array_api_compat.array_namespace(np.zeros(1))
NAMESPACES = [ball, tracked.namespace("ieee-f64")]
X = np.arange(24.0).reshape(2, 3, 4)


@pytest.fixture(name="xp", params=NAMESPACES, ids=["ball", "tracked"])
def _xp(request):
    return request.param


def host(x):
    """The values as NumPy's, of whatever data type."""
    xp = x.__array_namespace__()
    if x.dtype != xp.float64:
        return x._parts[0]
    return ball.midpoint(x) if xp is ball else tracked.value(x)


SHAPE_FUNCTIONS = {
    "concat": lambda xp, x: xp.concat([x, x], axis=1),
    "concat flat": lambda xp, x: xp.concat([x, x], axis=None),
    "stack": lambda xp, x: xp.stack([x, x], axis=-1),
    "unstack": lambda xp, x: xp.unstack(x, axis=1)[2],
    "reshape": lambda xp, x: xp.reshape(x, (4, -1)),
    "broadcast_to": lambda xp, x: xp.broadcast_to(x, (5, 2, 3, 4)),
    "broadcast_arrays": lambda xp, x: xp.broadcast_arrays(x, x[..., :1])[1],
    "expand_dims": lambda xp, x: xp.expand_dims(x, axis=1),
    "squeeze": lambda xp, x: xp.squeeze(x[:, :1, :], axis=1),
    "flip": lambda xp, x: xp.flip(x, axis=-1),
    "flip all": lambda xp, x: xp.flip(x),
    "permute_dims": lambda xp, x: xp.permute_dims(x, (2, 0, 1)),
    "matrix_transpose": lambda xp, x: xp.matrix_transpose(x),
    "moveaxis": lambda xp, x: xp.moveaxis(x, 0, -1),
    "take": lambda xp, x: xp.take(x, xp.asarray([2, 0, 2]), axis=1),
    "take_along_axis": lambda xp, x: xp.take_along_axis(x, xp.asarray([[[1], [0], [2]]]), axis=-1),
    "tile": lambda xp, x: xp.tile(x, (2, 1, 2)),
    "repeat": lambda xp, x: xp.repeat(x, 2, axis=1),
    "roll": lambda xp, x: xp.roll(x, 1, axis=-1),
    "tril": lambda xp, x: xp.tril(x, k=-1),
    "triu": lambda xp, x: xp.triu(x),
    "mT": lambda xp, x: x.mT,
    "T": lambda xp, x: x[0, ...].T,
    "integer": lambda xp, x: x[1],
    "slices": lambda xp, x: x[:, ::-1, 1:3],
    "new axis": lambda xp, x: x[..., None, 0],
    "index array": lambda xp, x: x[xp.asarray([1, 0])],
    "sum": lambda xp, x: xp.sum(x, axis=(0, 2)),
    "keepdims": lambda xp, x: xp.sum(x, axis=1, keepdims=True),
    "max": lambda xp, x: xp.max(x, axis=-1),
    "min": lambda xp, x: xp.min(x),
    "prod": lambda xp, x: xp.prod(x, axis=0),
    "empty sum": lambda xp, x: xp.sum(x[:0, ...], axis=0),
    "mean": lambda xp, x: xp.mean(x, axis=0),
    "cumulative_sum": lambda xp, x: xp.cumulative_sum(x, axis=1),
    "cumulative_sum with 0": lambda xp, x: xp.cumulative_sum(x, axis=-1, include_initial=True),
    "matmul": lambda xp, x: x @ x.mT,
    "vecdot": lambda xp, x: xp.vecdot(x, x + 1.0),
    "all": lambda xp, x: xp.all(x >= 0.0, axis=0),
    "any": lambda xp, x: xp.any(x > 22.0, axis=(0, 1), keepdims=True),
    "clip": lambda xp, x: xp.clip(x, 3.0, 7),
    "where": lambda xp, x: xp.where(x > 5.0, x, -1.0),
    "where of bools": lambda xp, x: xp.where(x > 5.0, x < 9.0, x > 2.0),
    "xor": lambda xp, x: (x > 5.0) ^ (x < 9.0),
    "not": lambda xp, x: ~(x > 5.0) | (x == 7.0) & (x != 3.0),
    "reflected": lambda xp, x: 2.0**-1 * (1 - x) + (3 + x) * 2 - 8.0 / (4.0 + 0.0 * x),
    "integers": lambda xp, x: xp.sum(xp.arange(2, 9, 2) ** 2 // 3 % 5 * -1),
    "linear index": lambda xp, x: xp.arange(5) * 2 - 3 <= 1,
    "astype": lambda xp, x: xp.astype(x > 5.0, x.dtype),
    "integers to real": lambda xp, x: xp.asarray([1, 2], dtype=x.dtype) / 4.0,
    "eye": lambda xp, x: xp.eye(3, 4, k=1, dtype=x.dtype),
    "full": lambda xp, x: xp.full((2, 1), 7.0),
    "zeros_like": lambda xp, x: xp.zeros_like(x) + xp.ones_like(x) - xp.full_like(x, 2.0),
    "zeros": lambda xp, x: xp.zeros(3, dtype=x.dtype) + xp.ones((3,), dtype=x.dtype),
    "bools": lambda xp, x: xp.zeros(3, dtype=xp.bool),
}


@pytest.mark.parametrize("name", SHAPE_FUNCTIONS)
def test_agrees_with_numpy(xp, name):
    result = SHAPE_FUNCTIONS[name](xp, xp.asarray(X))
    expected = np.asarray(SHAPE_FUNCTIONS[name](NP, X))
    assert result.shape == expected.shape
    assert np.array_equal(host(result), expected)


def test_attributes(xp):
    x = xp.asarray(X)
    assert (x.shape, x.ndim, x.size, x.device) == ((2, 3, 4), 3, 24, "cpu")
    assert x.dtype == xp.float64 == xp.float32 == xp.result_type(x, 1.0)
    assert x.to_device("cpu") is x
    assert (float(x[1, 0, 0]), int(xp.asarray(3)), bool(xp.asarray(True))) == (12.0, 3, True)
    assert [10, 20, 30][xp.asarray(1)] == 20
    assert "Array(" in repr(x)


def test_info(xp):
    info = xp.__array_namespace_info__()
    assert info.default_device() == "cpu"
    assert info.devices() == ["cpu"]
    assert info.default_dtypes()["real floating"] == xp.float64
    assert set(info.dtypes(kind="integral")) == {"int32", "int64"}
    assert info.capabilities()["boolean indexing"] is False
    assert xp.isdtype(xp.float64, ("real floating", "bool"))
    assert not xp.isdtype(xp.int32, "real floating")
    assert xp.isdtype(xp.int32, ("numeric",))
    assert xp.result_type(xp.int32, xp.int64) == xp.int64
    assert xp.can_cast(xp.int32, xp.int64)
    assert xp.iinfo(xp.int32).max == 2**31 - 1


#: Wrong uses, errors, parts of messages; ``x`` is of reals, ``n`` of integers, ``b`` of bools.
REFUSALS = [
    (lambda xp, x, n, b: x + np.ones(3), TypeError, "expected an array of .*, got numpy.ndarray"),
    (lambda xp, x, n, b: np.ones(3) * x, TypeError, "expected an array of .*, got numpy.ndarray"),
    (lambda xp, x, n, b: x + "1", TypeError, "expected an array of .*, got str"),
    (lambda xp, x, n, b: x + 1j, TypeError, "expected an array of .*, got complex"),
    (lambda xp, x, n, b: x + n, TypeError, "expected arrays of one kind of dtype"),
    (lambda xp, x, n, b: x + True, TypeError, "expected a Python scalar that fits"),
    (lambda xp, x, n, b: n + 0.5, TypeError, "expected a Python scalar that fits"),
    (lambda xp, x, n, b: n / 2, TypeError, "expected divide of real floating"),
    (lambda xp, x, n, b: xp.exp(b), TypeError, "expected exp of real floating"),
    (lambda xp, x, n, b: xp.sum(b), TypeError, "expected numbers for sum"),
    (lambda xp, x, n, b: xp.all(x), TypeError, "expected bools"),
    (lambda xp, x, n, b: xp.where(x, x, x), TypeError, "expected a condition of bools"),
    (lambda xp, x, n, b: xp.where(b, 1.0, 0.0), TypeError, "expected at least one array"),
    (lambda xp, x, n, b: x[b], TypeError, "expected a bool or integer array|expected integers"),
    (lambda xp, x, n, b: x**0.5, TypeError, "expected an integer as the exponent"),
    (lambda xp, x, n, b: xp.astype(x, xp.int64), TypeError, "expected a bool or integer array"),
    (lambda xp, x, n, b: xp.asarray(0.5, dtype=xp.int64), TypeError, "expected bools or integers"),
    (lambda xp, x, n, b: xp.asarray("1"), TypeError, "expected an array of .*, NumPy data"),
    (lambda xp, x, n, b: xp.asarray([1j]), TypeError, "expected bools, integers or floats"),
    (
        lambda xp, x, n, b: xp.asarray([[1.0], [1.0, 2.0]]),
        ValueError,
        "expected lists of equal lengths",
    ),
    (lambda xp, x, n, b: xp.asarray(1.0, dtype=np.float64), TypeError, "expected one of"),
    (lambda xp, x, n, b: xp.asarray(1.0, copy=False), ValueError, "expected copy=None or True"),
    (lambda xp, x, n, b: xp.zeros(2, device="gpu"), ValueError, "expected device 'cpu', got 'gpu'"),
    (lambda xp, x, n, b: x.to_device("gpu"), ValueError, "expected device 'cpu', got 'gpu'"),
    (lambda xp, x, n, b: xp.full(2, x), ValueError, "expected a scalar fill_value"),
    (lambda xp, x, n, b: x.T, ValueError, "expected a matrix"),
    (lambda xp, x, n, b: x.mT, ValueError, "expected a matrix"),
    (
        lambda xp, x, n, b: xp.matmul(x, xp.zeros((4, 2))),
        ValueError,
        "expected equal inner lengths",
    ),
    (lambda xp, x, n, b: x @ 2.0, TypeError, "expected an array of .*, got float"),
    (lambda xp, x, n, b: xp.sum(x, axis=3), ValueError, "expected an axis in"),
    (
        lambda xp, x, n, b: xp.sum(xp.zeros((2, 2)), axis=(0, 0)),
        ValueError,
        "expected distinct axes",
    ),
    (lambda xp, x, n, b: xp.max(x[:0]), ValueError, "expected at least one element"),
    (lambda xp, x, n, b: xp.concat([]), ValueError, "expected at least one array"),
    (lambda xp, x, n, b: xp.concat([x, n]), TypeError, "expected arrays of one kind"),
    (lambda xp, x, n, b: xp.take(xp.zeros((2, 2)), n), ValueError, "expected an axis"),
    (lambda xp, x, n, b: xp.cumulative_sum(xp.zeros((2, 2))), ValueError, "expected an axis"),
    (lambda xp, x, n, b: xp.isdtype(3, "bool"), TypeError, "expected one of"),
    (lambda xp, x, n, b: np.asarray(x), TypeError, "expected one of .* got numpy.asarray"),
    (lambda xp, x, n, b: bool(x), TypeError, "expected a 0-d array"),
    (lambda xp, x, n, b: [0][x[0]], TypeError, "expected an integer array"),
    (
        lambda xp, x, n, b: x.__array_namespace__(api_version="1999.01"),
        ValueError,
        "expected one of",
    ),
    (lambda xp, x, n, b: xp.result_type(1.0), ValueError, "expected at least one array or dtype"),
]


@pytest.mark.parametrize(
    ("use", "error", "message"), REFUSALS, ids=[message for *_, message in REFUSALS]
)
def test_refuses(xp, use, error, message):
    x, n, b = xp.asarray([0.5, 1.0, 2.0]), xp.asarray([1, 2, 0]), xp.asarray([True, False, True])
    with pytest.raises(error, match=message):
        use(xp, x, n, b)


def test_arrays_are_immutable(xp):
    source = np.ones(3)
    x = xp.asarray(source)
    source[0] = 5.0
    assert host(x)[0] == 1.0
    with pytest.raises(TypeError, match="item assignment"):
        x[0] = 2.0
    with pytest.raises(TypeError, match="unhashable"):
        hash(x)
