"""What stands in the head of every answer, of whatever kind."""

import re
from string import ascii_letters, digits

import pytest
from hypothesis import given
from hypothesis import strategies as st

LEVEL = {"pnfh": {"value": 1500, "unit": "pg/mL"}}
LINE = b'{"ref":"a","pnfh":{"value":1500,"unit":"pg/mL"}}\n'
NDJSON = {"content-type": "application/x-ndjson"}
CURVES = "/v1/survival-curves?pnfh=600"
ANSWERS = {
    "json": (200, "GET", "/v1/estimate?pnfh=1500", {}),
    "csv": (200, "GET", CURVES, {"headers": {"accept": "text/csv"}}),
    "svg": (200, "GET", CURVES, {"headers": {"accept": "image/svg+xml"}}),
    "png": (200, "GET", CURVES, {"headers": {"accept": "image/png"}}),
    "page": (200, "GET", "/", {}),
    "docs": (200, "GET", "/docs", {}),
    "redoc": (200, "GET", "/redoc", {}),
    "problem page": (200, "GET", "/problems/not-found", {}),
    "script": (200, "GET", "/static/page/main.js", {}),
    "openapi": (200, "GET", "/openapi.json", {}),
    "health": (200, "GET", "/healthz", {}),
    "evidence": (200, "GET", "/v1/evidence", {}),
    "posted": (200, "POST", "/v1/estimates", {"json": LEVEL}),
    "batch": (200, "POST", "/v1/estimates/batch", {"json": {"items": [LEVEL]}}),
    "stream": (200, "POST", "/v1/estimates/batch", {"content": LINE, "headers": NDJSON}),
    "head": (200, "HEAD", "/v1/estimate?pnfh=1500", {}),
    "unchanged": (304, "GET", "/v1/estimate?pnfh=1500", {}),
    "unchanged file": (304, "GET", "/static/page/main.js", {}),
    "unauthorized": (401, "GET", "/v1/patients", {}),
    "not found": (404, "GET", "/nothing", {}),
    "no such file": (404, "GET", "/static/none.js", {}),
    "not allowed": (405, "POST", "/v1/estimate", {}),
    "page not allowed": (405, "POST", "/", {}),
    "not acceptable": (406, "GET", CURVES, {"headers": {"accept": "text/html"}}),
    "too large": (413, "POST", "/v1/estimates", {"content": b" " * (16 * 1024**2 + 1)}),
    "wrong kind": (415, "POST", "/v1/estimates", {"content": b"x"}),
    "invalid": (422, "GET", "/v1/estimate?pnfh=x", {}),
    "broken": (500, "GET", "/readyz", {}),
    "unavailable": (503, "GET", "/readyz", {}),
}
ONCE = ["x-content-type-options", "referrer-policy", "content-security-policy"]
ONCE += ["x-request-id", "traceparent"]
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture(params=ANSWERS)
def answer(request, client, monkeypatch):
    """Give an answer of every kind, asked for with names that a hostile caller chose."""
    status, method, path, options = ANSWERS[request.param]
    if request.param == "broken":
        monkeypatch.setattr("app.api.health.is_ready", None)
    if request.param == "too large":
        options = options | {"headers": {"content-type": "application/json"}}
    if status == 304:
        options = {"headers": {"if-none-match": client.get(path).headers["etag"]}}
    hostile = {"host": "evil.example", "origin": "https://evil.example", "cookie": "a=evil"}
    hostile |= {"forwarded": "host=evil.example", "x-forwarded-host": "evil.example"}
    headers = hostile | {"x-forwarded-proto": "evil"} | options.get("headers", {})
    answer = client.request(method, path, **options | {"headers": headers})
    assert answer.status_code == status
    return answer


def test_every_answer_has_its_safety_headers_once(answer):
    assert [len(answer.headers.get_list(name)) for name in ONCE] == [1] * len(ONCE)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy


def test_no_answer_sets_a_cookie_opens_itself_to_others_or_names_its_maker(answer):
    names = set(answer.headers)
    assert not {name for name in names if name.startswith("access-control-")}
    assert not names & {"set-cookie", "server", "x-powered-by"}


def test_no_answer_believes_what_the_caller_says_of_its_host(answer):
    assert "evil" not in str(answer.headers)
    assert "evil" not in answer.text


def test_every_answer_says_how_long_it_may_be_kept(answer):
    if answer.request.url.path in ("/healthz", "/openapi.json"):
        return
    assert answer.headers["cache-control"] in ("no-cache", "no-store")
    if answer.status_code >= 400 and answer.headers["content-type"].startswith("application"):
        assert answer.headers["cache-control"] == "no-store"


def test_every_body_has_one_kind(answer):
    kinds = answer.headers.get_list("content-type")
    assert len(kinds) == (0 if answer.status_code == 304 else 1)


def ask(client, **headers):
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return client.get("/healthz", headers=named).headers


@pytest.mark.parametrize("name", ["a", "0f8fad5b-d9cb", "A" * 128, "a.b_c:d", "01JD2R7M4QZ8V5X9"])
def test_a_request_keeps_the_id_it_came_with(client, name):
    assert ask(client, x_request_id=name)["x-request-id"] == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "a b",
        "a\r\nset-cookie: b=c",
        "a\nb",
        "a\x00b",
        "a\x1b[31mb",
        "<script>",
        "a;b",
        "a/b",
        "é",
        "A" * 129,
        "A" * 10240,
        "a,b",
        '"a"',
        "\u2028",
    ],
)
def test_an_odd_id_is_replaced(client, name):
    found = ask(client, x_request_id=name.encode())["x-request-id"]
    assert re.fullmatch("[0-9a-f]{32}", found)


@given(st.binary(max_size=200))
def test_the_id_of_an_answer_is_always_safe(client, name):
    found = ask(client, x_request_id=name)["x-request-id"]
    assert set(found) <= set(ascii_letters + digits + "._:-")
    assert found.encode() == name or re.fullmatch("[0-9a-f]{32}", found)


def test_two_requests_have_two_ids(client):
    assert len({ask(client)["x-request-id"] for _ in range(100)}) == 100


def test_a_problem_has_the_id_of_its_request(client):
    answer = client.get("/nothing", headers={"x-request-id": "mine"})
    assert answer.json()["request_id"] == answer.headers["x-request-id"] == "mine"


def test_a_trace_goes_on_with_a_span_of_its_own(client):
    version, trace, span, flags = ask(client, traceparent=TRACE)["traceparent"].split("-")
    assert (version, trace, flags) == tuple(TRACE.split("-")[i] for i in (0, 1, 3))
    assert re.fullmatch("[0-9a-f]{16}", span)
    assert span != TRACE.split("-")[2]


@pytest.mark.parametrize(
    "trace",
    [
        "",
        "x",
        TRACE.upper(),
        TRACE[:-1],
        TRACE + "0",
        TRACE.replace("00-", "ff-", 1),
        f"00-{'0' * 32}-b7ad6b7169203331-01",
        f"00-{'a' * 32}-{'0' * 16}-01",
        TRACE + "\r\na: b",
        TRACE + "-extra",
        TRACE * 250,
    ],
)
def test_an_odd_trace_is_begun_anew(client, trace):
    found = ask(client, traceparent=trace.encode())["traceparent"]
    assert re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-00", found)
    assert trace[3:35] not in found or not trace[3:35]
