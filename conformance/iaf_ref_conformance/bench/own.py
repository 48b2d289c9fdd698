"""``iaf_ref`` on a backend as a contestant: weights and points lie on the device beforehand.

On JAX everything is compiled by ``jax.jit``, the weights closed over, as for the peers on JAX. The
exception are the inverses that evaluate D networks one after the other, for many variables: XLA
would be minutes at them, so that JAX runs them operation by operation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from array_api_compat import device

from iaf_ref.describe import rebuild

from ..joint import joint_log_prob
from ..subjects.reference import Reference
from .entry import Entry, Size, library
from .jobs import Answer, Job, MemoryJob, points, posed
from .yardstick import product, steps


class Backend:
    """A backend whose jobs are made: places arrays, compiles where that is the way, waits.

    Parameters
    ----------
    reference : Reference
        The specification on the backend, as ``iaf-ref conform`` finds it.
    dtype : str
    """

    def __init__(self, reference: Reference, dtype: str) -> None:
        self.name = reference.name
        self.on_jax = library(reference.name) == "jax"  # jax:cpu as well
        self.dtype = dtype
        self.backend: Any = reference.backend
        self.device = reference.device

    def place(self, array: Any) -> Any:
        """Copy an array to the device."""
        return self.backend.place(array, self.device)

    def compiled(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function as its users run it."""
        if not self.on_jax:
            return function
        import jax

        made: Callable[..., Any] = jax.jit(function)
        return made

    def waiting(self, function: Callable[..., Any], *given: Any) -> Callable[[], Any]:
        """Return a call that ends when the device has computed everything."""

        def call() -> Any:
            found = function(*given)
            self.backend.synchronize(found[0])
            return found

        return call

    def fetch(self, found: Any) -> Answer:
        """Copy two arrays to the host."""
        return self.backend.fetch(found[0]), self.backend.fetch(found[1])

    def flow(self, size: Size, kind: str) -> Any:
        """Return a flow with its weights on the device."""
        case = posed(size, kind, self.dtype)
        where = device(self.place(points(size, kind, self.dtype)[0]))
        options = {"xp": self.backend.namespace, "device": where, "dtype": self.dtype}
        return rebuild(dict(case.text), dict(case.tensors), **options)

    def job(self, entry: Entry) -> Job:
        """Make an entry ready to run."""
        make: dict[str, Callable[[Entry], Job]] = {
            "inverse": self._inverse,
            "memory": self._memory,
            "forward": self._forward,
            "gradient": self._gradient,
            "product": self._product,
            "steps": self._steps,
        }
        return make[entry.task](entry)

    def _job(
        self, entry: Entry, function: Callable[..., Any], *given: Any, kind: type = Job
    ) -> Job:
        """A job whose answer is to be verified."""
        # no finite bound passes through the steps of a wide chain
        fetch = None if entry.flow == "chain" else self.fetch
        made: Job = kind(entry, self.waiting(function, *given), fetch, self._itemsize)
        return made

    @property
    def _itemsize(self) -> int:
        """Bytes of a number."""
        return int(self.dtype.removeprefix("float")) // 8

    def _inverse(self, entry: Entry, kind: type = Job) -> Job:
        """The inverse of all points by an algorithm."""
        flow = self.flow(entry.size, entry.flow)
        y = self.place(points(entry.size, entry.flow, self.dtype)[1])

        def inverse(y: Any) -> Any:
            return flow.inverse(y, method=entry.method)

        function = inverse if entry.uncompiled else self.compiled(inverse)
        return self._job(entry, function, y, kind=kind)

    def _memory(self, entry: Entry) -> Job:
        """The same, whose bytes are counted."""
        return self._inverse(entry, MemoryJob)

    def _forward(self, entry: Entry) -> Job:
        """The forward pass of all points by an algorithm."""
        flow = self.flow(entry.size, entry.flow)
        x = self.place(points(entry.size, entry.flow, self.dtype)[0])

        def forward(x: Any) -> Any:
            return flow.forward(x, method=entry.method)

        return self._job(entry, self.compiled(forward), x)

    def _gradient(self, entry: Entry) -> Job:
        """log q of all points and its derivatives by points and weights, anew each time.

        What is verified is the inverse that is differentiated.
        """
        case = posed(entry.size, entry.flow, self.dtype)
        y = points(entry.size, entry.flow, self.dtype)[1]
        arrays = {name: self.place(array) for name, array in {"y": y, **case.tensors}.items()}
        function = joint_log_prob(case.flow, case.base_text or {}, case.input_arrays)
        flow, given = self.flow(entry.size, entry.flow), arrays["y"]

        def answer(found: Any) -> Answer:
            return self.fetch(self.compiled(flow.inverse)(given))

        call = self.waiting(self._differentiated(function), arrays)
        return Job(entry, call, answer, self._itemsize)

    def _differentiated(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function of named arrays that returns a derivative, and the others."""
        if self.on_jax:
            import jax

            both = jax.jit(jax.value_and_grad(function))
            return lambda arrays: list(both(arrays)[1].values())
        return lambda arrays: list(self.backend.gradient(function, arrays).values())

    def _product(self, entry: Entry) -> Job:
        """The dense products of a forward pass."""
        function, given = product(entry.size, self.dtype)
        call = self.waiting(self.compiled(function), [self.place(array) for array in given])
        return Job(entry, call, None, self._itemsize)

    def _steps(self, entry: Entry) -> Job:
        """D steps that wait for each other."""
        function, given = steps(entry.size, self.dtype)
        call = self.waiting(function, [self.place(array) for array in given])
        return Job(entry, call, None, self._itemsize)
