"""The public keys of a clinic's system: rotated, taken back, or at a hostile place."""

# ruff: noqa: F811 - a fixture is asked for by its name

import json
import time

from tests.api.logged_in import (  # noqa: F401 - fixtures
    PLACE,
    SIGNED_IN,
    any_client,
    ask,
    client,
    log_in,
    reached,
    service,
    token_of,
)
from tests.services.clients import register
from tests.services.issuer import KEYS_PATH, answer


def test_a_hostile_place_of_keys_is_told_as_unavailable_and_leads_nowhere(
    service, client, monkeypatch
):
    monkeypatch.setattr("app.identity.issuer_keys.FETCH_SECONDS", 0.3)
    monkeypatch.setattr("app.identity.issuer_keys.EMPTY_REST_SECONDS", 0)
    sent = []

    def flood(handler):
        handler.send_response(200)
        handler.end_headers()
        for _ in range(160):
            handler.wfile.write(b"x" * 65_536)
            sent.append(65_536)

    def dawdle(handler):
        time.sleep(0.6)
        answer(handler, client.key_set())

    for behaviour in (
        flood,
        dawdle,
        lambda handler: answer(handler, b"", 302, location=f"{client.url}/elsewhere"),
        lambda handler: answer(handler, b"", 500),
        lambda handler: answer(handler, {"keys": "none"}),
        lambda handler: answer(handler, b"[" * 100_000),
    ):
        client.behave(KEYS_PATH, behaviour)
        heard = log_in(service, client.token())
        assert (heard.status_code, heard.json()["error"]) == (503, "temporarily_unavailable")
    assert sum(sent) < 10_000_000
    assert set(client.asked) == {KEYS_PATH}
    client.behaviours.clear()
    assert log_in(service, client.token()).status_code == 200


def test_a_new_key_of_a_client_is_found_and_one_taken_back_is_not(service, client, monkeypatch):
    monkeypatch.setattr("app.identity.issuer_keys.REST_SECONDS", 0)
    assert log_in(service, client.token()).status_code == 200
    assert log_in(service, client.token(key="next")).status_code == 401
    client.published = ["next"]
    assert log_in(service, client.token(key="next")).status_code == 200
    assert log_in(service, client.token()).status_code == 401
    assert client.asked.count(KEYS_PATH) >= 2


def test_keys_that_are_given_in_a_file_are_never_fetched(service, client, reached):
    client_id = register(reached, jwks=json.dumps(client.key_set()).encode())
    assertion = client.token(iss=client_id, sub=client_id)
    assert log_in(service, assertion).status_code == 200
    assert (
        log_in(service, client.token(iss=client_id, sub=client_id, key="next")).status_code == 401
    )
    assert client.asked == []
