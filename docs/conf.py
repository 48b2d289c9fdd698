"""Configuration of the documentation: ``sphinx-build -W --keep-going -n docs docs/_build/html``."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "_ext")]

import formulas  # noqa: E402

import iaf_ref  # noqa: E402

project = "iaf-ref"
author = "The iaf-ref developers"
project_copyright = "The iaf-ref developers"
release = version = iaf_ref.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.viewcode",
    "numpydoc",
    "sphinx_click",
    "sphinx.ext.mathjax",
    "formulas",
    "clause_directive",
    "clause_links",
    "module_api",
    "docstrings",
    "sources",
    "repository",
    "citation",
]
exclude_patterns = ["_build"]
nitpicky = True
nitpick_ignore = [("py:mod", "fnmatch")]  # of the standard library, whose pages are on the network

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath", "amsmath", "attrs_inline"]
myst_heading_anchors = 4

# so that a build needs none of them, and looks the same where they are
autodoc_mock_imports = [
    *("array_api_compat.cupy", "array_api_compat.torch", "array_api_compat.dask"),
    *("cupy", "torch", "jax", "jaxlib", "dask", "distributed", "tensorflow", "tf_keras"),
    *("pyro", "zuko", "nflows", "normflows", "flowtorch", "numpyro", "flowjax"),
    *("tensorflow_probability", "equinox", "paramax"),
]
autodoc_typehints = "none"  # the docstrings say shapes and units, which annotations cannot
numpydoc_show_class_members = False
html_theme = "furo"
html_title = f"iaf-ref {release}"
mathjax_path = formulas.script().name
mathjax3_config = {"options": {"enableMenu": False}}
html_static_path = ["_static", str(formulas.script())]
html_css_files = ["site.css"]
html_show_sphinx = False
