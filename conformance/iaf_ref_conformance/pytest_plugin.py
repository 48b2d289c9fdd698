"""Plugin of pytest: every case as a test of its own, and the oracle as a fixture.

pytest loads this at every start, in every project where iaf-ref is installed: beside pytest nothing
but the standard library is imported until a test uses it.

    @parametrize_cases(clauses=["DENS-*"])
    def test_density(iaf_case, iaf_oracle):
        iaf_oracle.judge(Mine(), iaf_case)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

MARK = "iaf_cases"
_OPTIONS = {
    "dtype": "Only cases in this dtype: float32 or float64.",
    "clause": "Only cases of this clause, as DENS-3 or DENS-*.",
    "case": "Only cases whose id matches.",
}


def parametrize_cases(
    dtypes: Sequence[str] = (), clauses: Sequence[str] = (), cases: Sequence[str] = ()
) -> pytest.MarkDecorator:
    """Make a pytest test of every case: the test takes the fixture ``iaf_case``.

    Parameters
    ----------
    dtypes : sequence of str
        Default: float32 and float64.
    clauses, cases : sequence of str
        Patterns as of :mod:`fnmatch`; default: all.

    Returns
    -------
    pytest.MarkDecorator
        To be written above a test function, or class. The options ``--iaf-dtype``,
        ``--iaf-clause`` and ``--iaf-case`` choose among its cases.
    """
    import pytest

    given = {"dtypes": tuple(dtypes), "clauses": tuple(clauses), "cases": tuple(cases)}
    return getattr(pytest.mark, MARK)(**given)  # type: ignore[no-any-return]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    group = parser.getgroup("iaf-ref", "conformance of Inverse Autoregressive Flow")
    for name, text in _OPTIONS.items():
        group.addoption(f"--iaf-{name}", action="append", default=[], metavar="PATTERN", help=text)
    group.addoption(
        "--iaf-profile", default=None, metavar="NAME", help="Hold subjects to this profile."
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark, and the fixtures ``iaf_case`` and ``iaf_oracle``."""
    from . import pytest_fixtures

    config.pluginmanager.register(pytest_fixtures, "iaf-ref-fixtures")
    config.addinivalue_line(
        "markers", f"{MARK}(dtypes, clauses, cases): run the test once for each conformance case."
    )
    profile = config.getoption("--iaf-profile")
    if profile is not None:
        from .pytest_oracle import check_profile

        check_profile(profile)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of each case."""
    if "iaf_case" not in metafunc.fixturenames:
        return
    from .pytest_oracle import chosen

    mark = metafunc.definition.get_closest_marker(MARK)
    options = {name: metafunc.config.getoption(f"--iaf-{name}") for name in _OPTIONS}
    keys = chosen({} if mark is None else mark.kwargs, options)
    ids = [f"{name}-{dtype}" for name, dtype in keys]
    metafunc.parametrize("iaf_case", keys, ids=ids, indirect=True)
