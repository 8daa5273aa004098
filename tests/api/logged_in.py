"""A clinic's system that logs in at the service, and what it asks there."""

import pytest

from tests.api.clinics import Service, make_keys, open_service
from tests.services.clients import ALL, TOKEN_PATH, form, register, running_client

PLACE = "http://neurostrata.test"
SIGNED_IN = "system/Patient.rs system/Observation.rs"


@pytest.fixture(scope="module")
def any_client():
    with running_client() as client:
        yield client


@pytest.fixture
def client(any_client):
    """Give the client as it is when it behaves well."""
    any_client.reset()
    return any_client


@pytest.fixture
def reached(settings):
    """Point at a database of a service that is reached at one address, without bound on tries."""
    changes = {"public_url": PLACE, "failed_logins_per_minute": 0}
    return settings.model_copy(update=changes)


@pytest.fixture
def service(reached, client):
    """Run the service, with a client of the clinic North that may do everything."""
    keys = make_keys(reached)
    client_id = register(reached, jwks_url=client.jwks_url, issuer=client.url)
    client.for_login(client_id, PLACE)
    with open_service(reached) as door:
        yield Service(door, keys)


def log_in(service, assertion, scope=ALL, **changes):
    """Ask for a token."""
    return service.client.post(TOKEN_PATH, data=form(assertion, scope, **changes))


def token_of(service, client, scope=ALL):
    heard = log_in(service, client.token(), scope)
    assert heard.status_code == 200, heard.text
    return heard.json()["access_token"]


def ask(service, token, path="/v1/patients", method="GET", **options):
    headers = {"authorization": f"Bearer {token}"}
    return service.ask(method, path, by=None, headers=headers, **options)
