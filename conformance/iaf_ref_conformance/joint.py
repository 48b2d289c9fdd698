"""The density as a function of all that it depends on: inputs and weights (GRAD-1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from array_api_compat import array_namespace, device

import iaf_ref as ir

from .cases import Case, Floats, build_base

Array = Any
Arrays = Mapping[str, Array]


def joint_log_prob(
    flow: Any, base: Mapping[str, Any], parameters: Arrays, **options: str
) -> Callable[[Arrays], Array]:
    """The sum over all rows of log q(y), as a function of named arrays.

    Parameters
    ----------
    flow : transform
        Its structure; the weights are those of the arrays.
    base : mapping
        Kind of the base, as :func:`.cases.build_base` reads it.
    parameters : mapping of NumPy arrays
        Those of the base (``base.loc``, ...), and others, which are not looked at.
    **options
        ``method`` as of the flow's inverse.

    Returns
    -------
    callable
        From ``y``, ``context`` where there is one, and each weight by the name that
        :func:`iaf_ref.describe.describe` gives it, to a 0-d array.
    """
    own = {name: array for name, array in parameters.items() if name.startswith("base.")}

    def total(arrays: Arrays) -> Array:
        y = arrays["y"]
        xp = array_namespace(y)
        like = {"dtype": y.dtype, "device": device(y)}
        placed = {name: xp.asarray(array, **like) for name, array in own.items()}
        q = ir.TransformedDistribution(build_base(base, placed), [with_weights(flow, arrays)])
        return xp.sum(q.log_prob(y, arrays.get("context"), **options))

    return total


def posed_joint(
    case: Case, y: Floats, context: Floats | None
) -> tuple[Callable[[Arrays], Array], dict[str, Floats]]:
    """The function whose derivatives a case asks for, and its arguments in the case's dtype.

    Raises
    ------
    NotImplementedError
        The case has no base distribution.
    """
    if case.base_text is None:
        raise NotImplementedError("the case has no base distribution")
    given = {"y": y} if context is None else {"y": y, "context": context}
    weights = {name: array.astype(case.dtype) for name, array in case.tensors.items()}
    return joint_log_prob(case.flow, case.base_text, case.input_arrays), given | weights


def with_weights(flow: Any, arrays: Arrays, prefix: str = "") -> Any:
    """The same flow with other weights, which derivatives pass through.

    Parameters
    ----------
    flow : AffineAutoregressive, Permutation, Chain or Inverse
    arrays : mapping
        As of :func:`iaf_ref.describe.describe`, of any library.
    prefix : str
        Of the names of the arrays.

    Returns
    -------
    transform
    """
    if isinstance(flow, ir.Inverse):
        return ir.Inverse(with_weights(flow.transform, arrays, prefix))
    if isinstance(flow, ir.Chain):
        parts = enumerate(flow.transforms)
        return ir.Chain([with_weights(part, arrays, f"{prefix}{k}.") for k, part in parts])
    if isinstance(flow, ir.Permutation):
        return flow
    net = flow.network

    def layer(name: str) -> tuple[Array, Array]:
        return arrays[f"{prefix}{name}.weight"], arrays[f"{prefix}{name}.bias"]

    hidden = [layer(f"hidden.{k}") for k in range(len(net.hidden))]
    skip = arrays.get(f"{prefix}skip.weight")
    made = ir.AutoregressiveNetwork(
        net.degrees, hidden, layer("output"), skip, net.activation, net.residual
    )
    return ir.AffineAutoregressive(made, flow.scale)
