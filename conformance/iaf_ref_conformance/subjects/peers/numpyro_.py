"""NumPyro: ``InverseAutoregressiveTransform`` on ``AutoregressiveNN``.

The network has its own masks wherever it can be built: hidden layers at least D wide, degrees by
its rounded ``linspace``, the masks made as a module makes them, outside of ``jax.jit``. For other
degrees the same layers, ``MaskedDense``, get the masks of the case: it is the transform that is
judged then. There is no context, and no other scale than the clipped exponential.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
from jax.example_libraries import stax
from numpyro.distributions.flows import InverseAutoregressiveTransform
from numpyro.distributions.transforms import ComposeTransform, PermuteTransform
from numpyro.nn import AutoregressiveNN
from numpyro.nn.auto_reg_nn import create_mask
from numpyro.nn.masked_dense import MaskedDense

import iaf_ref as ir

from .jax_peer import ACTIVATIONS, JaxPeer
from .layouts import to_blocked
from .parts import Step, Swap
from .peer import Masks

__all__ = ["NumPyro"]


class NumPyro(JaxPeer):
    """NumPyro, asked through its transforms and its ``TransformedDistribution``."""

    name = "numpyro"
    libraries = ("numpyro", "jax", "jaxlib")
    rule = "even"

    def makes(self, step: Step) -> bool:
        """Whether ``AutoregressiveNN`` can be built, and its rule makes the degrees of the step.

        Of one variable alone it cuts some units from the output and the others from the input; that
        is as good as the constant that the specification makes with hidden units of degree 0.
        """
        return step.dim > 1 and _wide(step) and step.follows(self.rule)

    def own_masks(self, step: Step) -> Masks:
        """Return the masks of ``create_mask``, which are (in, out), turned."""
        _refuse(step)
        if not _wide(step):
            raise NotImplementedError("NumPyro has one hidden layer or more, at least D wide")
        if not step.ordered:
            raise NotImplementedError("NumPyro makes masks for an order of the variables only")
        hidden, skip = create_mask(step.dim, step.widths, jnp.asarray(step.order), 1)
        given = (*hidden, skip) if step.weights.skip is not None else hidden
        return tuple(np.array(mask).T for mask in given)

    def step(self, step: Step, dtype: str) -> Any:
        """Build the transform on a network with the stored weights."""
        _refuse(step)
        nonlinearity = stax.elementwise(ACTIVATIONS[step.network.activation])
        apply = (_network if self.makes(step) else _layers)(step, nonlinearity)
        network = partial(apply, jax.tree.map(jnp.asarray, _weights(step)))
        made = InverseAutoregressiveTransform(network, step.scale.min, step.scale.max)
        return made.inv if step.backwards else made

    def swap(self, swap: Swap, dtype: str) -> Any:
        """Build the permutation; ``PermuteTransform`` has the same convention."""
        made = PermuteTransform(jnp.asarray(swap.order))
        return made.inv if swap.backwards else made

    def chain(self, maps: list[Any]) -> Any:
        """Compose."""
        return ComposeTransform(maps)

    def apply(self, flow: Any, x: Any, context: Any) -> tuple[Any, Any]:
        """Y and log-det."""
        return _run(flow, x)

    def undo(self, flow: Any, y: Any, context: Any) -> tuple[Any, Any]:
        """X and log-det of the inverse."""
        return _run(flow.inv, y)

    def scales(self, flow: Any, x: Any, context: Any) -> Any:
        """Return log sigma: what the transform keeps for its log-det."""
        return flow.call_with_intermediates(x)[1]

    def base(self, kind: str, arrays: Mapping[str, Any]) -> Any:
        """Return the distribution of the same name."""
        return partial(_base, kind, arrays)

    def density(self, flow: Any, base: Any, y: Any, context: Any) -> Any:
        """Log density of the transformed distribution."""
        transforms = flow.parts if isinstance(flow, ComposeTransform) else [flow]
        return jax.jit(lambda y: dist.TransformedDistribution(base(), transforms).log_prob(y))(y)


def _refuse(step: Step) -> None:
    """Refuse what the library has not.

    Raises
    ------
    NotImplementedError
        Context, residual blocks, or another scale than the clipped exponential.
    """
    if step.context_dim:
        raise NotImplementedError("NumPyro's network takes no context")
    if step.network.residual:
        raise NotImplementedError("NumPyro's network has no residual blocks")
    if not isinstance(step.scale, ir.Exp):
        raise NotImplementedError(
            f"NumPyro's scale is the clipped exponential, the case's is {type(step.scale).__name__}"
        )


def _wide(step: Step) -> bool:
    """Whether ``AutoregressiveNN`` takes the hidden layers."""
    return bool(step.widths) and min(step.widths) >= step.dim


def _network(step: Step, nonlinearity: Any) -> Callable[..., Any]:
    """Return the function of ``AutoregressiveNN``."""
    network: Callable[..., Any] = AutoregressiveNN(
        step.dim,
        list(step.widths),
        permutation=jnp.asarray(step.order),
        skip_connections=step.weights.skip is not None,
        nonlinearity=nonlinearity,
    )[1]
    return network


def _layers(step: Step, nonlinearity: Any) -> Callable[..., Any]:
    """Return the same function with the masks of the case in the layers."""
    *hidden, output = (jnp.asarray(mask.T) for mask in step.masks()[: len(step.widths) + 1])
    inner = [layer for mask in hidden for layer in (MaskedDense(mask), nonlinearity)]
    main = stax.serial(*inner, MaskedDense(jnp.tile(output, 2)))
    if step.weights.skip is not None:
        skip = MaskedDense(jnp.tile(step.masks()[-1].T, 2), bias=False)
        main = stax.serial(stax.FanOut(2), stax.parallel(main, skip), stax.FanInSum)

    def network(params: Any, x: Any) -> tuple[Any, Any]:
        out = main[1](params, x)
        return out[..., : step.dim], out[..., step.dim :]

    return network


def _weights(step: Step) -> Any:
    """Parameters in the form of stax: (in, out), nothing for an activation, blocked outputs."""
    *hidden, (W, b) = *step.weights.hidden, step.weights.output
    layers = [part for weight, bias in hidden for part in ((weight.T, bias), ())]
    main = [*layers, (to_blocked(W).T, to_blocked(b))]
    if step.weights.skip is None:
        return main
    return [(), [main, to_blocked(step.weights.skip).T], ()]


def _base(kind: str, arrays: Mapping[str, Any]) -> Any:
    """Make the distribution of the same name."""
    loc = arrays["loc"]
    if kind == "normal":
        return dist.Normal(loc, arrays["scale"])
    if kind in ("independent", "diagonal"):
        scale = arrays["scale" if kind == "independent" else "scale_diag"]
        return dist.Normal(loc, scale).to_event(1)
    if kind == "tril":
        return dist.MultivariateNormal(loc, scale_tril=arrays["scale_tril"])
    return dist.LowRankMultivariateNormal(loc, arrays["cov_factor"], arrays["cov_diag"])


def _run(flow: Any, x: Any) -> tuple[Any, Any]:
    """Result and log-det of a transform of either direction."""

    def run(x: Any) -> tuple[Any, Any]:
        y = flow(x)
        return y, flow.log_abs_det_jacobian(x, y)

    found: tuple[Any, Any] = jax.jit(run)(x)
    return found
