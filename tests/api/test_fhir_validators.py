"""Two validators that others made judge every kind of resource that the FHIR door sends."""

from copy import deepcopy

import pytest

from app.clinic.access import Role
from app.evidence.library import open_library
from tests.api.clinics import Service, make_keys, open_service
from tests.api.fhir_resources import (
    FORM,
    URN,
    Fhir,
    a_bundle,
    a_collection,
    a_fact,
    a_level,
    a_patient,
    a_post,
    without,
)
from tests.services.fhir import judge

SILENT = {"medplum": [], "fhir": []}
FACTS = [
    a_fact("el_escorial", "valueCode", "probable"),
    a_fact("svc_percent", "valueDecimal", 84.5),
    a_fact("alsfrs_r", "valueInteger", 38),
    a_fact("onset_date", "valueDate", "2023-03-01"),
    a_fact("ftd", "valueBoolean", False),
    a_fact("vital_status", "valueCode", "unknown"),
    {
        "url": "urn:neurostrata:fhir:patient:covariate",
        "extension": [
            {"url": "name", "valueString": "crp"},
            {"url": "value", "valueDecimal": 3.2},
        ],
    },
]
STATUSES = {"estimate": 1500, "harm_possible": 5000, "no_estimate": 500}


@pytest.fixture
def fhir(sqlite_settings):
    """Ask the FHIR door of a service with little room."""
    settings = sqlite_settings.model_copy(update={"max_bundle_entries": 3})
    keys = make_keys(settings)
    with open_service(settings) as client:
        yield Fhir(Service(client, keys))


def everything_kept(fhir):
    """Keep a patient, levels and estimates; give all that is sent of them."""
    patient = a_patient(extension=FACTS, name=[{"family": "Nobody"}], gender="female")
    level = a_level(1.50, "ng/mL", URN, effectiveDateTime="2024-01-15T09:30:00Z")
    bound = a_level(800, subject=URN, method={"text": "ELISA"})
    bound["valueQuantity"]["comparator"] = "<"
    sent = a_bundle(a_post(patient, URN), a_post(level), a_post(bound))
    yield "transaction", fhir.made("", sent, 200)
    (kept,) = fhir.found("/Patient")
    native = f"/v1/patients/{kept['id']}/estimates"
    for number, detail in enumerate(("full", "summary", "group")):
        headers = {"accept-language": "fr" if number else "en"}
        answer = fhir.service.ask("POST", native, json={"detail": detail}, headers=headers)
        assert answer.status_code == 201
    for kind in ("Patient", "Observation", "RiskAssessment"):
        page = fhir.get(f"/{kind}?_count=1").json()
        yield f"{kind} page", page
        yield f"{kind} by form", fhir.post(f"/{kind}/_search", "", FORM).json()
        for one in fhir.found(f"/{kind}"):
            yield kind, fhir.get(f"/{kind}/{one['id']}").json()
    yield "none found", fhir.get("/Patient?identifier=nobody").json()
    told = fhir.made("/Patient", a_patient("A-2"), prefer="return=OperationOutcome")
    yield "nothing left", told


def every_assessment(fhir):
    """Ask for an assessment of every status, from every trial, in every manner."""
    for name, value in STATUSES.items():
        yield name, fhir.assessed(a_patient(), a_level(value))
    unsure = a_level(800)
    unsure["valueQuantity"]["comparator"] = "<"
    yield "indeterminate", fhir.assessed(a_patient(extension=FACTS), unsure)
    wishes = {"times": ("valueString", "0,365,900"), "alive_at": ("valueDecimal", 200)}
    more = wishes | {"extrapolate": ("valueBoolean", True), "assay_cv": ("valueDecimal", 0.08)}
    yield "all wishes", fhir.assessed(a_patient(), a_level(), **more)
    for study in open_library().studies:
        evidence = ("valueString", study)
        yield study, fhir.assessed(a_patient(), a_level(), evidence=evidence)
    sent = fhir.post("/$pnfh-survival", a_collection(a_patient(), a_level()), accept_language="fr")
    yield "in French", sent.json()


def every_refusal(fhir):
    """Be refused in every way; give the OperationOutcomes by their statuses."""
    viewer = Fhir(fhir.service, ("North", Role.VIEWER))
    yield 401, Fhir(fhir.service, None).get("/Patient")
    yield 403, viewer.post("/Patient", a_patient())
    yield 404, fhir.get("/Medication")
    yield 405, fhir.service.ask("DELETE", "/fhir/Patient")
    yield 406, fhir.get("/metadata?_format=xml")
    yield 409, fhir.post("/Patient", a_patient())
    yield 412, fhir.post("/Patient", a_patient(), if_none_exist="_lastUpdated=ge2020")
    yield 413, fhir.post("", a_bundle(*[a_post(a_patient())] * 4))
    yield 415, fhir.post("/Patient", "<Patient/>", "application/fhir+xml")
    yield 422, fhir.post("", a_bundle(a_post(a_patient(birthDate="1961-02-30")), a_post({})))


def test_both_validators_find_no_fault_with_anything_that_is_sent(fhir):
    sent = {"metadata": fhir.get("/metadata").json()}
    for place, (name, resource) in enumerate([*everything_kept(fhir), *every_assessment(fhir)]):
        sent[f"{place} {name}"] = resource
    for status, answer in every_refusal(fhir):
        assert answer.status_code == status, answer.text
        sent[f"{status}"] = answer.json()
    kinds = {one["resourceType"] for one in sent.values()}
    assert kinds == {
        "CapabilityStatement", "Bundle", "Patient", "Observation", "RiskAssessment",
        "OperationOutcome",
    }  # fmt: skip
    verdicts = dict(zip(sent, judge(*sent.values()), strict=True))
    assert {name: found for name, found in verdicts.items() if found != SILENT} == {}


def test_the_validators_find_the_faults_that_were_put_in(fhir):
    good = fhir.assessed(a_patient(), a_level())
    over = deepcopy(good)
    over["prediction"][0]["probabilityDecimal"] = 150
    bad = [good | {"status": "done"}, over, without(good, "subject"), good | {"foo": 1}]
    level = a_level(subject="Patient/1")
    bad += [without(level, "code"), level | {"valueQuantity": {"value": "1500"}}]
    found = [{name for name, told in one.items() if told} for one in judge(*bad)]
    both = {"medplum", "fhir"}
    assert found[:2] == [{"fhir"}, {"medplum"}]
    assert found[2:5] == [both] * 3
    assert "medplum" in found[5]
