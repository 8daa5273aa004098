"""`/v1/patients/{patient_id}/estimate`: the estimate for a stored patient."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.answers.answer import Manner
from app.api.estimates import JSON
from app.api.json_route import JsonRoute
from app.api.negotiation import choose_language, choose_media_type, header, holds
from app.api.problems import UNCHANGED, problem_responses
from app.api.question import read_wishes
from app.api.records import NO_STORE
from app.dependencies import VIEWER, MeasurementsDep, PatientDep
from app.errors import InvalidInput
from app.schemas.answers import EstimateResponse
from app.schemas.estimates import WishesQuery
from app.use_cases.estimate_patient import estimate_patient

router = APIRouter(
    prefix="/v1/patients/{patient_id}/estimate", tags=["patients"], route_class=JsonRoute
)


@router.get(
    "",
    dependencies=[VIEWER],
    summary="Estimate survival for a patient",
    response_description="the whole answer for the patient's latest level",
    response_model=EstimateResponse,
    responses=UNCHANGED | problem_responses(401, 403, 404, 406, 409, 422, 429, 503),
)
async def read_patient_estimate(
    query: Annotated[WishesQuery, Query()],
    patient: PatientDep,
    measurements: MeasurementsDep,
    request: Request,
) -> Response:
    """Give the estimate for the patient's latest CSF pNFH, with the entry criteria judged.

    Nothing is stored. A patient without a measurement answers 409.
    """
    headers = request.scope["headers"]
    choose_media_type(header(headers, b"accept"), (JSON,))
    faults, wishes, assay_cv = read_wishes(query)
    if faults:
        raise InvalidInput(faults)
    language = choose_language(header(headers, b"accept-language"))
    answer = await estimate_patient(
        patient,
        wishes,
        assay_cv,
        query.evidence,
        Manner("estimate", query.detail, language),
        measurements=measurements,
        library=request.state.library,
        answers=request.state.answers,
    )
    told = NO_STORE | {"etag": answer.etag, "content-language": language}
    if holds(header(headers, b"if-none-match"), answer.etag):
        return Response(status_code=304, headers=told)
    return Response(answer.body, 200, told, JSON)
