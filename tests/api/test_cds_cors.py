"""Scripts of listed origins may call the service: answers and errors of every kind say so.

The database has no part in it, so SQLite alone is asked.
"""

import pytest

from tests.api.cds_calls import CALL, a_call, a_result
from tests.api.clinics import Service, make_keys, open_service

ORIGIN = "https://sandbox.example"
LISTED = f"{ORIGIN},http://127.0.0.1:9090"
OTHERS = [
    "null", "https://evil.example", "https://sandbox.example.evil.example", "http://sandbox.example",
    "https://sandbox.example:443", "https://sandbox.example/", "https://SANDBOX.example",
    "https://sub.sandbox.example", "https://sandboxXexample", "https://sandbox.example\x00",
    "*", "", "https://sandbox.example, https://evil.example", " https://sandbox.example",
    "file://", "https://sandbox.exampl\u00e9", "http://127.0.0.1", "http://localhost:9090",
]  # fmt: skip
OPENING = "access-control-"


@pytest.fixture
def service(sqlite_settings):
    """Run the service with two origins listed."""
    listed = sqlite_settings.model_copy(
        update={"cors_origins": LISTED, "failed_logins_per_minute": 0}
    )
    keys = make_keys(listed)
    with open_service(listed) as client:
        yield Service(client, keys)


def preflight(service, origin=ORIGIN, headers="authorization,content-type", method="POST"):
    asked = {
        "origin": origin,
        "access-control-request-method": method,
        "access-control-request-headers": headers,
    }
    return service.ask("OPTIONS", CALL, by=None, headers=asked)


def opened(answer):
    return {name: value for name, value in answer.headers.items() if name.startswith(OPENING)}


def boom(*_, **__):
    raise RuntimeError("nobody foresaw this")


@pytest.mark.parametrize("origin", LISTED.split(","))
def test_a_listed_origin_is_told_what_it_may_send(service, origin):
    answer = preflight(service, origin)
    assert answer.status_code == 200
    allowed = answer.headers["access-control-allow-headers"].lower()
    assert {"authorization", "content-type"} <= {name.strip() for name in allowed.split(",")}
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert answer.headers["access-control-allow-origin"] == origin
    assert "access-control-allow-credentials" not in answer.headers
    assert answer.headers["x-request-id"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_listed_origin_may_call_into_the_hospitals_own_network(service):
    asked = {
        "access-control-request-method": "POST",
        "access-control-request-private-network": "true",
    }
    answer = service.ask("OPTIONS", CALL, by=None, headers=asked | {"origin": ORIGIN})
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-private-network"] == "true"
    others = service.ask(
        "OPTIONS", CALL, by=None, headers=asked | {"origin": "https://evil.example"}
    )
    assert opened(others) == {}


@pytest.mark.parametrize(
    ("case", "status"),
    [
        ("card", 200),
        ("discovery", 200),
        ("native", 200),
        ("no key", 401),
        ("no such service", 404),
        ("no such method", 405),
        ("missing data", 412),
        ("wrong element", 422),
        ("too large", 413),
        ("unforeseen", 500),
    ],
)
def test_every_answer_to_a_listed_origin_may_be_read(service, case, status, monkeypatch):
    if case == "unforeseen":
        monkeypatch.setattr("app.api.cds_hooks.service.read_call", boom)
    method, path, options = {
        "discovery": ("GET", "/cds-services", {"by": None}),
        "native": ("GET", "/v1/estimate?pnfh=1500", {"by": None}),
        "no key": ("POST", CALL, {"by": None, "json": a_call(a_result())}),
        "no such service": ("POST", "/cds-services/x", {"json": {}}),
        "no such method": ("PUT", CALL, {"json": {}}),
        "missing data": ("POST", CALL, {"json": a_call(prefetch={})}),
        "wrong element": ("POST", CALL, {"json": {}}),
        "too large": ("POST", CALL, {"content": b"{" + b" " * 17_000_000}),
    }.get(case, ("POST", CALL, {"json": a_call(a_result())}))
    answer = service.ask(method, path, headers={"origin": ORIGIN}, **options)
    assert answer.status_code == status
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "X-Request-ID" in answer.headers["access-control-expose-headers"]
    assert "origin" in answer.headers["vary"].lower()


@pytest.mark.parametrize("origin", OTHERS)
def test_no_other_origin_is_told_anything(service, origin):
    sent = origin.encode("utf-8")
    assert opened(preflight(service, sent)) == {}
    answer = service.ask("POST", CALL, json=a_call(a_result()), headers={"origin": sent})
    assert (answer.status_code, opened(answer)) == (200, {})
    assert "origin" in answer.headers["vary"].lower()


def test_two_origins_are_none(service):
    pairs = [("origin", ORIGIN), ("origin", "https://evil.example")]
    assert opened(service.client.get("/cds-services", headers=pairs)) == {}


def test_an_answer_says_that_it_depends_on_the_origin_even_without_one(service):
    answer = service.ask("GET", "/v1/estimate?pnfh=1500", by=None)
    assert answer.headers["vary"] == "accept, accept-language, Origin"
    assert opened(answer) == {}


def test_without_the_setting_nothing_is_opened(sqlite_settings):
    keys = make_keys(sqlite_settings)
    with open_service(sqlite_settings) as client:
        running = Service(client, keys)
        assert opened(preflight(running)) == {}
        answer = running.ask("GET", "/v1/estimate?pnfh=1500", headers={"origin": ORIGIN})
        assert opened(answer) == {}
        assert answer.headers["vary"] == "accept, accept-language"
