"""``iaf-ref backends``: every backend, and of each that is missing why and what helps."""

import json
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from iaf_ref_conformance.cli import main
from iaf_ref_conformance.offers import offer
from iaf_ref_conformance.subjects.entries import GROUP

MODULES = {
    "plug_fine": "from iaf_ref_backends.numpy_ import BACKEND",
    "plug_raises": "raise RuntimeError('driver\\nlost')",
    "plug_exits": "raise SystemExit(7)",
    "plug_panics": "class Panic(BaseException): pass\nraise Panic('in Rust')",
    "plug_hangs": "import threading; threading.Event().wait()",
    "plug_prints": "print('hello'); from iaf_ref_backends.numpy_ import BACKEND",
    "plug_namespace": """
class BACKEND:
    namespace = property(lambda self: 1 / 0)
BACKEND = BACKEND()
""",
    "plug_numbers": """
from iaf_ref_backends.numpy_ import NumPyBackend
class Backend(NumPyBackend):
    def devices(self): return (0, 1)
BACKEND = Backend()
""",
    "plug_markup": """
from iaf_ref_backends.numpy_ import NumPyBackend
class Backend(NumPyBackend):
    version, other_dtypes = "1[/b]", ("f8[e4m3]",)
    def devices(self): return ("npu[bold]",)
BACKEND = Backend()
""",
    "plug_absent": "import surely_not_installed",
    "plug_imports_badly": "from math import nosuch",
    "plug_deviceless": """
from iaf_ref_backends.numpy_ import NumPyBackend
class Backend(NumPyBackend):
    def devices(self): return ()
BACKEND = Backend()
""",
    "plug_incomplete": """
class BACKEND:
    namespace = place = None
""",
    "plug_fetchless": """
from iaf_ref_backends.numpy_ import NumPyBackend
class Backend(NumPyBackend):
    fetch = property()
BACKEND = Backend()
""",
    "plug_placeless": """
from iaf_ref_backends.numpy_ import NumPyBackend
class Backend(NumPyBackend):
    place = property()
BACKEND = Backend()
""",
    "plug_explains": """
try:
    import surely_not_installed
except ImportError as error:
    raise ImportError("expected its library; install it with care") from error
""",
    "plug_empty": "",
    "plug_half": """
from iaf_ref_backends.numpy_ import NumPyBackend
class Backend(NumPyBackend):
    dtypes = ("float16",)
BACKEND = Backend()
""",
}
ENTRIES = """[iaf_ref.backends]
plug_fine = plug_fine
plug_raises = plug_raises
plug_exits = plug_exits
plug_panics = plug_panics
plug_prints = plug_prints
plug_namespace = plug_namespace
plug_numbers = plug_numbers
plug_markup = plug_markup
plug_absent = plug_absent [lib]
plug_absent_bare = plug_absent
plug_imports_badly = plug_imports_badly
plug_nowhere = plug_nowhere
plug_lacks = plug_fine:nosuch
plug_deviceless = plug_deviceless
plug_incomplete = plug_incomplete
plug_fetchless = plug_fetchless
plug_placeless = plug_placeless
plug_half = plug_half
plug_empty = plug_empty
plug_explains = plug_explains [lib]
"""
LACKS = (
    "expected a backend with name, dtypes, profiles, namespace, devices, place, fetch, "
    "environment, got one without"
)
BROKEN = {
    "plug_raises": "RuntimeError: driver lost",
    "plug_exits": "SystemExit: 7",
    "plug_panics": "Panic: in Rust",
    "plug_namespace": "ZeroDivisionError: ",
    "plug_numbers": "TypeError: devices: expected a tuple of names, got (0, 1)",
    "plug_imports_badly": "ImportError: cannot import name 'nosuch'",
    "plug_nowhere": "ModuleNotFoundError: No module named 'plug_nowhere'",
    "plug_lacks": "AttributeError: ",
    "plug_incomplete": "AttributeError: ",
    "plug_fetchless": f"AttributeError: {LACKS} fetch",
    "plug_placeless": f"AttributeError: {LACKS} place",
    "plug_empty": "plug_empty: expected BACKEND, with a namespace",
}


@pytest.fixture(autouse=True)
def strangers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A distribution of plug-ins, most of them unwell."""
    for name, text in MODULES.items():
        (tmp_path / f"{name}.py").write_text(text)
    info = tmp_path / "strangers-4.5.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: strangers\nVersion: 4.5\n")
    (info / "entry_points.txt").write_text(ENTRIES)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    for name in MODULES:
        sys.modules.pop(name, None)


def call(*arguments: str) -> Result:
    result = CliRunner().invoke(main, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


@pytest.fixture
def offers() -> dict[str, Any]:
    result = call("backends", "--json")
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert document["schema"] == "iaf-ref-backends/1"
    return {offer["name"]: offer for offer in document["backends"]}


def test_ours_are_there(offers: dict[str, Any]) -> None:
    ours = {"numpy", "torch", "cupy", "jax", "dask", "array_api_strict", "numpy_readonly"}
    assert ours | {"ball", "tracked"} <= set(offers)
    numpy = offers["numpy"]
    assert (numpy["status"], numpy["subject"]) == ("available", True)
    assert numpy["devices"] == {"cpu": ["float32", "float64"]}
    assert numpy["profiles"]["float32"] == "ieee-f32"
    assert numpy["other_dtypes"] == ["float16"]
    assert numpy["switches"] == {"switch flush_to_zero": "off"}
    assert offers["array_api_strict"]["devices"]["no_float64"] == ["float32"]
    assert offers["tracked"]["subject"] is False


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_plug_in_is_listed_with_its_error(name: str, offers: dict[str, Any]) -> None:
    offer = offers[name]
    assert offer["status"] == "broken"
    assert offer["reason"].startswith(BROKEN[name])
    assert offer["distribution"] == "strangers 4.5"
    assert offers["plug_fine"]["status"] == "available"


def test_an_absent_library_is_named_with_what_installs_it(offers: dict[str, Any]) -> None:
    offer = offers["plug_absent"]
    assert (offer["status"], offer["install"]) == ("absent", "pip install 'strangers[lib]'")
    assert offer["reason"] == "No module named 'surely_not_installed'"
    assert (offers["plug_absent_bare"]["status"], offers["plug_absent_bare"]["install"]) == (
        "absent",
        "",
    )
    assert offers["plug_explains"]["status"] == "absent"
    assert offers["plug_explains"]["reason"] == "expected its library; install it with care"
    assert offers["plug_deviceless"]["reason"] == "no device at hand"


def test_the_table_says_the_same() -> None:
    result = call("backends")
    assert result.exit_code == 0
    assert (
        "plug_absent is absent: No module named 'surely_not_installed'; "
        "install it by: pip install 'strangers[lib]'\n"
    ) in result.stdout
    assert "plug_raises is broken: RuntimeError: driver lost\n" in result.stdout
    assert "numpy            flush_to_zero = off\n" in result.stdout
    assert "no floats: it proves or bounds" in result.stdout


def test_one_that_hangs_is_left_behind() -> None:
    found = offer(EntryPoint("plug_hangs", "plug_hangs", GROUP), limit=0.05)
    assert (found.status, found.reason) == (
        "broken",
        "TimeoutError: expected an answer within 0.05 s, got none",
    )
    assert call("backends", "--timeout", "0").exit_code == 2


def test_what_a_plug_in_prints_is_not_in_the_list() -> None:
    result = call("backends", "--json")
    assert json.loads(result.stdout)
    assert result.stderr == "hello\n"


def test_names_are_printed_as_they_are() -> None:
    (line,) = [
        line for line in call("backends").stdout.splitlines() if line.startswith("plug_markup ")
    ]
    assert line.split()[2:4] == ["1[/b]", "npu[bold]"]
    assert "(f8[e4m3])" in line


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("plug_panics", "got Panic: in Rust"),
        ("plug_numbers:3", "devices: expected a tuple of names, got (0, 1)"),
        ("plug_absent", "install it by: pip install 'strangers[lib]'"),
        ("plug_absent:cuda", "install it by: pip install 'strangers[lib]'"),
        ("plug_absent_bare", "expected its library, got none (No module named"),
        ("plug_raises", "got RuntimeError: driver lost"),
        ("plug_nowhere", "got ModuleNotFoundError"),
        ("plug_exits", "got SystemExit: 7"),
        ("plug_fetchless", f"AttributeError: {LACKS} fetch"),
        ("plug_placeless:cpu", f"AttributeError: {LACKS} place"),
        ("plug_deviceless", "expected a device on this machine, got none"),
    ],
)
def test_a_missing_backend_is_exit_code_3_and_the_others_go_on(name: str, words: str) -> None:
    result = call("conform", name, "numpy", "--case", "step-exp-extremes-*", "--quiet")
    assert result.exit_code == 3
    assert words in result.stderr
    assert "numpy float64 conforms" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["numpy:cuda"], "numpy:cuda: device: expected one of cpu, got 'cuda'"),
        (["plug_fine:tpu:3"], "expected one of cpu, got 'tpu:3'"),
        (["array_api_strict:nosuch"], "expected one of cpu, device1, device2, no_float64, no_x64"),
        (["numpy", "--dtype", "float8"], "expected one of float32, float64"),
        (["array_api_strict:no_x64", "--dtype", "float64"], "expected one of float32 for"),
        (["plug_half"], "expected dtypes among float32, float64, got float16"),
    ],
)
def test_an_unknown_device_or_dtype_is_exit_code_2(arguments: list[str], words: str) -> None:
    result = call("conform", *arguments)
    assert result.exit_code == 2
    assert words in result.stderr


def test_a_library_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("cupy", "iaf_ref_backends.cupy_", "array_api_compat.cupy"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "iaf_ref_backends.cupy_")
    result = call("conform", "cupy")
    assert result.exit_code == 3
    assert "install it by: pip install 'iaf-ref[cupy]'" in result.stderr
