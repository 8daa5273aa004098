"""A clinic's patients and levels as FHIR resources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from app.clinic.measurement import Measurement
from app.clinic.patient import Patient, PatientFacts
from app.integrations.fhir.codes import (
    OBSERVATION_CATEGORIES,
    PNFH_CODE,
    PNFH_SYSTEM,
    SNOMED,
    SPECIMEN_TYPES,
    UCUM,
)
from app.integrations.fhir.extensions import (
    COVARIATE,
    PATIENT,
    extension,
    member_for,
    patient_url,
    with_parts,
)

SPECIMEN_ID: Final = "csf"


def show_patient(patient: Patient, system: str) -> dict[str, Any]:
    """Lay a patient out as a Patient, from which `read_patient` reads the same facts again."""
    facts = patient.facts
    resource: dict[str, Any] = {
        "resourceType": "Patient",
        "id": patient.id,
        "meta": {"versionId": str(patient.version), "lastUpdated": patient.updated_at},
        "extension": _extensions(facts),
        "identifier": [{"system": system, "value": facts.identifier}],
        "gender": facts.sex,
        "birthDate": None if facts.birth_year is None else str(facts.birth_year),
        "deceasedBoolean": {"dead": True, "alive": False}.get(facts.vital_status or ""),
    }
    return stated(resource)


def show_observation(measurement: Measurement) -> dict[str, Any]:
    """Lay a level out as an Observation, with the digits it was reported with."""
    facts = measurement.facts
    resource: dict[str, Any] = {
        "resourceType": "Observation",
        "id": measurement.id,
        "meta": {"versionId": "1", "lastUpdated": measurement.created_at},
        "contained": [_specimen()],
        "status": "final",
        "category": [{"coding": [{"system": OBSERVATION_CATEGORIES, "code": "laboratory"}]}],
        "code": {
            "coding": [{"system": PNFH_SYSTEM, "code": PNFH_CODE}],
            "text": "pNFH in cerebrospinal fluid",
        },
        "subject": {"reference": f"Patient/{measurement.patient_id}"},
        "effectiveDateTime": facts.collected_at,
        "valueQuantity": stated(
            {
                "value": facts.value,
                "comparator": facts.comparator,
                "unit": facts.unit,
                "system": UCUM,
                "code": facts.unit,
            }
        ),
        "specimen": {"reference": f"#{SPECIMEN_ID}"},
        "method": {"text": facts.assay} if facts.assay else None,
    }
    return stated(resource)


def stated(resource: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what is not known: FHIR has neither null nor empty lists."""
    return {name: value for name, value in resource.items() if value is not None and value != []}


def _extensions(facts: PatientFacts) -> list[dict[str, Any]]:
    found = [
        extension(patient_url(field), one.member, getattr(facts, field))
        for field, one in PATIENT.items()
        if getattr(facts, field) is not None and not _is_told(field, facts)
    ]
    for name, value in sorted(facts.covariates.items()):
        parts = extension("name", "valueString", name), extension("value", member_for(value), value)
        found.append(with_parts(COVARIATE, *parts))
    return found


def _is_told(field: str, facts: PatientFacts) -> bool:
    """Whether `deceasedBoolean` says it already."""
    return field == "vital_status" and facts.vital_status != "unknown"


def _specimen() -> dict[str, Any]:
    codings = [
        {"system": SPECIMEN_TYPES, "code": "CSF"},
        {"system": SNOMED, "code": "258450006"},
    ]
    kind = {"coding": codings, "text": "Cerebrospinal fluid"}
    return {"resourceType": "Specimen", "id": SPECIMEN_ID, "type": kind}
