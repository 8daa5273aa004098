"""A patient's rules hold at every door: a new patient, a change, a file. And shown is what is."""

import pytest

from tests.api.clinics import LEVEL, SOMEBODY
from tests.api.refusals import assert_problem, codes

ANY = {"if-match": "*"}
UNSORTED = {"zeta": 1, "alpha": "mild", "Mid": 2.5}
SORTED = b'"covariates":{"Mid":2.5,"alpha":"mild","zeta":1}'

CONTRADICTIONS = [
    # 2024-01-01 + 9 days = 2024-01-10, and 9 < 100
    (
        {"baseline_date": "2024-01-01", "entry_days": 100, "follow_up_date": "2024-01-10"},
        {"follow_up_date": "follow_up_before_entry"},
    ),
    (
        {"baseline_date": "2024-01-01", "entry_days": 100, "follow_up_days": 9},
        {"follow_up_days": "follow_up_before_entry"},
    ),
    (
        {"baseline_date": "2026-11-01", "follow_up_days": 50_000},
        {"follow_up_days": "date_in_the_future"},
    ),
    (
        {"baseline_date": "2026-11-01", "entry_days": 50_000},
        {"entry_days": "date_in_the_future"},
    ),
]


def import_csv(service, facts):
    named = {"identifier": "SITE-0043"} | facts
    content = f"{','.join(named)}\n{','.join(str(value) for value in named.values())}\n"
    headers = {"content-type": "text/csv"}
    return service.ask("POST", "/v1/imports", content=content, headers=headers)


def columns_at_fault(answer):
    return {
        fault.column: fault.code for fault in assert_problem(answer, "validation-error").values()
    }


@pytest.mark.parametrize(("facts", "found"), CONTRADICTIONS)
def test_days_that_contradict_each_other_are_refused_at_every_door(service, facts, found):
    told = {f"/{name}": code for name, code in found.items()}
    assert codes(service.ask("POST", "/v1/patients", json=SOMEBODY | facts)) == told
    some, last = dict(list(facts.items())[:-1]), dict(list(facts.items())[-1:])
    place = f"/v1/patients/{service.keep(**some)['id']}"
    assert codes(service.ask("PATCH", place, json=last, headers=ANY)) == told
    assert columns_at_fault(import_csv(service, facts)) == found


@pytest.mark.parametrize(
    ("text", "code"), [("jane@example.org", "text_is_email"), ("06 12 34 56 78", "text_is_phone")]
)
def test_how_to_reach_a_person_is_refused_at_every_door(service, text, code):
    covariate = {"covariates": {"note": text}}
    new = service.ask("POST", "/v1/patients", json=SOMEBODY | covariate)
    assert codes(new) == {"/covariates/note": code}
    kept = service.keep()
    place = f"/v1/patients/{kept['id']}"
    change = service.ask("PATCH", place, json=covariate, headers=ANY)
    assert codes(change) == {"/covariates/note": code}
    level = service.ask("POST", f"{place}/measurements", json=LEVEL | {"assay": text})
    assert codes(level) == {"/assay": code}
    assert columns_at_fault(import_csv(service, {"x_note": text})) == {"x_note": code}
    level = {"pnfh": 1500, "pnfh_unit": "pg/mL", "pnfh_specimen": "csf", "pnfh_assay": text}
    assert columns_at_fault(import_csv(service, level)) == {"pnfh_assay": code}
    for answer in (new, change):
        assert text not in answer.text


def test_a_covariate_that_asks_who_it_is_is_refused_and_said_why(service):
    named = {"covariates": {"E-Mail": "none", "crp": 3.2}}
    found = assert_problem(
        service.ask("POST", "/v1/patients", json=SOMEBODY | named), "validation-error"
    )
    (fault,) = found.values()
    assert (fault.pointer, fault.code) == ("/covariates/E-Mail", "covariate_is_identity")
    assert fault.detail.startswith("This name asks who the patient is.")
    imported = import_csv(service, {"x_E-Mail": "none", "x_crp": 3.2})
    assert columns_at_fault(imported) == {"x_E-Mail": "covariate_is_identity"}
    lines = service.ask(
        "POST",
        "/v1/imports",
        content=b'{"identifier":"A-1"}\n{"identifier":"A-2","x_dob":"none"}\n',
        headers={"content-type": "application/x-ndjson"},
    )
    assert columns_at_fault(lines) == {"x_dob": "covariate_is_identity"}
    assert [one["row"] for one in lines.json()["errors"]] == [2]


def test_covariates_are_shown_by_name_and_alike_everywhere(service):
    stated = SOMEBODY | {"covariates": UNSORTED}
    new = service.ask("POST", "/v1/patients", json=stated)
    place = new.headers["location"]
    read = service.ask("GET", place)
    assert (read.content, read.headers["etag"]) == (new.content, new.headers["etag"])
    shown = [new, read]
    for method, sent in [("PUT", stated | {"arm": "none"}), ("PATCH", {"arm": None} | stated)]:
        changed = service.ask(method, place, json=sent, headers=ANY)
        read = service.ask("GET", place)
        assert (read.content, read.headers["etag"]) == (changed.content, changed.headers["etag"])
        shown += [changed, read]
    elsewhere = ("/v1/patients", f"{place}/history", f"{place}/export")
    shown += [service.ask("GET", path) for path in elsewhere]
    assert all(SORTED in answer.content for answer in shown)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("by", [("North", "editor"), None])
def test_the_searchs_own_address_is_no_patient(service, method, by):
    answer = service.ask(method, "/v1/patients/search", by=by)
    assert answer.headers["allow"] == "POST"
    if method == "HEAD":
        assert answer.status_code == 405
    else:
        assert_problem(answer, "method-not-allowed")
