"""Calls of the CDS service, as an EHR writes them, and what is looked for in the answers."""

from uuid import uuid4

CALL = "/cds-services/als-il2-pnfh"
PATIENT = "P-1"
SYSTEM, CODE = "urn:neurostrata:biomarker", "pnfh-csf"
ANTIBODY = {"system": "http://loinc.org", "code": "78969-3"}
UCUM = "http://unitsofmeasure.org"


def a_result(value=1500, unit="pg/mL", *, patient=PATIENT, on="2026-11-20", **others):
    """Write a CSF pNFH Observation."""
    quantity = {"value": value, "unit": unit, "system": UCUM, "code": unit}
    observation = {
        "resourceType": "Observation",
        "id": f"o-{uuid4()}",
        "status": "final",
        "code": {"coding": [{"system": SYSTEM, "code": CODE}]},
        "subject": {"reference": f"Patient/{patient}"},
        "effectiveDateTime": on,
        "valueQuantity": quantity,
    }
    return {name: value for name, value in (observation | others).items() if value is not None}


def a_patient(patient=PATIENT, **others):
    return {"resourceType": "Patient", "id": patient, "birthDate": "1964-05-17"} | others


def a_page(*resources, following=None, link=(), **others):
    """Write a page of a search."""
    links = [*link, *([{"relation": "next", "url": following}] if following else [])]
    entries = [{"resource": resource} for resource in resources]
    page = {"resourceType": "Bundle", "type": "searchset", "entry": entries}
    return page | ({"link": links} if links else {}) | others


def a_call(*results, patient=PATIENT, prefetch=None, **others):
    """Write a call; without `prefetch` the Patient and these results come along."""
    if prefetch is None:
        prefetch = {"patient": a_patient(patient), "pnfh": a_page(*results)}
    call = {
        "hook": "patient-view",
        "hookInstance": str(uuid4()),
        "context": {"userId": "Practitioner/1", "patientId": patient},
        "prefetch": prefetch,
    } | others
    return {name: value for name, value in call.items() if value is not None}


def ask(service, call, *, by=("North", "viewer"), **headers):
    """Call the service."""
    return service.ask("POST", CALL, by=by, json=call, headers=headers)


def cards(answer):
    assert answer.status_code == 200, answer.text
    return answer.json()["cards"]


def the_card(answer):
    found = cards(answer)
    assert len(found) == 1
    return found[0]


def numbers(card):
    return card["extension"]["urn:neurostrata:estimate"]


def issues(answer, status):
    """Give the elements that an OperationOutcome names, with the codes of what is wrong."""
    assert answer.status_code == status, answer.text
    outcome = answer.json()
    assert outcome["resourceType"] == "OperationOutcome"
    assert outcome["issue"]
    return {
        (issue.get("expression", [""])[0], issue["details"]["coding"][0]["code"])
        for issue in outcome["issue"]
    }
