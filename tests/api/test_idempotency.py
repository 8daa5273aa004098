"""An Idempotency-Key: whoever sends the same request again gets the first answer again."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from fastapi.testclient import TestClient

from app.db.audit import AuditRepository
from app.db.first_answers import first_answer
from app.main import create_app
from tests.api.clinics import LEVEL, SOMEBODY, Service, make_keys
from tests.api.refusals import assert_problem, codes
from tests.services.traces import rows

KEY = {"idempotency-key": "6f1c9c9e"}
EDITOR = ("North", "editor")
REMEMBERED = ("content-type", "location", "etag", "cache-control")


def send(service, body=SOMEBODY, path="/v1/patients", *, by=EDITOR, key=KEY, **options):
    return service.ask("POST", path, by=by, json=body, headers=key, **options)


def patients(service, by=EDITOR):
    return [item["id"] for item in service.ask("GET", "/v1/patients", by=by).json()["items"]]


def accesses(service, patient_id):
    export = service.ask("GET", f"/v1/patients/{patient_id}/export").json()
    return [(access["action"], access["outcome"]) for access in export["accesses"]]


def answer_of(sent):
    """Keep what of an answer must be the same each time."""
    return sent.status_code, sent.content, [sent.headers.get(name) for name in REMEMBERED]


def test_the_same_request_again_is_answered_as_it_was_first(service):
    first, again = send(service), send(service)
    assert first.status_code == 201
    assert answer_of(again) == answer_of(first)
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["x-request-id"] != first.headers["x-request-id"]
    assert patients(service) == [first.json()["id"]]


def test_without_a_key_nothing_is_remembered(service):
    place = f"/v1/patients/{service.keep()['id']}/measurements"
    for _ in range(2):
        assert send(service, LEVEL, place, key={}).status_code == 201
    assert len(service.ask("GET", place).json()["items"]) == 2


def test_every_post_that_keeps_something_is_remembered(service):
    place = f"/v1/patients/{service.keep()['id']}"
    for path, body in [("measurements", LEVEL), ("estimates", {})]:
        first, again = (send(service, body, f"{place}/{path}") for _ in range(2))
        assert answer_of(again) == answer_of(first)
        assert again.headers["idempotent-replayed"] == "true"
        assert len(service.ask("GET", f"{place}/{path}").json()["items"]) == 1


def test_the_first_answer_stays_though_the_record_changes(service):
    first = send(service)
    changed = {"if-match": "*"}
    service.ask("PATCH", first.headers["location"], json={"alsfrs_r": 40}, headers=changed)
    assert answer_of(send(service)) == answer_of(first)


@pytest.mark.parametrize("instances", [1, 2])
def test_fifty_at_once_with_one_key_are_one_request(settings, instances):
    keys = make_keys(settings)
    with ExitStack() as stack:
        services = [
            Service(stack.enter_context(TestClient(create_app(settings))), keys)
            for _ in range(instances)
        ]
        for one in services:
            # FastAPI finishes its routes at the first request, and silences a warning meanwhile
            # for the whole process: only here do two instances share one.
            assert one.ask("POST", "/v1/patients", json={}).status_code == 422
        with ThreadPoolExecutor(50) as pool:
            sent = list(pool.map(lambda i: send(services[i % instances]), range(50)))
        assert len({answer_of(one)[:2] for one in sent}) == 1
        assert sent[0].status_code == 201
        replayed = [one.headers.get("idempotent-replayed") for one in sent]
        assert sorted(replayed, key=str) == [None] + 49 * ["true"]
        assert patients(services[0]) == [sent[0].json()["id"]]


@pytest.mark.parametrize(
    "content",
    [
        '{"identifier":"SITE-0043"}',
        '{"identifier": "SITE-0042" }',  # the bytes count, not their sense
    ],
)
def test_a_key_that_was_used_for_another_request_is_refused(service, content):
    first = send(service)
    headers = KEY | {"content-type": "application/json"}
    other = service.ask("POST", "/v1/patients", content=content, headers=headers)
    assert_problem(other, "idempotency-mismatch")
    assert patients(service) == [first.json()["id"]]
    assert answer_of(send(service)) == answer_of(first)


@pytest.mark.parametrize(
    "media_type",
    ["application/json; charset=utf-8", "APPLICATION/JSON", "application/json ;charset=UTF-8"],
)
def test_another_spelling_of_the_media_type_is_the_same_request(service, media_type):
    content = '{"identifier":"SITE-0042"}'
    first, again = (
        service.ask("POST", "/v1/patients", content=content, headers=KEY | {"content-type": spelt})
        for spelt in ("application/json", media_type)
    )
    assert answer_of(again) == answer_of(first)
    assert again.headers["idempotent-replayed"] == "true"


def test_another_media_type_is_another_request(service):
    content = '{"identifier":"SITE-0042"}'
    first, other = (
        service.ask("POST", "/v1/imports", content=content, headers=KEY | {"content-type": kind})
        for kind in ("application/x-ndjson", "application/ndjson")
    )
    assert first.status_code == 201
    assert_problem(other, "idempotency-mismatch")


def test_another_query_is_another_request(service):
    headers = KEY | {"content-type": "text/csv"}
    file = {"content": "identifier\nP-1\n", "headers": headers}
    assert service.ask("POST", "/v1/imports", **file).status_code == 201
    assert_problem(
        service.ask("POST", "/v1/imports?mode=skip_invalid", **file), "idempotency-mismatch"
    )
    assert service.ask("POST", "/v1/imports", **file).headers["idempotent-replayed"] == "true"


def test_a_key_counts_for_one_route_alone(service):
    kept = send(service).json()
    level = send(service, LEVEL, f"/v1/patients/{kept['id']}/measurements")
    assert level.status_code == 201
    assert level.json()["patient_id"] == kept["id"]


@pytest.mark.parametrize("by", [("South", "editor"), ("North", "admin")])
def test_the_same_key_of_another_caller_is_another_request(service, by):
    first, theirs = send(service), send(service, {"identifier": "SITE-0043"}, by=by)
    assert theirs.status_code == 201
    assert "idempotent-replayed" not in theirs.headers
    assert theirs.json()["id"] != first.json()["id"]


@pytest.mark.parametrize(
    ("by", "status"),
    [
        (None, 401),
        (("North", "expired"), 401),
        (("North", "viewer"), 403),
        (("South", "admin"), 201),
    ],
)
def test_nobody_else_ever_gets_the_first_callers_answer(service, by, status):
    first = send(service)
    other = send(service, by=by)
    assert other.status_code == status
    assert first.json()["id"] not in other.text
    assert "idempotent-replayed" not in other.headers


def test_what_was_refused_leaves_the_key_unused(service):
    assert send(service, {"identifier": "jane@example.org"}).status_code == 422
    taken = service.keep(identifier="SITE-0043")
    assert send(service, {"identifier": "SITE-0043"}).status_code == 409
    assert send(service, by=("North", "viewer")).status_code == 403
    answer = send(service)
    assert answer.status_code == 201
    assert "idempotent-replayed" not in answer.headers
    assert patients(service) == [taken["id"], answer.json()["id"]]


def test_what_has_failed_leaves_the_key_unused_and_nothing_kept(service, monkeypatch):
    append, failures = AuditRepository.append, [RuntimeError("the last statement of the request")]

    async def fail_once(self, head, event, **known):
        if failures:
            raise failures.pop()
        await append(self, head, event, **known)

    monkeypatch.setattr(AuditRepository, "append", fail_once)
    assert send(service).status_code == 500
    assert patients(service) == []
    answer = send(service)
    assert answer.status_code == 201
    assert "idempotent-replayed" not in answer.headers


def test_an_answer_is_remembered_for_a_day_and_no_longer(service):
    first = send(service)
    kept_at = datetime.fromisoformat(first.json()["created_at"])
    second = timedelta(seconds=1)
    with time_machine.travel(kept_at + timedelta(days=1) - 5 * second):
        assert answer_of(send(service)) == answer_of(first)
    with time_machine.travel(kept_at + timedelta(days=1) + second):
        assert codes(send(service), "conflict") == {"/identifier": "identifier_taken"}
        other = send(service, {"identifier": "SITE-0043"})
        assert other.status_code == 201
        assert answer_of(send(service, {"identifier": "SITE-0043"})) == answer_of(other)
    assert kept_at - datetime.now(UTC) < second


@pytest.mark.parametrize(
    "key",
    [
        b"",
        b" ",
        b"k" * 256,
        b"a b",
        b"a\x01b",
        b"a\x7f",
        "clé".encode(),
        "cl\xe9".encode("latin-1"),
    ],
)
def test_what_is_no_key_is_refused(service, key):
    answer = send(service, key={b"idempotency-key": key})
    assert codes(answer) == {"": "idempotency_key"}
    assert patients(service) == []


@pytest.mark.parametrize("key", ["k", "k" * 255, "!~#%\"'\\"])
def test_any_visible_characters_are_a_key(service, key):
    first, again = (send(service, key={"idempotency-key": key}) for _ in range(2))
    assert answer_of(again) == answer_of(first)


def test_a_replay_is_accounted_for_like_any_request(service):
    first = send(service)
    send(service)
    told = accesses(service, first.json()["id"])
    assert told == 2 * [("create_patient", "success")]


def erase(service, place):
    assert service.ask("POST", f"{place}/erase", by=("North", "admin")).status_code == 200


def test_the_answers_that_told_of_a_patient_are_erased_with_them(service):
    first = send(service)
    place = first.headers["location"]
    level = send(service, LEVEL, f"{place}/measurements")
    estimate = send(service, {}, f"{place}/estimates")
    assert (level.status_code, estimate.status_code) == (201, 201)
    erase(service, place)
    for path, body in [("measurements", LEVEL), ("estimates", {})]:
        assert_problem(send(service, body, f"{place}/{path}"), "not-found")


@pytest.mark.parametrize("body", [SOMEBODY, {"identifier": "SITE-0043"}])
def test_a_request_that_arrives_again_does_not_bring_back_who_was_erased(service, body):
    first = send(service)
    erase(service, first.headers["location"])
    for _ in range(2):
        again = send(service, body)
        assert_problem(again, "conflict")
        assert "erased" in again.json()["detail"]
        assert first.json()["id"] not in again.text
    assert patients(service) == []
    assert send(service, key={"idempotency-key": "another"}).status_code == 201


def test_what_a_key_made_for_others_is_not_erased(service):
    first, other = send(service), {"idempotency-key": "other"}
    theirs = send(service, {"identifier": "SITE-0043"}, key=other)
    erase(service, first.headers["location"])
    assert answer_of(send(service, {"identifier": "SITE-0043"}, key=other)) == answer_of(theirs)


def test_the_key_of_who_was_erased_is_free_after_a_day(service):
    first = send(service)
    kept_at = datetime.fromisoformat(first.json()["created_at"])
    erase(service, first.headers["location"])
    with time_machine.travel(kept_at + timedelta(days=1, seconds=1)):
        assert send(service).status_code == 201


def test_nothing_of_whom_a_key_made_is_kept_with_it(service, settings, request):
    superuser = None if settings.database_url is None else request.getfixturevalue("postgres_url")
    erase(service, send(service).headers["location"])
    (row,) = rows(settings, first_answer, superuser)
    emptied = {name: row[name] for name in ("patient_id", "fingerprint", "headers", "body")}
    assert emptied == {"patient_id": None, "fingerprint": "", "headers": "{}", "body": b""}
    assert row["key"] == KEY["idempotency-key"]


def test_a_list_is_read_anew_whatever_key_it_has(service):
    ask = {"headers": KEY}
    assert service.ask("GET", "/v1/patients", **ask).json()["items"] == []
    service.keep()
    assert len(service.ask("GET", "/v1/patients", **ask).json()["items"]) == 1
