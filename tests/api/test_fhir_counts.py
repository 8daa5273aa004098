"""How many a search finds in all, for whoever asks."""

import pytest

from app.clinic.access import Role
from tests.api.fhir_resources import FORM, Fhir


@pytest.fixture
def fhir(service):
    return Fhir(service, ("North", Role.VIEWER))


def count(fhir, searched):
    """Ask only how many there are, by the address and by a form; nothing else may be told."""
    kind, _, query = searched.partition("?")
    by_address = fhir.get(searched)
    by_form = fhir.post(f"{kind}/_search", query, FORM)
    assert (by_address.status_code, by_form.status_code) == (200, 200)
    for page in (by_address.json(), by_form.json()):
        assert "entry" not in page
        assert [link["relation"] for link in page["link"]] == ["self"]
    assert by_address.json()["total"] == by_form.json()["total"]
    return by_address.json()["total"]


def every_page(fhir, path):
    pages = [fhir.get(path).json()]
    while following := [one["url"] for one in pages[-1]["link"] if one["relation"] == "next"]:
        pages.append(fhir.get(following[0].removeprefix("http://testserver/fhir")).json())
    return pages


@pytest.mark.parametrize(
    "words",
    ["_count=0", "_summary=count", "_summary=count&_count=2", "_count=0&_totalMethod=count"],
)
def test_who_only_counts_is_told_how_many_there_are(service, fhir, words):
    assert count(fhir, f"/Patient?{words}") == 0
    for number in range(3):
        patient = service.keep(identifier=f"P-{number}")
        service.measure(patient, collected_at=f"202{number}-05-06")
    estimates = f"/v1/patients/{patient['id']}/estimates"
    assert service.ask("POST", estimates, json={}).status_code == 201
    assert count(fhir, f"/Patient?{words}") == 3
    assert count(fhir, f"/Patient?identifier=P-0,P-2,P-9&{words}") == 2
    assert count(fhir, f"/Patient?_lastUpdated=lt2020&{words}") == 0
    assert count(fhir, f"/Observation?date=ge2021&{words}") == 2
    assert count(fhir, f"/Observation?patient={patient['id']}&{words}") == 1
    assert count(fhir, f"/Observation?status=preliminary&{words}") == 0
    assert count(fhir, f"/RiskAssessment?{words}") == 1
    assert count(fhir, f"/RiskAssessment?subject=Patient/nobody&{words}") == 0


def test_every_page_tells_how_many_there_are_where_that_is_asked(service, fhir):
    for number in range(5):
        service.measure(service.keep(identifier=f"P-{number}"))
    for kind in ("Patient", "Observation"):
        for word in ("_total=accurate", "_total=estimate", "_totalMethod=count"):
            pages = every_page(fhir, f"/{kind}?_count=2&{word}")
            assert [len(page["entry"]) for page in pages] == [2, 2, 1]
            assert [page["total"] for page in pages] == [5, 5, 5]
        for word in ("_total=none", "_summary=false"):
            assert "total" not in fhir.get(f"/{kind}?_count=2&{word}").json()


def test_who_was_deleted_or_is_of_another_clinic_is_not_counted(service, fhir):
    gone = service.keep(identifier="GONE-1")
    service.measure(gone)
    service.measure(service.keep(identifier="STAYS-1"))
    service.keep(by=("South", Role.EDITOR), identifier="SOUTH-1")
    told = [count(fhir, f"/{kind}?_count=0") for kind in ("Patient", "Observation")]
    assert told == [2, 2]
    headers = {"if-match": "*"}
    deleted = service.ask("DELETE", f"/v1/patients/{gone['id']}", headers=headers)
    assert deleted.status_code == 204
    told = [count(fhir, f"/{kind}?_count=0") for kind in ("Patient", "Observation")]
    assert told == [1, 1]


def test_another_summary_is_whole_resources_for_who_is_lenient(service, fhir):
    service.keep(identifier="P-1")
    page = fhir.get("/Patient?_summary=true&_total=accurate", prefer="handling=lenient").json()
    assert page["total"] == len(page["entry"]) == 1
    assert page["link"][0]["url"].endswith("/fhir/Patient?_total=accurate")
    assert fhir.get("/Patient?_summary=true").status_code == 422
