"""How a name becomes a subject, and what the reference on a backend sees to."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from iaf_ref_backends.numpy_ import BACKEND
from iaf_ref_conformance import corpus
from iaf_ref_conformance.subjects.find import (
    MissingSubjectError,
    UnknownSubjectError,
    backends,
    find,
)
from iaf_ref_conformance.subjects.reference import Reference

MODULE = """
class Fine:
    name, dtypes, profile = "fine", ("float64",), {"float64": "ieee-f64"}

def make():
    return Fine()

fine = Fine()
number = 7

class Raises(Fine):
    def __init__(self):
        raise RuntimeError("no such device")

class Half(Fine):
    dtypes = ("float16",)

class Unprofiled(Fine):
    profile = {}

class Named(Fine):
    name = None

class Surrogate(Fine):
    name = "a\\ud800"

class NoTypes(Fine):
    dtypes = None

class NoProfile(Fine):
    profile = None

class Worded(Fine):
    inverse_methods = "sequential"

class Counted(Fine):
    inverse_methods = 3

class Lost(Fine):
    @property
    def device(self):
        raise SystemExit("the device is gone")
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "strangers_subjects.py").write_text(MODULE)
    (tmp_path / "lacks_a_library.py").write_text("import surely_not_installed")
    (tmp_path / "is_broken.py").write_text("1 / 0")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield "strangers_subjects"
    for name in ("strangers_subjects", "lacks_a_library", "is_broken"):
        sys.modules.pop(name, None)


def test_numpy_is_found_through_its_entry_point() -> None:
    assert "numpy" in backends()
    subject = find("numpy")
    assert (subject.name, tuple(subject.dtypes)) == ("numpy", ("float32", "float64"))
    assert subject.profile == {"float32": "ieee-f32", "float64": "ieee-f64"}


@pytest.mark.parametrize("path", ["Fine", "make", "fine"])
def test_a_class_a_function_or_an_object_is_a_subject(module: str, path: str) -> None:
    assert find(f"{module}:{path}").name == "fine"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nosuch", "expected a backend (.*numpy.*), a library (.*pyro.*) or module:object, got"),
        ("tracked", "expected a backend that computes with floats, got 'tracked'"),
        (":thing", "expected module:object, got ':thing'"),
        ("nosuch_module:thing", "expected a module that can be imported, got 'nosuch_module'"),
        ("strangers_subjects:nosuch", "expected an object of strangers_subjects, got 'nosuch'"),
        ("strangers_subjects:number", "expected a subject with name, got one without"),
        ("strangers_subjects:Half", "expected dtypes among float32, float64, got float16"),
        ("strangers_subjects:Named", "expected a name of characters to print, got None"),
        ("strangers_subjects:Surrogate", "expected a name of characters to print, got 'a"),
        ("strangers_subjects:NoTypes", "expected dtypes, a tuple of names, got None"),
        ("strangers_subjects:NoProfile", "expected profile, a mapping of dtype to profile, got N"),
        ("strangers_subjects:Worded", "inverse_methods, a tuple of names, got 'sequential'"),
        ("strangers_subjects:Counted", "inverse_methods, a tuple of names, got 3"),
        ("strangers_subjects:Lost", "expected device to be read, got SystemExit: the device is go"),
        ("numpy:", "subject: expected BACKEND or BACKEND:DEVICE, got 'numpy:'"),
        ("numpy:cuda:0", "subject: numpy:cuda:0: device: expected one of cpu, got 'cuda:0'"),
        (
            "strangers_subjects:Unprofiled",
            "expected a profile for each dtype, got none for float64",
        ),
    ],
)
def test_what_is_no_subject_is_unknown(module: str, name: str, words: str) -> None:
    with pytest.raises(UnknownSubjectError, match=words.replace("(", r"\(").replace(")", r"\)")):
        find(name)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("strangers_subjects:Raises", "got RuntimeError: no such device"),
        (
            "lacks_a_library:thing",
            "got ModuleNotFoundError: No module named 'surely_not_installed'",
        ),
        ("is_broken:thing", "got ZeroDivisionError: division by zero"),
    ],
)
def test_what_fails_to_load_is_missing(module: str, name: str, words: str) -> None:
    with pytest.raises(MissingSubjectError, match=words):
        find(name)


def test_the_backend_brings_arrays_over_and_back() -> None:
    given = np.arange(3, dtype=np.float32)
    placed = BACKEND.place(given, "cpu")
    assert placed is not given
    assert BACKEND.fetch(placed).dtype == np.float32
    assert BACKEND.fetch(np.float64(2.0)).shape == ()
    assert BACKEND.namespace is np
    environment = BACKEND.environment()
    assert environment["numpy"] == np.__version__
    assert environment["blas"]
    assert all(isinstance(value, str) for value in environment.values())


def test_an_unknown_device_is_refused() -> None:
    with pytest.raises(ValueError, match="device: expected one of cpu, got 'cuda:9'"):
        Reference(BACKEND, "cuda:9")


def forward_case() -> Any:
    cases = corpus.load().cases("float32")
    return next(c for c in cases if c.check == "forward" and c.input("context") is None)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda a: a.astype(np.float64), "expected dtype float32, as the input, got float64"),
        (lambda a: SimpleNamespace(__array_namespace__=lambda api_version=None: sys), "library"),
    ],
)
def test_a_result_of_another_kind_is_refused(
    monkeypatch: pytest.MonkeyPatch, change: Any, words: str
) -> None:
    case, subject = forward_case(), Reference(BACKEND)
    flow = subject._flow(case)
    wrong = SimpleNamespace(forward=lambda x, context: (change(x), x))
    monkeypatch.setattr(subject, "_flow", lambda case: wrong)
    with pytest.raises(TypeError, match=words):
        subject.forward(case, case.input("x"), None)
    assert flow is not wrong


def test_what_the_reference_cannot_do_it_says() -> None:
    subject = Reference(BACKEND)
    chain = SimpleNamespace(flow=SimpleNamespace(), check="masks", dtype="float64")
    with pytest.raises(NotImplementedError, match="has no masks of its own"):
        subject.masks(chain)  # type: ignore[arg-type]
    with pytest.raises(NotImplementedError, match="no base distribution"):
        subject.log_prob(forward_case(), forward_case().input("x"), None)
