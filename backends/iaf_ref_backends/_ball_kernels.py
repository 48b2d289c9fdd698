"""The arithmetic of balls on NumPy arrays of ``flint.arb``: functions, decisions, products.

Every function is Arb's, so every result encloses the exact one. Nothing here knows of shapes or of
precision; both are settled by the callers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iaf_ref_backends._lifted_core import Undecided

try:
    import flint as _flint
except ImportError as error:
    raise ImportError(
        "expected python-flint, which computes with balls; "
        "install it by: pip install 'iaf-ref[oracle]'"
    ) from error

flint: Any = _flint  # python-flint's stubs are partial: its numbers are Any from here on
arb: Any = flint.arb
Balls = NDArray[Any]
Parts = tuple[Balls, ...]


def from_numpy(values: NDArray[Any]) -> Balls:
    """Convert bools, integers and floats to balls of radius 0, exactly."""
    convert = float if values.dtype.kind == "f" else int
    return objects((arb(convert(value)) for value in values.ravel().tolist()), values.shape)


def objects(balls: Iterable[Any], shape: tuple[int, ...]) -> Balls:
    """Put balls in row order into an array of ``shape``."""
    result = np.empty(math.prod(shape), dtype=object)
    result[:] = list(balls)
    return result.reshape(shape)


def mapped(function: Callable[..., Any], inputs: int = 1) -> Callable[..., Parts]:
    """Make a kernel of a function on single balls."""
    ufunc = np.frompyfunc(function, inputs, 1)
    return lambda *operands: (np.asarray(ufunc(*(parts[0] for parts in operands)), dtype=object),)


KERNELS: dict[str, Callable[..., Parts]] = {
    name: mapped(getattr(arb, name))
    for name in ("exp", "expm1", "log", "log1p", "tanh", "erf", "sqrt")
} | {
    "add": mapped(lambda a, b: a + b, 2),
    "subtract": mapped(lambda a, b: a - b, 2),
    "multiply": mapped(lambda a, b: a * b, 2),
    "divide": mapped(lambda a, b: a / b, 2),
    "reciprocal": mapped(lambda a: 1 / a),
    "square": mapped(lambda a: a * a),
    "negative": mapped(lambda a: -a),
    "positive": mapped(lambda a: a),
    "abs": mapped(abs),
    "sign": mapped(arb.sgn),
    "maximum": mapped(arb.max, 2),
    "minimum": mapped(arb.min, 2),
}


def power(base: Parts, exponent: int) -> Parts:
    """Return integer powers."""
    return mapped(lambda a: _power(a, exponent))(base)


def _power(a: Any, n: int) -> Any:
    """Square and multiply: ``arb ** n`` is NaN for a ball around zero."""
    if n < 0:
        return 1 / _power(a, -n)
    root = _power(a, n // 2) if n > 1 else arb(1)
    return root * root * a if n % 2 else root * root


#: A comparison is true where the first relation holds for all numbers of both balls, and false
#: where the second does.
RELATIONS: Mapping[str, tuple[Callable[[Any, Any], bool], Callable[[Any, Any], bool]]] = {
    "equal": (lambda a, b: a == b, lambda a, b: a != b),
    "not_equal": (lambda a, b: a != b, lambda a, b: a == b),
    "less": (lambda a, b: a < b, lambda a, b: a >= b),
    "less_equal": (lambda a, b: a <= b, lambda a, b: a > b),
    "greater": (lambda a, b: a > b, lambda a, b: a <= b),
    "greater_equal": (lambda a, b: a >= b, lambda a, b: a < b),
}


def compared(name: str) -> Callable[[Parts, Parts], Parts]:
    """Make the kernel of a comparison; it raises Undecided at the first element without answer."""
    holds, fails = RELATIONS[name]

    def kernel(first: Parts, second: Parts) -> Parts:
        answers = np.empty(first[0].shape, dtype=np.bool_)
        for place in np.ndindex(*first[0].shape):
            a: Any = first[0][place]
            b: Any = second[0][place]
            answers[place] = holds(a, b)
            if not answers[place] and not fails(a, b):
                raise Undecided(_undecided(f"{name}({a.str(10)}, {b.str(10)})", place))
        return (answers,)

    return kernel


def _undecided(question: str, place: tuple[int, ...]) -> str:
    return (
        f"expected balls that decide {question} at element {place}, got balls too wide for it; "
        f"raise the precision (now {flint.ctx.prec} bits): with ball.precision(bits): ..."
    )


def infinite(x: Parts) -> Parts:
    """Say which balls are an infinity; a ball of infinite radius may be one or not."""
    answers = np.empty(x[0].shape, dtype=np.bool_)
    for place in np.ndindex(*x[0].shape):
        a: Any = x[0][place]
        answers[place] = not a.is_finite() and not a.is_nan()
        if answers[place] and not a.rad().is_finite():
            raise Undecided(_undecided(f"isinf({a.str(10)})", place))
    return (answers,)


def _predicate(function: Callable[[Any], bool]) -> Callable[[Parts], Parts]:
    ufunc = np.frompyfunc(function, 1, 1)
    return lambda x: (np.asarray(ufunc(x[0]), dtype=np.bool_),)


KERNELS |= {name: compared(name) for name in RELATIONS}
KERNELS |= {
    "pow": power,
    "isinf": infinite,
    "isfinite": _predicate(arb.is_finite),
    "isnan": _predicate(arb.is_nan),
}

#: For each reduction, the function on two balls and what an empty row gives.
REDUCTIONS: Mapping[str, tuple[Callable[[Any, Any], Any], int]] = {
    "sum": (lambda a, b: a + b, 0),
    "prod": (lambda a, b: a * b, 1),
    "max": (arb.max, 0),
    "min": (arb.min, 0),
}


def reduce(name: str, x: Balls) -> Balls:
    """Reduce the last axis."""
    function, empty = REDUCTIONS[name]
    if x.shape[-1] == 0:
        return objects([arb(empty)] * math.prod(x.shape[:-1]), x.shape[:-1])
    return np.asarray(np.frompyfunc(function, 2, 1).reduce(x, axis=-1), dtype=object)


def to_matrix(x: Balls) -> Any:
    """Convert a matrix of balls to Arb's matrix."""
    return flint.arb_mat(x.shape[0], x.shape[1], x.ravel().tolist())


def matmul(first: Balls, second: Balls) -> Balls:
    """Multiply stacks of matrices; a stack times one matrix is one product."""
    rows, inner, columns = first.shape[:-1], first.shape[-1], second.shape[-1]
    if second.ndim == 2:
        return _product(first.reshape(math.prod(rows), inner), second).reshape(*rows, columns)
    stack = np.broadcast_shapes(first.shape[:-2], second.shape[:-2])
    left = np.broadcast_to(first, stack + first.shape[-2:])
    right = np.broadcast_to(second, stack + second.shape[-2:])
    result = np.empty((*stack, first.shape[-2], columns), dtype=object)
    for place in np.ndindex(*stack):
        result[place] = _product(left[place], right[place])
    return result


def _product(first: Balls, second: Balls) -> Balls:
    shape = (first.shape[0], second.shape[1])
    if 0 in (*first.shape, *second.shape):
        return from_numpy(np.zeros(shape))
    return objects((to_matrix(first) * to_matrix(second)).entries(), shape)
