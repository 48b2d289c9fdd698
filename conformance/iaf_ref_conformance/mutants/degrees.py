"""MASK-1 to MASK-3, MASK-7, MASK-8: mistakes in degrees."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction

import numpy as np

from .plain import Plain
from .plain.masks import Array, Text
from .registry import REGISTRY

mutant = REGISTRY.mutant


@mutant("MASK-1", source="kamenbliznashki/normalizing_flows maf.py:289,366; rll/deepul #10")
class DegreesReadAsOrder(Plain):
    """Degrees read as an order: the permutation is used where its inverse belongs."""

    def input_degrees(self, text: Text) -> Array:
        return np.argsort(text["degrees"], kind="stable") + 1


@mutant("MASK-1", "MASK-5", "NUM-1", source="kamenbliznashki/normalizing_flows maf.py:82")
class OutputsInAnotherOrder(Plain):
    """Degrees of the outputs are not those of the inputs: an output may see its own input."""

    def output_degrees(self, text: Text) -> Array:
        return np.arange(1, len(text["degrees"]) + 1)


@mutant(
    "MASK-2",
    "MASK-7",
    source="nflows PR #85, sbi PR #1269, flowjax #147; ikostrikov/pytorch-flows flows.py",
)
class ContextMissesTheFirst(Plain):
    """No hidden unit of degree 0: the context never reaches the first variable."""

    def hidden_degrees(self, text: Text) -> list[Array]:
        return [np.maximum(layer, 1) for layer in super().hidden_degrees(text)]


def even(text: Text, width: int, rounded: Callable[[Fraction], int]) -> list[int]:
    """Degrees spread evenly over a layer, by a rule of rounding."""
    low, high = int(text["context_dim"] == 0 and len(text["degrees"]) > 1), len(text["degrees"]) - 1
    steps = max(width - 1, 1)
    return [rounded(low + Fraction(k * (high - low), steps)) for k in range(width)]


class EvenByAnotherRule(Plain):
    """Degrees that are spread evenly are computed again, by another rule."""

    def hidden_degrees(self, text: Text) -> list[Array]:
        return [
            np.asarray(
                self.again(text, len(layer)) if layer == even(text, len(layer), round) else layer
            )
            for layer in text["hidden_degrees"]
        ]

    def again(self, text: Text, width: int) -> list[int]:
        """Degrees of a layer by this rule."""
        raise NotImplementedError


@mutant(
    "MASK-3", source="numpyro nn/auto_reg_nn.py create_mask(8, [13]), which differs from Pyro's"
)
class EvenInFloat32(EvenByAnotherRule):
    """Hidden degrees rounded from a linspace in float32: a tie falls to the other side."""

    def again(self, text: Text, width: int) -> list[int]:
        exact = even(text, width, round)
        low, high = exact[0], exact[-1]
        part = np.arange(width, dtype=np.float32) / np.float32(max(width - 1, 1))
        value = np.float32(low) * (np.float32(1) - part) + np.float32(high) * part
        return [int(d) for d in np.round(value)]


@mutant("MASK-3", "MASK-7", source="TFP masked_autoregressive.py _create_degrees('equal')")
class EvenByCeiling(EvenByAnotherRule):
    """Hidden degrees by max(1, ceil(k (D - 1) / (H + 1))): narrow layers lose dependencies."""

    def again(self, text: Text, width: int) -> list[int]:
        dim = len(text["degrees"])
        return [max(1, -(-k * (dim - 1) // (width + 1))) for k in range(1, width + 1)]


@mutant("MASK-3", source="Pyro up to 0.4, fixed in 0.5.0 (972a67c0a); pyro PR #1919")
class HiddenDegreesUpToD(EvenByAnotherRule):
    """Hidden degrees up to D in place of D - 1: dead units, which no output reads."""

    def again(self, text: Text, width: int) -> list[int]:
        low, dim, steps = int(text["context_dim"] == 0), len(text["degrees"]), max(width - 1, 1)
        return [round(low + Fraction(k * (dim - low), steps)) for k in range(width)]


@mutant("MASK-3", source="TFP masked_autoregressive.py:1321: one seed for all layers")
class SameDegreesInEveryLayer(Plain):
    """Every layer draws the same random degrees, as each starts from the same seed."""

    def hidden_degrees(self, text: Text) -> list[Array]:
        layers = super().hidden_degrees(text)
        return [layers[0] if len(layer) == len(layers[0]) else layer for layer in layers]


@mutant("MASK-7", source="rll/deepul #4; ikostrikov/pytorch-flows #12")
class DegreesDrawnUnchecked(Plain):
    """Hidden degrees drawn at random, and nobody looks whether all dependencies are left."""

    def hidden_degrees(self, text: Text) -> list[Array]:
        draw, last = random.Random(0), max(len(text["degrees"]) - 1, 0)
        low = min(1, last) if text["context_dim"] == 0 else 0
        return [
            np.asarray([draw.randint(low, last) for _ in layer]) for layer in text["hidden_degrees"]
        ]


@mutant("MASK-7", source="pyro #1256: a multinomial on a wrongly built tensor")
class DegreesAllTheSame(Plain):
    """The sampler of degrees returns a constant: hidden units see no variable at all."""

    def hidden_degrees(self, text: Text) -> list[Array]:
        return [np.zeros_like(layer) for layer in super().hidden_degrees(text)]


@mutant(
    "MASK-8", source="ikostrikov/pytorch-flows and kamenbliznashki/normalizing_flows: % (D - 1)"
)
class CycleOfZero(Plain):
    """Hidden degrees modulo D - 1: a division by zero where D = 1."""

    def hidden_degrees(self, text: Text) -> list[Array]:
        period = len(text["degrees"]) - 1
        layers = super().hidden_degrees(text)
        first = [[k % period for k in range(len(layer))] for layer in text["hidden_degrees"]]
        return layers if len(first) == len(layers) else []
