"""Estimates that are kept: given once, never changed, replayed byte for byte."""

import asyncio
from dataclasses import replace
from hashlib import sha256

import orjson
import pytest
from sqlalchemy import text

from app.db.engine import open_engine
from app.db.transaction import clinic_transaction
from app.evidence.library import Library
from app.schemas.kept_estimates import KeptEstimatePage, KeptEstimateResponse, ReplayResponse
from app.schemas.patient_records import Holdings, PatientHistory
from tests.api.clinics import LEVEL, Service, open_service
from tests.api.described import read
from tests.api.refusals import codes

VIEWER = ("North", "viewer")
FACTS = {
    "age_at_baseline": 61.5, "el_escorial": "probable", "onset_date": "2023-03-01",
    "svc_percent": 91.5, "riluzole_start": "2023-12-01", "baseline_date": "2024-03-15",
}  # fmt: skip
WISHES = {"times": [90, 640, 730.5], "alive_at": 90, "extrapolate": True, "assay_cv": 0.08}


def keep(service, patient, language="en", **body):
    """Keep an estimate and give the whole answer."""
    path = f"/v1/patients/{patient['id']}/estimates"
    answer = service.ask("POST", path, json=body, headers={"accept-language": language})
    assert answer.status_code == 201, answer.text
    return answer


def replay(service, kept, by=VIEWER):
    answer = service.ask("POST", f"/v1/estimates/{kept['id']}/replay", by=by)
    assert answer.status_code == 200, answer.text
    read(ReplayResponse, answer.content)
    return answer.json()


def given_bytes(answer):
    """Cut the estimate out of the document around it, byte for byte."""
    return answer.content.partition(b'"estimate":')[2].removesuffix(b"}")


@pytest.fixture
def patient(service):
    """Keep a patient with a level and facts."""
    kept = service.keep(**FACTS)
    service.measure(kept, value=1.5, unit="ng/mL", collected_at="2024-03-04")
    return kept


def in_clinic(settings, statement):
    """Run one statement as the service would, in the clinic of every row there is."""

    async def execute():
        engine = open_engine(settings)
        async with engine.connect() as connection:
            query = text("SELECT id FROM clinic WHERE name = 'North'")
            clinic_id = (await connection.execute(query)).scalar()
        async with clinic_transaction(engine, str(clinic_id), writes=True) as connection:
            count = (await connection.execute(text(statement))).rowcount
        await engine.dispose()
        return count

    return asyncio.run(execute())


@pytest.mark.parametrize("detail", ["full", "summary", "group"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_it_is_read_as_it_was_given_and_replays_identical_after_a_restart(
    service, settings, patient, detail, language
):
    given = keep(service, patient, language, detail=detail, **WISHES)
    kept = read(KeptEstimateResponse, given.content)
    assert given.headers["location"] == f"/v1/estimates/{kept.id}"
    assert given.headers["content-language"] == kept.language == language
    digest = sha256(given_bytes(given)).hexdigest()
    assert kept.digest == f"sha256:{digest}"
    assert given.headers["etag"] == f'"{digest[:32]}"'
    with open_service(settings) as client:
        again = Service(client, service.keys)
        found = again.ask("GET", given.headers["location"], by=VIEWER)
        assert (found.status_code, found.content) == (200, given.content)
        assert found.headers["etag"] == given.headers["etag"]
        assert found.headers["content-language"] == language
        told = replay(again, given.json())
    assert told["identical"] is True
    assert (told["reason"], told["first_difference"]) == (None, None)
    assert told["kept"] == told["replayed"]
    assert told["kept"]["digest"] == kept.digest


def test_it_is_the_estimate_that_the_record_gives_now(service, patient):
    now = service.ask("GET", f"/v1/patients/{patient['id']}/estimate")
    assert given_bytes(keep(service, patient)) == now.content


def test_who_has_it_already_gets_304(service, patient):
    given = keep(service, patient)
    headers = {"if-none-match": given.headers["etag"]}
    found = service.ask("GET", given.headers["location"], headers=headers)
    assert (found.status_code, found.content) == (304, b"")


def test_it_says_what_it_rests_on(service, patient):
    level = service.measure(patient, value=5000, collected_at="2024-03-05")
    kept = keep(service, patient).json()
    assert kept["measurement_id"] == level["id"]
    assert (kept["patient_id"], kept["patient_version"]) == (patient["id"], 1)
    told = kept["estimate"]["evidence"]
    assert kept["evidence"] == {name: told[name] for name in ("id", "version", "digest")}
    assert kept["service"] == kept["estimate"]["service"]
    assert kept["created_by"].startswith("key:")


def test_another_level_than_the_latest_can_be_chosen(service, patient):
    earlier = service.measure(patient, value=5000, collected_at="2020-01-01")
    kept = keep(service, patient, measurement_id=earlier["id"]).json()
    assert kept["measurement_id"] == earlier["id"]
    assert kept["estimate"]["stratum"]["id"] == "high"
    assert keep(service, patient).json()["estimate"]["stratum"]["id"] == "low"


@pytest.mark.parametrize(
    ("level", "status"),
    [
        ({"value": 500}, "no_estimate"),
        ({"value": 800, "comparator": "<"}, "indeterminate"),
        ({"value": 1500}, "estimate"),
    ],
)
def test_no_estimate_is_kept_like_any_other(service, level, status):
    patient = service.keep()
    service.measure(patient, **level)
    given = keep(service, patient).json()
    assert given["estimate"]["status"] == status
    assert replay(service, given)["identical"] is True


def test_what_happens_to_the_record_changes_nothing_in_it(service, patient):
    given = keep(service, patient)
    place = f"/v1/patients/{patient['id']}"
    anything = {"if-match": "*"}
    other = {"identifier": "SITE-0042", "age_at_baseline": 99}
    assert service.ask("PUT", place, json=other, headers=anything).status_code == 200
    level = f"{place}/measurements/{given.json()['measurement_id']}"
    assert service.ask("DELETE", level, headers=anything).status_code == 204
    assert service.ask("GET", given.headers["location"]).content == given.content
    assert replay(service, given.json())["identical"] is True


def test_the_list_tells_each_in_short_in_order(service, patient):
    service.measure(patient, value=800, comparator="<", collected_at="2024-04-01")
    first = keep(service, patient, detail="group").json()
    service.measure(patient, value=1500, collected_at="2024-04-02")
    kept = [first, *(keep(service, patient, detail=d).json() for d in ("group", "full", "full"))]
    path, items = f"/v1/patients/{patient['id']}/estimates?limit=3", []
    while path:
        answer = service.ask("GET", path, by=VIEWER)
        read(KeptEstimatePage, answer.content)
        items += answer.json()["items"]
        path = answer.links.get("next", {}).get("url")
    grounds = items[0].keys() & first.keys()
    assert grounds >= {"id", "created_at", "created_by", "measurement_id", "evidence", "service"}
    assert [{n: i[n] for n in grounds} for i in items] == [{n: k[n] for n in grounds} for k in kept]
    short = [(item["status"], item["stratum"], item["direction"]) for item in items]
    assert short == [("indeterminate", None, None)] + 3 * [("estimate", "low", "benefit")]


def test_a_patient_without_a_level_is_a_conflict(service):
    path = f"/v1/patients/{service.keep()['id']}/estimates"
    assert codes(service.ask("POST", path, json={}), "conflict") == {"/measurements": "missing"}


def test_every_fault_is_told_at_once_and_nothing_is_kept(service, patient):
    stranger = service.measure(service.keep(identifier="SITE-0043"))
    path = f"/v1/patients/{patient['id']}/estimates"
    wrong = {"assay_cv": 8, "alive_at": 640, "measurement_id": stranger["id"], "times": [641]}
    assert codes(service.ask("POST", path, json=wrong)) == {
        "/assay_cv": "out_of_range",
        "/alive_at": "out_of_range",
        "/times": "out_of_range",
        "/measurement_id": "unknown_measurement",
    }
    assert codes(service.ask("POST", path, json={"evidence": "x"})) == {
        "/evidence": "unknown_evidence"
    }
    assert codes(service.ask("POST", path, json={"pnfh": 1500})) == {"/pnfh": "unknown_field"}
    assert service.ask("GET", path).json()["items"] == []


def test_another_media_type_than_json_is_not_to_be_had(service, patient):
    path = f"/v1/patients/{patient['id']}/estimates"
    answer = service.ask("POST", path, json={}, headers={"accept": "image/png"})
    codes(answer, "not-acceptable")


def test_a_level_that_was_deleted_cannot_be_chosen(service, patient):
    level = service.measure(patient)
    place = f"/v1/patients/{patient['id']}/measurements/{level['id']}"
    service.ask("DELETE", place, headers={"if-match": "*"})
    path = f"/v1/patients/{patient['id']}/estimates"
    answer = service.ask("POST", path, json={"measurement_id": level["id"]})
    assert codes(answer) == {"/measurement_id": "unknown_measurement"}


def test_a_replay_keeps_nothing_and_remembers_no_key(service, patient):
    given = keep(service, patient).json()
    key = {"idempotency-key": "one"}
    path = f"/v1/estimates/{given['id']}/replay"
    for _ in range(2):
        answer = service.ask("POST", path, by=VIEWER, headers=key)
        assert "idempotent-replayed" not in answer.headers
        assert answer.json()["identical"] is True
    listed = service.ask("GET", f"/v1/patients/{patient['id']}/estimates").json()
    assert len(listed["items"]) == 1


@pytest.mark.parametrize("gone", ["deleted", "erased"])
def test_the_estimate_of_a_patient_who_is_gone_is_gone(service, patient, gone):
    given = keep(service, patient)
    place = f"/v1/patients/{patient['id']}"
    if gone == "deleted":
        service.ask("DELETE", place, headers={"if-match": "*"})
    else:
        service.ask("POST", f"{place}/erase", by=("North", "admin"))
    for method, path in [
        ("GET", given.headers["location"]),
        ("POST", f"{given.headers['location']}/replay"),
        ("GET", f"{place}/estimates"),
    ]:
        codes(service.ask(method, path), "not-found")
    if gone == "deleted":
        held = service.ask("GET", f"{place}/export").json()["estimates"]
        assert [one["estimate"] for one in held] == [given.json()["estimate"]]


def test_its_accesses_are_told_in_the_account_of_the_patient(service, patient):
    given = keep(service, patient)
    service.ask("GET", given.headers["location"], by=VIEWER)
    replay(service, given.json())
    export = service.ask("GET", f"/v1/patients/{patient['id']}/export").json()
    assert [access["action"] for access in export["accesses"]][-3:] == [
        "create_patient_estimate", "get_kept_estimate", "replay_kept_estimate",
    ]  # fmt: skip


def test_a_row_that_was_changed_behind_the_service_is_told_by_its_digest(
    service, settings, patient
):
    given = keep(service, patient, detail="group").json()
    harm = given["estimate"] | {"direction": "harm"}
    forged = orjson.dumps(harm).hex()
    if settings.database_url is None:
        assert in_clinic(settings, f"UPDATE estimate SET body = x'{forged}'") == 1
        told = replay(service, given)
        assert (told["identical"], told["reason"]["code"]) == (False, "kept_bytes_changed")
        assert told["first_difference"] == "/direction"
    else:  # no policy lets a row of this table change, whoever asks as the service
        assert in_clinic(settings, rf"UPDATE estimate SET body = '\x{forged}'") == 0
        assert replay(service, given)["identical"] is True


def test_another_release_and_other_evidence_are_told_and_never_an_error(service, patient):
    given = keep(service, patient).json()
    state = service.client.app_state
    library, study = state["library"], state["library"].studies["mirocals-2025"]
    try:
        state["library"] = Library(library.entries)
        state["library"].studies = {"mirocals-2025": replace(study, version="2", digest="sha256:2")}
        newer = replay(service, given)
        state["library"] = Library({})
        gone = replay(service, given)
    finally:
        state["library"] = library
    assert {told["reason"]["code"] for told in (newer, gone)} == {"evidence_not_there"}
    assert newer["replayed"]["evidence"] == {
        "id": "mirocals-2025", "version": "2", "digest": "sha256:2",
    }  # fmt: skip
    assert newer["kept"]["evidence"]["version"] == "1"
    assert gone["replayed"]["evidence"] is None
    assert gone["replayed"]["digest"] is None


@pytest.mark.parametrize("unit", ["pg/mL", "ng/L", "ng/mL", "ug/L"])
def test_a_level_keeps_its_digits_and_its_unit_through_the_database(service, unit):
    patient = service.keep()
    body = orjson.dumps(LEVEL | {"unit": unit}).replace(b"1500", b"1.50000")
    path = f"/v1/patients/{patient['id']}/measurements"
    service.ask("POST", path, content=body, headers={"content-type": "application/json"})
    given = keep(service, patient)
    assert b'"given":{"value":1.50000,' in given.content
    assert replay(service, given.json())["identical"] is True


def test_the_documents_examples_are_what_their_schemas_say(service):
    paths = service.client.get("/openapi.json").json()["paths"]
    for method, path, status, model in [
        ("post", "/v1/patients/{patient_id}/estimates", "201", KeptEstimateResponse),
        ("get", "/v1/patients/{patient_id}/estimates", "200", KeptEstimatePage),
        ("get", "/v1/estimates/{estimate_id}", "200", KeptEstimateResponse),
        ("post", "/v1/estimates/{estimate_id}/replay", "200", ReplayResponse),
        ("get", "/v1/patients/{patient_id}/export", "200", Holdings),
        ("get", "/v1/patients/{patient_id}/history", "200", PatientHistory),
    ]:
        content = paths[path][method]["responses"][status]["content"]["application/json"]
        model.model_validate_json(orjson.dumps(content["example"]), strict=True)
