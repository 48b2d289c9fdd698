"""INV: mistakes in the inverse."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..cases import Case
from .plain import Plain
from .plain.masks import Array, Text
from .plain.network import Weights, spread
from .plain.step import Step
from .plain.transforms import Mapped
from .registry import REGISTRY

mutant = REGISTRY.mutant


@mutant("INV-1", source="kamenbliznashki/normalizing_flows maf.py:289,366")
class InverseInIndexOrder(Plain):
    """The inverse solves for the variables by index, not by degree."""

    def groups(self, text: Text) -> Sequence[Array]:
        return [np.asarray([i]) for i in range(len(text["degrees"]))]


@mutant("INV-1", "NET-3", source="FlowTorch flow.py:104,127; rll/deepul #7; TFP fa57cd61a")
class ContextLostInInverse(Plain):
    """Context is used in the forward map and dropped in the inverse."""

    def step_back(self, text: Text, net: Weights, x: Array, context: Array | None) -> Step:
        return self.step(text, net, x, None if context is None else np.zeros_like(context))


@mutant("INV-2", source="nflows autoregressive.py:44: one pass for an input without batch axis")
class InverseInOnePass(Plain):
    """One evaluation of the network, at zeros, for the whole inverse."""

    def groups(self, text: Text) -> Sequence[Array]:
        return [np.arange(len(text["degrees"]))]


@mutant("INV-2", source="TFP #112, normflows #17: which direction is parallel; flowtorch #6")
class InverseFromY(InverseInOnePass):
    """mu and sigma of the inverse taken at y in place of x: parallel, and wrong."""

    def start(self, y: Array) -> Array:
        return np.array(y)


@mutant("INV-2", source="ikostrikov/pytorch-flows: RuntimeError in autograd; deeprob-kit PR #34")
class InverseInPlace(Plain):
    """The inverse writes x over y, which is the caller's."""

    def start(self, y: Array) -> Array:
        return y if y.flags.writeable else super().start(y)


class Sweeping(Plain):
    """An inverse that improves all variables at once, named ``fixed_point``."""

    inverse_methods = ("fixed_point",)

    def inverse(
        self, case: Case, y: Array, context: Array | None, method: str = "fixed_point"
    ) -> Mapped:
        """As of the plain subject."""
        return super().inverse(case, y, context)

    def sweeps(self, text: Text, y: Array) -> int:
        """Number of sweeps: as many as there are degrees."""
        return int(max(text["degrees"]))

    def swept(self, text: Text, d: int, x: Array) -> Array:
        """What sweep d made, with 0 in all that is not settled yet (INV-5)."""
        return np.where(np.asarray(text["degrees"]) <= d, x, np.zeros_like(x))

    def invert(
        self, text: Text, net: Weights, y: Array, context: Array | None
    ) -> tuple[Array, Array]:
        """x and log sigma at x, after the sweeps."""
        if context is not None:
            y = spread(context, y)[1]
        x = np.zeros_like(y)
        for d in range(1, self.sweeps(text, y) + 1):
            x = self.swept(text, d, self.solved(self.step_back(text, net, x, context), y))
        return x, self.step_back(text, net, x, context).log_sigma


@mutant(
    "INV-4", source="zuko AutoregressiveTransform(passes=...): fewer passes than there are degrees"
)
class OneSweepTooFew(Sweeping):
    """The fixed-point inverse stops one sweep too early."""

    def sweeps(self, text: Text, y: Array) -> int:
        return super().sweeps(text, y) - 1


@mutant(
    "INV-4", "SHAPE-1", source="nflows autoregressive.py:44: passes from the shape without axis 0"
)
class SweepsFromTheWrongAxes(Sweeping):
    """As many sweeps as the axes after the first have entries: one only without a batch axis."""

    def sweeps(self, text: Text, y: Array) -> int:
        return int(np.prod(y.shape[1:]))

    def swept(self, text: Text, d: int, x: Array) -> Array:
        return x


@mutant("INV-5", source="zuko 1.6.0, numpyro 0.22.0, nflows 0.14: D = 48, sigma = 1/16 in float32")
class SweepsOverflow(Sweeping):
    """A fixed-point inverse lets variables that are not settled grow: NaN where x is small."""

    def swept(self, text: Text, d: int, x: Array) -> Array:
        return x


@mutant("INV-3", source="zuko passes=2 on a map that is autoregressive inside of each half")
class BlockSolvedAtOnce(Plain):
    """A block of the inverse is solved from earlier blocks only, not from its own variables."""

    inverse_methods = ("blocked",)
    size = 16

    def inverse(
        self, case: Case, y: Array, context: Array | None, method: str = "blocked"
    ) -> Mapped:
        """As of the plain subject."""
        return super().inverse(case, y, context)

    def groups(self, text: Text) -> Sequence[Array]:
        single = super().groups(text)
        return [np.concatenate(single[k : k + self.size]) for k in range(0, len(single), self.size)]


@mutant("INV-3", source="openai/iaf layers.py:120,126: blocks that have to divide the size")
class LastBlockLeftOut(BlockSolvedAtOnce):
    """Blocks of 16 degrees: what is left after the last whole block is never solved for."""

    def groups(self, text: Text) -> Sequence[Array]:
        single = Plain.groups(self, text)
        whole = len(single) // self.size * self.size
        return single[:whole] if whole else single
