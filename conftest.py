"""What is not collected: modules of the packages whose library is not installed.

Their doctests cannot be run. ``--doctest-ignore-import-errors`` would leave them out too, and with
them, in silence, every test module that fails to import.
"""

import ast
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parent
collect_ignore = ["examples"]  # programs, which want their libraries
PACKAGES = ("iaf_ref", "backends", "conformance")


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out a module of ours whose first imports name a library that is not there."""
    inside = collection_path.suffix == ".py" and collection_path.is_relative_to(ROOT)
    if not inside or collection_path.relative_to(ROOT).parts[0] not in PACKAGES:
        return None
    return True if lacking(collection_path) else None


def lacking(path: Path) -> set[str]:
    """Libraries that a module imports when it is imported, and that are not installed."""
    names: set[str] = set()
    for statement in ast.parse(path.read_text("utf-8")).body:
        for node in ast.walk(statement) if isinstance(statement, ast.Try) else [statement]:
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                names.add(node.module.partition(".")[0])
    return {name for name in names if find_spec(name) is None}
