"""A backend that is declared is there: missing, it fails, and is not skipped."""

import importlib
import os
import shutil
import warnings

import pytest

BY_DEFAULT = "numpy,array_api_strict,flint"  # what the extra `test` installs
PROGRAMS = {"cc", "chromium"}  # the others are modules
DECLARED = [name.strip() for name in os.environ.get("IAF_REF_REQUIRE", BY_DEFAULT).split(",")]


@pytest.mark.parametrize("name", DECLARED)
def test_a_declared_backend_is_there(name: str) -> None:
    if name in PROGRAMS:
        assert shutil.which(name) is not None
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what a library says of its own parts
            importlib.import_module(name)
