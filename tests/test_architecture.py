"""The rules of the tree, as a check: who imports whom, how long things are, what is named."""

import ast
import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import iaf_ref
from iaf_ref.clauses import CLAUSES

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = {
    "iaf_ref": ROOT / "iaf_ref",
    "iaf_ref_backends": ROOT / "backends" / "iaf_ref_backends",
    "iaf_ref_conformance": ROOT / "conformance" / "iaf_ref_conformance",
}

# Dependencies point one way. Each package imports those named here, never the others.
KNOWS = {
    "iaf_ref": set(),
    "iaf_ref_backends": {"iaf_ref"},
    "iaf_ref_conformance": {"iaf_ref", "iaf_ref_backends"},
}
SPECIFICATION_MAY_LOAD = {"numpy", "array_api_compat"}
SPECIFICATION_MAY_LOAD_LATE = {"safetensors"}

# Modules of iaf_ref that name NumPy. All the others see arrays through the standard only.
NUMPY_BECAUSE = {
    "iaf_ref/made.py": "an order may be given as an array on the host",
    "iaf_ref/strategies.py": "degrees may be given as an array on the host",
    "iaf_ref/degrees.py": "degrees are exact integers on the host, whatever the flow computes on",
    "iaf_ref/dag.py": "a graph is given as a Boolean matrix on the host, and walked there",
    "iaf_ref/masks.py": "masks follow from integers; their product is Boolean and exact",
    "iaf_ref/initial.py": "the same seed draws the same weights for every array library",
    "iaf_ref/describe.py": "what is stored lies on the host",
    "iaf_ref/host.py": "the edge between the host and any array library",
    "iaf_ref/storage.py": "safetensors reads and writes arrays of the host",
}

# What a backend may import of the specification. Its protocol is the array API standard: nothing.
PROTOCOL: set[str] = set()
BEYOND_THE_PROTOCOL = {
    "iaf_ref_backends/jax_loops.py": "a text that XLA would unroll runs in the loop registered",
    "iaf_ref_backends/jax_trees.py": "JAX takes a class as an argument once it is registered",
}

LONGEST_MODULE = 200
LONGEST_FUNCTION = 40  # its docstring not counted
LONGER_BECAUSE: dict[str, str] = {}  # "iaf_ref/module.py" or "iaf_ref/module.py::function"

# Exported functions whose docstring names no clause: of the package, not of the specification.
NO_CLAUSE = {"load", "save"}
# Clauses that no docstring of iaf_ref names.
UNNAMED_BECAUSE = {
    "DENS-5": "a law of the densities together, no function's; the suite integrates",
    "NUM-3": "a law of the arithmetic, not of the text; the tracked numbers derive the bound",
}

FAMILIES = "|".join(sorted({clause.partition("-")[0] for clause in CLAUSES}))
CLAUSE_ID = re.compile(rf"\b(?:{FAMILIES})-\d+\b")


def sources(package: str) -> list[Path]:
    return sorted(PACKAGES[package].rglob("*.py"))


MODULES = [path for package in PACKAGES for path in sources(package)]


def relative(path: Path) -> str:
    """The name of a module below the folder that holds its package."""
    package = next(home for home in PACKAGES.values() if path.is_relative_to(home))
    return path.relative_to(package.parent).as_posix()


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imported(path: Path, tree: ast.AST) -> set[str]:
    """The modules that the statements below `tree` import, by their full names."""
    names = set()
    folder = relative(path).split("/")[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = folder[: len(folder) - node.level + 1] if node.level else []
            module = ".".join([*base, *filter(None, [node.module])])
            names.update(f"{module}.{alias.name}" for alias in node.names)
    return names


def at_import(tree: ast.Module) -> ast.Module:
    """The tree less what importing does not run: functions, and imports for type checkers."""

    class Pruned(ast.NodeTransformer):
        def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
            return None

        def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
            return None

        def visit_If(self, node: ast.If) -> ast.AST | None:
            return None if "TYPE_CHECKING" in ast.unparse(node.test) else self.generic_visit(node)

    return Pruned().visit(tree)


def tops(names: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in names}


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function, its decorators and its docstring not counted."""
    docstring = node.body[0] if ast.get_docstring(node, clean=False) is not None else None
    lines = (docstring.end_lineno or 0) - docstring.lineno + 1 if docstring else 0
    return (node.end_lineno or 0) - node.lineno + 1 - lines


def docstrings(path: Path) -> Iterator[str]:
    documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    return (ast.get_docstring(n) or "" for n in ast.walk(parse(path)) if isinstance(n, documented))


every_module = pytest.mark.parametrize("path", MODULES, ids=relative)
specification = pytest.mark.parametrize("path", sources("iaf_ref"), ids=relative)


@pytest.mark.parametrize("package", PACKAGES)
def test_the_package_imported_is_the_tree(package: str) -> None:
    # Else the rules below would hold of one copy, and the rest of the tests of another.
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.submodule_search_locations is not None
    (home,) = map(Path, spec.submodule_search_locations)
    tree = {path.relative_to(PACKAGES[package]): path.read_bytes() for path in sources(package)}
    assert {path.relative_to(home): path.read_bytes() for path in home.rglob("*.py")} == tree


@every_module
def test_dependencies_point_one_way(path: Path) -> None:
    package = relative(path).partition("/")[0]
    forbidden = set(PACKAGES) - KNOWS[package] - {package}
    assert tops(imported(path, parse(path))) & forbidden == set()


@specification
def test_the_specification_loads_numpy_and_array_api_compat_only(path: Path) -> None:
    allowed = SPECIFICATION_MAY_LOAD | set(sys.stdlib_module_names) | {"iaf_ref"}
    assert tops(imported(path, at_import(parse(path)))) - allowed == set()
    assert tops(imported(path, parse(path))) - allowed - SPECIFICATION_MAY_LOAD_LATE == set()


def test_numpy_is_named_where_there_is_a_reason() -> None:
    naming = {
        relative(path)
        for path in sources("iaf_ref")
        if "numpy" in tops(imported(path, parse(path)))
    }
    assert naming == set(NUMPY_BECAUSE)


def test_backends_know_the_protocol_only() -> None:
    beyond = {
        relative(path)
        for path in sources("iaf_ref_backends")
        for name in imported(path, parse(path))
        if name.partition(".")[0] == "iaf_ref" and name not in PROTOCOL
    }
    assert beyond == set(BEYOND_THE_PROTOCOL)


def test_modules_and_functions_are_short() -> None:
    lengths = {
        relative(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES
    }
    longer = {name for name, lines in lengths.items() if lines > LONGEST_MODULE}
    for path in MODULES:
        long = (node.name for node in functions(parse(path)) if length(node) > LONGEST_FUNCTION)
        longer.update(f"{relative(path)}::{name}" for name in long)
    assert longer == set(LONGER_BECAUSE)


@every_module
def test_no_assert_stands_on_a_users_input(path: Path) -> None:
    assert [node.lineno for node in ast.walk(parse(path)) if isinstance(node, ast.Assert)] == []


def test_no_drawer_is_called_utils() -> None:
    places = [*PACKAGES.values(), ROOT / "tests", ROOT / "docs", ROOT / "examples"]
    names = {path.stem for place in places for path in place.rglob("*")}
    assert names & {"util", "utils", "helper", "helpers", "misc", "common"} == set()


def test_the_folders_are_no_packages() -> None:
    folders = [ROOT / "backends", ROOT / "conformance", ROOT / "tests"]
    assert [folder.name for folder in folders if (folder / "__init__.py").exists()] == []


def test_every_public_name_is_exported_once() -> None:
    public = {
        name
        for name, value in vars(iaf_ref).items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
    }
    assert public == set(iaf_ref.__all__)
    assert len(iaf_ref.__all__) == len(set(iaf_ref.__all__))


EXPORTED = {name for name in iaf_ref.__all__ if callable(getattr(iaf_ref, name))}


@pytest.mark.parametrize("name", sorted(EXPORTED))
def test_a_public_docstring_names_its_clause(name: str) -> None:
    docstring = getattr(iaf_ref, name).__doc__ or ""
    named = set(CLAUSE_ID.findall(docstring))
    assert named <= set(CLAUSES)
    assert bool(named) != (name in NO_CLAUSE)


def test_every_clause_is_named_in_a_docstring_and_no_other_is() -> None:
    named = {
        clause
        for path in sources("iaf_ref")
        for docstring in docstrings(path)
        for clause in CLAUSE_ID.findall(docstring)
    }
    assert named - set(CLAUSES) == set()
    assert set(CLAUSES) - named == set(UNNAMED_BECAUSE)
