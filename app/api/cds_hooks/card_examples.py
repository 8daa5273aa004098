"""A call and its answer for the OpenAPI document: the answer is one that the service gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

from app.answers.answer import Answers, Manner
from app.answers.phrases import phrases_in
from app.integrations.cds_hooks.card import card_of
from app.integrations.cds_hooks.discovery import HOOK, PATIENT, RESULTS, SERVICE_ID, discovery
from app.integrations.fhir.codes import PNFH_CODE, PNFH_SYSTEM, UCUM, read_codes
from app.schemas.estimates import DEFAULT_EVIDENCE
from app.survival.estimate import Question
from app.survival.level import parse_level

if TYPE_CHECKING:
    from app.evidence.library import Library

PATIENT_ID: Final = "1288992"
CARD: Final = "0f0c8a52-5c0e-4f53-8d2e-4b6a4f6d5a90"
BASE: Final = "https://neurostrata.clinic.example"

CALL_EXAMPLE: Final[dict[str, Any]] = {
    "hook": HOOK,
    "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
    "context": {"userId": "Practitioner/example", "patientId": PATIENT_ID},
    "prefetch": {
        PATIENT: {"resourceType": "Patient", "id": PATIENT_ID, "birthDate": "1964-05-17"},
        RESULTS: {
            "resourceType": "Bundle",
            "type": "searchset",
            "entry": [
                {
                    "resource": {
                        "resourceType": "Observation",
                        "id": "pnfh-1",
                        "status": "final",
                        "code": {"coding": [{"system": PNFH_SYSTEM, "code": PNFH_CODE}]},
                        "subject": {"reference": f"Patient/{PATIENT_ID}"},
                        "effectiveDateTime": "2026-11-20",
                        "valueQuantity": {
                            "value": 1500,
                            "unit": "pg/mL",
                            "system": UCUM,
                            "code": "pg/mL",
                        },
                    }
                }
            ],
        },
    },
}


def show_cards(openapi: dict[str, Any], library: Library, version: str) -> None:
    """Put the discovery and a card beside the 200 of their operations."""
    services = discovery(read_codes(None), version)
    _shown(openapi, "/cds-services", "get", services)
    level, study = parse_level(1500, "pg/mL"), library.studies[DEFAULT_EVIDENCE]
    manner = Manner("estimate", "summary", "en")
    document = Answers(version).document(Question(level), study, manner)
    card = card_of(_plain(document), phrases_in("en"), CARD, BASE)
    _shown(openapi, f"/cds-services/{SERVICE_ID}", "post", {"cards": [card]})


def _shown(openapi: dict[str, Any], path: str, method: str, example: Any) -> None:
    content = openapi["paths"][path][method]["responses"]["200"]["content"]
    content["application/json"]["example"] = example


def _plain(document: dict[str, Any]) -> dict[str, Any]:
    """The document as whoever parses it gets it."""
    plain: dict[str, Any] = orjson.loads(orjson.dumps(document))
    return plain
