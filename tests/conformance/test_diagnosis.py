"""Why a run fails: the finest coarser profile, the library's switch, and no accusation else."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from iaf_ref_backends import profiles
from iaf_ref_backends.numpy_ import BACKEND
from iaf_ref_conformance import corpus
from iaf_ref_conformance.checks.compare import coarsest
from iaf_ref_conformance.diagnosis import coarser, diagnose
from iaf_ref_conformance.diagnosis_precision import effective, ladder
from iaf_ref_conformance.diagnosis_switch import library, switch
from iaf_ref_conformance.explanation import MOST
from iaf_ref_conformance.mutants import MUTANTS
from iaf_ref_conformance.run import Run, run
from iaf_ref_conformance.subjects import rounded
from iaf_ref_conformance.subjects.reference import Reference

CASES = corpus.load()


def run_of(subject: Any, glob: str = "net-*", dtype: str = "float32") -> Run:
    cases = CASES.select([glob])
    profile = profiles.load(subject.profile[dtype])
    return run(subject, cases.cases(dtype), dtype, profile, len(cases))


class Named:
    """TF32 under the name of a library."""

    dtypes, profile = ("float32",), {"float32": "ieee-f32"}

    def __init__(self, name: str, environment: dict[str, str] | None = None) -> None:
        self.name = name
        self.environment = environment or {}

    def __getattr__(self, method: str) -> Any:
        return getattr(rounded.tf32, method)


@pytest.mark.parametrize(
    ("subject", "remedy"),
    [
        (Named("torch"), "set torch.backends.cuda.matmul.fp32_precision='ieee'"),
        (Named("torch:cuda:0"), "set torch.backends.cuda.matmul.fp32_precision='ieee'"),
        (Named("mine", {"torch": "2.13"}), "set torch.backends.cuda.matmul.fp32_precision='ieee'"),
        (Named("jax"), "set jax.config.update('jax_default_matmul_precision', 'highest')"),
        (Named("cupy:0"), "set CUPY_TF32=0 in the environment"),
        (Named("mine"), "look for the switch of float32 products"),
    ],
)
def test_the_switch_of_the_library_is_named(subject: Named, remedy: str) -> None:
    found = diagnose(run_of(subject), CASES.case)
    assert found is not None
    assert found.sentence.startswith(f"fails ieee-f32, conforms to tf32: TF32 is on; {remedy}")


class Off(Reference):
    """The reference, with a wrong scale."""

    def forward(self, case: Any, x: Any, context: Any, **method: Any) -> Any:
        y, log_det = super().forward(case, x, context, **method)
        return y * np.float32(1.5), log_det


class Somewhere(Reference):
    """The reference, in TF32 for one activation only."""

    def forward(self, case: Any, x: Any, context: Any, **method: Any) -> Any:
        asked = rounded.tf32 if "net-elu" in case.id else super()
        return asked.forward(case, x, context, **method)


class Shapeless(Reference):
    """One case has a log-det of another shape; the other cases are in TF32, or right."""

    def __init__(self, others: Any) -> None:
        super().__init__(BACKEND)
        self.others = others

    def forward(self, case: Any, x: Any, context: Any, **method: Any) -> Any:
        y, log_det = self.others.forward(case, x, context, **method)
        return y, log_det[..., None] if "net-elu" in case.id else log_det


class Hasty(np.ndarray[Any, np.dtype[Any]]):
    """NumPy, with an exp that is 20 ulps too great: within the bounds of float16, far from them."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        plain = [x.view(np.ndarray) if isinstance(x, Hasty) else x for x in inputs]
        found = getattr(ufunc, method)(*plain, **options)
        if ufunc is np.exp:
            found = found * found.dtype.type(1 + 20 * 2.0**-23)
        return found.view(Hasty) if isinstance(found, np.ndarray) else found


def test_a_function_of_some_ulps_too_many_accuses_no_switch() -> None:
    backend = rounded.RoundedBackend("hasty", Hasty)  # type: ignore[arg-type]
    found = diagnose(run_of(Reference(backend)), CASES.case)
    assert found is not None
    assert "that names no cause, as the errors are nearer to the bounds of ieee-f32" in (
        found.sentence
    )
    assert "float16" not in found.sentence


def test_a_mistake_is_no_profile() -> None:
    found = diagnose(run_of(Off(BACKEND)), CASES.case)
    assert found is not None
    assert (found.profile, found.sentence) == (
        None,
        "fails ieee-f32, and no coarser profile explains it",
    )


def mutated(name: str, glob: str, dtype: str) -> Run:
    """The run of a mutant, held to IEEE arithmetic."""
    subject = MUTANTS[name].make()
    subject.name, subject.profile = "mine", dict(Reference(BACKEND).profile)
    return run_of(subject, glob, dtype)


def unrecognised(made: Run) -> Run:
    """The same run, had nobody made such a mistake before."""
    plain = (replace(r, outcome=replace(r.outcome, mistake="")) for r in made.results)
    return replace(made, results=tuple(plain))


def test_a_failure_without_a_bound_at_a_profile_does_not_speak_for_it() -> None:
    made = mutated("clip-by-difference", "step-clip-*", "float32")
    ids = [r.id for r in made.results if r.outcome.status == "failed"]
    assert ids
    assert not [name for k in ids for name, _ in CASES.case(k, "float32").bounds if name == "f16"]
    found = diagnose(unrecognised(made), CASES.case)
    assert found is not None
    assert found.profile is None
    assert found.sentence == "fails ieee-f32, and no coarser profile explains it"


def test_a_known_mistake_accuses_no_switch() -> None:
    made = mutated("gelu-by-tanh", "net-*", "float64")
    assert list(made.mistakes) == ["gelu by its tanh approximation, in place of erf (NET-2)"]
    found = diagnose(made, CASES.case)
    assert found is not None
    assert (found.profile, found.sentence) == (None, "fails ieee-f64, not by rounding")
    # the same numbers would fit TF32, were the mistake not known
    other = diagnose(unrecognised(made), CASES.case)
    assert other is not None
    assert other.profile == "tf32"


def test_a_mistake_that_most_failures_look_like_speaks_for_those_that_were_not_looked_at() -> None:
    made = run_of(rounded.tf32)
    first = next(k for k, r in enumerate(made.results) if r.outcome.status == "failed")
    assert made.count("failed") > 1
    results = list(made.results)
    many = [replace(results[first], id=f"case-{k}") for k in range(MOST)]
    many = [replace(r, outcome=replace(r.outcome, mistake="two signs (NET-2)")) for r in many]
    found = diagnose(replace(made, results=(*many, *results)), CASES.case)
    assert found is not None
    assert found.profile is None
    # where one of those does not look like it, the others are heard too
    own = replace(many[0], id=results[first].id, outcome=results[first].outcome)
    found = diagnose(replace(made, results=(own, *many[1:], *results)), CASES.case)
    assert found is not None
    assert found.profile == "tf32"


def test_a_known_mistake_of_a_function_accuses_no_switch_though_digits_are_all_it_costs() -> None:
    made = mutated("softplus-with-threshold", "step-softplus-*", "float64")
    assert all("(NUM-3, STEP-3)" in mistake for mistake in made.mistakes)
    found = diagnose(made, CASES.case)
    assert found is not None
    assert found.profile is None
    other = diagnose(unrecognised(made), CASES.case)
    assert other is not None
    assert other.profile == "ieee-f32"


@pytest.mark.parametrize(
    ("name", "dtype", "profile"),
    [("products-in-tf32", "float32", "tf32"), ("computed-in-float32", "float64", "ieee-f32")],
)
def test_a_known_mistake_of_precision_is_named_with_its_profile(
    name: str, dtype: str, profile: str
) -> None:
    made = mutated(name, "net-*", dtype)
    assert made.mistakes
    assert all("NUM-3" in mistake for mistake in made.mistakes)
    found = diagnose(made, CASES.case)
    assert found is not None
    assert found.profile == profile


def test_a_small_mistake_in_a_few_cases_accuses_no_switch() -> None:
    found = diagnose(run_of(Somewhere(BACKEND)), CASES.case)
    assert found is not None
    assert "maybe TF32 is on, though only 1 of 27 numeric cases failed" in found.sentence


def test_what_no_profile_excuses_is_not_excused() -> None:
    found = diagnose(run_of(Shapeless(rounded.tf32)), CASES.case)
    assert found is not None
    assert found.profile == "tf32"
    words = "fails ieee-f32; 1 cases fail under any profile, the others conform to tf32: TF32 is on"
    assert found.sentence.startswith(words)
    # nothing but a shape: no arithmetic is to blame
    alone = diagnose(run_of(Shapeless(Reference(BACKEND))), CASES.case)
    assert alone is not None
    assert (alone.profile, alone.sentence) == (None, "fails ieee-f32, not by rounding")


def test_profiles_are_tried_the_finest_first_and_those_of_the_dtype_before_others() -> None:
    units = [coarsest(profile) for profile in ladder()]
    assert units == sorted(units)
    assert {profile.name for profile in ladder()} == set(profiles.names())
    names = [profile.name for profile in coarser(profiles.load("ieee-f32"))]
    assert names == ["tf32", "bf16-in-f32-acc", "f16", "bf16"]
    assert coarser(ladder()[-1]) == []


def test_every_profile_that_can_be_named_has_its_words() -> None:
    for profile in ladder()[1:]:
        for name in ("torch", "jax", "cupy", "nobody's"):
            assert all(switch(profile.name, name))
    known = Run("mine", "cpu", "float32", "ieee-f32", {"numpy": "2"}, 0, ())
    assert library(known) == ""


def test_effective_precision_is_read_off_the_finest_profile_that_holds_all() -> None:
    assert effective([{"ieee-f32": 0.5, "tf32": 0.1}, {"ieee-f32": 0.25}]) == 2.0**-25
    assert effective([{"ieee-f32": 8.0, "tf32": 0.5}]) == 2.0**-12
    assert effective([{"ieee-f32": 8.0, "tf32": 1.5}]) is None
    assert effective([]) is None
