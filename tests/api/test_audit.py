"""`/v1/audit` and `/v1/audit/verify`: who did what, and whether the account of it is whole."""

from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
import time_machine
from sqlalchemy import delete, select, text, update

from app.api.examples import audit as shown
from app.clinic.access import Role
from app.db.audit import audit_chain, audit_event
from app.db.checkpoint_file import FILE
from app.schemas.audit import AuditPage, AuditReport
from tests.api.clinics import LEVEL, SOMEBODY, Service, make_keys, open_service
from tests.api.refusals import assert_problem, codes

ADMIN = ("North", Role.ADMIN)
SOUTH = ("South", Role.ADMIN)
NOBODY = "00000000-0000-4000-8000-000000000000"


def listed(service, query="", by=ADMIN):
    answer = service.ask("GET", f"/v1/audit{query}", by=by)
    assert answer.status_code == 200, answer.text
    AuditPage.model_validate_json(answer.content)
    return answer.json()["items"]


def verified(service, by=ADMIN):
    answer = service.ask("GET", "/v1/audit/verify", by=by)
    assert answer.status_code == 200, answer.text
    AuditReport.model_validate_json(answer.content)
    return answer.json()


def summed(event):
    return (event["sequence"], event["action"], event["status"], event["outcome"])


def test_every_request_is_told_with_who_what_which_and_how_it_ended(service):
    patient = service.keep()
    level = service.measure(patient)
    read = service.ask("GET", f"/v1/patients/{patient['id']}", by=("North", Role.VIEWER))
    service.ask("DELETE", f"/v1/patients/{patient['id']}", by=("North", Role.VIEWER))
    service.ask("GET", f"/v1/patients/{NOBODY}")
    service.ask("POST", "/v1/patients", json={"identifier": ""})
    events = listed(service)[::-1]
    assert [summed(event) for event in events] == [
        (1, "create_patient", 201, "success"),
        (2, "create_measurement", 201, "success"),
        (3, "get_patient", 200, "success"),
        (4, "remove_patient", 403, "refused"),
        (5, "get_patient", 404, "refused"),
        (6, "create_patient", 422, "refused"),
    ]
    assert [event["patient_id"] for event in events] == [patient["id"]] * 4 + [NOBODY, None]
    assert [event["record_id"] for event in events] == [None, level["id"], None, None, None, None]
    assert [event["role"] for event in events] == ["editor", "editor", "viewer", "viewer"] + [
        "editor"
    ] * 2
    assert events[2]["request_id"] == read.headers["x-request-id"]
    assert len({event["principal"] for event in events}) == 2
    assert all(event["principal"].startswith("key:") for event in events)


def test_listing_and_verifying_are_accounted_for_after_what_they_tell(service):
    assert listed(service) == []
    assert [summed(event) for event in listed(service)] == [(1, "list_audit", 200, "success")]
    report = verified(service)
    assert (report["last_sequence"], report["events"]) == (2, 2)
    event = listed(service)[0]
    assert (*summed(event), event["count"]) == (3, "verify_audit", 200, "success", 2)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
@pytest.mark.parametrize("path", ["/v1/audit", "/v1/audit/verify"])
def test_only_an_admin_may_know_and_who_tried_is_told(service, role, path):
    assert_problem(service.ask("GET", path, by=("North", role)), "forbidden")
    event = listed(service)[0]
    assert (event["role"], event["status"], event["outcome"]) == (role, 403, "refused")


def test_a_clinic_sees_its_own_events_alone(service):
    patient = service.keep()
    assert listed(service, by=SOUTH) == []
    assert listed(service, f"?patient_id={patient['id']}", by=SOUTH) == []
    assert verified(service, by=SOUTH)["events"] == 2
    assert {event["action"] for event in listed(service)} == {"create_patient"}


def test_pages_follow_the_links_while_events_are_added_and_miss_and_repeat_none(service):
    for number in range(7):
        service.keep(identifier=f"P-{number}")
    seen, path = [], "/v1/audit?limit=3&action=create_patient"
    while path:
        answer = service.ask("GET", path, by=ADMIN)
        seen += [event["sequence"] for event in answer.json()["items"]]
        link = answer.headers.get("link", "")
        path = link.partition("<")[2].partition(">")[0]
        assert bool(path) == (answer.json()["next_cursor"] is not None)
    assert seen == [7, 6, 5, 4, 3, 2, 1]


def test_a_cursor_goes_on_in_its_own_list_alone(service):
    for number in range(3):
        service.keep(identifier=f"P-{number}")
        service.keep(identifier=f"P-{number}", by=("South", Role.EDITOR))
    cursor = service.ask("GET", "/v1/audit?limit=1", by=ADMIN).json()["next_cursor"]
    for query, by in (
        (f"?cursor={cursor}&action=get_patient", ADMIN), (f"?cursor={cursor}", SOUTH),
        ("?cursor=nonsense", ADMIN),
    ):  # fmt: skip
        answer = service.ask("GET", f"/v1/audit{query}", by=by)
        assert codes(answer) == {"/cursor": "invalid_cursor"}
    assert len(listed(service, f"?cursor={cursor}")) == 2


def test_events_are_found_by_patient_action_and_time(service):
    with time_machine.travel("2026-03-01T12:00:00Z"):
        first = service.keep(identifier="P-1")
    with time_machine.travel("2026-03-05T12:00:00Z"):
        service.keep(identifier="P-2")
        service.ask("GET", f"/v1/patients/{first['id']}")
    of_first = listed(service, f"?patient_id={first['id']}")
    assert [event["action"] for event in of_first] == ["get_patient", "create_patient"]
    named = listed(service, "?action=create_patient")
    assert len(named) == 2
    at = of_first[1]["at"]
    assert datetime.fromisoformat(at).day == 1
    assert [e["at"] for e in listed(service, f"?since={at}&until=2026-03-02T00:00:00Z")] == [at]
    assert listed(service, f"?until={at}") == []
    assert len(listed(service, "?since=2026-03-02T00:00:00Z&action=create_patient")) == 1
    assert listed(service)[0]["patient_id"] is None
    assert len(listed(service, f"?patient_id={first['id']}&action=list_audit")) == 1


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("limit=0", {"/limit": "greater_than_equal"}),
        ("limit=201", {"/limit": "less_than_equal"}),
        ("patient_id=SITE-1", {"/patient_id": "uuid_parsing"}),
        ("action=DROP", {"/action": "string_pattern_mismatch"}),
        ("since=yesterday", {"/since": "not_an_instant"}),
        ("since=2026-03-01", {"/since": "not_an_instant"}),
        ("until=2026-03-01T12:00:00", {"/until": "not_an_instant"}),
        ("until=9999-12-31T23:59:59-23:00", {"/until": "not_an_instant"}),
        ("principal=key:1", {"/principal": "unknown_field"}),
    ],
)
def test_a_question_that_breaks_a_rule_is_refused(service, query, fault):
    assert codes(service.ask("GET", f"/v1/audit?{query}", by=ADMIN)) == fault


def test_who_has_the_page_already_gets_304_and_is_accounted_for(service):
    service.keep()
    query = "/v1/audit?action=create_patient"
    tag = service.ask("GET", query, by=ADMIN).headers["etag"]
    again = service.ask("GET", query, by=ADMIN, headers={"if-none-match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert summed(listed(service)[0]) == (3, "list_audit", 304, "success")


def test_a_whole_chain_is_valid_and_says_where_it_ends(service):
    service.keep()
    last = listed(service)[0]
    report = verified(service)
    assert (report["valid"], report["faults"], report["faults_found"]) == (True, [], 0)
    assert (report["first_sequence"], report["last_sequence"], report["events"]) == (1, 2, 2)
    assert listed(service, "?action=list_audit")[-1]["digest"] == report["head_digest"]
    assert last["sequence"] == 1


def test_what_was_changed_is_told_with_200(service, tamper):
    for number in range(4):
        service.keep(identifier=f"P-{number}")
    tamper(update(audit_event).where(audit_event.c.sequence == 2).values(principal="key:x"))
    tamper(delete(audit_event).where(audit_event.c.sequence == 4))
    report = verified(service)
    assert report["valid"] is False
    told = {(fault["sequence"], fault["code"]) for fault in report["faults"]}
    assert told == {(2, "event_changed"), (4, "events_missing")}
    assert report["faults_found"] == 2
    assert all(fault["detail"] for fault in report["faults"])


def test_a_changed_head_is_told_although_nothing_more_can_be_accounted_for(service, tamper):
    service.keep()
    tamper(update(audit_chain).values(last_sequence=7))
    assert not verified(service)["valid"]
    assert_problem(service.ask("GET", "/v1/patients"), "unavailable")
    viewer = ("North", Role.VIEWER)
    assert_problem(service.ask("GET", "/v1/audit/verify", by=viewer), "unavailable")


def test_stopping_writes_a_checkpoint_that_the_next_start_verifies_with(settings):
    keys = make_keys(settings)
    path = settings.data_dir / FILE
    path.unlink(missing_ok=True)
    with open_service(settings) as client:
        service = Service(client, keys)
        service.keep()
        assert verified(service)["checkpoints"] == {
            "status": "missing", "read": 0, "damaged": 0, "newest_sequence": None,
            "newest_at": None,
        }  # fmt: skip
    with open_service(settings) as client:
        told = verified(Service(client, keys))
        assert told["valid"]
        newest = told["checkpoints"]
        assert (newest["status"], newest["newest_sequence"], newest["read"]) == ("read", 2, 1)
        path.write_bytes(path.read_bytes() + b"half a li")
        told = verified(Service(client, keys))
        assert (told["valid"], told["checkpoints"]["status"]) == (True, "damaged")
        assert told["checkpoints"]["damaged"] == 1
    path.unlink()


def test_a_request_that_was_refused_unread_is_accounted_for(service):
    service.ask("POST", "/v1/patients", content="x", headers={"content-type": "text/plain"})
    service.ask("POST", "/v1/patients?" + "&".join(f"a{n}=%20" for n in range(60)), json=SOMEBODY)
    assert [summed(event)[2] for event in listed(service)[::-1]] == [415, 422]


BREAK = {
    "sqlite": (
        """CREATE TRIGGER no_account BEFORE INSERT ON audit_event
           BEGIN SELECT RAISE(ABORT, 'no'); END""",
        "DROP TRIGGER no_account",
    ),
    "postgresql": (
        "ALTER TABLE audit_event ADD CONSTRAINT no_account CHECK (false) NOT VALID",
        "ALTER TABLE audit_event DROP CONSTRAINT no_account",
    ),
}


@pytest.fixture
def no_account(tamper, settings):
    """Make every insert of an event fail, for as long as the `with` lasts."""
    broken, mended = BREAK["postgresql" if settings.database_url else "sqlite"]

    @contextmanager
    def fail():
        tamper(text(broken))
        yield
        tamper(text(mended))

    return fail


def test_without_an_account_there_is_no_answer_and_nothing_is_kept(service, no_account):
    patient = service.keep()
    place = f"/v1/patients/{patient['id']}"
    asked = [
        ("POST", "/v1/patients", {"json": SOMEBODY | {"identifier": "P-2"}}),
        ("GET", place, {}), ("GET", "/v1/patients", {}), ("GET", f"{place}/history", {}),
        ("POST", f"{place}/measurements", {"json": LEVEL}),
        ("DELETE", place, {"headers": {"if-match": "*"}}),
        ("DELETE", place, {"by": ("North", Role.VIEWER)}),  # 403 otherwise
        ("GET", f"/v1/patients/{NOBODY}", {}),  # 404 otherwise
        ("GET", "/v1/audit", {"by": ADMIN}), ("GET", "/v1/audit/verify", {"by": ADMIN}),
    ]  # fmt: skip
    with no_account():
        for method, path, options in asked:
            answer = service.ask(method, path, **options)
            assert_problem(answer, "unavailable")
            assert answer.headers["retry-after"]
            assert patient["id"] not in answer.json()["detail"]
    assert [one["id"] for one in service.ask("GET", "/v1/patients").json()["items"]] == [
        patient["id"]
    ]
    assert service.ask("GET", f"{place}/measurements").json()["items"] == []
    assert [summed(event)[2] for event in listed(service)] == [200, 200, 201]
    assert verified(service)["valid"]


def test_events_are_in_order_by_number_when_the_clock_jumps_back(service):
    start = datetime(2026, 3, 9, 12).astimezone()
    for day in (0, -1, -3, 2, -1):
        with time_machine.travel(start + timedelta(days=day)):
            service.keep(identifier=f"P-{day}-{len(listed(service))}")
    with time_machine.travel(start):
        events = listed(service, "?limit=200")[::-1]
        assert [event["sequence"] for event in events] == [*range(1, 11)]
        assert [event["at"] for event in events] == sorted({event["at"] for event in events})
        assert verified(service)["valid"]
        kept = service.ask("GET", "/v1/patients").json()["items"]
        assert [one["identifier"][:3] for one in kept] == ["P-0", "P--", "P--", "P-2", "P--"]


def test_no_column_of_an_event_holds_anything_that_was_posted(service, tamper):
    marked = {
        "identifier": "CANARY-0042", "covariates": {"canary_name": "canary_value"},
        "arm": "canary-arm", "svc_percent": 77.31731, "age_at_baseline": 61.31731,
    }  # fmt: skip
    headers = {"idempotency-key": "canary-key"}
    patient = service.ask("POST", "/v1/patients", json=marked, headers=headers).json()
    place = f"/v1/patients/{patient['id']}"
    service.ask("POST", "/v1/patients", json=marked)
    service.ask("POST", "/v1/patients", json=marked | {"identifier": "canary@example.org"})
    service.ask("POST", "/v1/patients", content='{"canary": ', headers={"x-canary": "canary"})
    service.measure(patient, value=1731.31731)
    for path in (place, f"{place}/canary", f"{place}?canary=canary", "/v1/patients/canary"):
        service.ask("GET", path)
    service.ask("PATCH", place, json={"arm": "canary-2"}, headers={"if-match": '"1"'})
    service.ask("PATCH", place, json={"arm": "canary-3"}, headers={"if-match": '"canary"'})
    service.ask("GET", f"{place}/export")
    service.ask("POST", f"{place}/erase", by=ADMIN)
    rows = tamper(select(audit_event))
    assert len(rows) >= 12
    cells = [str(cell).lower() for row in rows for cell in row.values()]
    assert not [cell for cell in cells if "canary" in cell or "31731" in cell]


def test_the_examples_of_the_document_are_what_is_answered():
    AuditPage.model_validate(shown.PAGE_EXAMPLE)
    AuditReport.model_validate(shown.REPORT_EXAMPLE)
