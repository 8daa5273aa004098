"""`/v1/patients/{patient_id}/estimate…`: from the record, given once or kept."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request, Response

from app.answers.answer import Manner
from app.api.estimates.question import checked_spread, read_wishes, wishes_of
from app.api.estimates.single import JSON
from app.api.negotiation import choose_language, choose_media_type, header, holds
from app.api.own_evidence import answers_for, library_with_own
from app.api.problems import UNCHANGED, problem_responses
from app.api.records.record_route import RecordRoute
from app.api.records.reply import (
    CREATED,
    LISTED,
    NO_STORE,
    IfNoneMatch,
    PageDep,
    answer_created,
    answer_page,
    show_grounds,
    show_kept_estimate,
    tag_of_digest,
)
from app.clinic.kept_estimate import KeptEstimate
from app.dependencies import (
    EDITOR,
    VIEWER,
    CallerDep,
    CursorKeyDep,
    EstimatesDep,
    MeasurementsDep,
    MomentDep,
    PatientDep,
)
from app.errors import Fault, InvalidInput
from app.schemas.answers import EstimateResponse
from app.schemas.estimates import WishesQuery
from app.schemas.kept_estimates import KeepEstimateRequest, KeptEstimatePage, KeptEstimateResponse
from app.use_cases.estimates.estimate_patient import estimate_patient
from app.use_cases.records.keep_estimate import Asked, keep_estimate
from app.use_cases.records.list_estimates import list_estimates


class EstimateRoute(RecordRoute):
    """An estimate says something of a patient and changes nothing in the record."""

    changes_cohort = False


router = APIRouter(prefix="/v1/patients/{patient_id}", tags=["patients"], route_class=EstimateRoute)


@router.get(
    "/estimate",
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
        library=await library_with_own(request, query.evidence),
        answers=answers_for(request, query.evidence),
    )
    told = NO_STORE | {"etag": answer.etag, "content-language": language}
    if holds(header(headers, b"if-none-match"), answer.etag):
        return Response(status_code=304, headers=told)
    return Response(answer.body, 200, told, JSON)


@router.post(
    "/estimates",
    status_code=201,
    dependencies=[EDITOR],
    summary="Keep an estimate for a patient",
    response_description="the estimate as kept",
    response_model=KeptEstimateResponse,
    responses=CREATED | problem_responses(401, 403, 404, 406, 408, 409, 413, 415, 422, 429, 503),
)
async def create_patient_estimate(
    body: KeepEstimateRequest,
    patient: PatientDep,
    measurements: MeasurementsDep,
    estimates: EstimatesDep,
    caller: CallerDep,
    moment: MomentDep,
    request: Request,
) -> Response:
    """Estimate from a level on record and keep the answer, which never changes.

    It is kept with its question and the version of the evidence: it can be replayed. The words are
    those of `Accept-Language`. A patient without a measurement answers 409.
    """
    headers = request.scope["headers"]
    choose_media_type(header(headers, b"accept"), (JSON,))
    kept = await keep_estimate(
        patient,
        asked_of(body, choose_language(header(headers, b"accept-language"))),
        moment=moment,
        by=caller.principal,
        measurements=measurements,
        estimates=estimates,
        library=await library_with_own(request, body.evidence),
        answers=answers_for(request, body.evidence),
    )
    response = answer_created(
        show_kept_estimate(kept), f"/v1/estimates/{kept.id}", tag_of_digest(kept.body_digest)
    )
    response.headers["content-language"] = kept.question["language"]
    return response


@router.get(
    "/estimates",
    dependencies=[VIEWER],
    summary="List a patient's kept estimates",
    response_description="a page of estimates, in short",
    response_model=KeptEstimatePage,
    responses=LISTED | problem_responses(401, 403, 404, 422, 429, 503),
)
async def get_patient_estimates(
    page: PageDep,
    patient: PatientDep,
    estimates: EstimatesDep,
    cursor_key: CursorKeyDep,
    request: Request,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """List a patient's kept estimates in the order they were given, page by page."""
    found = await list_estimates(
        patient, page.limit, page.cursor, estimates=estimates, cursor_key=cursor_key
    )
    items = [show_item(kept) for kept in found.items]
    return answer_page(request, items, found, page, if_none_match)


def asked_of(body: KeepEstimateRequest, language: Any) -> Asked:
    """What a body asks of the record; its faults come along."""
    faults: list[Fault] = []
    spread = None if body.assay_cv is None else float(body.assay_cv)
    return Asked(
        measurement_id=body.measurement_id,
        wishes=wishes_of(body),
        assay_cv=checked_spread(spread, "/assay_cv", faults),
        evidence_id=body.evidence,
        manner=Manner("estimate", body.detail, language),
        faults=faults,
    )


def show_item(kept: KeptEstimate) -> dict[str, Any]:
    """Lay an estimate out as KeptEstimateItem describes it."""
    answer = orjson.loads(kept.body)
    effect = answer.get("treatment_effect") or {}
    return show_grounds(kept) | {
        "status": answer["status"],
        "stratum": (answer["stratum"] or {}).get("id"),
        "direction": answer.get("direction", effect.get("direction")),
    }
