"""The full Jacobian of a step in closed form, J[i, j] = d y_i / d x_j: what the log-det is of.

The chain rule goes through the network side by side with its values, T_l = d h_l / d x:

    T_l = diag(f'(a_l)) W_l T_{l-1},   a_l = W_l h_{l-1} + b_l
    J   = diag(sigma) + diag(x dsigma/draw + dmu/draw) draw/dx + diag(dmu/dm) dm/dx
"""

from __future__ import annotations

from typing import Any

from array_api_compat import array_namespace, device

from .activations import ACTIVATIONS
from .affine import AffineAutoregressive
from .layers import affine
from .network import AutoregressiveNetwork

Array = Any


def jacobian(flow: AffineAutoregressive, x: Array, context: Array | None = None) -> Array:
    """J[i, j] = d y_i / d x_j of ``flow.forward``, in closed form (DET-3, NUM-1).

    Parameters
    ----------
    flow : AffineAutoregressive
    x : (..., D)
    context : (..., C), optional

    Returns
    -------
    (..., D, D)
        Triangular in the order of degrees; its diagonal is sigma.

    Raises
    ------
    TypeError
        ``flow`` is no AffineAutoregressive, or library, dtype or device differ from those of the
        weights.
    ValueError
        Another shape, or a context too many or too few.
    """
    if not isinstance(flow, AffineAutoregressive):
        raise TypeError(f"flow: expected an AffineAutoregressive, got {type(flow).__name__}")
    inputs = flow.network.inputs(x, context)
    xp = array_namespace(x)
    x = inputs[..., flow.degrees.context_dim :]
    o, do_dx = flow.network(x, context), _network_jacobian(flow.network, inputs)
    m, raw = o[..., 0, :], o[..., 1, :]
    slope = flow.scale.slopes(m, raw)
    eye = xp.eye(flow.dim, dtype=x.dtype, device=device(x))
    through_raw = xp.expand_dims(slope.sigma * x + slope.mu, axis=-1) * do_dx[..., 1, :, :]
    through_m = xp.expand_dims(slope.m, axis=-1) * do_dx[..., 0, :, :]
    return xp.expand_dims(flow.scale.scale(raw), axis=-1) * eye + through_raw + through_m


def _network_jacobian(net: AutoregressiveNetwork, inputs: Array) -> Array:
    """d o[p, i] / d x[j], shape (..., P, D, D)."""
    xp = array_namespace(inputs)
    W, _ = net.output
    P, D, H = W.shape
    features = _features_jacobian(net, inputs)
    flat = xp.matmul(xp.reshape(W, (P * D, H)), features)
    result = xp.reshape(flat, (*flat.shape[:-2], P, D, D))
    return result if net.skip is None else result + net.skip[:, :, net.degrees.context_dim :]


def _features_jacobian(net: AutoregressiveNetwork, inputs: Array) -> Array:
    """T_L = d h_L / d x, shape (..., H_L, D)."""
    activation, h, T = ACTIVATIONS[net.activation], inputs, _inputs_jacobian(net, inputs)

    def layer(W: Array, b: Array, h: Array, T: Array) -> tuple[Array, Array]:
        return affine(W, b, h), array_namespace(T).matmul(W, T)

    def activate(a: Array, T: Array) -> tuple[Array, Array]:
        xp = array_namespace(a)
        return activation.value(a), xp.expand_dims(activation.slope(a), axis=-1) * T

    if not net.residual:
        for W, b in net.hidden:
            h, T = activate(*layer(W, b, h, T))
        return T
    h, T = layer(*net.hidden[0], h, T)
    for (W, b), (W2, b2) in zip(net.hidden[1::2], net.hidden[2::2], strict=True):
        h_block, T_block = layer(W2, b2, *activate(*layer(W, b, *activate(h, T))))
        h, T = h + h_block, T + T_block
    return T


def _inputs_jacobian(net: AutoregressiveNetwork, inputs: Array) -> Array:
    """d (context, x) / d x: zeros above the identity, for every row of the batch."""
    xp = array_namespace(inputs)
    C, D = net.degrees.context_dim, net.degrees.dim
    options = {"dtype": inputs.dtype, "device": device(inputs)}
    T = xp.concat([xp.zeros((C, D), **options), xp.eye(D, **options)], axis=0)
    return xp.broadcast_to(T, (*inputs.shape[:-1], C + D, D))
