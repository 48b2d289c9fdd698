"""What the libraries on JAX have in common: float64 only inside the x64 context, NumPy at the door.

Arrays come in as ``jax.numpy.asarray`` makes them, as in a user's own code: with x64 off, a float64
array becomes float32 without a word.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from iaf_ref_backends.jax_ import BACKEND

from ...cases import Floats
from .peer import Peer

ACTIVATIONS: dict[str, Any] = {
    "relu": jax.nn.relu,
    "tanh": jnp.tanh,
    "elu": jax.nn.elu,
    "leaky_relu": jax.nn.leaky_relu,
    "sigmoid": jax.nn.sigmoid,
    "softplus": jax.nn.softplus,
    "gelu": lambda x: jax.nn.gelu(x, approximate=False),  # JAX's default is not the erf form
    "silu": jax.nn.silu,
}
"""Name in a case -> function; each keeps the dtype."""


class JaxPeer(Peer):
    """A library on JAX, on the device that JAX takes first."""

    def __init__(self) -> None:
        super().__init__()
        self.device = BACKEND.devices()[0]

    def environment(self) -> dict[str, str]:
        """Return versions, and what JAX runs on."""
        return BACKEND.environment() | super().environment()

    def ieee(self) -> AbstractContextManager[Any]:
        """Return the context in which float32 products are not taken in fewer digits."""
        return BACKEND.ieee()

    def computing(self, dtype: str) -> AbstractContextManager[Any]:
        """Return the context of a dtype: float64 needs x64."""
        return BACKEND.computing(dtype, self.device)

    def place(self, array: Floats) -> Any:
        """Array of JAX."""
        return jnp.asarray(array)

    def fetch(self, array: Any) -> Any:
        """NumPy array, dtype kept."""
        return np.array(array)
