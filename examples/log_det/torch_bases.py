"""The three bases, as ``torch.distributions`` has them."""

from __future__ import annotations

from typing import Any

import torch
from torch import distributions as dist


def torch_bases(bases: dict[str, Any]) -> dict[str, dist.Distribution]:
    """The univariate, the multivariate and the low-rank base of ``iaf_ref``, number by number."""
    univariate, multivariate, low_rank = (
        bases[name] for name in ("univariate", "multivariate", "low-rank")
    )
    loc, scale, vector, diag, mean, F, d = map(
        torch.tensor,
        (
            *(univariate.loc, univariate.scale),
            *(multivariate.loc, multivariate.scale_diag),
            *(low_rank.loc, low_rank.cov_factor, low_rank.cov_diag),
        ),
    )
    return {
        "univariate": dist.Normal(loc, scale),
        "multivariate": dist.MultivariateNormal(vector, scale_tril=torch.diag(diag)),
        "low-rank": dist.LowRankMultivariateNormal(mean, F, d),
    }
