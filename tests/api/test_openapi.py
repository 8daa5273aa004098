"""The OpenAPI document says what the service does, and what it says can be followed."""

import re

import pytest

from app import __version__
from app.api.dialects import CDS_DOOR, FHIR, FHIR_DOOR, JSON, TOKEN_DOOR
from app.api.openapi import TAGS
from app.api.problems import KINDS, MEDIA_TYPE
from app.main import create_app
from app.schemas.estimates import EstimateQuery, WishesQuery
from app.settings import Settings

DOCUMENT = create_app(Settings()).openapi()
OPERATIONS = {
    f"{method} {path}": operation
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
}
OPEN = {
    "get /v1/estimate", "get /v1/stratum", "get /v1/treatment-effect", "get /v1/survival-curves",
    "post /v1/estimates", "post /v1/estimates/batch", "post /v1/prognosis", "get /healthz",
    "get /readyz", "get /metrics", "get /v1/evidence", "get /v1/evidence/{evidence_id}",
    "get /v1/evidence/{evidence_id}/card", "get /v1/evidence/{evidence_id}/diff/{other}",
    "get /v1/conformance", "get /cds-services", "get /fhir/metadata", "post /oauth/token",
    "get /.well-known/smart-configuration", "get /fhir/.well-known/smart-configuration",
}  # fmt: skip


DIALECTS = {FHIR_DOOR: FHIR, CDS_DOOR: JSON, TOKEN_DOOR: JSON}
"""Doors that tell errors in another system's language, and the media type of it."""


def dialect_of(name):
    """Give the media type in which an operation tells errors, if it is no problem document."""
    path = name.partition(" ")[2]
    found = (kind for door, kind in DIALECTS.items() if f"{path}/".startswith(f"{door}/"))
    return next(found, None)


def every(part, name):
    """Every value that a member of this name has, anywhere in the document."""
    if isinstance(part, dict):
        yield from ([part[name]] if name in part else [])
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from every(inner, name)


def at(pointer):
    found = DOCUMENT
    for step in pointer.removeprefix("#/").split("/"):
        found = found[step]
    return found


def test_the_document_is_openapi_3_1_of_this_version(client):
    served = client.get("/openapi.json").json()
    assert served == DOCUMENT
    assert re.fullmatch(r"3\.1\.\d", served["openapi"])
    assert served["info"]["version"] == __version__
    assert served["servers"] == [{"url": "/", "description": "this server"}]


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_says_what_it_is(name):
    operation = OPERATIONS[name]
    assert 3 <= len(operation["summary"]) <= 60
    assert not operation["summary"].endswith(".")
    assert operation["description"].endswith(".")
    assert operation["operationId"].isidentifier()
    assert len(operation["tags"]) == 1


def test_no_two_operations_share_an_id():
    ids = [operation["operationId"] for operation in OPERATIONS.values()]
    assert len(set(ids)) == len(ids)


def test_every_tag_is_explained_and_used():
    used = {tag for operation in OPERATIONS.values() for tag in operation["tags"]}
    assert used == {tag["name"] for tag in TAGS}
    assert DOCUMENT["tags"] == TAGS


@pytest.mark.parametrize("name", [name for name in OPERATIONS if dialect_of(name) is None])
def test_an_operation_documents_its_problems_as_problem_documents(name):
    failures = {
        int(status): answer
        for status, answer in OPERATIONS[name]["responses"].items()
        if status >= "400"
    }
    assert 422 in failures
    for status, answer in failures.items():
        assert list(answer["content"]) == [MEDIA_TYPE]
        content = answer["content"][MEDIA_TYPE]
        assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
        for slug, example in content["examples"].items():
            assert example["value"]["type"] == f"/problems/{slug}"
            assert example["value"]["status"] == KINDS[slug].status == status


@pytest.mark.parametrize("name", [name for name in OPERATIONS if dialect_of(name)])
def test_another_systems_door_documents_its_errors_in_that_systems_language(name):
    failures = {
        status: answer
        for status, answer in OPERATIONS[name]["responses"].items()
        if status >= "400" and "content" in answer
    }
    assert {"400", "422"} & failures.keys()
    for answer in failures.values():
        assert list(answer["content"]) == [dialect_of(name)]
        content = answer["content"][dialect_of(name)]
        shown = content.get("examples") or {"only": {"value": content["example"]}}
        for example in shown.values():
            assert {"resourceType", "error"} & example["value"].keys()


def test_every_answer_has_a_description_and_every_good_one_a_content():
    for name, operation in OPERATIONS.items():
        for status, answer in operation["responses"].items():
            assert answer["description"], (name, status)
            is_bare = status in {"204", "304"} or (status == "401" and f" {CDS_DOOR}" in name)
            assert ("content" in answer) == (not is_bare), (name, status)


def test_every_reference_leads_somewhere():
    references = set(every(DOCUMENT, "$ref"))
    assert references
    assert all(at(reference) is not None for reference in references)


def test_every_schema_is_used():
    named = {f"#/components/schemas/{name}" for name in DOCUMENT["components"]["schemas"]}
    assert named <= set(every(DOCUMENT, "$ref"))


def test_a_key_is_asked_for_just_where_the_document_says_so(client):
    assert {name for name, op in OPERATIONS.items() if not op.get("security")} == OPEN
    for name, operation in OPERATIONS.items():
        method, _, path = name.partition(" ")
        sent = {"json": {}} if method == "post" else {}
        answer = client.request(method, path.replace("{", "").replace("}", ""), **sent)
        assert (answer.status_code == 401) == bool(operation.get("security")), name
        assert str(answer.status_code) in operation["responses"], name


@pytest.mark.parametrize("name", sorted(OPEN - {"get /healthz", "get /readyz"}))
def test_every_parameter_is_described_with_an_example_or_a_default(name):
    for parameter in OPERATIONS[name].get("parameters", []):
        assert parameter["description"], parameter["name"]


def test_the_estimates_declare_what_they_read():
    for path in ("estimate", "stratum", "treatment-effect", "survival-curves"):
        declared = {p["name"] for p in OPERATIONS[f"get /v1/{path}"]["parameters"]}
        assert declared == set(EstimateQuery.model_fields)
    stream = {p["name"] for p in OPERATIONS["post /v1/estimates/batch"]["parameters"]}
    assert stream == set(WishesQuery.model_fields) - {"assay_cv"}


REMEMBERED = {
    "post /v1/patients", "post /v1/patients/{patient_id}/erase",
    "post /v1/patients/{patient_id}/measurements", "post /v1/patients/{patient_id}/estimates",
    "post /v1/imports", "post /v1/cohort/models", "post /v1/evidence", "post /fhir",
    "post /fhir/Patient", "post /fhir/Observation",
}  # fmt: skip


def test_every_post_that_remembers_its_answer_says_so():
    said = {}
    for name, operation in OPERATIONS.items():
        for parameter in operation.get("parameters", []):
            if parameter["name"] == "Idempotency-Key":
                said[name] = parameter
    assert said.keys() == REMEMBERED
    for name, parameter in said.items():
        assert (parameter["in"], parameter["required"]) == ("header", False)
        assert parameter["description"]
        assert parameter["example"]
        good = [answer for status, answer in OPERATIONS[name]["responses"].items() if status < "3"]
        assert all("Idempotent-Replayed" in answer["headers"] for answer in good)


def test_every_media_type_that_is_made_or_read_is_declared():
    curves = OPERATIONS["get /v1/survival-curves"]["responses"]["200"]["content"]
    assert set(curves) == {"application/json", "text/csv", "image/svg+xml", "image/png"}
    batch = OPERATIONS["post /v1/estimates/batch"]
    both = {"application/json", "application/x-ndjson"}
    assert set(batch["requestBody"]["content"]) == both
    assert set(batch["responses"]["200"]["content"]) == both


def test_the_document_names_no_other_host():
    # A drawing names its kind by an address that nobody opens.
    named = set(re.findall(r"https?://[^/\s'\"]+", str(DOCUMENT)))
    # Code systems are named by addresses that nobody opens either.
    systems = {"http://unitsofmeasure.org", "http://terminology.hl7.org", "http://snomed.info"}
    smart = {"http://fhir-registry.smarthealthit.org", "https://doi.org"}
    assert named <= {"http://www.w3.org", "https://neurostrata.clinic.example"} | systems | smart


def test_no_answer_is_left_open_to_anything():
    schemas = DOCUMENT["components"]["schemas"]
    answers = {name for name in schemas if name.endswith(("Response", "Problem", "Request"))}
    loose = {name for name in answers if schemas[name].get("additionalProperties") is True}
    assert loose == set()
