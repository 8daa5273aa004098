"""`/v1/patients`: the clinic's patients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError
from starlette.routing import Match

from app.api.problems import problem_responses
from app.api.records.record_route import RecordRoute
from app.api.records.reply import (
    CHANGED,
    CREATED,
    NO_STORE,
    READ,
    IfNoneMatch,
    answer_created,
    answer_read,
    show_patient,
)
from app.clinic.merge_patch import merge
from app.clinic.patient import PatientFacts
from app.clinic.version_tag import etag_of
from app.dependencies import (
    EDITOR,
    VIEWER,
    CallerDep,
    MomentDep,
    PatientDep,
    PatientsDep,
    PatientToChangeDep,
)
from app.errors import InvalidInput
from app.schemas.patient_records import PatientPatch
from app.schemas.patients import PatientRequest, PatientResponse
from app.schemas.validation import faults_of
from app.use_cases.records.change_patient import change_patient
from app.use_cases.records.delete_patient import delete_patient
from app.use_cases.records.keep_patient import keep_patient

if TYPE_CHECKING:
    from starlette.types import Scope

MERGE_PATCH: Final = "application/merge-patch+json"
PATCH_BODY: Final[dict[str, Any]] = {
    "schema": {"$ref": "#/components/schemas/PatientPatch"},
    "example": {"vital_status": "dead", "follow_up_days": 412, "arm": None},
}
CHANGES: Final = (401, 403, 404, 408, 409, 412, 413, 415, 422, 428, 429, 503)


class PatientRoute(RecordRoute):
    """Leaves `/v1/patients/search` alone: it is the search's address, and no patient's."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Say whether the request is for this route."""
        match, found = super().matches(scope)
        is_search = found.get("path_params", {}).get("patient_id") == "search"
        return (Match.NONE, {}) if is_search else (match, found)


class PatchRoute(PatientRoute):
    """Reads a merge patch, which may also call itself plain JSON."""

    media_types = (MERGE_PATCH, "application/json")


router = APIRouter(prefix="/v1/patients", tags=["patients"], route_class=PatientRoute)
patches = APIRouter(prefix="/v1/patients", tags=["patients"], route_class=PatchRoute)


@router.post(
    "",
    status_code=201,
    dependencies=[EDITOR],
    summary="Keep a patient",
    response_description="the patient as kept",
    response_model=PatientResponse,
    responses=CREATED | problem_responses(401, 403, 409, 408, 413, 415, 422, 429, 503),
)
async def create_patient(
    body: PatientRequest,
    patients: PatientsDep,
    caller: CallerDep,
    moment: MomentDep,
    request: Request,
) -> Response:
    """Keep a patient under a pseudonym of your own.

    Everything but the identifier may be left out. Names, dates of birth, e-mail addresses and
    phone numbers are refused as identifiers.
    """
    facts = PatientFacts(**dict(body))
    patient = await keep_patient(facts, moment=moment, by=caller.principal, patients=patients)
    location = f"{request.scope['path']}/{patient.id}"
    return answer_created(show_patient(patient), location, etag_of(patient.version))


@router.get(
    "/{patient_id}",  # noqa: FAST003 - PatientDep reads it
    dependencies=[VIEWER],
    summary="Read a patient",
    response_description="the patient",
    response_model=PatientResponse,
    responses=READ | problem_responses(401, 403, 404, 422, 429, 503),
)
async def get_patient(patient: PatientDep, if_none_match: IfNoneMatch = None) -> Response:
    """Read what your clinic has stated about a patient."""
    return answer_read(show_patient(patient), etag_of(patient.version), if_none_match)


@router.put(
    "/{patient_id}",  # noqa: FAST003 - PatientToChangeDep reads it
    dependencies=[EDITOR],
    summary="Replace a patient's facts",
    response_description="the patient as changed",
    response_model=PatientResponse,
    responses=CHANGED | problem_responses(*CHANGES),
)
async def replace_patient(
    body: PatientRequest,
    patient: PatientToChangeDep,
    patients: PatientsDep,
    caller: CallerDep,
    moment: MomentDep,
) -> Response:
    """State all facts of a patient anew. What is left out is not known any more."""
    facts = PatientFacts(**dict(body))
    changed = await change_patient(
        patient, facts, moment=moment, by=caller.principal, patients=patients
    )
    return answer_read(show_patient(changed), etag_of(changed.version), None)


@patches.patch(
    "/{patient_id}",  # noqa: FAST003 - PatientToChangeDep reads it
    dependencies=[EDITOR],
    summary="Change some of a patient's facts",
    response_description="the patient as changed",
    response_model=PatientResponse,
    responses=CHANGED | problem_responses(*CHANGES),
    openapi_extra={"requestBody": {"content": {MERGE_PATCH: PATCH_BODY}}},
)
async def patch_patient(
    body: PatientPatch,
    patient: PatientToChangeDep,
    patients: PatientsDep,
    caller: CallerDep,
    moment: MomentDep,
) -> Response:
    """Change the facts that are sent, by JSON Merge Patch (RFC 7396); null takes a fact away.

    The patient is judged as they would be afterwards, by the same rules as a new one.
    """
    facts = _judged(merge(patient.facts, body.model_extra or {}))
    changed = await change_patient(
        patient, facts, moment=moment, by=caller.principal, patients=patients
    )
    return answer_read(show_patient(changed), etag_of(changed.version), None)


@router.delete(
    "/{patient_id}",  # noqa: FAST003 - PatientToChangeDep reads it
    status_code=204,
    dependencies=[EDITOR],
    summary="Delete a patient",
    response_description="the patient is not read any more",
    responses=problem_responses(401, 403, 404, 412, 422, 428, 429, 503),
)
async def remove_patient(
    patient: PatientToChangeDep, patients: PatientsDep, caller: CallerDep, moment: MomentDep
) -> Response:
    """Take a patient out of all that is read. History and export stay until erasure."""
    await delete_patient(patient, moment=moment, by=caller.principal, patients=patients)
    return Response(status_code=204, headers=NO_STORE)


def _judged(stated: dict[str, Any]) -> PatientFacts:
    try:
        request = PatientRequest.model_validate(stated)
    except ValidationError as error:
        raise InvalidInput(faults_of(error, PatientRequest)) from None
    return PatientFacts(**dict(request))
