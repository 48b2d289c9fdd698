"""NumPyro's inverse autoregressive transforms, and chains of them.

NumPyro keeps masks neither with the weights nor with the transform, but inside of the network's
functions, where they are read: made anew they may be others, as ``create_mask`` rounds otherwise
under ``jax.jit`` and under x64.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import numpy as np
from numpyro.distributions import transforms
from numpyro.distributions.flows import InverseAutoregressiveTransform

import iaf_ref as ir

from ..subjects.peers.layouts import from_blocked
from .jax_ import activation, array, held
from .one_step import step

STAX = "jax.example_libraries.stax"


def from_numpyro(module: Any) -> Any:
    """Flow of the specification that computes what a transform of NumPyro computes.

    Parameters
    ----------
    module : transform
        ``InverseAutoregressiveTransform`` whose network is ``partial(apply, params)``, ``apply``
        being of ``AutoregressiveNN``: what ``numpyro.module`` returns. Or ``PermuteTransform``, a
        composition of them, or the inverse of one.

    Returns
    -------
    AffineAutoregressive, Permutation, Chain or Inverse
        On NumPy, weights copied, dtype kept.

    Raises
    ------
    TypeError
        Another kind of transform or of network.
    ValueError
        Parameters other than mean and log scale, an activation that the specification lacks, or
        masks that no degrees have.

    Notes
    -----
    NumPyro's clip returns x + (clip(x) - x), which rounds: see STEP-1 where raw scales are huge.
    """
    if type(module) is InverseAutoregressiveTransform:
        bounds = float(module.log_scale_min_clip), float(module.log_scale_max_clip)
        return _affine(module.arn, ir.Exp(*bounds))
    if isinstance(module, transforms.PermuteTransform):
        return ir.Permutation(array(module.permutation).tolist())
    if isinstance(module, transforms.ComposeTransform):
        return ir.Chain([from_numpyro(part) for part in module.parts])
    if type(module).__name__ == "_InverseTransform":
        return ir.Inverse(from_numpyro(module.inv))
    raise TypeError(
        "module: expected InverseAutoregressiveTransform, PermuteTransform, a composition or an "
        f"inverse, got {type(module).__name__}"
    )


def _affine(network: Any, scale: Any) -> ir.AffineAutoregressive:
    """One step from ``partial(apply, params)``."""
    if not isinstance(network, partial) or len(network.args) != 1 or network.keywords:
        raise TypeError(
            "module: expected a network partial(apply, params), as numpyro.module returns it, "
            f"got {network!r}"
        )
    made = held(network.func, "numpyro.nn.auto_reg_nn")
    if (made["output_multiplier"], made["all_ones"]) != (2, True):
        raise ValueError(f"module: expected param_dims [1, 1], got {made['output_multiplier']}")
    params, layers, skip = network.args[0], _parts(made["net"]), None
    if layers[0].__module__ == STAX:  # not a MaskedDense: FanOut, parallel(main, skip), FanInSum
        main, direct = _parts(layers[1])
        params, weight = params[1]
        layers = _parts(main)
        skip = from_blocked(array(weight).T), from_blocked(_mask(direct))
    return _step(layers, params, skip, scale)


def _step(layers: Any, params: Any, skip: Any, scale: Any) -> ir.AffineAutoregressive:
    """Put together: masked layers with an elementwise function between each two."""
    weights = [(array(W).T, array(b), _mask(f)) for f, (W, b) in _each(layers, params)]
    between = {activation(*_function(layer)) for layer in layers[1::2]}
    *hidden, output = weights
    W, b, mask = (from_blocked(each) for each in output)
    (kind,) = between
    return step(hidden, (W, b, mask), 0, kind, scale, skip=skip)


def _each(layers: Any, params: Any) -> Any:
    """Pair the masked layers with their parameters: every second one, as activations have none."""
    return zip(layers[::2], params[::2], strict=True)


def _parts(function: Any) -> list[Any]:
    """Functions that ``stax.serial`` or ``stax.parallel`` has put together."""
    return list(held(function, STAX)["apply_funs"])


def _function(layer: Any) -> tuple[Any, Any]:
    """Return what ``stax.elementwise`` applies, with its arguments."""
    made = held(layer, STAX)
    return made["fun"], made["fun_kwargs"]


def _mask(layer: Any) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Mask of a ``MaskedDense``, turned to (out, in)."""
    given = held(layer, "numpyro.nn.masked_dense")["mask"]
    if isinstance(given, jax.core.Tracer):
        raise TypeError("masks: expected Booleans, got a tracer: the network was made in jax.jit")
    return np.asarray(given, dtype=bool).T
