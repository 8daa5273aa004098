"""`/fhir/Patient/{id}` and the like: one record of a clinic, as a resource."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Request, Response

from app.api.fhir.fhir_route import FhirResponse, FhirRoute, Format, answer_version, told
from app.api.fhir.records import show_kept
from app.api.outcomes import outcome_responses
from app.api.records.reply import READ, IfNoneMatch
from app.clinic.access import Role
from app.dependencies import (
    CallerDep,
    ConnectionDep,
    EstimatesDep,
    PatientDep,
    PatientsDep,
    needs,
)
from app.integrations.fhir.resources_out import show_observation, show_patient
from app.use_cases.records.read_estimate import read_estimate
from app.use_cases.resources.search_resources import across_of, read_level_anywhere

if TYPE_CHECKING:
    from app.settings import Settings

router = APIRouter(prefix="/fhir", tags=["clinic software"], route_class=FhirRoute)

PROBLEMS = outcome_responses(401, 403, 404, 406, 415, 422, 429, 503)


def _described(what: str) -> dict[int | str, dict[str, object]]:
    return {**READ, 200: READ[200] | told(what)[200], **PROBLEMS}


@router.get(
    "/Patient/{patient_id}",  # noqa: FAST003 - PatientDep reads it
    dependencies=[needs("Patient", "r", Role.VIEWER)],
    summary="Read a Patient",
    response_class=FhirResponse,
    responses=_described("the Patient"),
)
async def read_fhir_patient(
    patient: PatientDep, request: Request, form: Format = None, if_none_match: IfNoneMatch = None
) -> Response:
    """Read a patient of your clinic: the pseudonym, and every fact, most as extensions."""
    del form
    settings: Settings = request.state.settings
    resource = show_patient(patient, settings.fhir_patient_system)
    return answer_version(request, resource, patient.version, if_none_match)


@router.get(
    "/Observation/{measurement_id}",
    dependencies=[needs("Observation", "r", Role.VIEWER)],
    summary="Read an Observation",
    response_class=FhirResponse,
    responses=_described("the Observation"),
)
async def read_fhir_observation(
    measurement_id: Annotated[str, Path(description="the measurement's `id`")],
    connection: ConnectionDep,
    caller: CallerDep,
    request: Request,
    form: Format = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Read a level of a patient of your clinic, with the digits it was reported with."""
    del form
    across = across_of(connection, caller.clinic_id)
    level = await read_level_anywhere(measurement_id, across=across)
    request.state.patient_id = level.patient_id
    return answer_version(request, show_observation(level), 1, if_none_match)


@router.get(
    "/RiskAssessment/{estimate_id}",
    dependencies=[needs("RiskAssessment", "r", Role.VIEWER)],
    summary="Read a RiskAssessment",
    response_class=FhirResponse,
    responses=_described("the RiskAssessment"),
)
async def read_fhir_risk_assessment(
    estimate_id: Annotated[str, Path(description="the kept estimate's `id`")],
    estimates: EstimatesDep,
    patients: PatientsDep,
    request: Request,
    form: Format = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Read a kept estimate, laid out from the very bytes that were answered then."""
    del form
    kept = await read_estimate(estimate_id, estimates=estimates, patients=patients)
    request.state.patient_id = kept.patient_id
    return answer_version(request, show_kept(kept), 1, if_none_match)
