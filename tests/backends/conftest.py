"""What tests of backends share: a handful of cases, and runs on them."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from iaf_ref_backends import profiles
from iaf_ref_conformance import corpus
from iaf_ref_conformance.run import Run, judge, run


@pytest.fixture(scope="session")
def handful() -> Callable[..., list[Any]]:
    """The smallest case of each check."""
    cases = corpus.load()

    def choose(dtype: str, checks: tuple[str, ...] = ()) -> list[Any]:
        found: dict[str, Any] = {}
        for case in sorted(cases.cases(dtype), key=size):
            if size(case) and (not checks or case.check in checks):
                found.setdefault(case.check, case)
        return list(found.values())

    return choose


def size(case: Any) -> int:
    """Number of weights: a permutation has none, and would show nothing."""
    return sum(tensor.size for tensor in case.tensors.values())


def asked_of(subject: Any, cases: list[Any]) -> list[Any]:
    """Leave out cases on derivatives for a subject that has none, and need not have any."""
    return [case for case in cases if case.check != "gradient" or hasattr(subject, "gradient")]


@pytest.fixture
def reasons(handful: Any) -> Callable[..., list[str]]:
    """Why these cases fail, and nothing else done to the subject: no environment is asked for."""

    def put(subject: Any, dtype: str, checks: tuple[str, ...] = ()) -> list[str]:
        profile = profiles.load(subject.profile[dtype])
        return [
            outcome.reason
            for case in asked_of(subject, handful(dtype, checks))
            if (outcome := judge(case, subject, profile)).reason
        ]

    return put


@pytest.fixture
def judged(handful: Any) -> Callable[..., Run]:
    """A run of a subject on these cases."""

    def put(subject: Any, dtype: str, checks: tuple[str, ...] = ()) -> Run:
        cases = asked_of(subject, handful(dtype, checks))
        profile = profiles.load(subject.profile[dtype])
        return run(subject, cases, dtype, profile, len(cases))

    return put


@pytest.fixture(scope="session")
def example() -> Callable[[str], dict[str, Any]]:
    """Run the example of backends/README.md that begins with a line; what it leaves behind."""
    text = (Path(__file__).parents[2] / "backends" / "README.md").read_text(encoding="utf-8")

    def play(first: str) -> dict[str, Any]:
        blocks = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
        (block,) = [block for block in blocks if block.startswith(f"{first}\n")]
        names: dict[str, Any] = {}
        exec(compile(block, "backends/README.md", "exec"), names)  # noqa: S102 - our own text
        return names

    return play
