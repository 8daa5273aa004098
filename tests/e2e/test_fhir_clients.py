"""Stock FHIR clients, as they come from their makers, work against a running server."""

import pytest

from tests.e2e.servers import prepare, serving
from tests.services.fhir import call_with_fhirpy, call_with_kit

LEVELS = [*range(901, 908), 1500.5]


@pytest.fixture
def live(tmp_path):
    """Run a server with one clinic; give it and the clinic's key."""
    key = prepare(data_dir=tmp_path)
    with serving(tmp_path) as running:
        yield running, key


def check(seen, pseudonym):
    """What any client must see, whatever its language."""
    assert seen["fhirVersion"] == "4.0.1"
    assert seen["created"] == ["1961", "1"]
    assert seen["transaction"] == ["201 Created"] * 8
    assert seen["left"] == ["Bundle.entry[0].resource.name"]
    assert seen["paged"] == LEVELS
    assert seen["counted"] == len(LEVELS)
    assert seen["latest"] == 1500.5
    assert seen["read"] == pseudonym
    assert seen["basis"] is True
    placebo, treated = seen["predictions"]
    assert 50 < placebo < treated < 100


def test_fhirpy_reads_searches_creates_and_asks(live):
    server, key = live
    seen = call_with_fhirpy(server.address, key)
    check(seen, "FHIRPY-1")
    assert seen["by_identifier"][0]["value"] == "FHIRPY-2"
    assert seen["condition_in_address"] == ["OperationOutcome", "structure", "identifier"]
    assert seen["taken"] == ["OperationOutcome", "duplicate", "Patient.identifier[0].value"]
    assert seen["unknown_parameter"] == ["OperationOutcome", "structure", "foo"]
    assert seen["nowhere"] == ["ResourceNotFound", "not-found", None]
    assert seen["stranger"] == ["AuthorizationError", "login", None]


def test_fhir_kit_client_reads_searches_creates_and_asks(live):
    server, key = live
    seen = call_with_kit(server.address, key)
    check(seen, "KIT-1")
    assert seen["taken"] == [409, "duplicate", "Patient.identifier[0].value"]
    assert seen["unknown_parameter"] == [422, "structure", "foo"]
    assert seen["nowhere"] == [404, "not-found", None]
    assert seen["stranger"] == [401, "login", None]


def test_both_clients_are_told_the_same_numbers(live):
    server, key = live
    one, other = call_with_fhirpy(server.address, key), call_with_kit(server.address, key)
    assert one["predictions"] == other["predictions"]
