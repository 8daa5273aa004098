"""`/v1/patients/{patient_id}/measurements`: levels that were measured in a patient."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from app.api.problems import problem_responses
from app.api.records.record_route import RecordRoute
from app.api.records.reply import (
    CREATED,
    LISTED,
    NO_STORE,
    READ,
    IfNoneMatch,
    PageDep,
    answer_created,
    answer_page,
    answer_read,
    show_measurement,
)
from app.clinic.measurement import MeasurementFacts
from app.clinic.version_tag import check_match, etag_of
from app.dependencies import (
    EDITOR,
    VIEWER,
    CursorKeyDep,
    IfMatch,
    MeasurementsDep,
    MomentDep,
    PatientDep,
)
from app.schemas.measurements import MeasurementPage, MeasurementRequest, MeasurementResponse
from app.use_cases.records.delete_measurement import delete_measurement
from app.use_cases.records.list_measurements import list_measurements
from app.use_cases.records.read_patient import read_measurement
from app.use_cases.records.record_measurement import record_measurement

router = APIRouter(
    prefix="/v1/patients/{patient_id}/measurements", tags=["patients"], route_class=RecordRoute
)

MeasurementId = Annotated[str, Path(description="the measurement's `id`")]
UNCHANGING = etag_of(1)  # a measurement is never edited


@router.post(
    "",
    status_code=201,
    dependencies=[EDITOR],
    summary="Record a measurement",
    response_description="the measurement as kept",
    response_model=MeasurementResponse,
    responses=CREATED | problem_responses(401, 403, 404, 408, 413, 415, 422, 429, 503),
)
async def create_measurement(
    body: MeasurementRequest,
    patient: PatientDep,
    measurements: MeasurementsDep,
    moment: MomentDep,
    request: Request,
) -> Response:
    """Record a CSF pNFH level of a patient, with the digits and the unit it was reported in.

    What no estimate could be made from is refused: other biomarkers and specimens, molar units,
    levels out of range.
    """
    facts = MeasurementFacts(**dict(body))
    kept = await record_measurement(patient, facts, moment=moment, measurements=measurements)
    location = f"{request.scope['path']}/{kept.id}"
    return answer_created(show_measurement(kept), location, UNCHANGING)


@router.get(
    "",
    dependencies=[VIEWER],
    summary="List measurements",
    response_description="a page of measurements",
    response_model=MeasurementPage,
    responses=LISTED | problem_responses(401, 403, 404, 422, 429, 503),
)
async def get_measurements(
    page: PageDep,
    patient: PatientDep,
    measurements: MeasurementsDep,
    cursor_key: CursorKeyDep,
    request: Request,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """List a patient's measurements in the order they were recorded, page by page."""
    found = await list_measurements(
        patient, page.limit, page.cursor, measurements=measurements, cursor_key=cursor_key
    )
    items = [show_measurement(kept) for kept in found.items]
    return answer_page(request, items, found, page, if_none_match)


@router.get(
    "/{measurement_id}",
    dependencies=[VIEWER],
    summary="Read a measurement",
    response_description="the measurement",
    response_model=MeasurementResponse,
    responses=READ | problem_responses(401, 403, 404, 422, 429, 503),
)
async def get_measurement(
    measurement_id: MeasurementId,
    patient: PatientDep,
    measurements: MeasurementsDep,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Read one measurement of a patient."""
    kept = await read_measurement(patient, measurement_id, measurements=measurements)
    return answer_read(show_measurement(kept), UNCHANGING, if_none_match)


@router.delete(
    "/{measurement_id}",
    status_code=204,
    dependencies=[EDITOR],
    summary="Delete a measurement",
    response_description="the measurement is not read any more",
    responses=problem_responses(401, 403, 404, 412, 422, 428, 429, 503),
)
async def remove_measurement(
    measurement_id: MeasurementId,
    patient: PatientDep,
    measurements: MeasurementsDep,
    moment: MomentDep,
    if_match: IfMatch = None,
) -> Response:
    """Take a measurement that should not be there out of lists and estimates."""
    kept = await read_measurement(patient, measurement_id, measurements=measurements)
    check_match(if_match, UNCHANGING)
    await delete_measurement(kept, moment=moment, measurements=measurements)
    return Response(status_code=204, headers=NO_STORE)
