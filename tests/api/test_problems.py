"""Whatever goes wrong is told as a problem document, and says nothing of what was sent."""

import gzip
import json
import logging
from functools import partial

import pytest

from app.api.problems import KINDS
from app.main import create_app
from app.settings import Settings
from tests.api.by_hand import GONE, SILENCE, running
from tests.api.refusals import assert_problem, post

CANARY = "c4n4ryJaneDoe"
PLAIN = b'{"pnfh":{"value":1500,"unit":"pg/mL"}}'
LARGEST = 16 * 1024 * 1024
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"}
ALSO_IDS = {
    "/v1/estimates/batch": "/v1/estimates/{estimate_id}",
    "/fhir/Patient/_search": "/fhir/Patient/{patient_id}",
    "/fhir/Observation/_search": "/fhir/Observation/{measurement_id}",
    "/fhir/RiskAssessment/_search": "/fhir/RiskAssessment/{estimate_id}",
}
"""Addresses that are those of a record too, if its id were that word."""
PATHS = create_app(Settings()).openapi()["paths"]


@pytest.mark.parametrize(
    "path",
    [
        "/nothing", "/v1", "/v1/", "/v1/estimate/", "/v1/Estimate", "//v1/estimate", "/v2/estimate",
        "/v1/estimates/batch/1", "/%00", "/%ff%fe", "/%0d%0aSet-Cookie:a=b", "/v1/evidence/none",
        "/v1/evidence/..%2f..%2fsettings.py", "/v1/evidence/%2e%2e", "/static/../main.py",
        "/static/none.js", "/.git/config", "/.env", "/v1/evidence/" + "a" * 5000,
    ],
)  # fmt: skip
def test_an_address_where_nothing_is_says_so(client, path):
    assert_problem(client.get(path), "not-found")


def assert_refused_in_its_dialect(answer, path):
    """Check that a method was refused in the words of the door: ours, FHIR's or OAuth's."""
    if path.startswith(("/fhir", "/cds-services")):
        assert answer.status_code == 405
        (issue,) = answer.json()["issue"]
        assert issue["code"] == "not-supported"
        assert issue["details"]["coding"][0]["code"] == "method-not-allowed"
    elif path == "/oauth/token":
        assert (answer.status_code, answer.json()["error"]) == (405, "invalid_request")
    else:
        assert_problem(answer, "method-not-allowed")


@pytest.mark.parametrize("path", PATHS)
def test_a_method_that_an_address_does_not_take_is_told_which_it_takes(client, path):
    allowed = {method.upper() for method in PATHS[path]}
    allowed |= {method.upper() for method in PATHS.get(ALSO_IDS.get(path), ())}
    allowed |= {"HEAD"} if "GET" in allowed else set()
    place = path.replace("{", "").replace("}", "")
    for method in METHODS - allowed:
        answer = client.request(method, place)
        assert_refused_in_its_dialect(answer, path)
        assert {name.strip() for name in answer.headers["allow"].split(",")} == allowed
    if "HEAD" not in allowed:
        assert client.head(place).status_code == 405


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_no_header_changes_the_method(client, name):
    answer = client.post("/v1/estimate?pnfh=1500", headers={name: "GET"})
    assert_problem(answer, "method-not-allowed")


@pytest.mark.parametrize(
    "path",
    [
        "/v1/estimate?pnfh=1500",
        "/v1/evidence",
        "/healthz",
        "/openapi.json",
        "/",
        "/docs",
        "/v1/estimate?pnfh=x",
        "/nothing",
        "/v1/patients",
        "/readyz",
    ],
)
def test_head_is_get_without_the_body(client, path):
    got, head = client.get(path), client.head(path)
    assert (head.status_code, head.content) == (got.status_code, b"")
    told = [set(answer.headers) for answer in (got, head)]
    assert told[0] == told[1]
    assert head.headers["content-length"] == str(len(got.content))


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "APPLICATION/JSON",
        "application/json;charset=UTF-8",
        'application/json ; charset="utf-8"; x=y',
        "application/json; CharSet=Us-Ascii",
        "application/json; charset=utf8",
        'application/json; x="charset=latin1"',
    ],
)
def test_json_is_read_however_it_is_announced(client, kind):
    assert post(client, PLAIN, **{"content-type": kind}).status_code == 200


@pytest.mark.parametrize(
    ("charset", "told"),
    [
        ("iso-8859-1", "charset iso-8859-1"),
        ('"ISO-8859-1"', "charset ISO-8859-1"),
        ("utf-16", "charset utf-16"),
        ("utf-8; charset=latin1", "charset latin1"),
        ("utf-8-sig", "charset utf-8-sig"),
        ("'utf-8'", "charset of that name"),
        ("x" * 41, "charset of that name"),
        ("\xe9", "charset of that name"),
    ],
)
def test_json_in_another_charset_is_refused_by_its_name(client, charset, told):
    sent = f"application/json; charset={charset}".encode("latin-1")
    answer = post(client, PLAIN, **{"content-type": sent})
    assert_problem(answer, "unsupported-media-type")
    assert told in answer.json()["detail"]


@pytest.mark.parametrize("coding", ["identity", "Identity"])
def test_a_body_in_no_encoding_is_read(client, coding):
    assert post(client, PLAIN, **{"content-encoding": coding}).status_code == 200


@pytest.mark.parametrize(
    "kind",
    [
        "",
        "text/plain",
        "text/json",
        "application/x-ndjson",
        "application/json5",
        "application/*",
        "multipart/form-data; boundary=a",
        "application/x-www-form-urlencoded",
        "*/*",
        ";",
        "json",
    ],
)
def test_another_kind_of_body_is_not_read(client, kind):
    assert_problem(post(client, PLAIN, **{"content-type": kind}), "unsupported-media-type")


def test_a_body_of_no_kind_is_not_read(client):
    assert_problem(client.post("/v1/estimates", content=PLAIN), "unsupported-media-type")


@pytest.mark.parametrize("path", ["/v1/estimates", "/v1/estimates/batch", "/v1/prognosis"])
@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "deflate", "identity, gzip"])
def test_an_encoded_body_is_not_inflated(client, path, coding):
    answer = post(client, gzip.compress(PLAIN), path, **{"content-encoding": coding})
    assert_problem(answer, "unsupported-media-type")


def in_pieces(body, size=65_536):
    yield from (body[start : start + size] for start in range(0, len(body), size))


@pytest.mark.parametrize("path", ["/v1/estimates", "/v1/estimates/batch", "/v1/prognosis"])
@pytest.mark.parametrize("send", [bytes, in_pieces], ids=["declared", "chunked"])
def test_a_body_one_byte_too_long_is_refused(client, path, send):
    answer = post(client, send(PLAIN + b" " * (LARGEST + 1 - len(PLAIN))), path)
    assert_problem(answer, "too-large")
    assert str(LARGEST) in answer.json()["detail"]


def test_a_body_just_short_enough_is_read(client):
    assert post(client, PLAIN + b" " * (LARGEST - len(PLAIN))).status_code == 200


@pytest.fixture
def impatient(tmp_path):
    return Settings(data_dir=tmp_path, body_idle_seconds=0.05)


@pytest.mark.parametrize("path", ["/v1/estimates", "/v1/estimates/batch", "/v1/prognosis"])
async def test_a_body_that_stops_arriving_is_not_waited_for(impatient, path):
    async with running(impatient) as call:
        heard = await call(path, [PLAIN[:10], SILENCE])
    assert heard.status == KINDS["timeout"].status
    assert json.loads(heard.body)["type"] == "/problems/timeout"
    assert heard.headers["connection"] == "close"


async def test_who_goes_away_while_sending_is_no_error(impatient, caplog):
    async with running(impatient) as call:
        heard = await call("/v1/estimates", [PLAIN[:10], GONE])
    assert (heard.status, heard.pieces) == (0, [])
    # There is no database here to make a checkpoint of, which is told when the service stops.
    assert [one for one in caplog.records if "checkpoint" not in one.getMessage()] == []


def break_down(*_, **__):
    raise ValueError(CANARY)


BREAKS = {
    "the answer": ("app.answers.answer.Answers.give", "/v1/estimate?pnfh=1500"),
    "the question": ("app.api.estimates.question.parse_level", "/v1/estimate?pnfh=1500"),
    "the picture": (
        "app.api.estimates.pictures.estimate_survival",
        "/v1/survival-curves?pnfh=1500",
    ),
    "the caller": ("app.dependencies.admit_caller", "/v1/patients"),
    "the health": ("app.api.health.is_ready", "/readyz"),
}


@pytest.mark.parametrize("broken", BREAKS)
def test_what_nobody_foresaw_is_told_without_its_words(client, monkeypatch, caplog, broken):
    target, path = BREAKS[broken]
    monkeypatch.setattr(target, break_down)
    accept = "text/csv" if broken == "the picture" else "*/*"
    sent = {"accept": accept, "authorization": f"Bearer {CANARY}", "x-request-id": "mine"}
    answer = client.get(path, headers=sent)
    assert_problem(answer, "internal-error")
    assert CANARY not in answer.text
    assert CANARY not in caplog.text
    logged = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(logged) == 1
    assert logged[0].startswith("unexpected ValueError, request mine, at ")


async def test_an_answer_that_breaks_midway_is_cut_off(impatient, monkeypatch, caplog):
    monkeypatch.setattr("app.answers.lines.LineWriter.answer", break_down)
    async with running(impatient) as call:
        ask = partial(call, "/v1/estimates/batch", content_type="application/x-ndjson")
        with pytest.raises(Exception, match=r"^$") as cut:
            await ask([b'{"ref":"a"}\n'])
    assert cut.value.__suppress_context__
    assert CANARY not in caplog.text


@pytest.mark.parametrize("slug", ["none-such", "Not-Found", "..%2fnot-found"])
def test_a_problem_that_is_none_has_no_page(client, slug):
    assert client.get(f"/problems/{slug}").status_code == 404


@pytest.mark.parametrize("slug", KINDS)
def test_the_type_of_a_problem_leads_to_a_page_about_it(client, slug):
    page = client.get(f"/problems/{slug}").raise_for_status()
    assert page.headers["content-type"].startswith("text/html")
    assert KINDS[slug].title in page.text
    assert str(KINDS[slug].status) in page.text
