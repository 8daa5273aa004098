"""Calls about a patient's estimates, all that is held of them, and files of many patients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.client.call import Call, Listing, Repeat
from app.client.reading import as_bytes, as_model
from app.client.writing import JSON, write_json, write_path, write_query
from app.schemas.answers import FullResponse
from app.schemas.imports import ImportResponse
from app.schemas.kept_estimates import (
    KeepEstimateRequest,
    KeptEstimateItem,
    KeptEstimatePage,
    KeptEstimateResponse,
    ReplayResponse,
)
from app.schemas.patient_records import Holdings, PatientHistory, PatientVersion, Tombstone


def estimate_patient(patient_id: str, **wishes: Any) -> Call[FullResponse]:
    """The estimate from a patient's latest level and facts; nothing is kept."""
    path = write_path("v1", "patients", patient_id, "estimate")
    return Call("GET", path, as_model(FullResponse), query=write_query(**wishes))


def keep_estimate(
    patient_id: str, wishes: KeepEstimateRequest | Mapping[str, Any] | None = None
) -> Call[KeptEstimateResponse]:
    """Keep an estimate for a patient, however often this has to be sent."""
    return Call(
        "POST",
        write_path("v1", "patients", patient_id, "estimates"),
        as_model(KeptEstimateResponse),
        Repeat.REMEMBERED,
        headers=JSON,
        body=write_json(wishes or {}),
    )


def list_kept_estimates(patient_id: str, limit: int = 200) -> Listing[KeptEstimateItem]:
    """List a patient's kept estimates in short."""

    def page(cursor: str | None) -> Call[KeptEstimatePage]:
        query = write_query(limit=limit, cursor=cursor)
        path = write_path("v1", "patients", patient_id, "estimates")
        return Call("GET", path, as_model(KeptEstimatePage), query=query)

    return Listing(page)


def read_kept_estimate(estimate_id: str) -> Call[KeptEstimateResponse]:
    """Read a kept estimate as it was given."""
    path = write_path("v1", "estimates", estimate_id)
    return Call("GET", path, as_model(KeptEstimateResponse))


def replay_estimate(estimate_id: str) -> Call[ReplayResponse]:
    """Compute a kept estimate again, and say whether every byte is the same."""
    path = write_path("v1", "estimates", estimate_id, "replay")
    return Call("POST", path, as_model(ReplayResponse))


def list_versions(patient_id: str, limit: int = 200) -> Listing[PatientVersion]:
    """List the versions of a patient, the first one first."""

    def page(cursor: str | None) -> Call[PatientHistory]:
        query = write_query(limit=limit, cursor=cursor)
        path = write_path("v1", "patients", patient_id, "history")
        return Call("GET", path, as_model(PatientHistory), query=query)

    return Listing(page)


def export_patient(patient_id: str) -> Call[Holdings]:
    """All that is held of a patient, for the patient themselves."""
    return Call("GET", write_path("v1", "patients", patient_id, "export"), as_model(Holdings))


def erase_patient(patient_id: str) -> Call[Tombstone]:
    """Erase a patient and all that tells of them, for good; it needs the role admin."""
    path = write_path("v1", "patients", patient_id, "erase")
    return Call("POST", path, as_model(Tombstone), Repeat.REMEMBERED)


def import_patients(file: bytes, media_type: str, **wishes: str) -> Call[ImportResponse]:
    """Import a file, once. `wishes` are `mode` and `on_duplicate`."""
    return Call(
        "POST",
        "/v1/imports",
        as_model(ImportResponse),
        Repeat.REMEMBERED,
        query=write_query(**wishes),
        headers={"content-type": media_type},
        body=file,
    )


def read_import(import_id: str) -> Call[ImportResponse]:
    """Read what became of an import."""
    return Call("GET", write_path("v1", "imports", import_id), as_model(ImportResponse))


def export_patients(media_type: str) -> Call[bytes]:
    """All patients as a file: `text/csv`, `application/x-ndjson` or Parquet."""
    return Call("GET", "/v1/exports/patients", as_bytes, headers={"accept": media_type})
