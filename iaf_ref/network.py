"""The autoregressive network: a masked multilayer perceptron (Germain et al. 2015, section 4).

In the paper's letters, for the input h_0 = (context, x):

    h_l = f(b_l + (W_l * M_l) h_{l-1})
    o   = c + (V * M_V) h_L + (A * M_A) (context, x)

The masks are applied to the weights once, when the network is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from array_api_compat import array_namespace, device

from ._checks import check_alike, check_broadcast, check_event
from ._values import check_one_of, check_type
from .activations import ACTIVATIONS, activation_of
from .degrees import Degrees
from .layers import Layer, affine, check_blocks, check_layers, hand_on, masked, parameters
from .masks import Masks, made_masks

Array = Any


@dataclass(frozen=True, eq=False)
class AutoregressiveNetwork:
    """Masked network from (context, x) to P parameters per variable (NET-1 to NET-6).

    Parameters
    ----------
    degrees : Degrees
    hidden : sequence of (W, b)
        Shapes (H_l, H_{l-1}) and (H_l,); the first layer reads (context, x), C + D columns. May be
        empty.
    output : (Wo, bo)
        Shapes (P, D, H_L) and (P, D). Parameter 0 is the shift, parameter 1 the raw scale.
    skip : (P, D, C + D) array, optional
        Weights of the direct connections (NET-4).
    activation : str
        One of :data:`iaf_ref.ACTIVATIONS`.
    residual : bool
        False: h_l = f(W_l h_{l-1} + b_l). True: the first layer is affine and each further pair of
        layers (W, b), (W', b') a block h + W' f(W f(h) + b) + b' (He et al. 2016, pre-activation),
        of units whose degrees are those of h. Every layer is to be wide enough by itself: that a
        block also hands on its input is not counted.

    Raises
    ------
    TypeError
        The arrays differ in library, dtype or device, or are not real floating.
    ValueError
        A shape, the activation or the number of layers does not fit the degrees; an output cannot
        reach an input.

    Notes
    -----
    Entries of the weights outside the masks may hold anything; they are replaced by zero. Weights
    and biases are read, and copied, when the network is made: to train it, make it anew from the
    trained arrays at every step (a derivative passes through).
    """

    degrees: Degrees
    hidden: Sequence[Layer]
    output: Layer
    skip: Array | None = None
    activation: str = "relu"
    residual: bool = False

    def __post_init__(self) -> None:
        """Check everything, then apply the masks."""
        check_type("degrees", self.degrees, Degrees)
        check_one_of("activation", self.activation, tuple(ACTIVATIONS))
        check_layers(self.degrees, self.hidden, self.output, self.skip)
        if self.residual:
            check_blocks(self.degrees)
        weight = self.output[0]
        xp = array_namespace(weight)
        masks = made_masks(self.degrees, xp=xp, device=device(weight))
        hidden = tuple(
            (masked(m, W), 1.0 * b) for m, (W, b) in zip(masks.hidden, self.hidden, strict=True)
        )
        object.__setattr__(self, "hidden", hidden)
        object.__setattr__(self, "output", (masked(masks.output, weight), 1.0 * self.output[1]))
        if self.skip is not None:
            object.__setattr__(self, "skip", masked(masks.skip, self.skip))

    @classmethod
    def init(
        cls,
        degrees: Degrees,
        seed: int = 0,
        params: int = 2,
        activation: str = "relu",
        skip: bool = False,
        dtype: str = "float64",
        xp: Any = None,
        *,
        residual: bool = False,
        device: Any = None,
    ) -> AutoregressiveNetwork:
        """Draw a network: weights and biases uniform in +-1/sqrt(n), n unmasked inputs (NET-1).

        Parameters
        ----------
        degrees : Degrees
        seed : int
            Of NumPy's PCG64; the draw is the same for every namespace.
        params : int
            Parameters per variable P.
        activation, skip, residual
            As of the class; ``skip=True`` draws direct connections.
        dtype : str
            Name of a real floating dtype of the namespace.
        xp, device
            Array namespace, NumPy by default, and device of the weights.

        Returns
        -------
        AutoregressiveNetwork
        """
        from .initial import draw_weights

        return cls(
            degrees,
            *draw_weights(degrees, seed, params, skip, dtype, xp, device),
            activation,
            residual,
        )

    @property
    def masks(self) -> Masks:
        """The masks, as NumPy arrays."""
        return made_masks(self.degrees)

    def __call__(self, x: Array, context: Array | None = None) -> Array:
        """Parameters of every variable (NET-5).

        Parameters
        ----------
        x : (..., D)
        context : (..., C), optional
            Needed where C > 0; its batch dimensions broadcast against those of ``x`` (SHAPE-2).

        Returns
        -------
        (..., P, D)

        Raises
        ------
        TypeError
            Library, dtype or device differ from those of the weights (TYPE-1).
        ValueError
            Another shape, or a context too many or too few.
        """
        inputs = self.inputs(x, context)
        h = self.features(inputs)
        o = parameters(*self.output, h)
        if self.skip is not None:
            o = o + parameters(self.skip, None, inputs)  # direct connections
        return o

    def check(self, name: str, events: Array, context: Array | None) -> None:
        """Refuse what is not (..., D), and a context that is not (..., C) where C > 0."""
        C = self.degrees.context_dim
        check_event(name, events, self.degrees.dim)
        if C == 0 and context is not None:
            kind = type(context).__name__
            raise ValueError(f"context: expected None, as the network has none, got {kind}")
        if C > 0:
            if context is None:
                raise ValueError(f"context: expected shape (..., {C}), got None")
            check_event("context", context, C)
            check_broadcast("context", context[..., 0], events[..., 0])
        check_alike("the weights", self.output[0], **{name: events, "context": context})

    def inputs(self, x: Array, context: Array | None = None) -> Array:
        """Concatenate (context, x), shape (..., C + D) (NET-3, SHAPE-2); errors as of a call."""
        self.check("x", x, context)
        if context is None:
            return x
        xp = array_namespace(x)
        batch = xp.broadcast_arrays(x[..., :1], context[..., :1])[0].shape[:-1]
        parts = [xp.broadcast_to(part, (*batch, part.shape[-1])) for part in (context, x)]
        return xp.concat(parts, axis=-1)

    def features(self, inputs: Array) -> Array:
        """Last hidden layer h_L, shape (..., H_L) (NET-1, NET-6)."""
        f, last = activation_of(self.activation, inputs), len(self.hidden) - 1
        value, h = inputs, None
        for number, (W, b) in enumerate(self.hidden):
            value, h = hand_on(f, self.residual, number, last, affine(W, b, value), h)
        return value
