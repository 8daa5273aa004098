"""With CI=true nothing is skipped silently: a test that skips has failed.

On a laptop a missing service skips its tests and says so. The build server has every service, so
there a skip means that something was not installed and a promise was not checked.
"""

import os

import pytest

FORBIDDEN = os.environ.get("CI", "").lower() == "true"


def as_failure(report):
    """Turn a report of a skip into one of a failure; an expected failure stays as it is."""
    if FORBIDDEN and report.skipped and not hasattr(report, "wasxfail"):
        _, _, reason = report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{reason}\nWith CI=true a skipped test counts as failed."
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    """Look at each test's setup, call and teardown."""
    return as_failure((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report():
    """Look at each collected module: it can skip as a whole."""
    return as_failure((yield))
