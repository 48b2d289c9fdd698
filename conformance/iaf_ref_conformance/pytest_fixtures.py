"""Fixtures of the plugin; what they return is imported when a test asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .cases import Case
    from .pytest_oracle import Oracle


@pytest.fixture
def iaf_case(request: pytest.FixtureRequest) -> Case:
    """One case of the corpus in one dtype: the test runs once for each (``parametrize_cases``)."""
    from .pytest_oracle import case

    return case(*request.param)


@pytest.fixture(scope="session")
def iaf_oracle(pytestconfig: pytest.Config) -> Oracle:
    """Judge of a case, of a whole implementation, and of what a model of one's own returned."""
    from .pytest_oracle import Oracle

    return Oracle(pytestconfig.getoption("--iaf-profile"), pytestconfig.getoption("--iaf-dtype"))
