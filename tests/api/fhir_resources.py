"""Resources as a hospital sends them, and how the service is asked in FHIR."""

import json
from copy import deepcopy

from app.clinic.access import Role

FHIR = "application/fhir+json"
FORM = "application/x-www-form-urlencoded"
SYSTEM = "urn:neurostrata:patient"
UCUM = "http://unitsofmeasure.org"
CODE = {"coding": [{"system": "urn:neurostrata:biomarker", "code": "pnfh-csf"}]}
ANTIBODY = {"coding": [{"system": "http://loinc.org", "code": "78969-3"}]}
URN = "urn:uuid:1c1a5a2e-0b8c-4b57-9a5c-0d3c5b8b9a01"


def a_patient(pseudonym="SITE-0042", **more):
    names = [{"system": SYSTEM, "value": pseudonym}]
    return {"resourceType": "Patient", "identifier": names} | more


def a_fact(field, member, value):
    return {"url": f"urn:neurostrata:fhir:patient:{field}", member: value}


def a_level(value=1500, unit="pg/mL", subject=None, **more):
    quantity = {"value": value, "unit": unit, "system": UCUM, "code": unit}
    whose = {"subject": {"reference": subject}} if subject else {}
    return {
        "resourceType": "Observation", "status": "final", "code": CODE, "valueQuantity": quantity,
    } | whose | more  # fmt: skip


def a_post(resource, full_url=None, if_none_exist=None):
    """An entry of a transaction."""
    request = {"method": "POST", "url": resource.get("resourceType", "Patient")}
    named = {"fullUrl": full_url} if full_url else {}
    asked = {"ifNoneExist": if_none_exist} if if_none_exist else {}
    return named | {"resource": resource, "request": request | asked}


def a_bundle(*entries, type="transaction"):  # noqa: A002 - FHIR's word
    return {"resourceType": "Bundle", "type": type, "entry": list(entries)}


def a_collection(*resources):
    return a_bundle(*({"resource": one} for one in resources), type="collection")


def parameters(*resources, **wishes):
    """Parameters of the operation: resources by their kind, wishes as (member, value)."""
    named = [{"name": one["resourceType"].lower(), "resource": one} for one in resources]
    asked = [
        {"name": name.replace("_", "-"), member: value} for name, (member, value) in wishes.items()
    ]
    return {"resourceType": "Parameters", "parameter": [*named, *asked]}


def without(resource, *path):
    """The resource without one of its elements."""
    changed = deepcopy(resource)
    inner = changed
    for step in path[:-1]:
        inner = inner[step]
    del inner[path[-1]]
    return changed


class Fhir:
    """The FHIR door of a running service, asked by one of the keys."""

    def __init__(self, service, by=("North", Role.EDITOR)):
        self.service = service
        self.by = by

    def get(self, path, **headers):
        return self.service.ask("GET", f"/fhir{path}", by=self.by, headers=_named(headers))

    def post(self, path, body, media_type=FHIR, **headers):
        content = body if isinstance(body, str | bytes) else json.dumps(body)
        sent = {"content-type": media_type} | _named(headers)
        return self.service.ask("POST", f"/fhir{path}", by=self.by, headers=sent, content=content)

    def made(self, path, body, status=201, **headers):
        """Send what must succeed, and give what was answered."""
        answer = self.post(path, body, **headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    def found(self, path):
        """The resources of one page of a search."""
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return [entry["resource"] for entry in answer.json().get("entry", [])]

    def assessed(self, *resources, **wishes):
        return self.made("/$pnfh-survival", parameters(*resources, **wishes), 200)


def _named(headers):
    return {name.replace("_", "-"): value for name, value in headers.items()}


def issues(answer):
    """The code and the place of every issue of an OperationOutcome."""
    outcome = answer.json()
    assert outcome["resourceType"] == "OperationOutcome", outcome
    assert answer.headers["content-type"] == FHIR
    return [
        (one["details"]["coding"][0]["code"], *one.get("expression", []))
        for one in outcome["issue"]
    ]


def told_of(resource, name):
    """The values of an extension, by the member that holds them."""
    url = f"urn:neurostrata:fhir:{name}"
    return [one for one in resource.get("extension", []) if one["url"] == url]


def part_of(extension, name):
    """The value of a part of an extension that is made of others."""
    (part,) = [one for one in extension["extension"] if one["url"] == name]
    return next(value for member, value in part.items() if member != "url")
