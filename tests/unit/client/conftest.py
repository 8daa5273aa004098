"""What the tests of the client ask for."""

from tests.unit.client.wire import wire  # noqa: F401 - a fixture
