"""Resources for the OpenAPI document: made by this very service, never written by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import orjson

from app.answers.answer import Answers, Manner
from app.api.dialects import FHIR
from app.api.records.reply import write_json
from app.clinic.measurement import CSF, PNFH, Measurement, MeasurementFacts
from app.clinic.patient import Patient, PatientFacts
from app.integrations.fhir.capability import capability_statement
from app.integrations.fhir.operation_outcome import outcome, remark
from app.integrations.fhir.resources_out import show_observation, show_patient
from app.integrations.fhir.risk_assessment import Occasion, show_risk
from app.integrations.fhir.searchset import (
    entry_response,
    searchset,
    transaction_response,
)
from app.schemas.estimates import DEFAULT_EVIDENCE
from app.schemas.strict_json import parse_json
from app.settings import Settings
from app.survival.estimate import Question
from app.survival.level import parse_level

if TYPE_CHECKING:
    from app.evidence.library import Library

SYSTEM: Final = str(Settings.model_fields["fhir_patient_system"].default)
AT: Final = datetime(2024, 3, 5, 9, 30, tzinfo=UTC)
DOOR: Final = "/fhir"

_PATIENT: Final = Patient(
    id="6f1c9c9e-6a2e-4d0f-9f0b-3d1f5a9f7c11",
    facts=PatientFacts(
        identifier="SITE-0042",
        sex="female",
        birth_year=1963,
        el_escorial="probable",
        svc_percent=Decimal(84),
    ),
    version=1,
    created_at=AT,
    updated_at=AT,
    changed_by="key:example",
    change="created",
)
_LEVEL: Final = Measurement(
    id="0f0c8a52-5c0e-4f53-8d2e-4b6a4f6d5a90",
    patient_id=_PATIENT.id,
    facts=MeasurementFacts(
        biomarker=PNFH,
        value=Decimal("1.5"),
        unit="ng/mL",
        specimen=CSF,
        collected_at=date(2024, 3, 4),
    ),
    created_at=AT,
)
ESTIMATE_ID: Final = "2b0f9a44-7a1e-4c35-9d0a-8f1de0c6b7a3"


def _plain(resource: Any) -> Any:
    """A resource as it is sent, in plain JSON values."""
    return orjson.loads(write_json(resource))


PATIENT: Final = _plain(show_patient(_PATIENT, SYSTEM))
OBSERVATION: Final = _plain(show_observation(_LEVEL))


def sendable(resource: dict[str, Any]) -> dict[str, Any]:
    """The resource as somebody sends it who wants it to be kept."""
    return {name: part for name, part in resource.items() if name not in {"id", "meta"}}


NEW_PATIENT: Final = sendable(PATIENT)
NEW_OBSERVATION: Final = sendable(OBSERVATION)
_URN: Final = "urn:uuid:88b8b1a6-6d43-4a5c-8d0e-1f9f1a2b3c4d"
TRANSACTION: Final[dict[str, Any]] = {
    "resourceType": "Bundle",
    "type": "transaction",
    "entry": [
        {
            "fullUrl": _URN,
            "resource": NEW_PATIENT,
            "request": {
                "method": "POST",
                "url": "Patient",
                "ifNoneExist": "identifier=SITE-0042",
            },
        },
        {
            "resource": NEW_OBSERVATION | {"subject": {"reference": _URN}},
            "request": {"method": "POST", "url": "Observation"},
        },
    ],
}
ASKED: Final[dict[str, Any]] = {
    "resourceType": "Parameters",
    "parameter": [
        {"name": "patient", "resource": PATIENT},
        {"name": "observation", "resource": OBSERVATION},
        {"name": "times", "valueString": "180,365"},
    ],
}
_LEFT: Final = remark(
    "not_kept",
    "This is not kept: only the pseudonym and facts are.",
    "Bundle.entry[0].resource.name",
)
DONE: Final = _plain(
    transaction_response(
        [
            entry_response(
                is_new=True,
                place=f"{DOOR}/Patient/{_PATIENT.id}",
                version=1,
                modified=AT,
                outcome=outcome([_LEFT]),
            ),
            entry_response(
                is_new=True,
                place=f"{DOOR}/Observation/{_LEVEL.id}",
                version=1,
                modified=AT,
                outcome=None,
            ),
        ]
    )
)


def assessed(library: Library, version: str, estimate_id: str | None = None) -> dict[str, Any]:
    """An estimate for a level of 1500 pg/mL, as a RiskAssessment."""
    level = parse_level("1.5", "ng/mL")
    study = library.studies[DEFAULT_EVIDENCE]
    body = Answers(version).give(Question(level), study, Manner(detail="summary")).body
    occasion = Occasion(
        subject={"reference": f"Patient/{_PATIENT.id}"},
        basis=({"reference": f"Observation/{_LEVEL.id}"},),
        at=AT,
        language="en",
        id=estimate_id,
    )
    shown: dict[str, Any] = _plain(show_risk(parse_json(body), occasion, version))
    return shown


def found(resource: dict[str, Any]) -> dict[str, Any]:
    """A page of a search that found one resource."""
    asked = f"{DOOR}/{resource['resourceType']}"
    return searchset([resource], DOOR, asked, None, 1)


def show_resources(openapi: dict[str, Any], library: Library, version: str) -> None:
    """Put a resource beside every body and every answer of the FHIR door."""
    kept = {
        "Patient": ("patient_id", PATIENT),
        "Observation": ("measurement_id", OBSERVATION),
        "RiskAssessment": ("estimate_id", assessed(library, version, ESTIMATE_ID)),
    }
    for kind, (name, resource) in kept.items():
        _show(openapi, f"/{kind}/{{{name}}}", "get", {"200": resource})
        _show(openapi, f"/{kind}", "get", {"200": found(resource)})
        _show(openapi, f"/{kind}/_search", "post", {"200": found(resource)})
    _show(openapi, "/metadata", "get", {"200": capability_statement(DOOR, "", version)})
    _show(openapi, "/$pnfh-survival", "post", {"200": assessed(library, version)}, ASKED)
    _show(openapi, "", "post", {"200": DONE}, TRANSACTION)
    for kind, sent in (("Patient", NEW_PATIENT), ("Observation", NEW_OBSERVATION)):
        made = dict.fromkeys(("200", "201"), kept[kind][1])
        _show(openapi, f"/{kind}", "post", made, sent)


def _show(
    openapi: dict[str, Any],
    path: str,
    method: str,
    answers: dict[str, Any],
    sent: dict[str, Any] | None = None,
) -> None:
    operation = openapi["paths"][f"{DOOR}{path}"][method]
    for status, resource in answers.items():
        operation["responses"][status]["content"][FHIR]["example"] = resource
    if sent is not None:
        operation["requestBody"]["content"][FHIR]["example"] = sent
