"""The examples of the OpenAPI document are answers that the service gives."""

import orjson
import pytest

from app.schemas import answers, card, evidence, prognosis
from tests.api.described import read

ESTIMATES = [
    ("get", "/v1/estimate"),
    ("post", "/v1/estimates"),
    ("get", "/v1/patients/{patient_id}/estimate"),
]
ONE = "/v1/evidence/{evidence_id}"
MODELS = {
    ("get", "/v1/stratum"): answers.StratumResponse,
    ("get", "/v1/treatment-effect"): answers.TreatmentEffectResponse,
    ("get", "/v1/survival-curves"): answers.SurvivalCurvesResponse,
    ("post", "/v1/estimates/batch"): answers.BatchResponse,
    ("post", "/v1/prognosis"): prognosis.PrognosisResponse,
    ("get", "/v1/evidence"): evidence.EvidenceListResponse,
    ("get", ONE): evidence.EvidenceResponse,
    ("get", f"{ONE}/card"): card.CardResponse,
    ("get", f"{ONE}/diff/{{other}}"): evidence.EvidenceDifferenceResponse,
}


@pytest.fixture(scope="module")
def openapi(client):
    return client.get("/openapi.json").json()


def shown(openapi, operation):
    method, path = operation
    return openapi["paths"][path][method]["responses"]["200"]["content"]


def test_an_estimate_is_shown_in_every_state(openapi):
    examples = openapi["components"]["examples"]
    states = [example["value"]["status"] for example in examples.values()]
    assert set(states) == {"estimate", "no_estimate", "indeterminate"}
    for example in examples.values():
        read(answers.EstimateResponse, orjson.dumps(example["value"]))


@pytest.mark.parametrize("operation", ESTIMATES, ids=lambda operation: operation[1])
def test_every_estimate_refers_to_the_examples(openapi, operation):
    references = shown(openapi, operation)["application/json"]["examples"]
    assert references == {
        name: {"$ref": f"#/components/examples/{name}"}
        for name in openapi["components"]["examples"]
    }


@pytest.mark.parametrize("operation", MODELS, ids=lambda operation: operation[1])
def test_an_example_is_what_its_schema_says(openapi, operation):
    example = shown(openapi, operation)["application/json"]["example"]
    read(MODELS[operation], orjson.dumps(example))


def test_curves_are_shown_in_part_and_drawn(openapi):
    content = shown(openapi, ("get", "/v1/survival-curves"))
    curves = content["application/json"]["example"]["survival_curves"]
    assert curves["arms"][0]["time"] == [0, 320, 640]
    assert content["text/csv"]["example"].startswith("arm,time,survival,lower,upper\nplacebo,0,")
    assert content["image/svg+xml"]["example"].startswith("<svg")


def test_examples_are_what_the_service_answers(client, openapi):
    example = openapi["components"]["examples"]["no_estimate"]["value"]
    query = {"pnfh": "500", "unit": "pg/mL", "detail": "summary"}
    assert client.get("/v1/estimate", params=query).json() == example


def test_every_body_shows_an_example(openapi):
    for operations in openapi["paths"].values():
        for operation in operations.values():
            for media_type in operation.get("requestBody", {}).get("content", {}).values():
                assert {"example", "examples"} & media_type.keys(), operation["operationId"]
