"""Triangular matrices, in operations that every arithmetic has: linalg is an optional extension."""

from __future__ import annotations

from typing import Any

from array_api_compat import array_namespace

Array = Any


def diagonal_of(L: Array) -> Array:
    """Diagonal of (..., n, n): (..., n)."""
    xp = array_namespace(L)
    return xp.stack([L[..., i, i] for i in range(L.shape[-1])], axis=-1)


def cholesky(A: Array) -> Array:
    """Lower triangular L with L L^T = A, column by column, A - L_j L_j^T left for the next.

    The standard's linalg extension is optional; this is its definition for the small matrices of a
    low-rank base.
    """
    xp, columns = array_namespace(A), []
    for j in range(A.shape[-1]):
        column = A[..., j:, j] / xp.sqrt(A[..., j : j + 1, j])
        column = xp.concat([xp.zeros_like(A[..., :j, j]), column], axis=-1)
        A = A - xp.expand_dims(column, axis=-1) * xp.expand_dims(column, axis=-2)
        columns.append(column)
    return xp.stack(columns, axis=-1)


def solve_lower(L: Array, r: Array) -> Array:
    """Solve L z = r by forward substitution: z_j = r_j / L_jj, then r <- r - L_j z_j."""
    xp, z = array_namespace(r), []
    for j in range(L.shape[-1]):
        z.append(r[..., j] / L[..., j, j])
        r = r - L[..., :, j] * xp.expand_dims(z[j], axis=-1)
    return xp.stack(z, axis=-1)


def solve_upper(L: Array, r: Array) -> Array:
    """Solve L^T m = r by back substitution: the last m_j first, then r <- r - (row j of L) m_j."""
    xp, n = array_namespace(r), L.shape[-1]
    m = [r[..., j] for j in range(n)]
    for j in reversed(range(n)):
        m[j] = r[..., j] / L[..., j, j]
        r = r - L[..., j, :] * xp.expand_dims(m[j], axis=-1)
    return xp.stack(m, axis=-1)
