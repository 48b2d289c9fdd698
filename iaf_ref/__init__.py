"""Inverse Autoregressive Flow, as a specification that runs.

Plain functions of the Python array API standard: masks of a MADE (Germain et al. 2015, arXiv
1502.03509), the autoregressive network, the flow (Kingma et al. 2016, arXiv 1606.04934), densities.
The same text runs on every array library, on balls, which give the certified truth, and on
error-tracking numbers, which give the tolerance. It never asks where it runs, with two exceptions:
a namespace that offers ``erf``, which the standard lacks, is used (special), and a PyTorch tensor
is detached where a file is written (host).

Fixed once: J[i, j] = d y_i / d x_j; log-dets and log densities in nats; weights (out, in); batch
dimensions lead, the event is the last axis; order[k] is the variable generated k-th.

Read in this order: clauses; degrees, made, strategies, dag, masks; special, activations, layers,
network; scales, floored, gated, affine, inverses, jacobian; transform, chain, permutation;
distributions, multivariate, low_rank, triangular, transformed, posterior; then initial, describe,
host, storage.
"""

from .activations import ACTIVATIONS, Activation
from .affine import AffineAutoregressive
from .chain import Chain, Inverse
from .clauses import CLAUSES
from .dag import dag_degrees
from .degrees import Degrees
from .distributions import Distribution, Independent, Normal, sum_rightmost
from .floored import Sigmoid, Softplus
from .gated import Gated
from .jacobian import jacobian
from .low_rank import LowRankMultivariateNormal
from .made import made_degrees
from .masks import Masks, connectivity, expected_connectivity, made_masks
from .multivariate import MultivariateNormal
from .network import AutoregressiveNetwork
from .permutation import Permutation
from .posterior import iaf_posterior
from .scales import Exp, SoftClip
from .storage import load, save
from .transform import Transform
from .transformed import PerDimension, TransformedDistribution

__version__ = "0.1.0"

__all__ = [
    "ACTIVATIONS",
    "CLAUSES",
    "Activation",
    "AffineAutoregressive",
    "AutoregressiveNetwork",
    "Chain",
    "Degrees",
    "Distribution",
    "Exp",
    "Gated",
    "Independent",
    "Inverse",
    "LowRankMultivariateNormal",
    "Masks",
    "MultivariateNormal",
    "Normal",
    "PerDimension",
    "Permutation",
    "Sigmoid",
    "SoftClip",
    "Softplus",
    "Transform",
    "TransformedDistribution",
    "connectivity",
    "dag_degrees",
    "expected_connectivity",
    "iaf_posterior",
    "jacobian",
    "load",
    "made_degrees",
    "made_masks",
    "save",
    "sum_rightmost",
]
