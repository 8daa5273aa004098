"""Kept estimates as RiskAssessments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.integrations.fhir.risk_assessment import Occasion, show_risk
from app.schemas.strict_json import parse_json

if TYPE_CHECKING:
    from app.clinic.kept_estimate import KeptEstimate


def show_kept(kept: KeptEstimate) -> dict[str, Any]:
    """Lay a kept estimate out from the bytes that were given, by the service of that time."""
    occasion = Occasion(
        subject={"reference": f"Patient/{kept.patient_id}"},
        basis=({"reference": f"Observation/{kept.measurement_id}"},),
        at=kept.created_at,
        language=kept.question["language"],
        id=kept.id,
    )
    return show_risk(parse_json(kept.body), occasion, kept.service_version)
