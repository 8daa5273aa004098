"""A clinic's own evidence: made of a model, served under the contract, to that clinic alone."""

import pytest
from sqlalchemy import text

from app.clinic.access import Role
from app.schemas.answers import EstimateResponse
from app.schemas.card import CardResponse
from app.schemas.evidence import (
    EvidenceDifferenceResponse,
    EvidenceListResponse,
    EvidenceResponse,
)
from tests.api.cohort_of_clinic import (
    MODEL,
    SOUTH,
    TERMS,
    enrol,
    fit,
    make,
    own_evidence,
)
from tests.api.described import read
from tests.api.refusals import assert_problem, codes
from tests.api.test_audit import listed, verified
from tests.fitted import some_patients

VIEWER, STRANGER = ("North", Role.VIEWER), ("South", Role.VIEWER)
NEVER = "fitted-00000000"
LEVEL = {"value": 1500, "unit": "pg/mL"}


def without(text, *names):
    """Strip a problem of what names the request itself."""
    for name in names:
        text = text.replace(name, "-")
    return text


def told(answer, evidence_id):
    request_id = answer.headers["x-request-id"]
    return answer.status_code, without(answer.text, evidence_id, request_id)


def test_a_model_becomes_evidence_that_is_read_as_it_was_made(service):
    enrol(service)
    made = make(service, fit(service), title="Our own")
    assert made.status_code == 201, made.text
    document = made.json()
    assert made.headers["location"] == f"/v1/evidence/{document['id']}"
    assert (document["kind"], document["version"], document["title"]) == ("fitted", "1", "Our own")
    again = service.ask("GET", made.headers["location"], by=VIEWER)
    assert again.json() == document
    read(EvidenceResponse, again.content)
    assert again.headers["cache-control"] == "no-store"
    assert "authorization" in again.headers["vary"]


def test_it_has_what_the_model_was_asked_for(service):
    enrol(service)
    model_id = fit(service)
    document = make(service, model_id).json()
    assert document["fit"]["model_id"] == model_id
    assert document["fit"]["adjustment"] == "Cox model with x_age"
    assert document["population"]["patients"]["value"] == 400
    assert (document["control"]["id"], document["treatment"]["id"]) == ("none", "il2ld")
    assert document["interaction"]["per_unit"]["kind"] == "fitted"
    assert [one["id"] for one in document["strata"]] == ["very_low", "low", "high"]


def test_the_card_the_list_and_the_difference_know_it(service):
    evidence_id = own_evidence(service)
    listing = service.ask("GET", "/v1/evidence", by=VIEWER)
    read(EvidenceListResponse, listing.content)
    ids = [item["id"] for item in listing.json()["items"]]
    assert ids == sorted(ids)
    assert evidence_id in ids
    card = service.ask("GET", f"/v1/evidence/{evidence_id}/card", by=VIEWER)
    read(CardResponse, card.content)
    notices = {notice["code"]: notice["text"] for notice in card.json()["notices"]}
    assert notices["observational"].startswith("Not randomised: arms were chosen, not drawn.")
    difference = service.ask("GET", f"/v1/evidence/{evidence_id}/diff/mirocals-2025", by=VIEWER)
    read(EvidenceDifferenceResponse, difference.content)
    assert "/kind" in [change["path"] for change in difference.json()["changes"]]


NAMED = [
    "/v1/estimate?pnfh=1500&evidence={}",
    "/v1/stratum?pnfh=1500&evidence={}",
    "/v1/treatment-effect?pnfh=1500&evidence={}",
    "/v1/survival-curves?pnfh=1500&evidence={}",
    "/v1/evidence/{}",
    "/v1/evidence/{}/card",
    "/v1/evidence/{}/diff/mirocals-2025",
    "/v1/evidence/mirocals-2025/diff/{}",
]
POSTED = [
    ("/v1/estimates", lambda name: {"pnfh": LEVEL, "evidence": name}),
    ("/v1/estimates/batch", lambda name: {"items": [{"pnfh": LEVEL}], "evidence": name}),
]


def test_another_clinic_and_nobody_are_answered_as_if_it_had_never_been(service):
    evidence_id = own_evidence(service)
    differing = {}
    for by in (STRANGER, None):
        for path in NAMED:
            there = told(service.ask("GET", path.format(evidence_id), by=by), evidence_id)
            never = told(service.ask("GET", path.format(NEVER), by=by), NEVER)
            if there != never or there[0] not in {404, 422}:
                differing[path, by] = there
        for path, body in POSTED:
            there = told(service.ask("POST", path, by=by, json=body(evidence_id)), evidence_id)
            never = told(service.ask("POST", path, by=by, json=body(NEVER)), NEVER)
            if there != never or there[0] != 422:
                differing[path, by] = there
    assert differing == {}


def test_its_own_clinic_is_served_by_every_one_of_these(service):
    evidence_id = own_evidence(service)
    statuses = {
        path: service.ask("GET", path.format(evidence_id), by=VIEWER).status_code for path in NAMED
    } | {
        path: service.ask("POST", path, by=VIEWER, json=body(evidence_id)).status_code
        for path, body in POSTED
    }
    assert set(statuses.values()) == {200}, statuses


def test_the_list_of_another_clinic_and_of_nobody_is_the_published_one(service):
    own_evidence(service)
    assert (
        service.ask("GET", "/v1/evidence", by=STRANGER).content
        == service.ask("GET", "/v1/evidence", by=None).content
    )


def test_a_key_that_is_not_good_shows_no_more_of_the_list_and_is_told_where_it_was_needed(service):
    evidence_id = own_evidence(service)
    bad = {"authorization": "Bearer nst_wrong"}
    listing = service.client.get("/v1/evidence", headers=bad)
    assert listing.content == service.ask("GET", "/v1/evidence", by=None).content
    asked = service.client.get(f"/v1/evidence/{evidence_id}", headers=bad)
    assert_problem(asked, "unauthorized")


def test_published_evidence_never_looks_at_a_key(service):
    bad = {"authorization": "Bearer nst_wrong"}
    for path in ("/v1/estimate?pnfh=1500", "/v1/evidence/mirocals-2025"):
        answer = service.client.get(path, headers=bad)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-cache"


def test_an_estimate_has_the_shape_of_any_other_and_says_what_it_is(service):
    evidence_id = own_evidence(service)
    answer = service.ask("GET", f"/v1/estimate?pnfh=1500&evidence={evidence_id}", by=VIEWER)
    read(EstimateResponse, answer.content)
    document = answer.json()
    assert document["evidence"]["id"] == evidence_id
    assert {"own_cohort", "observational"} <= {one["code"] for one in document["notices"]}
    assert "not randomised" in document["presentation"]["clinician"][0]
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("wishes", "status"),
    [
        ("", 200),
        ("&alive_at=200&times=365,640", 200),
        ("&extrapolate=true", 200),
        ("&extrapolate=true&times=961", 422),
        ("&times=641", 422),
        ("&detail=group", 200),
        ("&detail=summary&unit=ng/mL&specimen=csf", 422),  # 1500 ng/mL is out of range
        ("&unit=pg/mL&comparator=<", 200),
    ],
)
def test_wishes_are_judged_by_its_own_horizon(service, wishes, status):
    evidence_id = own_evidence(service)
    path = f"/v1/estimate?pnfh=1500&evidence={evidence_id}{wishes}"
    assert service.ask("GET", path, by=VIEWER).status_code == status


def test_who_holds_the_answer_is_told_so(service):
    path = f"/v1/estimate?pnfh=1500&evidence={own_evidence(service)}"
    first = service.ask("GET", path, by=VIEWER)
    again = service.ask("GET", path, by=VIEWER, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("kind", ["text/csv", "image/svg+xml", "image/png"])
def test_its_curves_can_be_drawn(service, kind):
    path = f"/v1/survival-curves?pnfh=1500&evidence={own_evidence(service)}"
    answer = service.ask("GET", path, by=VIEWER, headers={"accept": kind})
    assert answer.headers["content-type"].startswith(kind)
    assert answer.headers["cache-control"] == "no-store"
    if kind == "text/csv":
        assert {line.split(",")[0] for line in answer.text.splitlines()[1:]} == {"none", "il2ld"}


def test_a_stream_is_answered_from_it_line_by_line(service):
    path = f"/v1/estimates/batch?evidence={own_evidence(service)}&detail=group"
    line = b'{"ref":"%d","pnfh":{"value":%d,"unit":"pg/mL"}}\n'
    lines = b"".join(line % (n, 500 + 37 * n) for n in range(200))
    headers = {"content-type": "application/x-ndjson"}
    answer = service.ask("POST", path, by=VIEWER, content=lines, headers=headers)
    assert answer.text.count("\n") == 200
    assert answer.text.count('"own_cohort"') == 200


def test_each_answer_from_it_is_in_the_account(service):
    evidence_id = own_evidence(service)
    before = len(listed(service, "?limit=200"))
    service.ask("GET", f"/v1/estimate?pnfh=1500&evidence={evidence_id}", by=VIEWER)
    service.ask("GET", f"/v1/estimate?pnfh=1500&evidence={evidence_id}&times=9999", by=VIEWER)
    service.ask("GET", f"/v1/evidence/{NEVER}", by=VIEWER)
    service.ask("GET", "/v1/evidence", by=VIEWER)
    service.ask("GET", f"/v1/estimate?pnfh=1500&evidence={evidence_id}", by=None)
    events = listed(service, "?limit=200")[: -before or None][::-1]
    assert [(event["action"], event["status"]) for event in events[-5:]] == [
        ("list_audit", 200),
        ("estimate", 200),
        ("estimate", 422),
        ("read_one_evidence", 404),
        ("read_all_evidence", 200),
    ]
    assert verified(service)["valid"]


def test_a_patients_estimate_can_be_given_kept_and_replayed_from_it(service):
    evidence_id = own_evidence(service)
    patient = service.keep()
    service.measure(patient)
    place = f"/v1/patients/{patient['id']}"
    given = service.ask("GET", f"{place}/estimate?evidence={evidence_id}")
    assert given.json()["evidence"]["id"] == evidence_id
    kept = service.ask("POST", f"{place}/estimates", json={"evidence": evidence_id})
    assert kept.status_code == 201, kept.text
    assert kept.json()["estimate"]["evidence"]["id"] == evidence_id
    replay = service.ask("POST", f"/v1/estimates/{kept.json()['id']}/replay", by=VIEWER)
    assert replay.json()["identical"] is True


def test_a_patients_estimate_from_another_clinics_evidence_is_refused(service):
    evidence_id = own_evidence(service)
    patient = service.keep(by=SOUTH)
    service.measure(patient, by=SOUTH)
    place = f"/v1/patients/{patient['id']}"
    for name in (evidence_id, NEVER):
        given = service.ask("GET", f"{place}/estimate?evidence={name}", by=SOUTH)
        assert list(codes(given, "validation-error").values()) == ["unknown_evidence"]


def test_a_kept_estimate_whose_evidence_is_gone_says_so(service, tamper):
    evidence_id = own_evidence(service)
    patient = service.keep()
    service.measure(patient)
    path = f"/v1/patients/{patient['id']}/estimates"
    kept = service.ask("POST", path, json={"evidence": evidence_id}).json()
    tamper(text("DELETE FROM fitted_evidence"))
    replay = service.ask("POST", f"/v1/estimates/{kept['id']}/replay", by=VIEWER).json()
    assert replay["reason"]["code"] == "evidence_not_there"


def test_a_viewer_cannot_make_evidence(service):
    enrol(service)
    assert_problem(make(service, fit(service), by=VIEWER), "forbidden")


def test_without_a_key_none_is_made(service):
    assert_problem(make(service, NEVER, by=None), "unauthorized")


@pytest.mark.parametrize("model_id", ["x", "0b1f4b0e-9a07-4c39-8c52-2c4f6d3f7a10"])
def test_a_model_that_is_not_there_is_refused(service, model_id):
    answer = make(service, model_id)
    assert list(codes(answer, "validation-error").values()) == ["unknown_model"]


def test_another_clinics_model_is_none(service):
    enrol(service)
    assert list(codes(make(service, fit(service), by=SOUTH)).values()) == ["unknown_model"]


def test_a_model_of_patients_that_have_changed_since_must_be_fitted_again(service):
    enrol(service)
    model_id = fit(service)
    service.keep(identifier="LATER-1")
    answer = make(service, model_id)
    assert list(codes(answer, "conflict").values()) == ["cohort_changed"]
    assert make(service, fit(service)).status_code == 201


@pytest.mark.parametrize(
    ("model", "code"),
    [
        ({"terms": TERMS[1:]}, "no_arm"),
        ({"terms": [{"variable": "arm", "reference": "placebo"}]}, "not_two_arms"),
    ],
)
def test_a_model_without_one_arm_against_a_reference_is_refused(service, model, code):
    enrol(service)
    third = some_patients(n=40, seed=5)
    rows = ["identifier,arm,follow_up_days,vital_status"]
    rows += [f"Q-{i},placebo,{day:g},dead" for i, day in enumerate(third["days"].tolist())]
    service.ask(
        "POST", "/v1/imports", content="\n".join(rows), headers={"content-type": "text/csv"}
    )
    answer = make(service, fit(service, model))
    assert list(codes(answer, "fit-refused").values()) == [code]


def test_one_of_three_arms_can_be_left_out_by_the_filter(service):
    enrol(service)
    service.keep(arm="placebo", follow_up_days=100, vital_status="dead")
    answer = make(service, fit(service, MODEL | {"filter": {"arm": ["none", "il2ld"]}}))
    assert answer.status_code == 201, answer.text


def test_too_few_patients_in_every_stratum_are_refused(service):
    enrol(service, some_patients(n=24, seed=2))
    answer = make(service, fit(service, {"terms": TERMS[:1]}))
    assert list(codes(answer, "fit-refused").values()) == ["too_few_patients"]


def test_the_same_request_again_is_given_the_first_evidence_again(service):
    enrol(service)
    body, key = {"model_id": fit(service)}, {"idempotency-key": "once"}
    first = service.ask("POST", "/v1/evidence", json=body, headers=key)
    again = service.ask("POST", "/v1/evidence", json=body, headers=key)
    assert first.json()["id"] == again.json()["id"]
    other = service.ask("POST", "/v1/evidence", json=body)
    assert other.json()["id"] != first.json()["id"]


@pytest.mark.parametrize("body", [{}, {"model_id": 7}, {"model_id": "x", "colour": "blue"}])
def test_a_body_that_is_not_understood_is_refused(service, body):
    assert_problem(service.ask("POST", "/v1/evidence", json=body), "validation-error")


def test_making_it_is_in_the_account_and_changes_no_patient(service):
    enrol(service)
    model_id = fit(service)
    first, second = make(service, model_id), make(service, model_id)
    assert (first.status_code, second.status_code) == (201, 201)  # the cohort is what it was
    actions = [event["action"] for event in listed(service, "?limit=3")]
    assert actions[:2] == ["create_evidence"] * 2


def test_its_own_clinic_can_hold_it_against_other_patients(service):
    evidence_id = own_evidence(service)
    answer = service.ask("POST", "/v1/cohort/calibration", json={"evidence": evidence_id})
    assert answer.status_code == 200, answer.text
    assert answer.json()["evidence"]["id"] == evidence_id
    stranger = service.ask(
        "POST", "/v1/cohort/calibration", by=SOUTH, json={"evidence": evidence_id}
    )
    assert list(codes(stranger).values()) == ["unknown_evidence"]
