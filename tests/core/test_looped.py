"""INV-3: the inverse in two loops is the definition, for every architecture and however it is cut.

In balls of 300 bits; in floats, on a flow whose every sum is exact, to the last bit.
"""

from itertools import pairwise

import numpy as np
import pytest
from array_api_compat import array_namespace
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import iaf_ref as ir
from iaf_ref import looped_plan
from iaf_ref.inverses import sequential
from iaf_ref.looped import looped
from iaf_ref.looped_plan import BLOCK, loop_plan, worth_a_loop
from iaf_ref.loops import LOOPS, PLAIN, Loop, call, fold, loop_of, same
from iaf_ref.schedule import times
from iaf_ref_conformance import assert_inverse
from iaf_ref_conformance.generate.graphs import DIAMOND, PARTIAL, TREE
from iaf_ref_conformance.generate.overflow import bidiagonal

SIZES = (1, 4, BLOCK)
"""Units of a block; of 1, a block of the last degree has no hidden units at all."""
FALLING = ([5, 5, 4, 3, 2, 1, 1], [5, 4, 4, 3, 2, 1])
FLOWS = {
    "context and skip": {
        "dim": 5,
        "hidden": (7, 9, 6),
        "order": [2, 0, 4, 1, 3],
        "context_dim": 2,
        "skip": True,
        "activation": "sigmoid",  # not 0 at 0, where units stand that are none
    },
    "falling degrees": {"dim": 6, "hidden": FALLING, "order": [5, 1, 0, 3, 4, 2]},
    "groups": {"dim": 5, "hidden": (6, 9), "order": [[3, 1], [0, 2, 4]], "context_dim": 1},
    "residual": {"dim": 5, "hidden": (6,) * 5, "residual": True, "strategy": "cyclic"},
    "tree": {"dim": len(TREE), "hidden": (16, 11), "adjacency": TREE, "scale": ir.Gated()},
    "residual graph": {"dim": 4, "hidden": (9, 7, 9), "adjacency": DIAMOND, "residual": True},
    "partial context": {"dim": 3, "hidden": (6,), "adjacency": PARTIAL, "context_dim": 2},
    "no layer": {"dim": 4, "hidden": (), "context_dim": 1, "order": [3, 1, 0, 2]},
    "no layer but skip": {"dim": 4, "hidden": (), "context_dim": 2, "skip": True},
    "one variable": {"dim": 1, "hidden": (3, 2), "scale": ir.Sigmoid()},
    "one variable, no layer": {"dim": 1, "hidden": (), "context_dim": 2, "skip": True},
    "one degree": {"dim": 4, "hidden": (5,), "order": [[2, 0, 3, 1]], "context_dim": 1},
}
SCALES = [ir.Exp(), ir.SoftClip(), ir.Softplus(), ir.Sigmoid(), ir.Gated()]
exhaustive = settings(
    derandomize=True,
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # arithmetics have no state
)


@st.composite
def architectures(draw, largest=7):
    """Options of ``Arithmetic.flow``: everything that a plan depends on."""
    dim, C = draw(st.integers(1, largest)), draw(st.integers(0, 2))
    options = {"dim": dim, "context_dim": C, "seed": draw(st.integers(0, 99))}
    options["activation"] = draw(st.sampled_from(["tanh", "softplus"]))
    place = draw(st.permutations(range(dim)))
    layers, kind = draw(st.integers(0, 3)), draw(st.sampled_from(["falling", "groups", "graph"]))
    if kind == "falling":
        options["order"] = place
        least = 0 if C or dim == 1 else 1
        hidden = [[*range(dim - 1, least - 1, -1)]] * layers
    else:
        hidden = [dim + draw(st.integers(0, 4)) for _ in range(layers)]
    if kind == "groups":
        cuts = sorted({0, dim, *draw(st.lists(st.integers(0, dim), max_size=dim))})
        options["order"] = [place[a:b] for a, b in pairwise(cuts)]
        options["strategy"] = draw(st.sampled_from(["even", "cyclic"]))
    if kind == "graph":
        drawn = np.random.Generator(np.random.PCG64(options["seed"])).random((dim, C + dim)) < 0.5
        lower = np.tri(dim, k=-1, dtype=bool)[np.ix_(place, place)]
        options["adjacency"] = drawn & np.concatenate([np.ones((dim, C), bool), lower], axis=1)
    residual = layers % 2 == 1 and draw(st.booleans())
    if residual:
        hidden = hidden[:1] * layers
    return {**options, "hidden": hidden, "residual": residual, "skip": draw(st.booleans())}


def degrees_of(options):
    kept = ("dim", "hidden", "order", "context_dim", "strategy", "adjacency")
    return ir.made_degrees(**{name: options[name] for name in kept if name in options})


every_plan = given(architectures(largest=24).map(degrees_of), st.sampled_from(SIZES))


def planned(degrees, size):
    """The plan of these degrees, and from now on theirs, in blocks of this size."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(looped_plan, "BLOCK", size)
        return degrees.loops


def subject(at, options, *batch, size=BLOCK):
    """A flow in blocks of this size, a y, and a context that broadcasts to it."""
    flow = at.flow(**{"seed": 11, "activation": "tanh", **options})
    planned(flow.degrees, size)
    context = at.draw(*batch[1:], flow.context_dim, seed=2) if flow.context_dim else None
    return flow, at.draw(*batch, flow.dim, seed=1), context


def assert_defined(exact, flow, y, context):
    """Hold x and log sigma to the definition (INV-2)."""
    found, wanted = looped(PLAIN, flow, y, context), sequential(flow, y, context)
    for a, b in zip(found, wanted, strict=True):
        assert a.shape == b.shape
        assert exact.zero(a - b)


@pytest.mark.parametrize("options", FLOWS.values(), ids=FLOWS)
@pytest.mark.parametrize("size", SIZES)
def test_it_is_the_definition(exact, options, size):
    assert_defined(exact, *subject(exact, options, 2, size=size))


@pytest.mark.parametrize("activation", ir.ACTIVATIONS)
@pytest.mark.parametrize("scale", SCALES, ids=str)
def test_it_is_the_definition_for_every_activation_and_scale(exact, activation, scale):
    options = {"dim": 3, "hidden": (4,), "activation": activation, "scale": scale}
    assert_defined(exact, *subject(exact, options, size=2))


def test_one_event_broadcasts_to_a_context_of_more_rows(exact):
    flow, y, _ = subject(exact, FLOWS["context and skip"], size=4)
    context = exact.draw(3, flow.context_dim, seed=2)
    assert looped(PLAIN, flow, y, context)[0].shape == (3, flow.dim)
    assert_defined(exact, flow, y, context)


@exhaustive
@given(architectures(), st.sampled_from(SIZES), st.sampled_from([(), (0,), (3,), (2, 1)]))
def test_it_is_the_definition_of_any_architecture_and_batch(exact, options, size, batch):
    assert_defined(exact, *subject(exact, options, *batch, size=size))


# -- in floats --


def integral(at, options):
    """A flow of small integers, max(a, 0) and sigma = 2: no sum is rounded, in float32 either."""
    degrees, rng = degrees_of(options), np.random.Generator(np.random.PCG64(3))
    widths = (degrees.context_dim + degrees.dim, *degrees.widths)
    hidden = [
        (at.array(rng.integers(-1, 2, (m, n))), at.array(rng.integers(-2, 3, m)))
        for n, m in pairwise(widths)
    ]
    shift, inputs = (rng.integers(-1, 2, (degrees.dim, n)) for n in (widths[-1], widths[0]))
    V, A = (at.array(np.stack([a, np.zeros_like(a)])) for a in (shift, inputs))
    c = at.array(np.stack([rng.integers(-2, 3, degrees.dim), np.full(degrees.dim, -1e4)]))
    skip, residual = A if options.get("skip") else None, options.get("residual", False)
    net = ir.AutoregressiveNetwork(degrees, hidden, (V, c), skip, residual=residual)
    return ir.AffineAutoregressive(net, ir.Softplus(floor=2.0))


EXACT = {
    "skip": {"dim": 5, "hidden": (5, 7), "order": [2, 0, 4, 1, 3], "context_dim": 2, "skip": True},
    "residual": {"dim": 4, "hidden": ([3, 2, 1],) * 3, "order": [3, 1, 0, 2], "residual": True},
    "tree": {"dim": len(TREE), "hidden": (9,), "adjacency": TREE},
}


@pytest.mark.parametrize("options", EXACT.values(), ids=EXACT)
@pytest.mark.parametrize("batch", [(), (0,), (3,), (2, 1)])
def test_every_arithmetic_keeps_its_arrays_and_the_bits_of_the_definition(at, options, batch):
    flow = integral(at, options)
    planned(flow.degrees, 3)
    rng = np.random.Generator(np.random.PCG64(4))
    y, context = (at.array(rng.integers(-4, 5, (*batch, n))) for n in (flow.dim, flow.context_dim))
    given_context = context if flow.context_dim else None
    found = looped(PLAIN, flow, y, given_context)
    assert at.holds(*found)
    for a, b in zip(found, sequential(flow, y, given_context), strict=True):
        assert tuple(a.shape) == (*batch, flow.dim)
        assert at.same(a, b)


WIDE = {
    "skip": {
        "dim": 40,
        "hidden": (70, 50),
        "order": [*range(39, -1, -1)],
        "context_dim": 2,
        "skip": True,
    },
    "residual": {"dim": 33, "hidden": (66, 40, 66), "residual": True, "strategy": "cyclic"},
}


@pytest.mark.parametrize("options", WIDE.values(), ids=WIDE)
def test_blocks_of_the_shipped_size_are_within_the_bound(numpys, options):
    flow, y, context = subject(numpys, options, 2)
    assert flow.degrees.loops == loop_plan(flow.degrees)
    assert flow.degrees.loops.blocks == 3
    x, log_sigma = looped(PLAIN, flow, y, context)
    assert_inverse(flow, y, x, -np.sum(log_sigma, axis=-1), context)


@exhaustive
@given(architectures(largest=20), st.sampled_from(SIZES))
def test_causality_is_bitwise(numpys, options, size):
    flow, y, context = subject(numpys, options, 3, size=size)
    degree, found = flow.degrees.input, looped(PLAIN, flow, y, context)
    for j in {0, flow.dim // 2, flow.dim - 1}:
        moved = y.copy()
        moved[:, j] += 1.0
        still = (degree <= degree[j]) & (np.arange(flow.dim) != j)
        for a, b in zip(looped(PLAIN, flow, moved, context), found, strict=True):
            assert np.array_equal(a[:, still], b[:, still])


@pytest.mark.parametrize("size", SIZES)
def test_an_infinity_stays_in_its_row_and_leaves_what_was_found_before_it(numpys, size):
    flow, y, context = subject(numpys, FLOWS["falling degrees"], 3, size=size)
    degree, found = flow.degrees.input, looped(PLAIN, flow, y, context)
    for j in range(flow.dim):
        moved = y.copy()
        moved[1, j] = np.inf
        with np.errstate(invalid="ignore"):  # 0 * inf, as in the definition
            x, log_sigma = looped(PLAIN, flow, moved, context)
        assert x[1, j] == np.inf
        assert np.array_equal(x[1, degree < degree[j]], found[0][1, degree < degree[j]])
        assert np.array_equal(log_sigma[1, degree <= degree[j]], found[1][1, degree <= degree[j]])
        for a, b in zip((x, log_sigma), found, strict=True):
            assert np.array_equal(a[[0, 2]], b[[0, 2]])


def test_nothing_that_is_given_is_written_to(host):
    flow, y, context = subject(host, FLOWS["context and skip"], 2, size=4)
    net = flow.network
    arrays = (y, context, net.skip, *net.output, *(a for layer in net.hidden for a in layer))
    before = [a.copy() for a in arrays]
    for a in arrays:
        a.flags.writeable = False
    looped(PLAIN, flow, y, context)
    assert all(map(np.array_equal, arrays, before))


@pytest.mark.parametrize("order", [[*range(48)], [*range(47, -1, -1)]], ids=["rising", "falling"])
def test_no_overflow_where_the_definition_has_none(at, order):  # INV-5
    flow, x = bidiagonal(48, order, 2.0**-4)
    net = ir.AutoregressiveNetwork(flow.degrees, [], tuple(map(at.array, flow.network.output)))
    flow, x = ir.AffineAutoregressive(net, flow.scale), at.array(x)
    assert flow.degrees.loops.blocks == 2
    assert at.same(looped(PLAIN, flow, flow.forward(x)[0], None)[0], x)


def test_nothing_is_divided_by_a_scale_before_its_turn(at):  # INV-5
    # sigma_1 = sigmoid(1e4 (x_0 - 1)) is 1/2 at x_0 = 1, and 0 as long as x_0 is not known
    W, c = np.zeros((2, 2, 2)), [[0.0, 0.0], [0.0, -1e4]]
    W[1, 1, 0] = 1e4
    net = ir.AutoregressiveNetwork(ir.made_degrees(2, ()), [], (at.array(W), at.array(c)))
    flow = ir.AffineAutoregressive(net, ir.Gated(0.0))
    x, _ = looped(PLAIN, flow, at.array([0.5, 3.0]), None)
    assert at.same(x, at.array([1.0, 6.0]))


# -- the plan --


def spread(degrees):
    """Times of the variables, then those of the units of each layer."""
    inputs, *hidden = times(degrees)
    return [inputs[degrees.context_dim :], *hidden]


def in_blocks(plan, stage):
    """Units of each block, those that are none as well."""
    return [stage.units[b * stage.n : (b + 1) * stage.n] for b in range(plan.blocks)]


@exhaustive
@every_plan
def test_blocks_of_one_shape_have_each_unit_once(degrees, size):
    plan, stages = planned(degrees, size), spread(degrees)
    for stage, own in zip(plan.stages, stages, strict=True):
        none, found = len(own), in_blocks(plan, stage)
        assert len(stage.units) == plan.blocks * stage.n
        assert sorted(u for u in stage.units if u != none) == list(range(none))
        assert all(sorted(block, key=lambda u: u == none) == [*block] for block in found)
        assert any(none not in block for block in found)  # no wider than need be
    assert [plan.stages[0].units[place] for place in plan.places] == list(range(degrees.dim))


@exhaustive
@every_plan
def test_blocks_follow_one_another_in_time(degrees, size):
    plan, stages = planned(degrees, size), spread(degrees)
    spans = [[] for _ in range(plan.blocks)]
    for stage, own in zip(plan.stages, stages, strict=True):
        for span, block in zip(spans, in_blocks(plan, stage), strict=True):
            span += [own[u] for u in block if u != len(own)]
    for one, other in pairwise(spans):
        assert max(one) < min(other)
    parts = -(-max(map(len, stages)) // size)
    assert plan.blocks <= parts
    together = sorted(max(t, 1) for span in spans for t in span)  # times 0 and 1 are not cut
    most = max(together.count(t) for t in set(together))
    assert max(map(len, spans)) <= len(together) / parts + 2 * most


@exhaustive
@every_plan
def test_each_variable_has_its_turn_once_in_the_order_of_degrees(degrees, size):
    plan, walk = planned(degrees, size), []
    longest = 0
    for turns, block in zip(plan.turns, in_blocks(plan, plan.stages[0]), strict=True):
        found = [[i for i, turn in zip(block, row, strict=True) if turn] for row in turns]
        assert any(found)  # else it would be a block for nothing
        assert {len(row) for row in turns} == {plan.stages[0].n}
        longest = max(longest, sum(map(bool, found)))
        walk += [tuple(sorted(group)) for group in found if group]
    assert tuple(walk) == degrees.groups
    assert {len(turns) for turns in plan.turns} == {longest}  # no more steps than need be


def test_equal_degrees_have_equal_plans_made_once():
    one, two = (ir.made_degrees(dim=3, hidden=(4,), order=[2, 0, 1]) for _ in range(2))
    assert one.loops == two.loops
    assert one.loops is one.loops


UNEVEN = [[*range(100)], *([k] for k in range(100, 140))]
"""41 degrees, most variables of the first one: blocks of one shape are mostly padding."""


@pytest.mark.parametrize(
    ("dim", "order", "worth"), [(15, None, False), (16, None, True), (140, UNEVEN, True)]
)
def test_many_degrees_are_worth_a_loop_however_uneven(dim, order, worth):
    assert worth_a_loop(ir.made_degrees(dim, (dim,), order=order)) is worth


# -- loops --


def test_a_fold_hands_the_state_on_and_stacks_what_is_put_out(at):
    rows = at.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), at.array([10.0, 20.0, 30.0])
    state, found = fold(
        lambda state, row: (state + row[0], (state * row[1], row[0])), at.array([0.0, 0.0]), rows
    )
    assert at.same(state, at.array([9.0, 12.0]))
    assert at.same(found[0], at.array([[0.0, 0.0], [20.0, 40.0], [120.0, 180.0]]))
    assert at.same(found[1], rows[0])
    assert fold(lambda state, row: (row[1], ()), None, rows)[1] == ()


def test_plain_python_is_the_loop_of_no_library():
    assert (PLAIN.fold, PLAIN.again, PLAIN.call) == (fold, same, call)
    assert same(fold) is fold
    assert call(lambda *given: given, PLAIN, (1, "two"), (3.0,)) == (PLAIN, 1, "two", 3.0)
    assert loop_of(np) is loop_of(object()) is None


def test_a_library_is_given_what_is_worth_it_in_its_own_loop(host, monkeypatch):
    lengths = []

    def counted(step, state, rows):
        lengths.append(rows[0].shape[0])
        return fold(step, state, rows)

    own = Loop(counted, same, call)
    monkeypatch.setitem(LOOPS, array_namespace(host.draw(1)).__name__, own)
    assert loop_of(array_namespace(host.draw(1))) is own
    for dim, found in ((15, []), (33, [2, 17, 17])):
        flow, y, _ = subject(host, {"dim": dim, "hidden": (dim,)}, 2)
        x, log_det = flow.inverse(y, method="blocked")
        assert lengths == found
        assert_inverse(flow, y, x, log_det)
    assert flow.inverse(y[:0], method="blocked")[0].shape == (0, dim)
    assert lengths == found  # no event, no loop
