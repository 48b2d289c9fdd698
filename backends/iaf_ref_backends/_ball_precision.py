"""The precision of balls: kept here, lent to ``flint.ctx`` while they are computed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, TypeVar

from iaf_ref_backends._ball_kernels import flint

P = ParamSpec("P")
R = TypeVar("R")

#: Bits of precision outside of :func:`precision`.
DEFAULT_BITS = 256
_BITS: ContextVar[int] = ContextVar("ball_precision", default=DEFAULT_BITS)


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Compute with ``bits`` bits in a ``with`` block; restores what was before, whatever happens.

    Parameters
    ----------
    bits
        The precision of midpoints, 2 at least; the radii follow.

    Raises
    ------
    ValueError
        If ``bits`` is no integer of at least 2.
    """
    if isinstance(bits, bool) or not isinstance(bits, int) or bits < 2:
        raise ValueError(f"expected an integer of at least 2 bits, got {bits!r}")
    token, before = _BITS.set(bits), flint.ctx.prec
    flint.ctx.prec = bits
    try:
        yield
    finally:
        flint.ctx.prec = before
        _BITS.reset(token)


def precisely(function: Callable[P, R]) -> Callable[P, R]:
    """Run a function at the precision of this module, whatever others set ``flint.ctx`` to."""

    @wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        with precision(_BITS.get()):
            return function(*args, **kwargs)

    return wrapped
