"""Every message that the suite says is valid, whole, and no longer than the protocol says."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from iaf_ref_conformance import corpus
from iaf_ref_conformance.cases import Case
from iaf_ref_conformance.testee import messages
from iaf_ref_conformance.testee.announced import KINDS, announcement
from iaf_ref_conformance.verify import schema

NAMES = ("start", "announcement", "ask", "answer", "stop")
LONGEST = 2**18  # as in PROTOCOL.md
INPUTS = {
    "masks": (),
    "forward": ("x", "context"),
    "log_scale": ("x", "context"),
    "inverse": ("y", "context"),
    "log_prob": ("y", "context"),
}
ASKED_BY = {"connectivity": "masks", "inverse_explicit": "inverse", "integral": "log_prob"}
FLOW = schema("flow")["$defs"]


def question(case: Case) -> dict[str, Any]:
    """The first question that a case asks."""
    asked = ASKED_BY.get(case.check, case.check)
    asked = asked if asked in INPUTS else "forward"
    return messages.ask(1, case, asked, {name: case.input(name) for name in INPUTS[asked]})


def abbreviated(message: Any) -> Any:
    """The message with two numbers of each array: how each is written, test_wire.py has seen."""
    if isinstance(message, dict):
        return {
            key: value[:2] if key == "data" else abbreviated(value)
            for key, value in message.items()
        }
    return [abbreviated(part) for part in message] if isinstance(message, list) else message


@pytest.mark.parametrize("name", NAMES)
def test_the_schemas_are_schemas(name: str) -> None:
    Draft202012Validator.check_schema(schema(f"testee-{name}"))


def test_start_and_stop_are_valid() -> None:
    Draft202012Validator(schema("testee-start")).validate(messages.start())
    Draft202012Validator(schema("testee-stop")).validate(messages.stop())


def test_every_question_is_valid_and_holds_the_case_exactly() -> None:
    validator = Draft202012Validator(schema("testee-ask"))
    for number, stored in enumerate(corpus.load().cases()):
        dtype = ("float32", "float64")[number % 2]
        case = stored.in_dtype(dtype)
        asked = question(case)
        assert len(messages.line(asked)) <= LONGEST
        validator.validate(abbreviated(asked))
        for name, array in asked["weights"].items():
            assert array["dtype"] == dtype
            assert list(map(float.fromhex, array["data"])) == case.tensors[name].ravel().tolist()
        for name, array in asked["inputs"].items():
            assert list(map(float.fromhex, array["data"])) == case.input(name).ravel().tolist()


def test_a_question_on_a_density_names_its_base() -> None:
    whole = corpus.load()
    (name,) = whole.select(["dens-maf-tril-*"]).ids
    asked = question(whole.case(name, "float32"))
    assert asked["base"]["kind"] == "tril"
    assert asked["base"]["arrays"]["scale_tril"]["shape"] == [5, 5]
    assert asked["per_dimension"] is False


def test_real_numbers_of_a_flow_are_hexadecimal_at_any_depth() -> None:
    scale = {"kind": "exp", "min": -5.0, "max": 3.0}
    step = {"kind": "affine", "scale": scale}
    flow = {"kind": "chain", "transforms": [{"kind": "inverse", "transform": step}]}
    written = messages.written_flow(flow)["transforms"][0]["transform"]["scale"]
    assert written == {"kind": "exp", "min": "-0x1.4p+2", "max": "0x1.8p+1"}
    assert scale["min"] == -5.0


def test_the_schemas_name_what_the_cases_name() -> None:
    supports = schema("testee-announcement")["properties"]["supports"]["properties"]
    assert tuple(supports) == KINDS
    names = {kind: supports[kind]["items"]["enum"] for kind in KINDS}
    assert names["activations"] == FLOW["affine"]["properties"]["activation"]["enum"]
    assert names["scales"] == [s["properties"]["kind"]["const"] for s in FLOW["scale"]["oneOf"]]
    assert set(names["flows"]) == {"affine", "permutation", "chain", "inverse"}
    bases = schema("case")["properties"]["base"]["oneOf"][1:]
    assert names["bases"] == [base["properties"]["kind"]["const"] for base in bases]
    asked = schema("testee-ask")["properties"]
    assert tuple(names["questions"]) == tuple(messages.QUESTIONS)
    assert asked["question"]["enum"] == names["questions"]
    values = schema("testee-answer")["properties"]["values"]["properties"]
    assert set(values) == {name for group in messages.QUESTIONS.values() for name in group}


ANNOUNCED = {"version": 1, "name": "x", "device": "cpu", "dtypes": {"float64": "ieee-f64"}}


@pytest.mark.parametrize(
    ("pattern", "asked", "supports", "words"),
    [
        ("net-heads-d2-*", "forward", {}, ""),
        ("net-heads-d2-*", "forward", {"questions": ["inverse"]}, "its questions: forward"),
        ("net-heads-d2-*", "forward", {"flows": ["permutation"]}, "its flows: affine"),
        ("net-heads-d2-*", "forward", {"activations": ["relu"]}, "its activations: tanh"),
        ("net-heads-d2-*", "forward", {"scales": ["gated"]}, "its scales: exp"),
        ("chain-maf-d5-*", "inverse", {"flows": ["inverse"]}, "its flows: affine"),
        ("chain-2-d3-*", "forward", {"flows": ["chain", "affine"]}, "its flows: permutation"),
        ("dens-maf-tril-*", "log_prob", {"bases": ["normal"]}, "its bases: tril"),
        ("dens-maf-tril-*", "inverse", {"bases": ["normal"]}, ""),
        ("masks-skip-d3-*", "masks", {"features": ["context"]}, "its features: skip"),
        ("masks-context-d2-*", "masks", {"features": ["skip"]}, "its features: context"),
        ("net-residual-*", "forward", {"features": []}, "its features: residual"),
        ("masks-graph-*", "masks", {"features": []}, "its features: adjacency"),
    ],
)
def test_what_is_not_announced_is_not_asked(
    pattern: str, asked: str, supports: dict[str, list[str]], words: str
) -> None:
    whole = corpus.load()
    case = whole.case(whole.select([pattern]).ids[0])
    lacks = announcement(ANNOUNCED | {"supports": supports}).lacks(asked, case)
    assert lacks == (words and f"not announced among {words}")
