"""`/v1/patients`: the clinic's patients."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from app.api.json_route import JsonRoute
from app.api.problems import problem_responses
from app.api.records import (
    CREATED,
    LISTED,
    READ,
    IfNoneMatch,
    PageDep,
    answer_created,
    answer_page,
    answer_read,
    etag_of,
    show_patient,
)
from app.clinic.patient import PatientFacts
from app.dependencies import EDITOR, VIEWER, CursorKeyDep, PatientDep, PatientsDep
from app.schemas.patients import PatientPage, PatientRequest, PatientResponse
from app.use_cases.keep_patient import keep_patient
from app.use_cases.list_patients import list_patients

router = APIRouter(prefix="/v1/patients", tags=["patients"], route_class=JsonRoute)


@router.post(
    "",
    status_code=201,
    dependencies=[EDITOR],
    summary="Keep a patient",
    response_description="the patient as kept",
    response_model=PatientResponse,
    responses=CREATED | problem_responses(401, 403, 409, 408, 413, 415, 422, 429, 503),
)
async def create_patient(body: PatientRequest, patients: PatientsDep, request: Request) -> Response:
    """Keep a patient under a pseudonym of your own.

    Everything but the identifier may be left out. Names, dates of birth, e-mail addresses and
    phone numbers are refused as identifiers.
    """
    patient = await keep_patient(PatientFacts(**dict(body)), patients=patients)
    location = f"{request.scope['path']}/{patient.id}"
    return answer_created(show_patient(patient), location, etag_of(patient.version))


@router.get(
    "",
    dependencies=[VIEWER],
    summary="List patients",
    response_description="a page of patients",
    response_model=PatientPage,
    responses=LISTED | problem_responses(401, 403, 422, 429, 503),
)
async def get_patients(
    page: PageDep,
    patients: PatientsDep,
    cursor_key: CursorKeyDep,
    request: Request,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """List your clinic's patients in order of creation, page by page."""
    found = await list_patients(page.limit, page.cursor, patients=patients, cursor_key=cursor_key)
    items = [show_patient(patient) for patient in found.items]
    return answer_page(request, items, found, page, if_none_match)


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
