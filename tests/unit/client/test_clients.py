"""Both clients send what the contract says, and read what it promises."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import httpx
import pytest

from app.answers.answer import Answers, Manner
from app.client.clients import AsyncClient, Client
from app.client.errors import Misused, Unreadable
from app.client.estimates import estimate, estimate_for, estimate_group, estimate_many
from app.client.patients import (
    delete_patient,
    list_patients,
    patch_patient,
    read_patient,
    search_patients,
)
from app.client.writing import write_json, write_query
from app.evidence.library import open_library
from app.schemas.answers import FullResponse, GroupResponse
from app.schemas.estimates import EstimateRequest, LevelRequest
from app.survival.estimate import Question
from app.survival.level import parse_level
from tests.unit.client.wire import ADDRESS, KEY

NOTHING = httpx.Response(204)
PATIENT = {
    "id": "6f1c9c9e-6a2e-4d0f-9f0b-3d1f5a9f7c11", "identifier": "SITE-0042", "covariates": {},
    "created_at": "2026-03-01T10:00:00Z", "updated_at": "2026-03-01T10:00:00Z",
} | dict.fromkeys((
    "sex", "birth_year", "age_at_baseline", "onset_date", "onset_site", "diagnosis_date",
    "el_escorial", "riluzole_start", "alsfrs_r", "svc_percent", "c9orf72", "ftd", "arm",
    "baseline_date", "entry_days", "follow_up_date", "follow_up_days", "vital_status", "event_type",
))  # fmt: skip


def answer(detail="full"):
    study = open_library().studies["mirocals-2025"]
    question = Question(parse_level("1500", "pg/mL"))
    manner = Manner("estimate", detail)
    return json.loads(Answers("0").give(question, study, manner).body)


def a_page(*names, goes_on=None):
    items = [PATIENT | {"identifier": name} for name in names]
    return httpx.Response(200, json={"items": items, "next_cursor": goes_on})


def test_an_address_may_have_a_path_before_it(wire):
    wire.send(estimate("1500", "pg/mL"), httpx.Response(200, json=answer()))
    [sent] = wire.sent
    assert str(sent.url) == ("https://service.example/prefix/v1/estimate?pnfh=1500&unit=pg%2FmL")
    assert sent.headers["authorization"] == f"Bearer {KEY}"
    assert sent.headers["user-agent"].startswith("neurostrata-client/")


def test_without_a_key_none_is_sent(wire):
    wire.send(estimate("1500", "pg/mL"), httpx.Response(200, json=answer()), key=None)
    assert wire.headers("authorization") == [None]


def test_an_answer_is_what_the_contract_says(wire):
    found = wire.send(estimate("1500", "pg/mL"), httpx.Response(200, json=answer()))
    assert isinstance(found, FullResponse)
    assert found.treatment_effect.hazard_ratio.value == 0.52
    group = wire.send(estimate_group("1500", "pg/mL"), httpx.Response(200, json=answer("group")))
    assert isinstance(group, GroupResponse)
    assert wire.sent[1].url.params["detail"] == "group"


def grown(value):
    """Give the same document with a new member in each object, as a newer service might."""
    if isinstance(value, dict):
        return {name: grown(inner) for name, inner in value.items()} | {"added_later": [1]}
    return [grown(inner) for inner in value] if isinstance(value, list) else value


def test_what_a_newer_service_adds_is_passed_over(wire):
    call = estimate("1500", "pg/mL")
    old = wire.send(call, httpx.Response(200, json=answer()))
    assert wire.send(call, httpx.Response(200, json=grown(answer()))) == old


def test_numbers_are_sent_digit_for_digit(wire):
    level = "749." + "9" * 30
    question = EstimateRequest(pnfh=LevelRequest(value=Decimal(level), unit="pg/mL"))
    wire.send(estimate_for(question), httpx.Response(200, json=answer()))
    expected = f'{{"pnfh":{{"value":{level},"unit":"pg/mL"}}}}'
    assert wire.sent[0].content.decode() == expected
    wire.send(estimate(Decimal(level), "pg/mL"), httpx.Response(200, json=answer()))
    assert wire.sent[1].url.params["pnfh"] == level


def test_a_batch_is_one_body(wire):
    items = [{"ref": "a", "pnfh": {"value": 1500, "unit": "pg/mL"}}]
    full = answer() | {"ref": "a"}
    found = wire.send(
        estimate_many(items, detail="full"), httpx.Response(200, json={"items": [full]})
    )
    assert wire.bodies == [{"items": items, "detail": "full"}]
    assert found.items[0].ref == "a"


def test_a_patient_comes_with_the_tag_that_a_change_is_sent_with(wire):
    kept = wire.send(
        read_patient("a/../b"), httpx.Response(200, json=PATIENT, headers={"etag": '"3"'})
    )
    assert (kept.content.identifier, kept.etag) == ("SITE-0042", '"3"')
    assert wire.sent[0].url.raw_path == b"/prefix/v1/patients/a%2F..%2Fb"
    wire.send(patch_patient("p", {"arm": None}, kept.etag), httpx.Response(200, json=PATIENT))
    assert wire.sent[1].content == b'{"arm":null}'
    assert wire.sent[1].headers["if-match"] == '"3"'
    assert wire.sent[1].headers["content-type"] == "application/merge-patch+json"
    assert wire.send(delete_patient("p", "*"), NOTHING) is None


def test_a_list_is_read_page_by_page_to_its_end(wire):
    pages = a_page("A", "B", goes_on="c1"), a_page("C", goes_on="c2"), a_page()
    found = wire.each(list_patients(2, sort="identifier"), *pages)
    assert [patient.identifier for patient in found] == ["A", "B", "C"]
    assert [dict(sent.url.params) for sent in wire.sent] == [
        {"limit": "2", "sort": "identifier"},
        {"limit": "2", "sort": "identifier", "cursor": "c1"},
        {"limit": "2", "sort": "identifier", "cursor": "c2"},
    ]


def test_a_search_goes_on_with_the_same_question(wire):
    found = wire.each(search_patients({"stratum": "low"}), a_page("A", goes_on="c1"), a_page("B"))
    assert [patient.identifier for patient in found] == ["A", "B"]
    asked = {"filter": {"stratum": "low"}, "sort": ["created_at"], "limit": 200}
    assert wire.bodies == [asked, asked | {"cursor": "c1"}]


def test_a_list_that_runs_in_a_circle_is_left(wire):
    with pytest.raises(Unreadable):
        wire.each(list_patients(), a_page("A", goes_on="c1"), a_page("B", goes_on="c1"))


def test_words_can_be_had_in_french(wire):
    call = estimate("1500", "pg/mL").in_language("fr")
    wire.send(call, httpx.Response(200, json=answer()))
    assert wire.headers("accept-language") == ["fr"]


@pytest.mark.parametrize(
    "address",
    ["service.example", "ftp://service.example", "https://", "https://u:p@service.example",
     "https://service.example?x=1", "https://service.example#x", "http://[::1"],
)  # fmt: skip
def test_what_is_no_address_is_refused_at_once(address):
    for kind in (Client, AsyncClient):
        with pytest.raises(Misused):
            kind(address)


@pytest.mark.parametrize("key", ["", "two words", "nst_x\r\nX-Other: 1", "nst_ü"])
def test_what_is_no_key_is_refused_without_being_repeated(key):
    with pytest.raises(Misused) as caught:
        Client(ADDRESS, key)
    assert not key or key not in str(caught.value)


def test_a_client_does_not_show_its_key():
    assert repr(Client(ADDRESS, KEY)) == "Client('https://service.example/prefix')"
    assert repr(AsyncClient(ADDRESS, KEY)) == "AsyncClient('https://service.example/prefix')"


def test_ones_own_httpx_client_is_used_and_left_open():
    seen = []

    def hear(request):
        seen.append(request)
        return httpx.Response(200, json=answer())

    own = httpx.Client(transport=httpx.MockTransport(hear), headers={"x-site": "north"})
    with Client(ADDRESS, http=own) as client:
        client.send(estimate("1500", "pg/mL"))
    assert seen[0].headers["x-site"] == "north"
    assert not own.is_closed
    own.close()


@pytest.mark.parametrize("patient_id", ["", ".", "..", "\ud800"])
def test_an_id_that_leads_elsewhere_is_not_asked_for(patient_id):
    with pytest.raises(Misused):
        read_patient(patient_id)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ({"b": Decimal("1.10"), "a": [1, None, True]}, b'{"b":1.10,"a":[1,null,true]}'),
        (date(2026, 3, 1), b'"2026-03-01"'),
        (datetime(2026, 3, 1, 9, 30, tzinfo=UTC), b'"2026-03-01T09:30:00+00:00"'),
        ('"\n', b'"\\"\\n"'),
        (Decimal("1E+3"), b"1E+3"),
    ],
)
def test_json_is_written_exactly(value, written):
    assert write_json(value) == written


@pytest.mark.parametrize(
    "value", [float("nan"), Decimal("Infinity"), Decimal("sNaN"), b"", object()]
)
def test_what_is_no_json_is_not_sent(value):
    with pytest.raises(Misused):
        write_json({"value": value})


def test_what_holds_itself_is_not_sent():
    circle = []
    circle.append(circle)
    with pytest.raises(Misused):
        write_json(circle)


@pytest.mark.parametrize(
    "call",
    [
        estimate("1" * 70_000, "pg/mL"),
        estimate("1", "\ud800"),
        estimate("1", "pg/mL").in_language("fran\u00e7ais"),
        patch_patient("p", {}, if_match='"\u00e9"'),
        read_patient("p" * 70_000),
    ],
)
async def test_what_cannot_be_put_on_the_wire_is_misuse_and_no_surprise(call):
    with pytest.raises(Misused):
        Client(ADDRESS).send(call)
    with pytest.raises(Misused):
        await AsyncClient(ADDRESS).send(call)


@pytest.mark.parametrize("listing", [list_patients(), search_patients()])
async def test_a_list_that_is_sent_like_a_call_is_told_where_it_belongs(listing):
    with pytest.raises(Misused, match="`each`"):
        Client(ADDRESS).send(listing)
    with pytest.raises(Misused, match="`each`"):
        await AsyncClient(ADDRESS).send(listing)


async def test_a_closed_client_says_that_it_is_closed():
    with Client(ADDRESS) as threads:
        pass
    async with AsyncClient(ADDRESS) as tasks:
        pass
    with pytest.raises(Misused):
        threads.send(estimate("1", "pg/mL"))
    with pytest.raises(Misused):
        await tasks.send(estimate("1", "pg/mL"))


def test_a_query_has_no_empty_parameters():
    told = write_query(
        times=[90, Decimal("180.5")], extrapolate=True, alive_at=None, since=date(2026, 1, 2)
    )
    assert told == {"times": "90,180.5", "extrapolate": "true", "since": "2026-01-02"}
