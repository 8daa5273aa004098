"""Which servers may be talked to, and which addresses lie on them."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ehr.talk import MOST_BYTES, EhrAway, Talk, open_ehrs

BASE = "https://ehr.example/fhir"


def given_back(body=b"{}"):
    """Answer as a server does: piece by piece."""

    async def pieces():
        yield body

    return httpx.Response(200, content=pieces())


def a_talk(handler, token="token"):
    return Talk(httpx.AsyncClient(transport=httpx.MockTransport(handler)), BASE, token)


@pytest.mark.parametrize(
    "address",
    [
        "Patient/1",
        "Observation?patient=1",
        f"{BASE}/Observation?page=2",
        f"{BASE}?_getpages=a",
        "?p=2",
    ],
)
async def test_what_lies_on_the_server_is_asked(address):
    asked = []

    def note(request):
        asked.append(str(request.url))
        return given_back(b'{"resourceType": "Bundle"}')

    assert (await a_talk(note).ask(address))["resourceType"] == "Bundle"
    assert [url.startswith(BASE) for url in asked] == [True]


@given(st.text(alphabet="ehr.example/fhir:?#@%2e\\\t\r\n0123456789-~ü", max_size=80))
async def test_no_address_leads_away_from_the_server(address):
    asked = []

    def note(request):
        asked.append(request.url)
        return given_back()

    try:
        await a_talk(note).ask(address)
    except EhrAway:
        return
    for url in asked:
        assert (url.scheme, url.host, url.port) == ("https", "ehr.example", None)
        assert url.path == "/fhir" or url.path.startswith("/fhir/")


async def test_the_token_goes_along_and_nothing_else_of_ours_does():
    seen = {}

    def note(request):
        seen.update(request.headers)
        return given_back()

    await a_talk(note).ask("Patient/1")
    assert seen["authorization"] == "Bearer token"
    assert "cookie" not in seen


async def test_without_a_token_none_is_sent():
    def note(request):
        assert "authorization" not in request.headers
        return given_back()

    await a_talk(note, token=None).ask("Patient/1")


async def test_all_answers_of_a_talk_together_have_a_bound():
    half = b'"' + b"x" * (MOST_BYTES // 2) + b'"'
    talk = a_talk(lambda _: given_back(half))
    assert await talk.ask("a")
    with pytest.raises(EhrAway):
        await talk.ask("b")


@pytest.mark.parametrize(
    ("server", "also", "is_allowed"),
    [
        (BASE, (), True),
        ("https://ehr.example/FHIR", (), False),
        ("https://EHR.example/fhir", (), False),
        ("https://ehr.example:443/fhir", (), False),
        ("https://ehr.example/fhir/x", (), False),
        ("https://own.example/fhir", ("https://own.example/fhir/",), True),
        ("http://own.example/fhir", ("http://own.example/fhir",), False),
        ("http://127.0.0.1:9090/fhir", ("http://127.0.0.1:9090/fhir",), True),
        ("", ("",), False),
    ],
)
async def test_a_server_is_allowed_by_its_very_address(server, also, is_allowed):
    async with open_ehrs(f"{BASE},https://other.example") as ehrs:
        assert (ehrs.talk_to(server, None, also) is not None) is is_allowed


async def test_without_the_setting_no_server_is_allowed():
    async with open_ehrs(None) as ehrs:
        assert ehrs.allowed == frozenset()
        assert ehrs.talk_to(BASE, None) is None


async def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    async with open_ehrs(None) as ehrs:
        here, away = (
            ehrs.client._transport_for_url(httpx.URL(url))
            for url in ("http://127.0.0.1:9090/fhir", "http://ehr.example/fhir")
        )
        assert here is ehrs.client._transport
        assert away is not ehrs.client._transport
