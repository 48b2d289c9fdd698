"""GRAD: derivatives of the density of every kind of flow, plainly."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .adjoint import Adjoints
from .backward import Named
from .densities import Base
from .masks import Array, Text
from .transforms import takes_context


class Pulled(NamedTuple):
    """Derivatives by what a transform is given, by its context, and by its weights."""

    value: Array
    context: Array | None
    weights: Named


class Gradients(Adjoints):
    """Derivatives of the sum over all rows of log q(y) (GRAD-1)."""

    def derivatives(self, text: Text, raw: Any, base: Base, y: Array, context: Any) -> Named:
        """By y, by the context if there is one, and by each weight under its name."""
        x = self.inverse_of(text, raw, y, context)[0]
        found = self.pull(text, raw, "inverse_of", y, context, self.score(base, x))
        by_context = {} if found.context is None else {"context": found.context}
        return {"y": found.value, **by_context, **found.weights}

    def pull(
        self, text: Text, raw: Any, way: str, value: Array, context: Array | None, g: Array
    ) -> Pulled:
        """From derivatives by the result of one way to those by ``value``; a log-det has 1."""
        kind = text["kind"]
        if kind == "permutation":
            undone = self.unpermuted if way == "forward_of" else self.permuted
            return Pulled(undone(g, text["order"])[0], None, {})
        if kind == "inverse":
            other = "inverse_of" if way == "forward_of" else "forward_of"
            return self.pull(text["transform"], raw, other, value, context, g)
        if kind == "chain":
            return self.pull_chain(text, raw, way, value, context, g)
        return self.pull_step(text, raw, way, value, context, g)

    def pull_chain(
        self, text: Text, raw: Any, way: str, value: Array, context: Array | None, g: Array
    ) -> Pulled:
        """Transforms from the one that came last to the one that came first."""
        passed = []
        for k in self.sequence(len(raw), way):
            part = text["transforms"][k]
            given = context if takes_context(part) else None
            passed.append((k, part, value, given))
            value = getattr(self, way)(part, raw[k], value, given)[0]
        by_context, weights = None, {}
        for k, part, given_value, given in reversed(passed):
            g, found, named = self.pull(part, raw[k], way, given_value, given, g)
            weights.update({f"{k}.{name}": array for name, array in named.items()})
            if found is not None:
                by_context = found if by_context is None else self.both(by_context, found)
        return Pulled(g, by_context, weights)

    def both(self, one: Array, other: Array) -> Array:
        """What two transforms have to say of one context adds."""
        return one + other

    def pull_step(
        self, text: Text, raw: Any, way: str, value: Array, context: Array | None, g: Array
    ) -> Pulled:
        """One step, in either direction; what was broadcast is summed."""
        x = value if way == "forward_of" else self.inverse_of(text, raw, value, context)[0]
        at = self.at(text, raw, x, context)
        pull = self.pull_mapped if way == "forward_of" else self.pull_solved
        by_value, by_inputs, weights = pull(at, g)
        by_value = summed_to(by_value, value.shape)
        if context is None:
            return Pulled(by_value, None, weights)
        by_context = by_inputs[..., : context.shape[-1]]
        return Pulled(by_value, self.by_broadcast(by_context, context.shape), weights)

    def by_broadcast(self, g: Array, shape: tuple[int, ...]) -> Array:
        """Derivatives by one context for many rows are summed over them (SHAPE-2)."""
        return summed_to(g, shape)


def summed_to(g: Array, shape: tuple[int, ...]) -> Array:
    """Sum over the axes along which an array of ``shape`` was broadcast."""
    lead = g.ndim - len(shape)
    g = np.sum(g, axis=tuple(range(lead)))
    axes = tuple(k for k, n in enumerate(shape) if n == 1 and g.shape[k] != 1)
    return np.sum(g, axis=axes, keepdims=True)
