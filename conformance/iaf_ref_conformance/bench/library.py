"""A peer as a contestant: the library's own module with the same weights, asked as its users ask.

PyTorch runs without a graph where no derivative is wanted. JAX compiles what is asked, the weights
closed over. Pyro keeps the last inverse and would return it: every call gets a tensor that is new,
with the same memory behind it.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from ..subjects.peers.parts import parts
from ..subjects.peers.peer import Peer
from .entry import NATIVE, Entry
from .jobs import Job, points, posed

NOTES = MappingProxyType(
    {
        "normflows": "has one masked layer more: it has no activation after its first one, so that "
        "the same flow needs a layer with ones on the diagonal",
    }
)
"""Peer -> what makes it do more than the others."""


class Library:
    """A peer whose jobs are made.

    Parameters
    ----------
    peer : Peer
        As ``iaf-ref conform`` finds it.
    dtype : str
    """

    def __init__(self, peer: Peer, dtype: str) -> None:
        self.name = peer.name
        self.peer = peer
        self.dtype = dtype

    def job(self, entry: Entry) -> Job:
        """Make an entry ready to run."""
        case = posed(entry.size, entry.flow, self.dtype)
        flow = self.peer.flow(parts(case), self.dtype)
        x, y = points(entry.size, entry.flow, self.dtype)
        if entry.task == "gradient":
            return self._gradient(entry, flow, y)
        ask, given = (self.peer.undo, y) if entry.task == "inverse" else (self.peer.apply, x)
        call = self._calling(lambda array: ask(flow, array, None), self.peer.place(given))
        return Job(entry, call, self._fetch, given.itemsize)

    def _calling(self, function: Callable[[Any], Any], given: Any) -> Callable[[], Any]:
        """Return a call that ends when everything is computed."""
        if NATIVE[self.name][0] == "jax":
            import jax

            compiled = jax.jit(function)
            return lambda: jax.block_until_ready(compiled(given))
        import torch

        def call() -> Any:
            with torch.no_grad():
                return function(given.detach())

        return call

    def _fetch(self, found: Any) -> Any:
        """Copy two arrays to the host."""
        return self.peer.fetch(found[0]), self.peer.fetch(found[1])

    def _gradient(self, entry: Entry, flow: Any, y: Any) -> Job:
        """log q of all points and its derivatives by points and weights, of a peer on PyTorch."""
        import torch

        case = posed(entry.size, entry.flow, self.dtype)
        arrays = {n.removeprefix("base."): self.peer.place(a) for n, a in case.input_arrays.items()}
        base = self.peer.base("diagonal", arrays)
        placed, weights = self.peer.place(y), list(flow.parameters())
        enough_memory(entry, weights)

        def call() -> Any:
            given = placed.detach().requires_grad_()
            value = self.peer.density(flow, base, given, None).sum()
            return torch.autograd.grad(value, [given, *weights])

        inverse = self._calling(lambda array: self.peer.undo(flow, array, None), placed)
        return Job(entry, call, lambda found: self._fetch(inverse()), y.itemsize)


def enough_memory(entry: Entry, weights: list[Any]) -> None:
    """Refuse to differentiate D networks that do not fit: the system would end the process.

    Each keeps its masked weights and, of every layer, what goes in and what comes out.

    Raises
    ------
    MemoryError
        Less is free than they take.
    """
    import psutil

    itemsize = weights[0].element_size()
    one = sum(w.numel() for w in weights) + 2 * entry.size.activations
    needed, free = entry.size.dim * one * itemsize, psutil.virtual_memory().available
    if free < needed:
        raise MemoryError(f"expected {needed / 1e9:.1f} GB that are free, got {free / 1e9:.1f} GB")
