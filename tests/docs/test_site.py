"""The pieces that the site is made with; `.ci/run` builds the site itself, warnings as errors."""

import ast
import doctest
import importlib
import importlib.util
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

import iaf_ref
from iaf_ref import CLAUSES
from iaf_ref_conformance import corpus
from iaf_ref_conformance.mutants import MUTANTS

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
CONF = """
import sys
sys.path[:0] = [{extensions!r}]
extensions = ["myst_parser", "clause_directive", "clause_links"]
extensions += {more!r}
myst_enable_extensions = ["colon_fence", "dollarmath"]
nitpicky = True
nitpick_ignore_regex = [("py:obj", ".*"), ("ref", ".*"), ("std:ref", ".*")]
"""


@pytest.fixture
def piece(monkeypatch: pytest.MonkeyPatch):
    """Import a module of docs/_ext, which is on the path only while a site is built."""
    monkeypatch.syspath_prepend(str(DOCS / "_ext"))
    pytest.importorskip("sphinx", reason="Sphinx is not installed (extra: docs)")

    def load(name: str) -> ModuleType:
        return importlib.import_module(name)

    return load


@pytest.fixture(scope="module")
def links() -> ModuleType:
    spec = importlib.util.spec_from_file_location("check_links", DOCS / "check_links.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def build(folder: Path, page: str, more: tuple[str, ...] = ()) -> tuple[list[str], str]:
    """Warnings of a site of one page, and the page."""
    pytest.importorskip("sphinx", reason="Sphinx is not installed (extra: docs)")
    source, target = folder / "source", folder / "built"
    source.mkdir()
    (source / "index.md").write_text(f"# Page\n\n{page}\n")
    conf = CONF.format(extensions=str(DOCS / "_ext"), more=list(more))
    (source / "conf.py").write_text(conf)
    command = (sys.executable, "-m", "sphinx", "-N", "-q", "-b", "html", source, target)
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    return done.stderr.splitlines(), (target / "index.html").read_text()


def test_a_site_has_each_clause_once_and_says_so_otherwise(tmp_path):
    fences = "\n".join(f":::{{clause}} {name}\n:::\n" for name in CLAUSES if name != "DET-5")
    twice = ":::{clause} MASK-1\nA body with $x_i$.\n:::\n"
    page = f"{fences}\n{twice}\n:::{{clause}} MASK-99\n:::\n\n{{clause}}`NET-77` and DENS-3.\n"
    warnings, html = build(tmp_path, page)
    told = [line for line in warnings if "clause" in line and "label" not in line]
    assert [line.partition("clause ")[2] for line in told if "directive, got" in line] == [
        "MASK-1: expected one directive, got 2 in index, index [iaf_ref.clause]",
        "DET-5: expected one directive, got 0 [iaf_ref.clause]",
    ]
    for unknown in ("MASK-99", "NET-77"):
        assert any(f"expected an id of iaf_ref.CLAUSES, got '{unknown}'" in line for line in told)
    for name in set(CLAUSES) - {"DET-5"}:
        assert f'id="clause-{name.lower()}"' in html
    assert 'href="#clause-dens-3"' in html  # the mention became a link
    assert html.count("A body with") == 1


def test_a_formula_that_cannot_be_read_is_a_warning(tmp_path):
    warnings, _ = build(tmp_path, "$$\n\\lgo \\sigma\n$$\n\n$\\log \\sigma$\n", ("formulas",))
    (told,) = [line for line in warnings if "formula:" in line]
    assert r"\lgo" in told


@pytest.fixture(scope="module")
def tested() -> dict[str, list[str]]:
    """Case -> the clauses that its file names."""
    return {case.id: case.clauses for case in corpus.load().cases()}


@pytest.mark.parametrize("clause", CLAUSES)
def test_what_stands_behind_a_clause_is_found(piece, tested, clause):
    evidence = piece("clause_evidence")
    cases = [case.id for case in evidence.cases(clause)]
    assert cases == [name for name, named in tested.items() if clause in named]
    mutants = evidence.mutants(clause)
    assert {mutant.id for mutant in mutants} == {
        name for name, each in MUTANTS.items() if clause in each.clauses
    }
    assert mutants[0].clauses[0] == clause
    for place in evidence.functions(clause):
        value = importlib.import_module(place.module)
        for part in place.name.split("."):
            value = getattr(value, part)
        assert clause in value.__doc__


def test_every_public_name_has_an_entry(piece):
    api = piece("module_api")
    pages = "\n".join(path.read_text() for path in (DOCS / "api").glob("*.md"))
    modules = {line.split()[1] for line in pages.splitlines() if line.startswith(":::{module-api}")}
    of_specification = {
        f"iaf_ref.{path.stem}" for path in Path(iaf_ref.__path__[0]).glob("[!_]*.py")
    }
    assert {name for name in modules if name.startswith("iaf_ref.")} == of_specification
    documented = {
        f"{api.home(module, each.name)}.{each.name}"
        for module in of_specification
        for each in api.public(ast.parse(api.source(module).read_text("utf-8")))
    }
    assert {f"iaf_ref.{name}" for name in iaf_ref.__all__} <= documented


PAGES = {
    "index.html": '<a href="there.html#here">1</a> <img src="a.png"> <a href="https://x.org">2</a>',
    "there.html": '<p id="here"><a href="#here">3</a></p>',
    "a.png": "",
    "site.css": "p { background: url(a.png) }",
}


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("there.html", '<p id="here"><a href="no.html">', "there.html: no.html: no such file"),
        ("there.html", "<p>", "index.html: there.html#here: no such anchor"),
        ("there.html", '<p id="here"><a href="../x">', "there.html: ../x: outside of the site"),
        (
            "there.html",
            '<p id="here"><script src="https://x.org/a.js"></script>',
            "there.html: https://x.org/a.js: loaded from elsewhere",
        ),
        (
            "there.html",
            '<p id="here"><img srcset="a.png 1x, //x.org/b.png 2x">',
            "there.html: //x.org/b.png: loaded from elsewhere",
        ),
        (
            "site.css",
            "@import 'https://x.org/font.css';",
            "site.css: https://x.org/font.css: loaded from elsewhere",
        ),
        ("site.css", "p { src: url('b.woff2') }", "site.css: b.woff2: no such file"),
    ],
)
def test_a_broken_link_is_found(links, tmp_path, name, text, fault):
    for file, content in PAGES.items():
        (tmp_path / file).write_text(content)
    assert list(links.broken(tmp_path)) == []
    links.read.cache_clear()
    (tmp_path / name).write_text(text)
    assert list(links.broken(tmp_path)) == [fault]
    links.read.cache_clear()


def test_links_of_an_included_file_hold_on_its_page(piece):
    mended = piece("repository").mended
    file = ROOT / "conformance" / "README.md"
    text = (
        "[p](PROTOCOL.md#start) [peers](../docs/results/peers.md) [C](testee/) "
        "![i](../docs/results/report-light.png)"
    )
    assert mended(text, file, "conformance") == (
        "[p](protocol.md#start) [peers](results/peers.md) C (`conformance/testee/`) "
        "![i](results/report-light.png)"
    )
    with pytest.raises(ValueError, match=r"expected a link to a file, got 'none\.md'"):
        mended("[p](none.md)", file, "conformance")


@pytest.mark.parametrize("name", ["docstrings", "formulas"])
def test_the_examples_of_the_extensions_are_right(piece, name):
    failed, tried = doctest.testmod(piece(name))
    assert failed == 0
    assert tried > 0


def test_the_extras_of_the_page_are_those_there_are():
    with (ROOT / "pyproject.toml").open("rb") as file:
        extras = tomllib.load(file)["project"]["optional-dependencies"]
    rows = (DOCS / "installation.md").read_text().splitlines()
    assert {row.split("`")[1] for row in rows if row.startswith("| `")} == set(extras)
