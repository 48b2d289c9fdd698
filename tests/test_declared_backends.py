"""A backend that is declared is there: missing, it fails, and is not skipped."""

import importlib
import os

import pytest

BY_DEFAULT = "numpy,array_api_strict,flint"  # what the extra `test` installs
DECLARED = [name.strip() for name in os.environ.get("IAF_REF_REQUIRE", BY_DEFAULT).split(",")]


@pytest.mark.parametrize("name", DECLARED)
def test_a_declared_backend_can_be_imported(name: str) -> None:
    importlib.import_module(name)
