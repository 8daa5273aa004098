"""A clinic's own records as resources: read one by one, and searched page by page."""

import json
from decimal import Decimal

import pytest

from app.clinic.access import Role
from tests.api.fhir_resources import FORM, Fhir, issues, told_of

NOWHERE = "00000000-0000-4000-8000-000000000000"
FACTS = {
    "identifier": "SITE-0042", "sex": "female", "birth_year": 1963, "el_escorial": "probable_lab",
    "svc_percent": 84.5, "ftd": False, "vital_status": "dead", "follow_up_date": "2025-06-30",
    "covariates": {"crp": 3.2, "neck": "mild"},
}  # fmt: skip


@pytest.fixture
def fhir(service):
    return Fhir(service, ("North", Role.VIEWER))


def test_a_patient_is_told_with_every_fact(service, fhir):
    kept = service.keep(**FACTS)
    answer = fhir.get(f"/Patient/{kept['id']}")
    patient = answer.json()
    assert (answer.headers["etag"], answer.headers["cache-control"]) == ('W/"1"', "no-store")
    assert patient["meta"] == {"versionId": "1", "lastUpdated": kept["updated_at"]}
    assert patient["identifier"] == [{"system": "urn:neurostrata:patient", "value": "SITE-0042"}]
    assert (patient["gender"], patient["birthDate"]) == ("female", "1963")
    assert patient["deceasedBoolean"] is True
    assert told_of(patient, "patient:svc_percent")[0]["valueDecimal"] == 84.5
    assert told_of(patient, "patient:ftd")[0]["valueBoolean"] is False
    assert len(told_of(patient, "patient:covariate")) == 2
    assert not told_of(patient, "patient:vital_status")


def test_a_level_is_told_with_the_digits_it_was_reported_with(service, fhir):
    patient = service.keep()
    path = f"/v1/patients/{patient['id']}/measurements"
    sent = b'{"biomarker":"pnfh","value":1.500,"unit":"ng/mL","specimen":"csf","comparator":"<"}'
    headers = {"content-type": "application/json"}
    kept = service.ask("POST", path, content=sent, headers=headers).json()
    answer = fhir.get(f"/Observation/{kept['id']}")
    level = json.loads(answer.content, parse_float=Decimal)
    assert level["valueQuantity"]["value"].as_tuple() == Decimal("1.500").as_tuple()
    assert (level["valueQuantity"]["comparator"], level["valueQuantity"]["code"]) == ("<", "ng/mL")
    assert level["subject"] == {"reference": f"Patient/{patient['id']}"}
    assert level["specimen"] == {"reference": "#csf"}
    assert "effectiveDateTime" not in level


def test_a_kept_estimate_is_told_from_the_bytes_that_were_given(service, fhir):
    patient = service.keep()
    level = service.measure(patient)
    path = f"/v1/patients/{patient['id']}/estimates"
    kept = service.ask("POST", path, json={}, headers={"accept-language": "fr"}).json()
    risk = fhir.get(f"/RiskAssessment/{kept['id']}").json()
    arms = kept["estimate"]["survival_curves"]["arms"]
    expected = [100 * row["survival"] for arm in arms for row in arm["survival_at"]]
    assert [one["probabilityDecimal"] for one in risk["prediction"]] == pytest.approx(expected)
    assert risk["basis"] == [{"reference": f"Observation/{level['id']}"}]
    assert (risk["language"], risk["occurrenceDateTime"]) == ("fr", kept["created_at"])


def test_an_estimate_of_the_group_alone_has_no_numbers_to_tell(service, fhir):
    patient = service.keep()
    service.measure(patient)
    service.ask("POST", f"/v1/patients/{patient['id']}/estimates", json={"detail": "group"})
    (risk,) = fhir.found("/RiskAssessment")
    assert "prediction" not in risk
    assert not told_of(risk, "hazard-ratio")
    assert told_of(risk, "direction")[0]["valueCode"] == "benefit"
    assert any("not statistically significant" in note["text"] for note in risk["note"])


@pytest.mark.parametrize("tag", ['W/"1"', '"1"', "*"])
def test_who_has_a_version_already_is_told_so(service, fhir, tag):
    path = f"/Patient/{service.keep()['id']}"
    answer = fhir.get(path, if_none_match=tag)
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", 'W/"1"')
    assert fhir.get(path, if_none_match='W/"2"').status_code == 200


def test_a_change_gives_a_new_version(service, fhir):
    kept = service.keep()
    headers = {"if-match": "*"}
    service.ask("PATCH", f"/v1/patients/{kept['id']}", json={"sex": "male"}, headers=headers)
    answer = fhir.get(f"/Patient/{kept['id']}")
    assert (answer.headers["etag"], answer.json()["meta"]["versionId"]) == ('W/"2"', "2")


@pytest.mark.parametrize("kind", ["Patient", "Observation", "RiskAssessment"])
def test_what_is_another_clinics_is_like_what_never_was(service, kind):
    theirs = service.keep(by=("South", Role.EDITOR))
    level = service.measure(theirs, by=("South", Role.EDITOR))
    path = f"/v1/patients/{theirs['id']}/estimates"
    estimate = service.ask("POST", path, by=("South", Role.EDITOR), json={}).json()
    ids = {"Patient": theirs["id"], "Observation": level["id"], "RiskAssessment": estimate["id"]}
    south, north = Fhir(service, ("South", Role.VIEWER)), Fhir(service)
    assert south.get(f"/{kind}/{ids[kind]}").status_code == 200
    there, nowhere = (north.get(f"/{kind}/{one}") for one in (ids[kind], NOWHERE))
    assert (there.status_code, there.content) == (nowhere.status_code, nowhere.content)
    assert issues(there) == [("not-found",)]
    assert north.found(f"/{kind}") == north.found(f"/{kind}?_id={ids[kind]}") == []
    if kind != "Patient":
        assert north.found(f"/{kind}?patient={theirs['id']}") == []


@pytest.mark.parametrize("kind", ["Patient", "Observation", "RiskAssessment"])
def test_what_was_deleted_is_not_found(service, fhir, kind):
    patient = service.keep()
    level = service.measure(patient)
    path = f"/v1/patients/{patient['id']}"
    estimate = service.ask("POST", f"{path}/estimates", json={}).json()
    ids = {"Patient": patient["id"], "Observation": level["id"], "RiskAssessment": estimate["id"]}
    service.ask("DELETE", path, headers={"if-match": "*"})
    assert fhir.get(f"/{kind}/{ids[kind]}").status_code == 404
    assert fhir.found(f"/{kind}") == []


def test_a_deleted_level_is_not_found(service, fhir):
    patient = service.keep()
    level = service.measure(patient)
    path = f"/v1/patients/{patient['id']}/measurements/{level['id']}"
    service.ask("DELETE", path, headers={"if-match": "*"})
    assert fhir.get(f"/Observation/{level['id']}").status_code == 404
    assert fhir.found("/Observation") == []


def identifiers(resources):
    return [one["identifier"][0]["value"] for one in resources]


def every_page(fhir, path):
    """Follow the links from page to page; give the pages."""
    pages = [fhir.get(path).json()]
    while following := [one for one in pages[-1]["link"] if one["relation"] == "next"]:
        address = following[0]["url"]
        assert address.startswith("http://testserver/fhir/")
        pages.append(fhir.get(address.removeprefix("http://testserver/fhir")).json())
    return pages


def test_pages_are_followed_by_their_links(service, fhir):
    for number in range(5):
        service.keep(identifier=f"P-{number}")
    pages = every_page(fhir, "/Patient?_count=2&_sort=-identifier")
    met = [identifiers(entry["resource"] for entry in page["entry"]) for page in pages]
    assert met == [["P-4", "P-3"], ["P-2", "P-1"], ["P-0"]]
    assert ["total" in page for page in pages] == [False] * 3
    entry = pages[0]["entry"][0]
    assert entry["fullUrl"] == f"http://testserver/fhir/Patient/{entry['resource']['id']}"
    assert entry["search"] == {"mode": "match"}
    whole = fhir.get("/Patient").json()
    assert (whole["total"], len(whole["entry"])) == (5, 5)


def test_the_link_to_the_next_page_tells_nothing_of_a_patient(service, fhir):
    for number in range(3):
        service.measure(service.keep(identifier=f"P-{number}"))
    form = "date=ge2020-01-01&code=pnfh-csf&_count=1"
    service.measure(fhir_patient := service.keep(identifier="DATED"), collected_at="2024-01-15")
    service.measure(fhir_patient, collected_at="2024-01-16")
    page = fhir.post("/Observation/_search", form, FORM).json()
    (address,) = [one["url"] for one in page["link"] if one["relation"] == "next"]
    assert address.startswith("http://testserver/fhir/Observation?_cursor=")
    assert "2020" not in address
    (last,) = fhir.found(address.removeprefix("http://testserver/fhir"))
    assert last["effectiveDateTime"] == "2024-01-16"


def test_a_cursor_is_of_one_search_of_one_clinic(service, fhir):
    for number in range(2):
        service.keep(identifier=f"P-{number}")
    (address,) = [
        one["url"]
        for one in fhir.get("/Patient?_count=1").json()["link"]
        if one["relation"] == "next"
    ]
    path = address.removeprefix("http://testserver/fhir")
    south = Fhir(service, ("South", Role.VIEWER))
    elsewhere = path.replace("/Patient", "/Observation")
    refused = [
        south.get(path),
        fhir.get(elsewhere),
        fhir.get(f"{path}&identifier=P-1"),
        fhir.get("/Patient?_cursor=x"),
    ]
    assert [(one.status_code, issues(one)) for one in refused] == [
        (422, [("invalid_cursor", "_cursor")])
    ] * 4


FOUND = {
    "identifier=P-1": ["P-1"],
    "identifier=urn:neurostrata:patient|P-1": ["P-1"],
    "identifier=P-0,P-2": ["P-0", "P-2"],
    "identifier=nobody": [],
    "_id={P-2}": ["P-2"],
    "_id={P-2},{P-0},nonsense": ["P-0", "P-2"],
    "_id=nonsense": [],
    "_lastUpdated=ge2020": ["P-0", "P-1", "P-2"],
    "_lastUpdated=lt2020-05-01": [],
    "_lastUpdated=ge2020&_lastUpdated=le2020-12": [],
    "_lastUpdated=gt2020-01-01T10:00:00Z": ["P-0", "P-1", "P-2"],
    "_sort=-_lastUpdated": ["P-2", "P-1", "P-0"],
}


def test_patients_are_found_by_what_is_asked(service, fhir):
    ids = {name: service.keep(identifier=name)["id"] for name in ("P-0", "P-1", "P-2")}
    met = {asked: identifiers(fhir.found(f"/Patient?{asked.format_map(ids)}")) for asked in FOUND}
    assert met == FOUND


LEVELS = {
    "": [None, "2024-01-15", "2023-06-01"],
    "_sort=-date": ["2024-01-15", "2023-06-01", None],
    "_sort=date": ["2023-06-01", "2024-01-15", None],
    "_sort=-date&_count=1": ["2024-01-15"],
    "date=2024-01-15": ["2024-01-15"],
    "date=2024": ["2024-01-15"],
    "date=lt2024-01": ["2023-06-01"],
    "date=le2024-01": ["2024-01-15", "2023-06-01"],
    "date=ge2023-06-01&date=lt2023-07": ["2023-06-01"],
    "date=gt2024-01-14": ["2024-01-15"],
    "date=sa2023-06-01": ["2024-01-15"],
    "date=eb2024-01-15": ["2023-06-01"],
    "status=final&category=laboratory&date=2024": ["2024-01-15"],
    "status=preliminary,final&date=2024": ["2024-01-15"],
    "status=preliminary": [],
    "category=vital-signs": [],
    "code=": [],
    "code=pnfh-csf&patient={mine}": [None, "2024-01-15", "2023-06-01"],
    "code=urn:neurostrata:biomarker|pnfh-csf": [None, "2024-01-15", "2023-06-01"],
    "code=http://loinc.org|78969-3": [],
    "subject=Patient/{mine}": [None, "2024-01-15", "2023-06-01"],
    "patient=http://testserver/fhir/Patient/{mine}&date=2024": ["2024-01-15"],
    "subject:Patient={mine}&date=2024": ["2024-01-15"],
    "patient=Group/{mine}": [],
    "patient=MyPatient/{mine}": [],
    "_id=Patient/{mine}": [],
    "patient={other}": [],
    "patient={mine}&subject={other}": [],
    "patient=nobody": [],
}


def test_levels_are_found_by_what_is_asked(service, fhir):
    mine, other = service.keep(), service.keep(identifier="OTHER")
    service.measure(mine)
    for day in ("2024-01-15", "2023-06-01"):
        service.measure(mine, collected_at=day)
    ids = {"mine": mine["id"], "other": other["id"]}
    met = {
        asked: [
            one.get("effectiveDateTime")
            for one in fhir.found(f"/Observation?{asked.format(**ids)}")
        ]
        for asked in LEVELS
    }
    assert met == LEVELS


def test_pages_of_levels_by_date_meet_each_once(service, fhir):
    patient = service.keep()
    days = ["2024-01-15", None, "2024-01-15", None, "2023-06-01"]
    for day in days:
        service.measure(patient, **({"collected_at": day} if day else {}))
    pages = every_page(fhir, "/Observation?_sort=-date&_count=2")
    met = [entry["resource"] for page in pages for entry in page["entry"]]
    assert len({one["id"] for one in met}) == len(days)
    assert [one.get("effectiveDateTime") for one in met] == [
        "2024-01-15", "2024-01-15", "2023-06-01", None, None
    ]  # fmt: skip


REFUSED = {
    "/Patient?name=x": [("unknown_field", "name")],
    "/Patient?_count=-1": [("out_of_range", "_count")],
    "/Patient?_total=sure": [("unknown_word", "_total")],
    "/Patient?_summary=true&_count=0": [("unknown_word", "_summary")],
    "/Patient?_count=many&_sort=name": [("unknown_order", "_sort"), ("out_of_range", "_count")],
    "/Patient?identifier=a&identifier=b": [("repeated", "identifier")],
    "/Patient?identifier=urn:x|": [("missing", "identifier")],
    "/Patient?_lastUpdated=soon": [("not_a_date", "_lastUpdated")],
    "/Patient?_lastUpdated=2024-13": [("not_a_date", "_lastUpdated")],
    "/Patient?_lastUpdated=ge0001-01-01T00:00:00%2B14:00": [("not_a_date", "_lastUpdated")],
    "/Patient?_lastUpdated=lt9999-12-31T23:59:59-14:00": [("not_a_date", "_lastUpdated")],
    "/Observation?date=2024-01-15T10:00:00Z": [("not_a_date", "date")],
    "/RiskAssessment?_sort=date": [("unknown_order", "_sort")],
    "/RiskAssessment?subject:Group=x": [("unknown_field", "subject:Group")],
    "/Patient?patient:Patient=x": [("unknown_field", "patient:Patient")],
    "/Observation?patient=a&patient:Patient=b": [("repeated", "patient")],
}


@pytest.mark.parametrize("path", REFUSED)
def test_what_a_search_cannot_do_is_refused_not_passed_over(fhir, path):
    answer = fhir.get(path)
    assert (answer.status_code, issues(answer)) == (422, REFUSED[path])
    by_form = fhir.post(*path.replace("?", "/_search?").split("?"), FORM)
    assert (by_form.status_code, issues(by_form)) == (422, REFUSED[path])


def test_what_is_unknown_is_passed_over_for_who_prefers_that(service, fhir):
    service.keep(identifier="P-1")
    service.keep(identifier="P-2")
    lenient = {"prefer": "respond-async, handling=lenient"}
    page = fhir.get("/Patient?name=x&identifier=P-1&_summary=true", **lenient).json()
    assert identifiers([one["resource"] for one in page["entry"]]) == ["P-1"]
    # R4: the link tells what was searched for.
    assert page["link"][0]["url"] == "http://testserver/fhir/Patient?identifier=P-1"
    form = fhir.post("/Patient/_search", "identifier=P-2&name=x", FORM, **lenient).json()
    assert identifiers([one["resource"] for one in form["entry"]]) == ["P-2"]
    first = fhir.get("/Patient?_count=1&name=x", **lenient).json()
    (following,) = [one["url"] for one in first["link"] if one["relation"] == "next"]
    assert fhir.get(following.removeprefix("http://testserver/fhir")).status_code == 200
    one = page["entry"][0]["resource"]["id"]
    assert fhir.get(f"/Patient/{one}?_summary=true", **lenient).status_code == 200
    assert fhir.get("/metadata?_pretty=true", **lenient).status_code == 200


@pytest.mark.parametrize(
    ("mode", "status"), [("full", 200), ("normative", 200), ("terminology", 422), ("", 422)]
)
def test_the_statement_may_be_asked_for_by_its_modes(fhir, mode, status):
    assert fhir.get(f"/metadata?mode={mode}").status_code == status


@pytest.mark.parametrize(
    "asked", ["identifier:exact=P-1", "_count=-1", "identifier=a&identifier=b"]
)
def test_what_is_known_and_cannot_be_done_is_refused_whatever_is_preferred(fhir, asked):
    assert fhir.get(f"/Patient?{asked}", prefer="handling=lenient").status_code == 422
    assert fhir.get(f"/Patient?{asked}", prefer="handling=strict").status_code == 422


def test_each_read_is_in_the_account(service, fhir):
    patient = service.keep()
    level = service.measure(patient)
    fhir.get(f"/Patient/{patient['id']}")
    fhir.get(f"/Observation/{level['id']}")
    fhir.found("/Observation")
    events = service.ask("GET", "/v1/audit?limit=3", by=("North", Role.ADMIN)).json()["items"]
    told = [(one["action"], one["patient_id"], one["record_id"], one["count"]) for one in events]
    assert told == [
        ("search_fhir_observations", patient["id"], None, 1),
        ("read_fhir_observation", patient["id"], level["id"], None),
        ("read_fhir_patient", patient["id"], None, None),
    ]
