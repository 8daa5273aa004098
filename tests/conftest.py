"""What every test may ask for by name. Services live in tests/services."""

import os

import hypothesis
import pytest

pytest_plugins = ["tests.services.chromium", "tests.services.postgres", "tests.skips"]

# A slow machine is no fault of the code; with CI set, Hypothesis repeats the same examples.
hypothesis.settings.register_profile("house", hypothesis.settings(), deadline=None)
hypothesis.settings.load_profile("house")


@pytest.fixture(scope="session")
def anyio_backend():
    """Run `async def` tests on asyncio, as the server does."""
    return "asyncio"


@pytest.fixture(autouse=True, scope="session")
def _no_settings_from_outside():
    """Keep the caller's own NEUROSTRATA_* settings out of the tests."""
    with pytest.MonkeyPatch.context() as environment:
        for name in [name for name in os.environ if name.startswith("NEUROSTRATA_")]:
            environment.delenv(name)
        yield
