"""Calls about a patient's estimates, about all patients together, and about files of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.client.call import Call, Listing, Repeat
from app.client.reading import as_bytes, as_model
from app.client.writing import JSON, write_json, write_path, write_query
from app.schemas.answers import FullResponse
from app.schemas.cohort_survival import CohortSurvivalRequest, CohortSurvivalResponse
from app.schemas.imports import ImportResponse
from app.schemas.kept_estimates import (
    KeepEstimateRequest,
    KeptEstimateItem,
    KeptEstimatePage,
    KeptEstimateResponse,
    ReplayResponse,
)


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


def cohort_survival(
    question: CohortSurvivalRequest | Mapping[str, Any],
) -> Call[CohortSurvivalResponse]:
    """Survival of the clinic's own patients, by group."""
    path, read = "/v1/cohort/survival", as_model(CohortSurvivalResponse)
    return Call("POST", path, read, headers=JSON, body=write_json(question))


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


def export_patients(media_type: str) -> Call[bytes]:
    """All patients as a file: `text/csv`, `application/x-ndjson` or Parquet."""
    return Call("GET", "/v1/exports/patients", as_bytes, headers={"accept": media_type})
