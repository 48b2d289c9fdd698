"""The public names of a module, from its docstrings: ``:::{module-api} iaf_ref.masks``.

Which names those are is read from the text of the module: functions and classes without a leading
underscore, and constants with a docstring below them. A name that a package exports is documented
as users write it, ``iaf_ref.made_masks``; all others by their module.

``:names:`` takes these names only, in this order; names among them that the module imports, from
one that is private, are documented here too.
"""

import ast
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


class Name(NamedTuple):
    """A name that a module defines for others; ``said`` is the docstring of a constant."""

    name: str
    kind: str
    said: str = ""


class ModuleApi(SphinxDirective):
    """``:::{module-api} NAME``."""

    required_arguments = 1
    option_spec: ClassVar = {"names": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        """Return the section of the module."""
        module = self.arguments[0]
        section = nodes.section("", nodes.title("", "", nodes.literal("", module)))
        self.set_source_info(section)
        section["names"].append(f"module-{module.replace('.', '-').lower()}")
        self.state.document.note_explicit_target(section, section)
        path = source(module)
        self.env.note_dependency(str(path))
        names = public(ast.parse(path.read_text("utf-8")))
        if "names" in self.options:
            known = {each.name: each for each in names}
            chosen = self.options["names"].split()
            names = [known.get(name) or imported(module, name) for name in chosen]
        lines = ["````{eval-rst}", *directives_for(module, names), "````"]
        self.state.nested_parse(StringList(lines, str(path)), 0, section)
        return [section]


def source(module: str) -> Path:
    """File of a module, which is not imported for it."""
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise ValueError(f"module: expected one that can be found, got {module!r}")
    return Path(spec.origin)


def public(tree: ast.Module) -> list[Name]:
    """What a module defines for others, in the order of its text."""
    found = []
    for node, after in zip(tree.body, [*tree.body[1:], None], strict=True):
        match node:
            case ast.FunctionDef(name=name):
                found.append(Name(name, "function"))
            case ast.ClassDef(name=name):
                found.append(Name(name, "class"))
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                found += [Name(name, "data", text) for text in said(after)]
    return [each for each in found if not each.name.startswith("_")]


def said(node: ast.stmt | None) -> Iterator[str]:
    """Docstring of a constant, where there is one: the string that follows it."""
    match node:
        case ast.Expr(value=ast.Constant(value=str(text))):
            yield text


def imported(module: str, name: str) -> Name:
    """Name that a module imports for others."""
    value = getattr(import_module(module), name)
    return Name(name, "class" if isinstance(value, type) else "function")


def directives_for(module: str, names: list[Name]) -> Iterator[str]:
    """Lines of reStructuredText: the docstring of the module, then the names."""
    full = [f"{home(module, each.name)}.{each.name}" for each in names]
    # a function may have the name of its module: the index has room for one of them
    yield from (f".. automodule:: {module}", *["   :no-index:"] * (module in full), "")
    for where, each in zip(full, names, strict=True):
        if each.kind == "data":
            yield from (f".. py:data:: {where}", "", *indented(each.said), "")
        elif each.kind == "class":
            members = ["   :members:", "   :member-order: bysource"]
            yield from (f".. autoclass:: {where}", *members, "")
        else:
            yield from (f".. autofunction:: {where}", "")


def indented(text: str) -> Iterator[str]:
    """Lines of a text as the body of a directive."""
    return (f"   {line}" for line in text.splitlines())


def home(module: str, name: str) -> str:
    """Outermost package that exports the name, or the module itself."""
    parts = module.split(".")
    for end in range(1, len(parts)):
        package = ".".join(parts[:end])
        if name in getattr(import_module(package), "__all__", ()):
            return package
    return module


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("module-api", ModuleApi)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
