"""Train an IAF on real data by maximum likelihood: the weights of the ``real`` cases.

    python conformance/train/train_breast_cancer.py

writes the flow and 8 held-out rows beside itself.

Data: the breast cancer data of scikit-learn (569 rows, D = 30), standardised. Row i is held out
where i % 5 is 0, used to stop where i % 5 is 1, and trained on elsewhere. The text that is
differentiated is `iaf_ref` itself, on PyTorch; log q(y) is parallel, as the flow maps data to
noise: x = sigma(y) y + mu(y).

Needs the extras `torch` and `test`. Deterministic: one thread, one seed, full batches. On the same
versions of PyTorch and NumPy, training again gives the same weights, number by number.
"""

# ruff: noqa: T201 - a script that reports

from __future__ import annotations

import argparse
import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from array_api_compat import torch as xp
from safetensors.numpy import save_file
from sklearn.datasets import load_breast_cancer

import iaf_ref as ir

SEED, HIDDEN, STEPS, RATE, DECAY = 0, (64,), 1500, 1e-3, 1.0
HOME = Path(__file__).parent
WEIGHTS, ROWS = "breast_cancer_flow.safetensors", "breast_cancer_rows.safetensors"
Floats = Any


@dataclass(frozen=True)
class Split:
    """Standardised rows: for training, for stopping, held out."""

    train: Floats
    stop: Floats
    test: Floats


def standardised() -> Split:
    """Rows with mean 0 and standard deviation 1 over those that are not held out."""
    rows = load_breast_cancer().data
    kind = np.arange(len(rows)) % 5
    known = rows[kind != 0]
    rows = (rows - known.mean(axis=0)) / known.std(axis=0)
    return Split(rows[kind > 1], rows[kind == 1], rows[kind == 0])


def gaussian(split: Split, correlated: bool) -> float:
    """Mean log density of held-out rows under the normal distribution of the others, nats."""
    known = np.concatenate([split.train, split.stop])
    mean, cov = known.mean(axis=0), np.cov(known.T, bias=True)
    if not correlated:
        cov = np.diag(np.diag(cov))
    r = split.test - mean
    square = np.sum(r * np.linalg.solve(cov, r.T).T, axis=1)
    return float(
        np.mean(-0.5 * (square + np.linalg.slogdet(cov)[1] + r.shape[1] * math.log(2.0 * math.pi)))
    )


def start(rows: Floats) -> tuple[ir.AutoregressiveNetwork, list[torch.Tensor]]:
    """A network, and its parameters W, b, Wo, bo, skip at the normal distribution of the rows.

    x = A (y - mean), A the inverse of the Cholesky factor of the covariance: a flow that is
    affine, by its direct connections. The hidden layer is drawn at random and enters with a tenth
    of its weights.
    """
    dim = rows.shape[1]
    degrees = ir.made_degrees(dim, HIDDEN)
    net = ir.AutoregressiveNetwork.init(degrees, SEED, activation="tanh", skip=True)
    A = np.linalg.inv(np.linalg.cholesky(np.cov(rows.T, bias=True)))
    log_sigma = np.log(np.diag(A))
    raw = log_sigma / (1.0 - np.abs(log_sigma / math.log(ir.SoftClip().slope)))
    direct = np.stack([np.tril(A, -1), np.zeros((dim, dim))])
    W, b = net.hidden[0]
    arrays = (W, b, 0.1 * net.output[0], np.stack([-A @ rows.mean(axis=0), raw]), direct)
    return net, [torch.tensor(a, dtype=torch.float32, requires_grad=True) for a in arrays]


def flow_of(
    net: ir.AutoregressiveNetwork, parameters: list[torch.Tensor]
) -> ir.AffineAutoregressive:
    """Build the step from parameters; its masks are applied here."""
    W, b, Wo, bo, skip = parameters
    made = ir.AutoregressiveNetwork(net.degrees, [(W, b)], (Wo, bo), skip, net.activation)
    return ir.AffineAutoregressive(made, ir.SoftClip())


def density(flow: ir.AffineAutoregressive) -> ir.TransformedDistribution:
    """Data as the flow's inverse of standard normal noise: log q(y) in one pass."""
    dim = flow.dim
    base = ir.MultivariateNormal(
        xp.zeros(dim, dtype=xp.float32), scale_diag=xp.ones(dim, dtype=xp.float32)
    )
    return ir.TransformedDistribution(base, [ir.Inverse(flow)])


def mean_log_prob(flow: ir.AffineAutoregressive, rows: torch.Tensor) -> float:
    """Mean log density, nats per row."""
    with torch.no_grad():
        return float(density(flow).log_prob(rows).mean())


def train(split: Split) -> tuple[ir.AffineAutoregressive, ir.AffineAutoregressive]:
    """The flow before, and after at the step that was best on the rows for stopping."""
    rows, stop = (torch.tensor(part, dtype=torch.float32) for part in (split.train, split.stop))
    net, parameters = start(split.train)
    before = flow_of(net, [p.detach().clone() for p in parameters])
    groups = [
        {"params": parameters[:3], "weight_decay": DECAY},
        {"params": parameters[3:], "weight_decay": 0.0},
    ]
    optimiser = torch.optim.AdamW(groups, lr=RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
    best, kept = -math.inf, before
    for step in range(STEPS):
        optimiser.zero_grad()
        loss = -density(flow_of(net, parameters)).log_prob(rows).mean()
        loss.backward()
        optimiser.step()
        schedule.step()
        if step % 20 == 19:
            flow = flow_of(net, [p.detach().clone() for p in parameters])
            score = mean_log_prob(flow, stop)
            if score > best:
                best, kept = score, flow
    return before, kept


def main() -> int:
    """Train, report, and save where the flow is better than the normal distribution."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--output", type=Path, default=HOME, help="directory")
    arguments = parser.parse_args()
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    split = standardised()
    before, after = train(split)
    test = torch.tensor(split.test, dtype=torch.float32)
    first, last = mean_log_prob(before, test), mean_log_prob(after, test)
    diagonal, full = gaussian(split, correlated=False), gaussian(split, correlated=True)
    print("mean log density of held-out rows, nats")
    for name, value in (
        ("start", first),
        ("trained", last),
        ("diagonal normal", diagonal),
        ("full normal", full),
    ):
        print(f"  {name:16} {value:9.3f}")
    if last <= max(diagonal, full):
        print(
            "expected the flow above both normal distributions, got less: nothing saved",
            file=sys.stderr,
        )
        return 1
    ir.save(arguments.output / WEIGHTS, after)
    save_file({"rows": split.test[:8].astype(np.float32)}, arguments.output / ROWS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
