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

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from flowjax.bijections import (
    Affine,
    Chain,
    Invert,
    MaskedAutoregressive,
    Permute,
    TriangularAffine,
)
from flowjax.distributions import StandardNormal, Transformed
from paramax import Parameterize, unwrap

import iaf_ref as ir

from .jax_peer import ACTIVATIONS, JaxPeer
from .layouts import context_first, context_last, to_interleaved
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
        *hidden, output = (np.array(mask) for mask in jax.jit(lambda: _masks(step))())
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
            made = _loaded(_bijection(step, _transformer(step.scale)), step, own)
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


def _masks(step: Step) -> list[Any]:
    """Masks of a bijection that nothing is loaded into, in its layout."""
    layers = _bijection(step, Affine()).masked_autoregressive_mlp.layers
    return [layer.weight.args[0] for layer in layers]


def _bijection(step: Step, transformer: Any) -> Any:
    """A bijection of these sizes, with its own masks and weights that are still drawn."""
    return MaskedAutoregressive(
        jax.random.key(0, impl="rbg"),  # quick to compile; what is drawn is replaced
        transformer=transformer,
        dim=step.dim,
        cond_dim=step.context_dim or None,
        nn_width=max(step.widths, default=1),
        nn_depth=len(step.widths),
        nn_activation=ACTIVATIONS[step.network.activation],
    )


def _loaded(made: Any, step: Step, own: bool) -> Any:
    """The bijection with the weights of the case, and its masks where it has not its own."""
    *hidden, (W, b) = *step.weights.hidden, step.weights.output
    given = [*hidden, (to_interleaved(W[:, step.order]), to_interleaved(b[:, step.order]))]
    given[0] = (_columns(given[0][0], step), given[0][1])
    layers = made.masked_autoregressive_mlp.layers
    masks = [layer.weight.args[0] for layer in layers] if own else _written(step)
    loaded = tuple(
        eqx.tree_at(
            lambda linear: (linear.weight, linear.bias),
            layer,
            (Parameterize(jnp.where, mask, jnp.asarray(W), 0), jnp.asarray(b)),
        )
        for layer, mask, (W, b) in zip(layers, masks, given, strict=True)
    )
    return eqx.tree_at(lambda bijection: bijection.masked_autoregressive_mlp.layers, made, loaded)


def _written(step: Step) -> list[Any]:
    """Masks of the case in the layout of the library."""
    *hidden, output = step.masks()
    masks = [*hidden, np.repeat(output[step.order], 2, axis=0)]
    masks[0] = _columns(masks[0], step)
    return [jnp.asarray(mask) for mask in masks]


def _columns(array: Any, step: Step) -> Any:
    """Columns (context, x) as (x in the library's order, context)."""
    turned = context_last(array, step.context_dim)
    return np.concatenate([turned[:, step.order], turned[:, step.dim :]], axis=1)


def _transformer(scale: Any) -> Any:
    """``Affine`` with the scale of a case, its parameter what the network's output is added to."""
    start = scale.shift if isinstance(scale, ir.Softplus) else 0.0
    start = scale.bias if isinstance(scale, ir.Sigmoid) else start
    made = Parameterize(_function(scale), jnp.asarray(start))
    return eqx.tree_at(lambda affine: affine.scale, Affine(), made)


def _function(scale: Any) -> Callable[[Any], Any]:
    """From the parameter to sigma, in JAX's own functions."""
    if isinstance(scale, ir.Softplus):
        return lambda raw: jax.nn.softplus(raw) + scale.floor
    if isinstance(scale, ir.Sigmoid):
        return lambda raw: jax.nn.sigmoid(raw) + scale.floor
    if isinstance(scale, ir.Exp):
        return lambda raw: jnp.exp(jnp.clip(raw, scale.min, scale.max))
    bend = -np.log(scale.slope)
    return lambda raw: jnp.exp(raw / (1.0 + jnp.abs(raw) / bend))


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
