"""The specification itself as a subject: ``iaf_ref`` on the arrays of a backend."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property, wraps
from typing import Any

import numpy as np
from array_api_compat import array_namespace, device

import iaf_ref as ir
from iaf_ref.describe import rebuild
from iaf_ref.inverses import METHODS

from ..cases import Case, Floats, build_base
from ..joint import posed_joint
from ..subject import Backend
from .memory import out_of_memory
from .switching import switches_of

Array = Any


def _computing(method: Callable[..., Any]) -> Callable[..., Any]:
    """Run a method where the backend makes and uses arrays of the case's dtype.

    Where memory ends, the flow that is kept is let go, so that the next case finds more of it.
    """

    @wraps(method)
    def run(self: Reference, case: Case, *given: Any, **options: Any) -> Any:
        try:
            with self.computing(case.dtype):
                return method(self, case, *given, **options)
        except Exception as error:
            if not out_of_memory(error):
                raise
            self._built = None
            raise MemoryError(f"out of memory on {self.device}: {error}") from error

    return run


class NoDeviceError(ValueError):
    """The backend has no such device."""


class Reference:
    """``iaf_ref`` on a backend; sees to where, and as what, each result lies (TYPE-1).

    Parameters
    ----------
    backend : Backend
    device : str, optional
        One of the backend's, or a kind for the first of that; default: the backend's first.

    Raises
    ------
    NoDeviceError
        The backend has no such device.
    """

    inverse_methods, forward_methods = tuple(METHODS), ("dense", "triangular")

    def __init__(self, backend: Backend, device: str | None = None) -> None:
        self.backend = backend
        self.device = chosen(backend.devices(), device)
        self.name = backend.name if device is None else f"{backend.name}:{device}"
        dtypes_on = getattr(backend, "dtypes_on", None)
        self.dtypes = tuple(backend.dtypes if dtypes_on is None else dtypes_on(self.device))
        self.profile = {d: p for d, p in backend.profiles.items() if d in self.dtypes}
        self._built: tuple[Case, Any] | None = None
        if hasattr(backend, "gradient"):  # else the subject has no such method (GRAD-1)
            self.gradient = self._gradient

    def environment(self) -> Mapping[str, str]:
        """Return the backend's, with the precision switches that are in force."""
        return {**self.backend.environment(), **switches_of(self.backend, self.device)}

    def ieee(self) -> AbstractContextManager[Any]:
        """Return a context in which the backend's switches stand at IEEE arithmetic."""
        held = getattr(self.backend, "ieee", None)
        return nullcontext() if held is None else held()

    def computing(self, dtype: str) -> AbstractContextManager[Any]:
        """Return the context in which the backend makes and uses arrays of a dtype."""
        context = getattr(self.backend, "computing", None)
        return nullcontext() if context is None else context(dtype, self.device)

    @_computing
    def masks(self, case: Case) -> tuple[Array, ...]:
        """Masks of the flow, made on the backend (MASK)."""
        network = getattr(case.flow, "network", None)
        if network is None:
            raise NotImplementedError(f"a {type(case.flow).__name__} has no masks of its own")
        masks = ir.made_masks(network.degrees, xp=self.backend.namespace, device=self._where)
        skip = () if network.skip is None else (masks.skip,)
        return tuple(self.backend.fetch(m) for m in (*masks.hidden, masks.output, *skip))

    @_computing
    def forward(
        self, case: Case, x: Floats, context: Floats | None, **way: str
    ) -> tuple[Array, Array]:
        """Y and log-det; of a single step by ``method``, one of its ways."""
        x, context = self._place(x), self._place(context)
        y, log_det = self._flow(case).forward(x, context=context, **way)
        return self._fetch(y, x, "y"), self._fetch(log_det, x, "log_det")

    @_computing
    def inverse(
        self, case: Case, y: Floats, context: Floats | None, method: str = "blocked"
    ) -> tuple[Array, Array]:
        """X and log-det of the inverse map, by one of the algorithms."""
        y, context = self._place(y), self._place(context)
        x, log_det = self._flow(case).inverse(y, context=context, method=method)
        return self._fetch(x, y, "x"), self._fetch(log_det, y, "log_det")

    @_computing
    def log_scale(self, case: Case, x: Floats, context: Floats | None) -> Array:
        """Per-dimension log sigma."""
        x, context, flow = self._place(x), self._place(context), self._flow(case)
        if not hasattr(flow, "log_scale"):
            raise NotImplementedError(f"a {type(flow).__name__} has no log sigma of its own")
        return self._fetch(flow.log_scale(x, context=context), x, "log_scale")

    @_computing
    def log_prob(self, case: Case, y: Floats, context: Floats | None) -> Array:
        """Log density under the case's base; per dimension where the case says so."""
        y, context, flow = self._place(y), self._place(context), self._flow(case)
        own = {n: a for n, a in case.input_arrays.items() if n.startswith("base.")}
        placed = {name: self._place(array) for name, array in own.items()}
        if case.base_text is None:
            raise NotImplementedError("the case has no base distribution")
        transform = ir.PerDimension(flow) if case.options.get("per_dimension") else flow
        q = ir.TransformedDistribution(build_base(case.base_text, placed), [transform])
        return self._fetch(q.log_prob(y, context=context), y, "log_prob")

    @_computing
    def _gradient(self, case: Case, y: Floats, context: Floats | None) -> dict[str, Array]:
        """Derivatives of the sum of log q over all rows, by inputs and by weights."""
        function, given = posed_joint(case, y, context)
        arrays = {name: self._place(a) for name, a in given.items()}
        found = self.backend.gradient(function, arrays)  # type: ignore[attr-defined]
        return {name: self._fetch(d, arrays[name], name) for name, d in found.items()}

    def _flow(self, case: Case) -> Any:
        """The flow on the backend; the last one is kept, as a case may ask more than once."""
        if self._built is None or self._built[0] is not case:
            options = {"xp": self.backend.namespace, "device": self._where, "dtype": case.dtype}
            self._built = (case, rebuild(dict(case.text), dict(case.tensors), **options))
        return self._built[1]

    @cached_property
    def _where(self) -> Any:
        """The device as the library itself calls it."""
        return device(self.backend.place(np.zeros((), dtype=self.dtypes[0]), self.device))

    def _place(self, array: Floats | None) -> Array:
        """Bring an input over; None stays None."""
        return None if array is None else self.backend.place(array, self.device)

    def _fetch(self, result: Array, like: Array, name: str) -> Array:
        """Bring a result back if library, dtype and device are the input's (TYPE-1).

        Raises
        ------
        TypeError
            They are not.
        """
        if array_namespace(result) is not array_namespace(like):
            raise TypeError(
                f"{name}: expected an array of the input's library, got {type(result).__name__}"
            )
        if result.dtype != like.dtype:
            raise TypeError(
                f"{name}: expected dtype {like.dtype}, as the input, got {result.dtype}"
            )
        if device(result) != device(like):
            raise TypeError(
                f"{name}: expected device {device(like)}, as the input, got {device(result)}"
            )
        return self.backend.fetch(result)


def chosen(devices: Sequence[str], device: str | None) -> str:
    """Return the device of this name, the first of this kind, or the first of all.

    Raises
    ------
    NoDeviceError
        There is none.
    """
    if device is None and devices:
        return devices[0]
    for name in (device, f"{device}:0"):
        if name in devices:
            return str(name)
    raise NoDeviceError(f"device: expected one of {', '.join(devices)}, got {device!r}")
