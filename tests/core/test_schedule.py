"""INV-3, STEP-6: the plan of the inverse and of the bands, by laws that hold for all degrees."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import iaf_ref as ir
from iaf_ref import schedule as plans
from iaf_ref.schedule import Part, times


@st.composite
def orders(draw, dim):
    """A permutation, or groups of variables of equal degree."""
    order = draw(st.permutations(range(dim)))
    cuts = sorted({0, dim, *draw(st.lists(st.integers(0, dim), max_size=dim))})
    groups = [order[a:b] for a, b in pairwise(cuts)]
    return draw(st.sampled_from([order, groups]))


@st.composite
def degrees_of_any_kind(draw, largest=24, width=60):
    """Degrees by an order, with ties or without, or by a graph; wide enough to be complete."""
    dim, C = draw(st.integers(1, largest)), draw(st.integers(0, 3))
    layers = draw(st.integers(0, 3))
    widths = [dim + draw(st.integers(0, width)) for _ in range(layers)]
    if draw(st.booleans()):
        bits = np.random.Generator(np.random.PCG64(draw(st.integers(0, 99))))
        chosen = bits.random((dim, C + dim)) < draw(st.sampled_from([0.1, 0.5, 0.9]))
        place = draw(st.permutations(range(dim)))
        lower = np.tri(dim, k=-1, dtype=bool)[np.ix_(place, place)]
        graph = chosen & np.concatenate([np.ones((dim, C), dtype=bool), lower], axis=1)
        made = ir.made_degrees(dim, widths, context_dim=C, adjacency=graph)
        if draw(st.booleans()):
            return made
        # degrees that are not the smallest possible: variables with the same parents differ
        return ir.Degrees(made.context, np.asarray(place) + 1, made.hidden, graph)
    strategy, seed = draw(st.sampled_from(["even", "cyclic", "random"])), draw(st.integers(0, 99))
    return ir.made_degrees(dim, widths, draw(orders(dim)), C, strategy, seed=seed)


every_plan = given(degrees_of_any_kind(), st.sampled_from([(1, 2), (3, 8), (8, 20)]))
exhaustive = settings(derandomize=True, deadline=None)


def planned(degrees, widest):
    """The plan with bands and parts of other sizes than those that speed asks for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plans, "BANDS", widest[0])
        patch.setattr(plans, "WIDEST_PART", widest[1])
        return plans.schedule(degrees)


def parts(part: Part) -> Iterator[Part]:
    """A part, its halves and so on."""
    yield part
    for half in part.halves or ():
        yield from parts(half)


def ordered(order, values):
    return list(values) if order is None else [values[k] for k in order]


@exhaustive
@every_plan
def test_units_are_sorted_by_the_time_at_which_they_can_be_computed(degrees, widest):
    plan = planned(degrees, widest)
    stages = times(degrees)
    assert len(plan.orders) == len(stages)
    for order, stage in zip(plan.orders, stages, strict=True):
        assert sorted(ordered(order, range(len(stage)))) == list(range(len(stage)))
        assert ordered(order, stage) == sorted(stage)
        assert order is None or order != tuple(range(len(stage)))  # then nothing is taken
    by_degree = ordered(plan.variables, range(degrees.dim))
    assert ordered(plan.variables, degrees.levels) == sorted(degrees.levels)
    assert ordered(plan.places, by_degree) == list(range(degrees.dim))
    assert plan.last == max(degrees.levels)


@exhaustive
@every_plan
def test_weights_sorted_so_are_block_lower_triangular(degrees, widest):
    try:
        masks = ir.made_masks(degrees)
    except ValueError:  # a random strategy may leave a connection out, which is refused
        return
    plan, stages = planned(degrees, widest), times(degrees)
    sorted_times = [
        np.asarray(ordered(o, stage)) for o, stage in zip(plan.orders, stages, strict=True)
    ]
    for k, mask in enumerate(masks.hidden):
        rows, columns = plan.orders[k + 1], plan.orders[k]
        sorted_mask = mask[
            np.ix_(ordered(rows, range(mask.shape[0])), ordered(columns, range(mask.shape[1])))
        ]
        later = sorted_times[k + 1][:, None] < sorted_times[k][None, :]
        assert not np.any(sorted_mask & later)
    degree = np.sort(degrees.input)[:, None]
    for mask, stage in ((masks.output, -1), (masks.skip, 0)):
        columns = ordered(plan.orders[stage], range(mask.shape[1]))
        sorted_mask = mask[np.ix_(ordered(plan.variables, range(degrees.dim)), columns)]
        assert not np.any(sorted_mask & (degree <= sorted_times[stage][None, :]))


@exhaustive
@every_plan
def test_parts_and_steps_have_each_time_unit_and_variable_once(degrees, widest):
    plan, stages = planned(degrees, widest), times(degrees)
    assert [step.time for step in plan.whole.steps] == list(range(plan.last + 1))
    for k, stage in enumerate(stages):
        counts = [stage.count(t) for t in range(plan.last + 1)]
        assert plan.whole.units[k] == len(stage)
        for part in parts(plan.whole):
            known = [0, *(step.known[k] for step in part.steps)]
            assert np.diff(known).tolist() == [counts[step.time] for step in part.steps]
            assert known[-1] == part.units[k]
    for part in parts(plan.whole):
        edges = [0, *(step.outputs[1] for step in part.steps)]
        assert [step.outputs for step in part.steps] == list(pairwise(edges))
        assert edges[-1] == part.outputs
        assert [b - a for a, b in pairwise(edges)] == [
            degrees.levels.count(step.time) for step in part.steps
        ]


@exhaustive
@every_plan
def test_halves_make_the_part_and_what_is_narrow_is_not_cut(degrees, widest):
    for part in parts(planned(degrees, widest).whole):
        assert part.widest == max(part.units)
        narrow = len(part.steps) == 1 or part.widest <= widest[1] // 2
        assert (part.halves is None) == narrow
        if part.halves is not None:
            first, second = part.halves
            assert [a + b for a, b in zip(first.units, second.units, strict=True)] == [*part.units]
            assert first.outputs + second.outputs == part.outputs
            assert [s.time for s in first.steps + second.steps] == [s.time for s in part.steps]


@exhaustive
@every_plan
def test_bands_follow_one_another_and_are_about_as_many_as_asked_for(degrees, widest):
    plan, stages = planned(degrees, widest), times(degrees)
    assert 1 <= len(plan.bands) <= widest[0]
    assert plan.bands[0].begin == (0,) * len(stages)
    assert plan.bands[-1].end == tuple(len(stage) for stage in stages)
    edges = [0, *(band.outputs[1] for band in plan.bands)]
    assert [band.outputs for band in plan.bands] == list(pairwise(edges))
    assert edges[-1] == degrees.dim
    for one, other in pairwise(plan.bands):
        assert one.end == other.begin
    wide = max(stages, key=len)
    k = [len(stage) for stage in stages].index(len(wide))
    most = max(wide.count(t) for t in range(plan.last + 1))
    widths = [band.end[k] - band.begin[k] for band in plan.bands]
    assert max(widths) <= -(-len(wide) // widest[0]) + most


@exhaustive
@every_plan
def test_a_band_reads_no_unit_beyond_its_end(degrees, widest):
    plan, stages = planned(degrees, widest), times(degrees)
    sorted_times = [sorted(stage) for stage in stages]
    for band in plan.bands:
        for k, ordered_times in enumerate(sorted_times):
            own = ordered_times[band.begin[k] : band.end[k]]
            rest = [ordered_times[band.end[j] :] for j, ordered_times in enumerate(sorted_times)]
            later = [t for after in rest for t in after]
            assert not own or not later or max(own) < min(later)


def test_equal_degrees_have_equal_plans_made_once():
    one, two = (ir.made_degrees(dim=3, hidden=(4,), order=[2, 0, 1]) for _ in range(2))
    assert one.schedule == two.schedule
