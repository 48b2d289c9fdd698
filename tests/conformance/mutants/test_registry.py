"""The mutants as a collection: enough of them, bound to clauses, with sources."""

import ast
import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from iaf_ref.clauses import CLAUSES
from iaf_ref_conformance import mutants
from iaf_ref_conformance.cases import DTYPES, Case
from iaf_ref_conformance.mutants import FAMILIES, MUTANTS, VARIANTS, plain
from iaf_ref_conformance.mutants.hunt import cases_in
from iaf_ref_conformance.mutants.kinds import NUMERIC, Mutant, Variant, changed
from iaf_ref_conformance.mutants.plain import Plain
from iaf_ref_conformance.mutants.registry import Registry, sentence, slug

SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
SAMPLE = (
    "det-sum-d5",
    "det-inverse-gated",
    "dens-forum",
    "chain-2-d3",
    "net-context-d5-c1",
    "grad-chain",
)


def test_there_are_enough() -> None:
    assert len(MUTANTS) >= 60
    assert len(VARIANTS) >= 20
    assert next(iter(VARIANTS)) == "plain-numpy"


@pytest.mark.parametrize("clause", CLAUSES)
def test_every_clause_has_a_mutant_that_stands_for_it(clause: str) -> None:
    assert [m.id for m in MUTANTS.values() if m.clauses[0] == clause]


@pytest.mark.parametrize("name", ["soft-clip-by-one-division", "softplus-by-logaddexp"])
def test_a_formula_of_a_variant_rounds_otherwise(name: str) -> None:
    raw = np.linspace(-9.0, 9.0, 101)
    made, usual = VARIANTS[name].make(), Plain()
    by = {"soft-clip": ("bent", (1e-3,)), "softplus": ("floored_softplus", (0.5, 1e-3))}
    method, arguments = by[name.partition("-by-")[0]]
    one, other = (getattr(each, method)(raw, *arguments) for each in (made, usual))
    assert (one != other).any()  # that it is right all the same, every case says (test_hunt)


def test_every_registered_class_belongs_to_a_family() -> None:
    registered = {m.id for m in mutants.REGISTRY.mutants.values()}
    assert registered == set(MUTANTS)
    homes = {m.kind.__module__ for m in MUTANTS.values()}
    assert homes == {family.__name__ for family in FAMILIES}


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=MUTANTS)
def test_a_mutant_says_what_it_is(mutant: Mutant) -> None:
    assert SLUG.fullmatch(mutant.id)
    assert mutant.id not in VARIANTS
    assert mutant.clauses
    assert set(mutant.clauses) <= set(CLAUSES)
    assert len(set(mutant.clauses)) == len(mutant.clauses)
    for said in (mutant.mistake, mutant.source):
        assert said == " ".join(said.split())
        assert 10 <= len(said) <= 100
        assert said[-1] not in ".,;: "
    assert set(mutant.dtypes) <= set(DTYPES)
    assert bool(mutant.unseen) == (set(mutant.dtypes) != set(DTYPES))
    assert mutant.methods
    assert mutant.make().name == mutant.id
    assert pickle.loads(pickle.dumps(mutant)) == mutant  # noqa: S301 - our own


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_a_variant_says_what_it_does(variant: Variant) -> None:
    assert SLUG.fullmatch(variant.id)
    assert 10 <= len(variant.what) <= 100
    assert variant.what[-1] not in ".,;: "
    assert variant.make().name == variant.id
    assert changed(variant.kind) or variant.id == "plain-numpy"


def answers(subject: Any, case: Case) -> dict[str, bytes]:
    """Bits of what a subject answers, and the type of what it raises."""
    point = "x" if case.input("y") is None else "y"
    found = {}
    for method in ("masks", *NUMERIC):
        given = () if method == "masks" else (case.input(point), case.input("context"))
        try:
            with np.errstate(all="ignore"):
                answer = getattr(subject, method)(case, *given)
        except (NotImplementedError, ValueError, np.exceptions.AxisError) as error:
            found[method] = type(error).__name__.encode()
            continue
        parts = answer if isinstance(answer, tuple) else (answer,)
        if isinstance(answer, dict):
            parts = tuple(answer[name] for name in sorted(answer))
        found[method] = b"".join(np.ascontiguousarray(part).tobytes() for part in parts)
    return found


def test_a_mutant_changes_no_other_methods_than_it_says() -> None:
    cases = [c for c in cases_in("float64") if c.id.rpartition("-")[0] in SAMPLE]
    assert len(cases) == len(SAMPLE)
    for case in cases:
        correct = answers(Plain(), case)
        for mutant in MUTANTS.values():
            wrong = answers(mutant.make(), case)
            others = set(correct) - set(mutant.methods)
            assert {m: wrong[m] for m in others} == {m: correct[m] for m in others}, mutant.id


def test_the_plain_implementation_owes_nothing_to_the_specification() -> None:
    for path in Path(plain.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not any(name.split(".")[0] == "iaf_ref" for name in names), path.name


def test_a_class_names_and_describes_itself() -> None:
    class NanKept(Plain):
        """NaN is kept."""

    class SumOverX(Plain):
        """X is summed."""

    assert slug(NanKept) == "nan-kept"
    assert sentence(NanKept) == "NaN is kept"
    assert sentence(SumOverX) == "x is summed"


def test_an_id_is_given_once() -> None:
    registry = Registry()

    class Twice(Plain):
        """Registered twice."""

    registry.mutant("NET-1", source="nobody")(Twice)
    with pytest.raises(ValueError, match=r"id: expected one that is free, got 'twice'"):
        registry.variant(Twice)


def test_overrides_tell_what_they_may_change() -> None:
    class Outer(Plain):
        def log_prob(self, case: Case, y: Any, context: Any) -> Any:
            return super().log_prob(case, y, context)

    class Inner(Outer):
        def summed(self, terms: Any) -> Any:
            return self.helper(terms)

        def helper(self, terms: Any) -> Any:
            return terms

        def no_log_det(self, x: Any) -> Any:
            return x

    class Checked(Plain):
        def check_dtype(self, case: Case, *inputs: Any) -> None:
            pass

    class Handed(Plain):
        def handed_down(self, by_x: Any, through: Any) -> Any:
            return by_x

    class Masked(Plain):
        def hidden_mask(self, units: Any, below: Any) -> Any:
            return units

    assert changed(Plain) == ()
    assert changed(Outer) == ("log_prob",)
    assert changed(Inner) == ("forward", "inverse", "log_prob", "gradient")
    assert changed(Handed) == ("gradient",)
    assert changed(Checked) == NUMERIC
    assert changed(Masked) == ("masks", *NUMERIC)
