"""Triangular matrices: factor, solve, diagonal."""

from iaf_ref.triangular import cholesky, diagonal_of, solve_lower


def lower(at, *shape):
    """A lower triangular matrix with a positive diagonal."""
    L, n = at.draw(*shape, shape[-1], seed=5), shape[-1]
    return at.xp.tril(L) + 4.0 * at.xp.eye(n, **at.options)


def test_cholesky_and_forward_substitution(exact):
    L = lower(exact, 2, 5)
    A = exact.xp.matmul(L, exact.xp.matrix_transpose(L))
    r = exact.draw(2, 5)
    assert exact.zero(cholesky(A) - L)
    assert exact.zero(
        exact.xp.matmul(L, exact.xp.expand_dims(solve_lower(L, r), axis=-1))[..., 0] - r
    )
    assert exact.zero(diagonal_of(L) - exact.xp.sum(L * exact.xp.eye(5), axis=-1))


def test_they_stay_in_the_arithmetic(at):
    L = lower(at, 2, 3)
    A = at.xp.matmul(L, at.xp.matrix_transpose(L))
    found = cholesky(A), solve_lower(L, at.draw(2, 3)), diagonal_of(L)
    assert at.holds(*found)
    assert [a.shape for a in found] == [(2, 3, 3), (2, 3), (2, 3)]
