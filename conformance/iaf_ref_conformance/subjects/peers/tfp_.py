"""TensorFlow Probability: ``MaskedAutoregressiveFlow`` on ``AutoregressiveNetwork``, of Keras.

Its flow is y = exp(a(y)) x + shift(y), solved for y; parallel is the way back. So a step of IAF is
``Invert`` of it, and its two parameters are not those of the specification: y = sigma (x - shift).
They are brought together where TFP lets them be, by ``bijector_fn``: network, loop, log-dets and
density remain TFP's.

Masks act in the initializer and in the constraint of a kernel, not when the network is called: the
stored weights go through the constraint, as an optimizer's step does it. For other degrees than its
own, kernels are loaded with the masks of the case applied. Context enters every layer by a kernel
of its own; those of the later layers are zero, as the specification has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

import iaf_ref as ir

from ...cases import Case, Floats
from .parts import Step, Swap
from .peer import Masks, Peer
from .tfp_layer import equal_degrees, layer_of, load

__all__ = ["TFP"]

tfb, tfd = tfp.bijectors, tfp.distributions


class TFP(Peer):
    """TFP on TensorFlow, eagerly, asked through bijectors and ``TransformedDistribution``.

    A flow here is a function from the context to a bijector.
    """

    name = "tfp"
    libraries = ("tensorflow-probability", "tensorflow", "tf-keras")
    rule = "equal"

    def makes(self, step: Step) -> bool:
        """Whether the degrees are TFP's: every ceil(k (D - 1) / (H + 1)), at least those before."""
        if not step.ordered or step.dim == 1:
            return False
        given = [layer.tolist() for layer in step.network.degrees.hidden]
        return given == [equal_degrees(step.dim, width) for width in step.widths]

    def own_masks(self, step: Step) -> Masks:
        """Return the masks of the layer, which are (in, out), turned; its context has none."""
        _refuse(step)
        if not step.ordered:
            raise NotImplementedError("TFP makes masks for an order of the variables only")
        if step.context_dim:
            raise NotImplementedError("TFP's context has kernels without masks")
        *hidden, output = (np.asarray(mask).T for mask in layer_of(step, "float32")._masks)
        return (*hidden, output[::2])  # both parameters of a variable have the same row

    def forward(self, case: Case, x: Floats, context: Floats | None) -> tuple[Any, Any]:
        """Y and log-det; TensorFlow says by a ValueError that dtypes differ (TYPE-1)."""
        try:
            return super().forward(case, x, context)
        except ValueError as error:
            if x.dtype != case.dtype and "dtype" in str(error):
                raise TypeError(f"TensorFlow refuses by ValueError: {error}") from error
            raise

    def step(self, step: Step, dtype: str) -> Any:
        """Build the flow with the stored weights."""
        _refuse(step)
        layer = layer_of(step, dtype)
        load(layer, step, own=self.makes(step))

        def make(context: Any) -> Any:
            given = {} if context is None else {"conditional_input": context}

            def conditioned(x: Any) -> Any:
                m, raw = tf.unstack(layer(x, **given), axis=-1)
                log_sigma = tf.clip_by_value(raw, step.scale.min, step.scale.max)
                return tfb.Invert(tfb.Chain([tfb.Shift(m), tfb.Scale(log_scale=log_sigma)]))

            made = tfb.MaskedAutoregressiveFlow(bijector_fn=conditioned)
            return made if step.backwards else tfb.Invert(made)

        return make

    def swap(self, swap: Swap, dtype: str) -> Any:
        """Build the permutation; ``Permute`` has the same convention."""
        made = tfb.Permute(list(swap.order))
        return lambda context: tfb.Invert(made) if swap.backwards else made

    def chain(self, maps: list[Any]) -> Any:
        """Compose; ``Chain`` applies its last bijector first."""
        return lambda context: tfb.Chain([make(context) for make in reversed(maps)])

    def apply(self, flow: Any, x: Any, context: Any) -> tuple[Any, Any]:
        """Y and log-det."""
        made = flow(context)
        return _summed(made.forward(x), made.forward_log_det_jacobian(x, event_ndims=1))

    def undo(self, flow: Any, y: Any, context: Any) -> tuple[Any, Any]:
        """X and log-det of the inverse."""
        made = flow(context)
        return _summed(made.inverse(y), made.inverse_log_det_jacobian(y, event_ndims=1))

    def base(self, kind: str, arrays: Mapping[str, Any]) -> Any:
        """Return the distribution of the same name."""
        loc = arrays["loc"]
        if kind == "normal":
            raise NotImplementedError("TFP refuses a base of univariate normals below a flow")
        if kind == "independent":
            return tfd.Independent(tfd.Normal(loc, arrays["scale"]), 1)
        if kind == "diagonal":
            return tfd.MultivariateNormalDiag(loc, arrays["scale_diag"])
        if kind == "tril":
            return tfd.MultivariateNormalTriL(loc, arrays["scale_tril"])
        diagonal, factor = arrays["cov_diag"], arrays["cov_factor"]
        return tfd.MultivariateNormalDiagPlusLowRankCovariance(loc, diagonal, factor)

    def density(self, flow: Any, base: Any, y: Any, context: Any) -> Any:
        """Log density of the transformed distribution."""
        return tfd.TransformedDistribution(base, flow(context)).log_prob(y)

    def place(self, array: Floats) -> Any:
        """Tensor, dtype kept."""
        return tf.convert_to_tensor(np.array(array))

    def fetch(self, array: Any) -> Any:
        """NumPy array, dtype kept; what is no tensor stays, to be judged as it is."""
        return array.numpy() if tf.is_tensor(array) else array


def _summed(y: Any, log_det: Any) -> tuple[Any, Any]:
    """Result and log-det: one that is constant TFP leaves to its caller to broadcast."""
    return y, tf.broadcast_to(log_det, tf.shape(y)[:-1])


def _refuse(step: Step) -> None:
    """Refuse what the library has not.

    Raises
    ------
    NotImplementedError
        Residual blocks, a skip connection, or another scale than the exponential.
    """
    if step.network.residual:
        raise NotImplementedError("TFP's network has no residual blocks")
    if step.weights.skip is not None:
        raise NotImplementedError("TFP's network has no skip connection")
    if not isinstance(step.scale, ir.Exp):
        raise NotImplementedError(
            f"TFP's scale is the exponential, the case's is {type(step.scale).__name__}"
        )
