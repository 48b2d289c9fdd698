"""DENS-2, DENS-3: multivariate normal bases, against the dense covariance."""

import numpy as np
import pytest

import iaf_ref as ir
from iaf_ref.triangular import cholesky
from iaf_ref_backends import ball


def positive(at, *shape, seed):
    return abs(at.draw(*shape, seed=seed)) + 0.25


def lower(at, *shape):
    """A factor with something above its diagonal, which is not to be read."""
    n = shape[-1]
    off = at.draw(*shape, n, seed=5)
    return off + at.xp.expand_dims(positive(at, *shape, seed=6) + 2.0, axis=-1) * at.xp.eye(
        n, **at.options
    )


def bases(at, *batch, D=4, K=2):
    loc = at.draw(*batch, D, seed=1)
    return {
        "diag": ir.MultivariateNormal(loc, scale_diag=positive(at, *batch, D, seed=2)),
        "tril": ir.MultivariateNormal(loc, scale_tril=lower(at, *batch, D)),
        "low-rank": ir.LowRankMultivariateNormal(
            loc, at.draw(*batch, D, K, seed=3), positive(at, *batch, D, seed=4)
        ),
    }


KINDS = ("diag", "tril", "low-rank")


def covariance(at, q):
    xp = at.xp
    eye = xp.eye(q.event_shape[0], **at.options)
    if isinstance(q, ir.LowRankMultivariateNormal):
        F = q.cov_factor
        return xp.matmul(F, xp.matrix_transpose(F)) + xp.expand_dims(q.cov_diag, axis=-1) * eye
    L = (
        xp.expand_dims(q.scale_diag, axis=-1) * eye
        if q.scale_tril is None
        else xp.tril(q.scale_tril)
    )
    return xp.matmul(L, xp.matrix_transpose(L))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("batch", [(), (3,)])
def test_log_prob_is_that_of_the_dense_covariance(exact, kind, batch):
    # r^T A^-1 r = 1 - det(A - r r^T) / det A: no factorisation of ours, only determinants
    q, x = bases(exact, *batch)[kind], exact.draw(3, 4, seed=7)
    A, r, xp = covariance(exact, q), x - q.loc, exact.xp
    A = xp.broadcast_to(A, (3, 4, 4))
    outer = xp.expand_dims(r, axis=-1) * xp.expand_dims(r, axis=-2)
    square = 1.0 - ball.determinant(A - outer) / ball.determinant(A)
    dense = -0.5 * square - 0.5 * ball.log_abs_det(A) - 2.0 * xp.log(2.0 * xp.pi)
    assert exact.zero(q.log_prob(x) - dense)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("batch", "shape"), [((), ()), ((), (2, 3)), ((3,), (2, 3)), ((2, 1), (3,)), ((), (0,))]
)
def test_shapes_and_types(at, kind, batch, shape):
    q = bases(at, *batch)[kind]
    found = q.log_prob(at.draw(*shape, 4, seed=7))
    assert (q.batch_shape, q.event_shape) == (batch, (4,))
    assert found.shape == np.broadcast_shapes(batch, shape)
    assert at.holds(found)
    assert np.all(np.isfinite(at.host(found)))
    assert isinstance(q, ir.Distribution)


def test_a_diagonal_normal_is_independent_univariate_ones(exact):
    q, x = bases(exact)["diag"], exact.draw(3, 4, seed=7)
    assert exact.zero(q.log_prob(x) - ir.Independent(ir.Normal(q.loc, q.scale_diag)).log_prob(x))


@pytest.mark.parametrize("K", [1, 4, 6])
def test_any_rank(exact, K):
    q, x = bases(exact, K=K)["low-rank"], exact.draw(3, 4, seed=7)
    dense = ir.MultivariateNormal(q.loc, scale_tril=cholesky(covariance(exact, q)))
    assert exact.zero(q.log_prob(x) - dense.log_prob(x))


def test_entries_above_the_diagonal_are_not_read(at):
    L, x = at.host(lower(at, 4)).astype(float), at.draw(3, 4, seed=7)
    loc = at.draw(4, seed=1)
    poisoned = np.where(np.tri(4, dtype=bool), L, np.nan)
    one, other = (
        ir.MultivariateNormal(loc, scale_tril=at.array(a)).log_prob(x)
        for a in (np.tril(L), poisoned)
    )
    assert at.same(one, other)


def test_refused(host):
    loc, diag, tril = np.zeros(3), np.ones(3), np.eye(3)
    single = diag.astype("float32")
    normal, low_rank = ir.MultivariateNormal, ir.LowRankMultivariateNormal
    for make, error, message in (
        (
            lambda: normal(loc),
            ValueError,
            "scale: expected one of scale_diag and scale_tril, got none",
        ),
        (
            lambda: normal(loc, scale_diag=diag, scale_tril=tril),
            ValueError,
            "scale: expected one of .*, got both",
        ),
        (
            lambda: normal(np.zeros(()), scale_diag=diag),
            ValueError,
            r"loc: expected shape \(\.\.\., \*\), got \(\)",
        ),
        (lambda: normal([0.0], scale_diag=diag), TypeError, "loc: expected an array, got list"),
        (
            lambda: normal(loc, scale_diag=np.ones(2)),
            ValueError,
            r"scale_diag: expected shape \(3,\), got \(2,\)",
        ),
        (
            lambda: normal(loc, scale_tril=np.eye(2)),
            ValueError,
            r"scale_tril: expected shape \(3, 3\), got \(2, 2\)",
        ),
        (
            lambda: normal(loc, scale_diag=single),
            TypeError,
            "scale_diag: expected dtype float64, as loc, got float32",
        ),
        (lambda: normal(loc, diag), TypeError, "positional argument"),
        (
            lambda: low_rank(loc, np.ones((2, 1)), diag),
            ValueError,
            r"cov_factor: expected shape \(3, \*\), got \(2, 1\)",
        ),
        (
            lambda: low_rank(loc, np.ones((3, 1)), np.ones(2)),
            ValueError,
            r"cov_diag: expected shape \(3,\), got \(2,\)",
        ),
        (
            lambda: low_rank(np.zeros(()), tril, diag),
            ValueError,
            r"loc: expected shape \(\.\.\., \*\), got \(\)",
        ),
        (
            lambda: low_rank(loc, tril, single),
            TypeError,
            "cov_diag: expected dtype float64, as loc, got float32",
        ),
        (
            lambda: low_rank(loc, None, diag),
            TypeError,
            "cov_factor: expected an array, got NoneType",
        ),
    ):
        with pytest.raises(error, match=message):
            make()
    for q in (
        normal(loc, scale_diag=diag),
        normal(loc, scale_tril=tril),
        low_rank(loc, tril, diag),
    ):
        with pytest.raises(ValueError, match=r"x: expected shape \(\.\.\., 3\), got \(2,\)"):
            q.log_prob(np.zeros(2))
        with pytest.raises(TypeError, match="x: expected dtype float64, as loc, got float32"):
            q.log_prob(single)
