"""Numbers of times that are known: ratios, exponents, floors, and which of several is told."""

import pytest

from iaf_ref_conformance.bench import rows as sizes
from iaf_ref_conformance.bench.entry import NATIVE, UNROLLED, Entry, Size
from iaf_ref_conformance.bench.goal import at_least, at_most
from iaf_ref_conformance.bench.measured import measured
from iaf_ref_conformance.bench.row import Field, Row, matching
from iaf_ref_conformance.bench.rows import rows
from iaf_ref_conformance.bench.run import entries_of
from iaf_ref_conformance.bench.statistics import (
    HOW,
    Spread,
    common,
    exponent,
    first,
    floor,
    memory,
    rate,
    ratio,
    spread,
)
from iaf_ref_conformance.bench.timing import Timing

SIZE = Size(8, 16, 4)


def timing(values: dict[int, float], entry: Entry | None = None) -> Timing:
    return Timing(entry or Entry("numpy", "inverse", SIZE), values, 1, 7.0, None, 4)


def test_a_ratio_is_taken_round_by_round_where_both_were_timed() -> None:
    slow, fast = timing({0: 8.0, 2: 10.0}), timing({0: 2.0, 1: 99.0, 2: 5.0})
    assert common([slow, fast]) == [(8.0, 2.0), (10.0, 5.0)]
    assert ratio([slow, fast]) == [4.0, 2.0]


def test_the_exponent_of_a_power_is_its_exponent() -> None:
    entries = [Entry("numpy", "inverse", Size(2**k, 16, 4)) for k in range(4)]
    curve = [timing({0: 8.0**k, 1: 0.25 * 2.0**k}, e) for k, e in enumerate(entries)]
    assert [round(e, 12) for e in exponent(curve)] == [3.0, 1.0]


def test_the_floor_is_half_a_product_and_the_steps() -> None:
    assert floor([timing({0: 6.0}), timing({0: 2.0}), timing({0: 2.0})]) == [2.0]


def test_a_rate_counts_the_products_of_a_forward_pass() -> None:
    operations = 2 * 4 * (8 * 16 + 16 * 16 + 16 * 16)
    assert SIZE.operations == operations
    assert rate([timing({0: 0.5})]) == [operations / 0.5 / 1e9]


def test_memory_is_counted_in_activations() -> None:
    assert SIZE.activations == 4 * (16 + 16 + 2 * 8)
    assert memory([timing({0: 4.0 * SIZE.activations * 3})]) == [3.0]


def test_the_first_call_is_one_number() -> None:
    assert first([timing({0: 1.0, 1: 1.0})]) == [7.0]


def test_a_spread_is_median_and_quartiles() -> None:
    assert spread([4.0, 1.0, 2.0, 3.0, 5.0]) == Spread(3.0, 2.0, 4.0, 5)
    with pytest.raises(ValueError, match="expected one at least, got none"):
        spread([])


@pytest.mark.parametrize(
    ("goal", "worst", "reached"),
    [(at_least(3.0), 2.0, False), (at_most(4.0), 4.0, True), (None, 4.0, None)],
)
def test_of_several_the_worst_for_the_goal_is_told(goal, worst, reached) -> None:
    entries = [Entry(who, "inverse", SIZE) for who in ("pyro", "zuko", "numpy")]
    pairs = tuple((entry, entries[2]) for entry in entries[:2])
    timings = dict(zip(entries, map(timing, ({0: 4.0}, {0: 2.0}, {0: 1.0})), strict=True))
    found = measured(Row("a", "t", "a", "ratio", pairs, goal), timings, {})
    assert (found.spread.median, found.reached, found.reason) == (worst, reached, "")


def test_who_could_not_be_timed_is_named_beside_the_number_of_the_others() -> None:
    one, two, own = (Entry(who, "inverse", SIZE) for who in ("pyro", "zuko", "numpy"))
    timings, row = {one: timing({0: 3.0}), own: timing({0: 1.0})}, ((one, own), (two, own))
    found = measured(Row("a", "t", "a", "ratio", row), timings, {two: "it raised"})
    assert found.spread.median == 3.0
    assert found.reason == f"{two.name}: it raised"
    alone = measured(Row("a", "t", "a", "ratio", row[1:]), timings, {two: "it raised"})
    assert (alone.spread, alone.reached) == (None, None)


ALL = Field(["numpy", "torch", "jax"], list(NATIVE))


def test_rows_are_sound() -> None:
    found = rows(ALL)
    assert len({row.id for row in found}) == len(found)
    assert {row.how for row in found} == set(HOW)
    for table in {row.table for row in found}:
        names = [e.name for e in entries_of(r for r in found if r.table == table)]
        assert len(names) == len(set(names))


def test_a_pair_is_of_one_flow_and_one_size() -> None:
    for row in rows(ALL):
        for group in row.groups if row.how == "ratio" else ():
            flows = {entry.flow for entry in group}
            assert len(flows) == 1 or flows == {"chain", "exp"}  # a chain, and one of its steps
            assert len({entry.size for entry in group}) == 1


def test_rows_ask_nobody_who_does_not_take_part() -> None:
    for field in (Field(["torch"], ["pyro"]), Field(["numpy"], quick=True), Field([], ["zuko"])):
        asked = {entry.who for entry in entries_of(rows(field))}
        assert asked <= {*field.backends, *field.peers}


def test_a_device_by_name_changes_no_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MAIN", "ONE"):
        monkeypatch.setattr(sizes, name, Size(UNROLLED + 1, 128, 1))
    found = {r.id: r for r in rows(Field(["numpy:cpu", "jax:cpu", "torch:cuda:0"], list(NATIVE)))}
    assert {"compile-jax:cpu", "gradient-jax:cpu", "forward-peers-jax:cpu"} <= set(found)
    assert {"inverse-peers", "memory-numpy:cpu", "growth-sequential"} <= set(found)
    # peers are on the CPU, and not set beside another device
    assert not {"gradient-torch:cuda:0", "forward-peers-torch:cuda:0"} & set(found)
    one = found["inverse-one-jax:cpu"]
    assert (one.goal, one.title.endswith(" (sequential not compiled)")) == (None, True)
    assert found["inverse-one-torch:cuda:0"].goal == at_least(10)
    assert found["sequential-jax:cpu"].title.endswith(" (sequential not compiled)")


@pytest.mark.parametrize(
    ("who", "method", "dim", "uncompiled"),
    [
        ("jax", "sequential", UNROLLED + 1, True),
        ("jax:cpu", "fixed_point", UNROLLED + 1, True),
        ("jax:cpu", "sequential", UNROLLED, False),
        ("jax", "blocked", 784, False),
        ("torch:cuda", "sequential", 784, False),
    ],
)
def test_only_many_networks_on_jax_are_not_compiled(who, method, dim, uncompiled) -> None:
    assert Entry(who, "inverse", Size(dim, dim, 1), method).uncompiled is uncompiled


def test_rows_are_chosen_by_patterns() -> None:
    found = matching(rows(ALL), ["small-*", "growth-numpy"])
    assert [r.id for r in found] == ["growth-numpy", "small-numpy", "small-torch", "small-jax"]
    with pytest.raises(ValueError, match=r"one of .*growth-numpy.*, got 'x'"):
        matching(rows(ALL), ["x"])
