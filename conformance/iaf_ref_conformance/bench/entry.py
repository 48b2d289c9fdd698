"""What one contestant is asked to do: who, which task, at which size, of which flow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import iaf_ref as ir

LAYERS = 2
"""Hidden layers of every flow that is timed."""

FLOWS: Mapping[str, tuple[Any, str]] = MappingProxyType(
    {
        "exp": (ir.Exp(), "even"),
        "softclip": (ir.SoftClip(), "cyclic"),
        "softplus": (ir.Softplus(shift=0.0, floor=1e-3), "cyclic"),
        "sigmoid": (ir.Sigmoid(bias=2.0, floor=1e-3), "cyclic"),
        "chain": (ir.Exp(), "even"),
    }
)
"""Kind of flow -> its scale map and its rule for hidden degrees."""

CHAINED = 4
"""Steps of the kind "chain", the order reversed from each to the next."""

NATIVE: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "pyro": ("torch", "exp"),
        "zuko": ("torch", "softclip"),
        "nflows": ("torch", "softplus"),
        "normflows": ("torch", "sigmoid"),
        "numpyro": ("jax", "exp"),
        "flowjax": ("jax", "softplus"),
    }
)
"""Peer -> its array library, and the kind of flow that it has without anything of ours in it."""

BACKENDS = ("numpy", "torch", "jax", "cupy")
"""Backends that are timed: those that users compute with."""

UNROLLED = 64
"""Most variables for which JAX compiles D networks into one function; more take it minutes."""


def library(who: str) -> str:
    """Return the backend of a name that may have a device: BACKEND or BACKEND:DEVICE."""
    return who.partition(":")[0]


def on_host(who: str) -> bool:
    """Whether a backend is where peers are: on no device by name, or on the CPU."""
    return who.partition(":")[2].partition(":")[0] in ("", "cpu")


@dataclass(frozen=True, order=True)
class Size:
    """D variables, ``LAYERS`` hidden layers of one width, rows of a batch."""

    dim: int
    width: int
    batch: int

    @property
    def products(self) -> tuple[tuple[int, int], ...]:
        """(inputs, outputs) of each matrix product of a dense forward pass."""
        hidden = [self.width] * LAYERS
        return tuple(zip([self.dim, *hidden], [*hidden, 2 * self.dim], strict=True))

    @property
    def operations(self) -> int:
        """Multiplications and additions of these products."""
        return sum(2 * self.batch * inputs * outputs for inputs, outputs in self.products)

    @property
    def activations(self) -> int:
        """Numbers that one forward pass makes: every layer's output, 2 D of the last."""
        return self.batch * (LAYERS * self.width + 2 * self.dim)


@dataclass(frozen=True)
class Entry:
    """One contestant in a table.

    Attributes
    ----------
    who : str
        A backend, on which ``iaf_ref`` runs, or a peer.
    task : str
        inverse, forward, gradient, product, steps or memory: see :mod:`.jobs`.
    size : Size
    method : str
        Algorithm of ``iaf_ref``; empty: the peer's only one, or none.
    flow : str
        A key of ``FLOWS``.
    """

    who: str
    task: str
    size: Size
    method: str = ""
    flow: str = "exp"

    @property
    def is_peer(self) -> bool:
        """Whether it is a library of somebody else's."""
        return self.who in NATIVE

    @property
    def uncompiled(self) -> bool:
        """Whether JAX runs it operation by operation: D networks, for many variables."""
        unrolls = self.task in ("inverse", "memory") and self.method != "blocked"
        return unrolls and library(self.who) == "jax" and self.size.dim > UNROLLED

    @property
    def name(self) -> str:
        """What no other entry of a table is called."""
        asked = " ".join(part for part in (self.who, self.method, self.task) if part)
        size = f"D {self.size.dim}, width {self.size.width}, batch {self.size.batch}"
        return f"{asked}, {size}, {self.flow}"


def peer(who: str, task: str, size: Size) -> Entry:
    """Return the entry of a peer: its own kind of flow."""
    return Entry(who, task, size, flow=NATIVE[who][1])
