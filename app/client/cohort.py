"""Calls about all patients of a clinic together: curves, models, and evidence made of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from app.client.call import Call, Repeat
from app.client.reading import as_bytes, as_model
from app.client.writing import JSON, write_json, write_path
from app.schemas.cohort_models import CohortModelRequest, CohortModelResponse
from app.schemas.cohort_survival import CohortSurvivalRequest, CohortSurvivalResponse
from app.schemas.evidence import EvidenceResponse
from app.schemas.fitted_evidence import (
    CalibrationRequest,
    CalibrationResponse,
    FittedEvidenceRequest,
)

SURVIVAL: Final = "/v1/cohort/survival"
CALIBRATION: Final = "/v1/cohort/calibration"


def cohort_survival(
    question: CohortSurvivalRequest | Mapping[str, Any],
) -> Call[CohortSurvivalResponse]:
    """Survival of the clinic's own patients, by group."""
    read = as_model(CohortSurvivalResponse)
    return Call("POST", SURVIVAL, read, headers=JSON, body=write_json(question))


def drawn_cohort_survival(
    question: CohortSurvivalRequest | Mapping[str, Any], media_type: str
) -> Call[bytes]:
    """The same as a file: `text/csv`, `image/svg+xml` or `image/png`."""
    return _drawn(SURVIVAL, question, media_type)


def fit_model(
    question: CohortModelRequest | Mapping[str, Any], wait_seconds: int | None = None
) -> Call[CohortModelResponse]:
    """Fit a model, once however often this has to be sent.

    One that is not ready after the wait comes back `running`: ask for it with `read_model`.
    """
    wait = {} if wait_seconds is None else {"prefer": f"wait={wait_seconds}"}
    return Call(
        "POST",
        "/v1/cohort/models",
        as_model(CohortModelResponse),
        Repeat.REMEMBERED,
        headers=JSON | wait,
        body=write_json(question),
    )


def read_model(model_id: str) -> Call[CohortModelResponse]:
    """Read a model, or how far its fit is."""
    return Call(
        "GET", write_path("v1", "cohort", "models", model_id), as_model(CohortModelResponse)
    )


def calibrate(question: CalibrationRequest | Mapping[str, Any]) -> Call[CalibrationResponse]:
    """Deaths of the clinic's own patients against those that evidence leads to expect."""
    read = as_model(CalibrationResponse)
    return Call("POST", CALIBRATION, read, headers=JSON, body=write_json(question))


def drawn_calibration(
    question: CalibrationRequest | Mapping[str, Any], media_type: str
) -> Call[bytes]:
    """The same as a picture: `image/svg+xml` or `image/png`."""
    return _drawn(CALIBRATION, question, media_type)


def make_evidence(question: FittedEvidenceRequest | Mapping[str, Any]) -> Call[EvidenceResponse]:
    """Make a fitted model evidence that the clinic's own estimates can name."""
    return Call(
        "POST",
        "/v1/evidence",
        as_model(EvidenceResponse),
        Repeat.REMEMBERED,
        headers=JSON,
        body=write_json(question),
    )


def _drawn(path: str, question: Any, media_type: str) -> Call[bytes]:
    headers = JSON | {"accept": media_type}
    return Call("POST", path, as_bytes, headers=headers, body=write_json(question))
