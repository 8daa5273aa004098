"""Calls about a clinic's patients and their levels. They need a key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.client.call import Call, Listing, Repeat, Versioned
from app.client.reading import as_model, as_nothing, as_version_of
from app.client.writing import JSON, write_json, write_path, write_query
from app.schemas.measurements import MeasurementPage, MeasurementRequest, MeasurementResponse
from app.schemas.patients import PatientPage, PatientRequest, PatientResponse

MERGE_PATCH: Final = {"content-type": "application/merge-patch+json"}
Patient = Versioned[PatientResponse]
Measurement = Versioned[MeasurementResponse]


def create_patient(facts: PatientRequest | Mapping[str, Any]) -> Call[Patient]:
    """Keep a patient under a pseudonym, however often this has to be sent."""
    return Call(
        "POST",
        "/v1/patients",
        as_version_of(PatientResponse),
        Repeat.REMEMBERED,
        headers=JSON,
        body=write_json(facts),
    )


def read_patient(patient_id: str) -> Call[Patient]:
    """Read a patient, with the tag that a change is sent with."""
    return Call("GET", _patient(patient_id), as_version_of(PatientResponse))


def list_patients(limit: int = 200, **wanted: Any) -> Listing[PatientResponse]:
    """List patients. `wanted` are `sort`, `created_since`, `created_until`, `updated_since`."""

    def page(cursor: str | None) -> Call[PatientPage]:
        query = write_query(limit=limit, cursor=cursor, **wanted)
        return Call("GET", "/v1/patients", as_model(PatientPage), query=query)

    return Listing(page)


def search_patients(
    conditions: Mapping[str, Any] | None = None,
    sort: Sequence[str] = ("created_at",),
    limit: int = 200,
) -> Listing[PatientResponse]:
    """Search patients by what is known of them, as `POST /v1/patients/search` takes it."""

    def page(cursor: str | None) -> Call[PatientPage]:
        asked: dict[str, Any] = {"filter": conditions or {}, "sort": sort, "limit": limit}
        body = write_json(asked | ({"cursor": cursor} if cursor else {}))
        path = "/v1/patients/search"
        return Call("POST", path, as_model(PatientPage), headers=JSON, body=body)

    return Listing(page)


def replace_patient(
    patient_id: str, facts: PatientRequest | Mapping[str, Any], if_match: str
) -> Call[Patient]:
    """State all facts of a patient anew: of the version whose tag is sent, or `*` for any."""
    return _change("PUT", patient_id, JSON, facts, if_match)


def patch_patient(patient_id: str, changes: Mapping[str, Any], if_match: str) -> Call[Patient]:
    """Change some facts of a patient; None takes a fact away."""
    return _change("PATCH", patient_id, MERGE_PATCH, changes, if_match)


def delete_patient(patient_id: str, if_match: str) -> Call[None]:
    """Take a patient out of all that is read."""
    headers = {"if-match": if_match}
    return Call("DELETE", _patient(patient_id), as_nothing, Repeat.UNSURE, headers=headers)


def record_measurement(
    patient_id: str, facts: MeasurementRequest | Mapping[str, Any]
) -> Call[Measurement]:
    """Record a level of a patient, however often this has to be sent."""
    return Call(
        "POST",
        _patient(patient_id, "measurements"),
        as_version_of(MeasurementResponse),
        Repeat.REMEMBERED,
        headers=JSON,
        body=write_json(facts),
    )


def list_measurements(patient_id: str, limit: int = 200) -> Listing[MeasurementResponse]:
    """List a patient's levels in the order they were recorded."""

    def page(cursor: str | None) -> Call[MeasurementPage]:
        query = write_query(limit=limit, cursor=cursor)
        path = _patient(patient_id, "measurements")
        return Call("GET", path, as_model(MeasurementPage), query=query)

    return Listing(page)


def read_measurement(patient_id: str, measurement_id: str) -> Call[Measurement]:
    """Read one level of a patient."""
    path = _patient(patient_id, "measurements", measurement_id)
    return Call("GET", path, as_version_of(MeasurementResponse))


def delete_measurement(patient_id: str, measurement_id: str, if_match: str) -> Call[None]:
    """Take a level that should not be there out of lists and estimates."""
    path = _patient(patient_id, "measurements", measurement_id)
    return Call("DELETE", path, as_nothing, Repeat.UNSURE, headers={"if-match": if_match})


def _change(
    method: str, patient_id: str, headers: Mapping[str, str], facts: Any, if_match: str
) -> Call[Patient]:
    return Call(
        method,
        _patient(patient_id),
        as_version_of(PatientResponse),
        Repeat.UNSURE,
        headers={**headers, "if-match": if_match},
        body=write_json(facts),
    )


def _patient(patient_id: str, *further: str) -> str:
    return write_path("v1", "patients", patient_id, *further)
