"""Rules of sums, and of sums of sums: any order of the terms, from any start, with FMA or without.

An accumulation is made of leaves: numbers c_i and products a_i b_i of computed numbers, each off
its exact value by some e_i. An evaluation adds them along a tree. A leaf that passes operations
with relative changes of at most u_1, ..., u_k enters the result with a factor within 1 +- gamma,

    gamma(r) = r / (1 - r),  r = u_1 + ... + u_k

(Higham 2002, lemma 3.1; its proof holds for unequal u_j). So if no leaf passes more than r in any
tree, and S >= sum |c_i| + sum |a_i b_i|, then (section 4.2)

    |computed - exact| <= p + gamma(r) S,  p = sum e_i + what underflow may lose.

A sum of sums is a sum. W h + b is a matrix product and one addition in the text, but a loop that
starts from b, or a gemm with beta = 1, rounds at |b| in each step. So an accumulation carries its
(p, r, S); where one is added to another number, each of the three is added up, and the bound is
made of the totals: nothing is charged twice. A plain number is one leaf: (e, u_acc, |v| + 2e).

A leaf of N passes N - 1 additions at most, and a product one rounding more if it is not fused:
r = N u_acc. Where storage is narrower than accumulation, what a matrix product, a sum or an
addition gives may also be stored; each adds u_store to r, as a leaf passes it once at most. Exact
zeros are no leaves: adding zero rounds nothing. For the same reason masked weights cost nothing.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from iaf_ref_backends._tracked_number import (
    Doubles,
    Tracked,
    gamma,
    is_zero,
    reach,
    settle,
    underflow,
)
from iaf_ref_backends.profiles import Profile


class Leaves(NamedTuple):
    """What an accumulation is made of: p, r and S of the formulas above."""

    spread: Doubles
    roundings: Doubles
    magnitude: Doubles


def is_sum(x: Tracked) -> NDArray[np.bool_]:
    """Say which numbers are accumulations; the others are plain."""
    return np.asarray(x.roundings > 0.0)


def add_sums(profile: Profile, x: Tracked, y: Tracked) -> Tracked:
    """Add two numbers, one of which is an accumulation, as one sum of all their leaves."""
    pairs = (np.moveaxis(np.stack(both), 0, -1) for both in zip(x, y, strict=True))
    return total(profile, Tracked(*pairs))


def total(profile: Profile, x: Tracked) -> Tracked:
    """Add up the last axis: e = p + gamma(r) S if it holds an accumulation, else as plain terms."""
    counted = is_sum(x) | ~is_zero(x)
    terms = np.sum(counted, axis=-1).astype(np.float64)
    value, leaves = np.sum(x.value, axis=-1), _joined(profile, x, counted, terms)
    error = _plain(profile, x, value, terms)
    several = np.any(is_sum(x), axis=-1) & (terms > 1.0)
    if np.any(several):
        most = min(profile.accumulate.max_finite, profile.store.max_finite)
        merged = leaves.spread + rounding(leaves.roundings, leaves.magnitude, most)
        error = np.where(several, merged, error)
    error = np.where(np.all(np.isfinite(x.error), axis=-1), error, np.inf)
    settled = settle(profile, value, evaluated(error, x.value.shape[-1]))
    return Tracked(value, settled.error, *leaves)


def _joined(profile: Profile, x: Tracked, counted: NDArray[np.bool_], terms: Doubles) -> Leaves:
    """Add up (p, r, S) along the last axis; a term alone stays what it is."""
    plain, several = ~is_sum(x), terms > 1.0
    passed = np.where(plain, counted * profile.accumulate.roundoff, x.roundings)
    lost = np.where(several, flushed(profile, terms - 1.0) + stored_below(profile), 0.0)
    return made_of(
        np.sum(np.where(plain, x.error, x.spread), axis=-1) + lost,
        np.where(several, np.sum(passed, axis=-1) + storing(profile), np.sum(x.roundings, axis=-1)),
        np.sum(np.where(plain, reach(x), x.magnitude), axis=-1),
        x.value.shape[-1],
    )


def _plain(profile: Profile, x: Tracked, value: Doubles, terms: Doubles) -> Doubles:
    """e = sum e_i + gamma_(n-1) sum (|v_i| + 2 e_i) + stored, n nonzero terms."""
    running = max(profile.accumulate, profile.store, key=lambda one: one.precision)
    additions = np.maximum(terms - 1.0, 0.0)
    growth = rounding(additions * running.roundoff, np.sum(reach(x), axis=-1), running.max_finite)
    error = np.sum(x.error, axis=-1) + growth + flushed(profile, additions)
    return np.asarray(np.where(additions > 0.0, error + stored(profile, value, error), error))


def made_of(spread: Doubles, roundings: Doubles, magnitude: Doubles, terms: int) -> Leaves:
    """Make leaves of float64 sums of ``terms`` terms, and pay for those."""
    return Leaves(evaluated(spread, terms), roundings, evaluated(magnitude, terms))


def rounding(roundings: Doubles, magnitude: Doubles, most: float) -> Doubles:
    """Return gamma(r) S; inf where a partial sum may exceed the format's greatest number."""
    growth = np.where(magnitude == 0.0, 0.0, gamma(roundings, 1.0) * magnitude)
    return np.where(magnitude + growth <= most, growth, np.inf)


def flushed(profile: Profile, operations: Doubles) -> Doubles:
    """Return what flushing subnormals may lose in each of some accumulating operations."""
    unit = 2.0 * profile.accumulate.smallest_normal if profile.flush_to_zero else 0.0
    return operations * unit


def is_stored_narrower(profile: Profile) -> bool:
    """Say whether storing a sum rounds it."""
    return profile.store.precision < profile.accumulate.precision


def storing(profile: Profile) -> float:
    """Return what storing a sum adds to r: u_store if storage is narrower, else nothing."""
    return profile.store.roundoff if is_stored_narrower(profile) else 0.0


def stored_below(profile: Profile) -> float:
    """Return what storing a sum may lose below the normal numbers of storage."""
    if not is_stored_narrower(profile):
        return 0.0
    nothing = np.zeros(())
    return float(underflow(profile.store, profile.flush_to_zero, nothing, nothing))


def stored(profile: Profile, value: Doubles, error: Doubles) -> Doubles:
    """Return u (|v| + 2e) for rounding a sum to a narrower storage format; 0 if it is not."""
    if not is_stored_narrower(profile):
        return np.zeros_like(value)
    local = profile.store.roundoff * (np.abs(value) + 2.0 * error)
    return local + underflow(profile.store, profile.flush_to_zero, value, error + local)


def evaluated(error: Doubles, terms: int) -> Doubles:
    """Pay for the evaluation of the rule itself, whose sums have ``terms`` terms."""
    return error * (1.0 + 8.0 * terms * 2.0**-53)
