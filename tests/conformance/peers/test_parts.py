"""Cases taken apart, and the layouts of weights: there and back."""

import numpy as np
import pytest

import iaf_ref as ir
from iaf_ref_conformance import corpus
from iaf_ref_conformance.subjects.peers import layouts
from iaf_ref_conformance.subjects.peers.parts import Step, Swap, parts, single

CASES = corpus.load()


def case(glob: str) -> object:
    return next(iter(CASES.select([glob]).cases("float64")))


def test_a_chain_run_backwards_is_its_parts_backwards() -> None:
    forwards, backwards = parts(case("chain-2-d3-*")), parts(case("chain-inverse-of-chain-*"))
    assert [type(part) for part in forwards] == [Step, Swap, Step]
    assert [type(part) for part in backwards] == [Step, Swap, Step]
    assert [part.backwards for part in forwards] == [False] * 3
    assert [part.backwards for part in backwards] == [True] * 3


def test_the_parts_do_what_the_case_does() -> None:
    for name in ("chain-3-d5-*", "chain-inverse-of-chain-*", "chain-maf-d5-*"):
        given = case(name)
        x = np.linspace(-1.0, 1.0, 2 * given.flow.dim).reshape(2, -1)
        value, log_det = x, np.zeros(2)
        for part in parts(given):
            if isinstance(part, Swap):
                flow = ir.Permutation(part.order)
            else:
                flow = ir.AffineAutoregressive(part.network, part.scale)
            value, more = (flow.inverse if part.backwards else flow.forward)(value)
            log_det = log_det + more
        expected = given.flow.forward(x)
        assert np.array_equal(value, expected[0])
        np.testing.assert_array_max_ulp(log_det, expected[1], 8)  # added in another order


def test_weights_are_as_stored() -> None:
    step = single(case("net-tanh-*"))
    assert (step.weights.output[0][:, ~step.network.masks.output] == 3.0).all()
    assert not step.network.output[0][:, ~step.network.masks.output].any()


def test_rules_are_recognized() -> None:
    assert single(case("masks-order-d5-*")).follows("even")
    assert single(case("masks-cyclic-d5-*")).follows("cyclic")
    assert not single(case("masks-cyclic-d5-*")).follows("even")
    assert not single(case("masks-ties-d5-*")).ordered
    assert not single(case("masks-graph-diamond-*")).follows("even")


def test_a_chain_has_no_masks() -> None:
    with pytest.raises(NotImplementedError, match="a Chain has no masks or scales of its own"):
        single(case("chain-2-d3-*"))


@pytest.mark.parametrize("first", [layouts.SHIFT_SCALE, layouts.SCALE_SHIFT])
def test_layouts_there_and_back(first: tuple[int, int]) -> None:
    weight = np.arange(24.0).reshape(2, 3, 4)
    assert np.array_equal(layouts.from_blocked(layouts.to_blocked(weight)), weight)
    rows = layouts.to_interleaved(weight, first)
    assert np.array_equal(layouts.from_interleaved(rows, first), weight)
    assert np.array_equal(rows[0], weight[first[0], 0])
    assert np.array_equal(rows[1], weight[first[1], 0])
    assert np.array_equal(layouts.to_blocked(weight)[3], weight[1, 0])


def test_context_there_and_back() -> None:
    weight = np.arange(10).reshape(2, 5)  # two context variables, three others
    turned = layouts.context_last(weight, 2)
    assert turned[0].tolist() == [2, 3, 4, 0, 1]
    assert np.array_equal(layouts.context_first(turned, 2), weight)
