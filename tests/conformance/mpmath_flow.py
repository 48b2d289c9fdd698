"""The flows of the corpus a second time, on scalars of mpmath, from the files alone.

Nothing of `iaf_ref` is used: the files are read by hand, masks come from a rule of their own,
every formula is the naive one (log(1 + exp z), 1 / (1 + exp(-z)), the covariance itself), which
800 bits forgive.
"""

import json
import math
import struct
from pathlib import Path
from typing import Any

import numpy as np
from mpmath import mp, mpf

BITS = 800

Vector = list[Any]

ACTIVATIONS = {
    "relu": lambda a: a if a > 0 else mpf(0),
    "leaky_relu": lambda a: a if a > 0 else mpf(0.01) * a,
    "elu": lambda a: a if a > 0 else mp.exp(a) - 1,
    "tanh": mp.tanh,
    "sigmoid": lambda a: 1 / (1 + mp.exp(-a)),
    "softplus": lambda a: mp.log(1 + mp.exp(a)),
    "gelu": lambda a: a * (1 + mp.erf(a / mp.sqrt(2))) / 2,
    "silu": lambda a: a / (1 + mp.exp(-a)),
}
DTYPES = {"F32": "<f4", "F64": "<f8", "BOOL": "|b1"}


def read(stem: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Metadata, and arrays: 8 bytes of length, a header in JSON, the bytes it points to."""
    document = json.loads(stem.with_suffix(".json").read_text(encoding="utf-8"))
    content = stem.with_suffix(".safetensors").read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    arrays = {}
    for name, entry in header.items():
        first, last = entry["data_offsets"]
        data = content[8 + length + first : 8 + length + last]
        arrays[name] = np.frombuffer(bytearray(data), DTYPES[entry["dtype"]]).reshape(
            entry["shape"]
        )
    return document, arrays


def exact(array: np.ndarray) -> Any:
    """Floats, or numbers of mpmath, as nested lists of exact numbers."""
    return (
        np.frompyfunc(lambda v: v if isinstance(v, mpf) else mpf(float(v)), 1, 1)(array).tolist()
        if array.size
        else array.tolist()
    )


class Affine:
    """y_i = sigma_i x_i + mu_i on a masked network."""

    def __init__(self, text: dict[str, Any], tensors: dict[str, np.ndarray], prefix: str) -> None:
        self.text = text
        self.degrees = text["degrees"]
        self.masks = masks_of(text)
        self.activation = ACTIVATIONS[text["activation"]]
        named = {n.removeprefix(prefix): a for n, a in tensors.items() if n.startswith(prefix)}
        count = len(text["hidden_degrees"])
        self.hidden = [
            (sparse(named[f"hidden.{k}.weight"], self.masks[k]), exact(named[f"hidden.{k}.bias"]))
            for k in range(count)
        ]
        output = named["output.weight"]
        self.output = [
            (sparse(W, self.masks[count]), exact(b))
            for W, b in zip(output, named["output.bias"], strict=True)
        ]
        direct = named.get("skip.weight")
        self.skip = None if direct is None else [sparse(W, self.masks[-1]) for W in direct]

    def parameters(self, x: Vector, c: Vector) -> tuple[Vector, Vector]:
        """Shift and raw scale."""
        inputs = [*c, *x]
        h = self._features(inputs)
        heads = [affine(W, b, h) for W, b in self.output]
        if self.skip is not None:
            direct = [affine(W, [mpf(0)] * len(W), inputs) for W in self.skip]
            heads = [
                [a + b for a, b in zip(o, d, strict=True)]
                for o, d in zip(heads, direct, strict=True)
            ]
        return heads[0], heads[1]

    def _features(self, h: Vector) -> Vector:
        f = self.activation
        if not self.text["residual"]:
            for W, b in self.hidden:
                h = [f(a) for a in affine(W, b, h)]
            return h
        h = affine(*self.hidden[0], h)
        for first, second in zip(self.hidden[1::2], self.hidden[2::2], strict=True):
            inner = [f(a) for a in affine(*first, [f(v) for v in h])]
            h = [a + b for a, b in zip(h, affine(*second, inner), strict=True)]
        return h

    def step(self, x: Vector, c: Vector) -> tuple[Vector, Vector]:
        """mu and sigma."""
        m, raw = self.parameters(x, c)
        sigma = [scale(self.text["scale"], r) for r in raw]
        if self.text["scale"]["kind"] == "gated":
            return [(1 - s) * v for s, v in zip(sigma, m, strict=True)], sigma
        return m, sigma

    def forward(self, x: Vector, c: Vector) -> tuple[Vector, Vector]:
        """y and log sigma."""
        mu, sigma = self.step(x, c)
        return [s * v + m for s, v, m in zip(sigma, x, mu, strict=True)], [mp.log(s) for s in sigma]

    def inverse(self, y: Vector, c: Vector) -> tuple[Vector, Vector]:
        """x and the log-dets of the inverse map, in the order of degrees."""
        x = [mpf(0)] * len(y)
        for degree in range(1, max(self.degrees) + 1):
            mu, sigma = self.step(x, c)
            for i in (i for i, d in enumerate(self.degrees) if d == degree):
                x[i] = (y[i] - mu[i]) / sigma[i]
        return x, [-v for v in self.forward(x, c)[1]]


class Permutation:
    """y[k] = x[order[k]]."""

    def __init__(self, text: dict[str, Any]) -> None:
        self.order = text["order"]

    def forward(self, x: Vector, c: Vector) -> tuple[Vector, Vector]:
        return [x[i] for i in self.order], [mpf(0)] * len(x)

    def inverse(self, y: Vector, c: Vector) -> tuple[Vector, Vector]:
        x = list(y)
        for k, i in enumerate(self.order):
            x[i] = y[k]
        return x, [mpf(0)] * len(y)


class Inverse:
    """A transform run backwards."""

    def __init__(self, transform: Any) -> None:
        self.forward, self.inverse = transform.inverse, transform.forward


class Chain:
    """The first transform is applied first; log-dets stay per dimension, their sum counts."""

    def __init__(self, parts: list[Any]) -> None:
        self.parts = parts

    def forward(self, x: Vector, c: Vector) -> tuple[Vector, Vector]:
        return follow([t.forward for t in self.parts], x, c)

    def inverse(self, y: Vector, c: Vector) -> tuple[Vector, Vector]:
        return follow([t.inverse for t in reversed(self.parts)], y, c)


def follow(maps: list[Any], x: Vector, c: Vector) -> tuple[Vector, Vector]:
    total = [mpf(0)] * len(x)
    for f in maps:
        x, terms = f(x, c)
        total = [a + b for a, b in zip(total, terms, strict=True)]
    return x, total


def build(text: dict[str, Any], tensors: dict[str, np.ndarray], prefix: str = "") -> Any:
    """A flow from its description."""
    if text["kind"] == "affine":
        return Affine(text, tensors, prefix)
    if text["kind"] == "permutation":
        return Permutation(text)
    if text["kind"] == "inverse":
        return Inverse(build(text["transform"], tensors, prefix))
    return Chain([build(t, tensors, f"{prefix}{k}.") for k, t in enumerate(text["transforms"])])


def dependencies(text: dict[str, Any]) -> list[set[int]]:
    """For each variable, the columns of (context, x) that it may read."""
    C, degrees = text["context_dim"], text["degrees"]
    if text["adjacency"] is not None:
        return [{j for j, edge in enumerate(row) if edge} for row in text["adjacency"]]
    columns = [0] * C + degrees
    return [{j for j, d in enumerate(columns) if d < degree} for degree in degrees]


def masks_of(text: dict[str, Any]) -> list[list[list[bool]]]:
    """Hidden, output and skip masks: who may read whom, by sets of columns to depend on."""
    C, degrees, reads = text["context_dim"], text["degrees"], dependencies(text)
    columns = [0] * C + degrees

    def collects(label: int) -> set[int]:
        if text["adjacency"] is not None:
            return reads[label]
        return {j for j, d in enumerate(columns) if d <= label}

    # a degree that no column has adds nothing to a set, so degrees are compared beside the sets
    units = [[(collects(u), u) for u in layer] for layer in text["hidden_degrees"]]
    graph = text["adjacency"] is not None
    masks = []
    below = None
    for layer in units:
        if below is None:
            masks.append([[j in s for j in range(len(columns))] for s, _ in layer])
        else:
            masks.append([[t <= s and (graph or v <= u) for t, v in below] for s, u in layer])
        below = layer
    if below is None:
        masks.append([[j in s for j in range(len(columns))] for s in reads])
    else:
        own = degrees if not graph else [math.inf] * len(degrees)
        masks.append(
            [
                [t <= s and (graph or v < d) for t, v in below]
                for s, d in zip(reads, own, strict=True)
            ]
        )
    return [*masks, [[j in s for j in range(len(columns))] for s in reads]]


def sparse(W: np.ndarray, mask: list[list[bool]]) -> list[tuple[list[int], Vector]]:
    """For each row the columns that the mask leaves, and their weights."""
    rows = []
    for weights, allowed in zip(W.tolist(), mask, strict=True):
        kept = [k for k, yes in enumerate(allowed) if yes]
        rows.append((kept, [mpf(weights[k]) for k in kept]))
    return rows


def affine(W: list[tuple[list[int], Vector]], b: Vector, h: Vector) -> Vector:
    """W h + b."""
    return [
        mp.fdot(weights, [h[k] for k in kept]) + bias
        for (kept, weights), bias in zip(W, b, strict=True)
    ]


def scale(text: dict[str, Any], raw: Any) -> Any:
    """sigma."""
    kind = text["kind"]
    if kind == "exp":
        return mp.exp(min(max(raw, mpf(text["min"])), mpf(text["max"])))
    if kind == "softclip":
        return mp.exp(raw / (1 + abs(raw / mp.log(mpf(text["slope"])))))
    if kind == "softplus":
        return mp.log(1 + mp.exp(raw + mpf(text["shift"]))) + mpf(text["floor"])
    if kind == "sigmoid":
        return 1 / (1 + mp.exp(-raw - mpf(text["bias"]))) + mpf(text["floor"])
    return 1 / (1 + mp.exp(-raw - mpf(text["bias"])))  # gated


def base_terms(text: dict[str, Any], arrays: dict[str, np.ndarray], x: Vector) -> Vector:
    """Terms whose sum is log p(x); for independent variables, one for each."""
    named = {n.removeprefix("base."): exact(a) for n, a in arrays.items() if n.startswith("base.")}
    r = [a - b for a, b in zip(x, named["loc"], strict=True)]
    if text["kind"] in ("normal", "independent", "diagonal"):
        spread = named.get("scale", named.get("scale_diag"))
        return [
            -((a / s) ** 2) / 2 - mp.log(s) - mp.log(2 * mp.pi) / 2
            for a, s in zip(r, spread, strict=True)
        ]
    if text["kind"] == "tril":
        L = named["scale_tril"]
    else:
        F, d = named["cov_factor"], named["cov_diag"]
        L = cholesky(
            [
                [mp.fdot(a, b) + (d[i] if i == j else 0) for j, b in enumerate(F)]
                for i, a in enumerate(F)
            ]
        )
    z = []
    for i, a in enumerate(r):
        z.append((a - mp.fdot(L[i][:i], z)) / L[i][i])
    return [-(v**2) / 2 - mp.log(L[i][i]) - mp.log(2 * mp.pi) / 2 for i, v in enumerate(z)]


def cholesky(A: list[Vector]) -> list[Vector]:
    """L with L L^T = A."""
    n = len(A)
    L = [[mpf(0)] * n for _ in range(n)]
    for i in range(n):
        for j in range(i + 1):
            rest = A[i][j] - mp.fdot(L[i][:j], L[j][:j])
            L[i][j] = mp.sqrt(rest) if i == j else rest / L[j][j]
    return L


def answers(
    document: dict[str, Any], arrays: dict[str, np.ndarray], flow: Any
) -> dict[str, list[Any]]:
    """What the case expects, flat, in the order of rows."""
    inputs = {n.removeprefix("input."): a for n, a in arrays.items() if n.startswith("input.")}
    if not document["expected"] or "mask.0" in document["expected"]:
        return {}
    x, c = inputs.get("x", inputs.get("y")), inputs.get("context")
    batch = np.broadcast_shapes(x.shape[:-1], () if c is None else c.shape[:-1])
    found: dict[str, list[Any]] = {name: [] for name in document["expected"]}
    for place in np.ndindex(*batch):
        row = [
            exact(np.broadcast_to(a, (*batch, a.shape[-1]))[place]) for a in (x, c) if a is not None
        ]
        for name, values in one(
            document, arrays, flow, row[0], row[1] if c is not None else []
        ).items():
            found[name] += values
    return found


def one(
    document: dict[str, Any], arrays: dict[str, np.ndarray], flow: Any, x: Vector, c: Vector
) -> dict[str, Vector]:
    """The answer for one row."""
    check = document["check"]
    if check == "forward":
        y, terms = flow.forward(x, c)
        return {"y": y, "log_det": [mp.fsum(terms)]}
    if check == "log_scale":
        return {"log_scale": flow.forward(x, c)[1]}
    back, terms = flow.inverse(x, c)
    if check == "inverse":
        return {"x": back}
    if check == "inverse_explicit":
        return {"x": back, "log_det": [mp.fsum(terms)]}
    inner = base_terms(document["base"], arrays, back)
    joint = [a + b for a, b in zip(inner, terms, strict=True)]
    return {"log_prob": joint if document["options"].get("per_dimension") else [mp.fsum(joint)]}


STEP = mpf(2) ** -150
"""Of differences: their error is some third derivative times 2^-300, their rounding 2^-650."""


def slope(
    document: dict[str, Any],
    arrays: dict[str, np.ndarray],
    text: dict[str, Any],
    tensors: dict[str, np.ndarray],
    direction: dict[str, np.ndarray],
) -> Any:
    """Derivative of the sum of log q over all rows along a direction, by a central difference."""
    ahead, behind = (
        total(
            document,
            moved(arrays, {f"input.{n}": d for n, d in direction.items()}, step),
            build(text, moved(tensors, direction, step)),
        )
        for step in (STEP, -STEP)
    )
    return (ahead - behind) / (2 * STEP)


def moved(
    arrays: dict[str, np.ndarray], direction: dict[str, np.ndarray], step: Any
) -> dict[str, np.ndarray]:
    """Arrays with those that have a direction moved along it, exactly."""
    add = np.frompyfunc(lambda value, way: mpf(float(value)) + step * int(way), 2, 1)
    return {n: add(a, direction[n]) if n in direction else a for n, a in arrays.items()}


def total(document: dict[str, Any], arrays: dict[str, np.ndarray], flow: Any) -> Any:
    """The sum of log q over all rows."""
    asked = {**document, "check": "log_prob", "expected": {"log_prob": []}}
    return mp.fsum(answers(asked, arrays, flow)["log_prob"])
