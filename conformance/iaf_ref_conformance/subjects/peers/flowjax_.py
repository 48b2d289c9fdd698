"""flowjax: ``MaskedAutoregressive`` with an ``Affine`` transformer, run both ways.

The network has its own masks where all hidden layers are of one width and their degrees cyclic;
else the masks of the case are written into its layers. Its variables are generated in the order of
their numbers, so any other order stands between two ``Permute``. The scale is softplus with a
floor; others go in where ``Affine`` says that they may, as its ``scale``. The network's output is
added to the transformer's parameters: the shift of a softplus is its parameter.

A flow here is a function that builds the bijection, called where ``jax.jit`` traces what is asked:
built outside, operation by operation, it would take ten times as long.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from flowjax.bijections import Affine, Chain, Invert, Permute, TriangularAffine
from flowjax.distributions import StandardNormal, Transformed
from paramax import unwrap

import iaf_ref as ir

from .flowjax_weights import bijection, loaded, masks_of, transformer_of
from .jax_peer import JaxPeer
from .layouts import context_first
from .parts import Step, Swap
from .peer import Masks

__all__ = ["FlowJAX"]


class FlowJAX(JaxPeer):
    """flowjax, asked through its bijections and its ``Transformed``."""

    name = "flowjax"
    libraries = ("flowjax", "equinox", "paramax", "jax", "jaxlib")
    rule = "cyclic"

    def makes(self, step: Step) -> bool:
        """Whether the layers are of one width and their degrees cyclic.

        Of one variable alone flowjax makes a constant by its bias, with no weight left; that is as
        good as the constant that the specification makes with hidden units of degree 0.
        """
        constant = step.dim == 1 and not step.context_dim and bool(step.widths)
        return len(set(step.widths)) <= 1 and step.follows(self.rule) and not constant

    def own_masks(self, step: Step) -> Masks:
        """Return the masks in its layers, columns and rows brought back from its order."""
        _refuse(step)
        if len(set(step.widths)) > 1:
            raise NotImplementedError("flowjax has hidden layers of one width")
        if not step.ordered:
            raise NotImplementedError("flowjax makes masks for an order of the variables only")
        *hidden, output = (np.array(mask) for mask in jax.jit(lambda: masks_of(step))())
        masks = [*hidden, output[::2]]  # both parameters of a variable have the same row
        back = np.argsort(step.order)
        split = masks[0].shape[1] - step.context_dim
        masks[0] = context_first(
            np.concatenate([masks[0][:, :split][:, back], masks[0][:, split:]], axis=1),
            step.context_dim,
        )
        return (*masks[:-1], masks[-1][back])

    def step(self, step: Step, dtype: str) -> Any:
        """Build the bijection with the stored weights."""
        _refuse(step)
        own = self.makes(step)

        def make() -> Any:
            made = loaded(bijection(step, transformer_of(step.scale)), step, own)
            if there is not None:
                made = Chain([there, made, Invert(there)])
            return Invert(made) if step.backwards else made

        there = None if step.order == sorted(step.order) else _permute(tuple(step.order))
        return make

    def swap(self, swap: Swap, dtype: str) -> Any:
        """Build the permutation; ``Permute`` has the same convention."""
        made = _permute(swap.order)
        return lambda: Invert(made) if swap.backwards else made

    def chain(self, maps: list[Any]) -> Any:
        """Compose."""
        return lambda: Chain([make() for make in maps])

    def apply(self, flow: Any, x: Any, context: Any) -> tuple[Any, Any]:
        """Y and log-det."""
        return _run(flow, "transform_and_log_det", x, context)

    def undo(self, flow: Any, y: Any, context: Any) -> tuple[Any, Any]:
        """X and log-det of the inverse."""
        return _run(flow, "inverse_and_log_det", y, context)

    def base(self, kind: str, arrays: Mapping[str, Any]) -> Any:
        """Return a normal distribution with exactly these numbers.

        Those of the library keep a scale as the inverse of a softplus, which rounds it.
        """
        if kind == "low_rank":
            raise NotImplementedError("flowjax has no normal distribution of low rank")
        return partial(_normal, kind, arrays)

    def density(self, flow: Any, base: Any, y: Any, context: Any) -> Any:
        """Log density of the transformed distribution."""
        return jax.jit(lambda y: Transformed(base(), flow()).log_prob(y, context))(y)


def _refuse(step: Step) -> None:
    """Refuse what the library has not.

    Raises
    ------
    NotImplementedError
        Residual blocks, a skip connection, or a gated scale.
    """
    if step.network.residual:
        raise NotImplementedError("flowjax's network has no residual blocks")
    if step.weights.skip is not None:
        raise NotImplementedError("flowjax's network has no skip connection")
    if isinstance(step.scale, ir.Gated):
        raise NotImplementedError("flowjax's Affine has a shift of its own, not a gated one")


def _normal(kind: str, arrays: Mapping[str, Any]) -> Any:
    """Make a normal distribution whose scale is exactly the given one, not behind a softplus."""
    loc = arrays["loc"]
    if kind == "tril":
        L = arrays["scale_tril"]
        moved = TriangularAffine(loc, jnp.eye(len(L), dtype=L.dtype))
        moved = eqx.tree_at(lambda a: a.triangular, moved, L)
    else:
        scale = arrays["scale_diag" if kind == "diagonal" else "scale"]
        moved = eqx.tree_at(lambda a: a.scale, Affine(loc, jnp.ones_like(scale)), scale)
    return Transformed(StandardNormal(moved.shape), moved)


def _run(make: Any, method: str, x: Any, context: Any) -> tuple[Any, Any]:
    """Map all rows, batch dimensions broadcast."""

    def run(x: Any, *context: Any) -> tuple[Any, Any]:
        function = getattr(unwrap(make()), method)
        signature = f"(d){',(c)' * len(context)}->(d),()"
        mapped: tuple[Any, Any] = jnp.vectorize(function, signature=signature)(x, *context)
        return mapped

    found: tuple[Any, Any] = jax.jit(run)(x, *(() if context is None else (context,)))
    return found


@cache
def _permute(order: tuple[int, ...]) -> Any:
    """One permutation; it checks itself, which takes its time."""
    return Permute(np.asarray(order, dtype=np.int32))
