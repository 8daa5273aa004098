"""`POST /v1/cohort/survival`: the clinic's own curves, as JSON, a table or a picture."""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from app.answers.cohort.rendering import Form, render_survival
from app.api.cohort.cohort_route import (
    DRAWING_SECONDS,
    JSON,
    CohortRoute,
    answer_numbers,
    write_numbers,
)
from app.api.negotiation import choose_media_type
from app.api.problems import problem_responses
from app.clinic.filter import Filter
from app.cohort.curves.description import Wishes
from app.dependencies import VIEWER, CallerDep
from app.schemas.cohort_survival import CohortSurvivalRequest, CohortSurvivalResponse
from app.use_cases.cohort.cohorts import MOST_ANSWER_BYTES, Cohorts
from app.use_cases.cohort.describe_survival import SurvivalQuestion, describe_survival
from app.use_cases.cohort.extrapolate_survival import Beyond, extrapolate_survival
from app.use_cases.cohort.worker_process import WorkerProcess

CSV: Final = "text/csv"
SVG: Final = "image/svg+xml"
PNG: Final = "image/png"
FORMS: Final[dict[str, Form]] = {CSV: "csv", SVG: "svg", PNG: "png"}
OFFERED: Final = (JSON, *FORMS)
ANSWER: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "content": {
            CSV: {"schema": {"type": "string"}},
            SVG: {"schema": {"type": "string"}},
            PNG: {"schema": {"type": "string", "format": "binary"}},
        }
    }
}

router = APIRouter(prefix="/v1/cohort", tags=["cohort"], route_class=CohortRoute)


@router.post(
    "/survival",
    dependencies=[VIEWER],
    summary="Survival of the clinic's own patients",
    response_description="the curves and what is read from them",
    response_model=CohortSurvivalResponse,
    responses=ANSWER | problem_responses(401, 403, 406, 408, 413, 415, 422, 429, 503),
)
async def describe_cohort(
    body: CohortSurvivalRequest, caller: CallerDep, request: Request
) -> Response:
    """Kaplan-Meier curves by group with bands, medians, restricted means and the log-rank test.

    Time is counted from `baseline_date`. Patients of unknown vital status are left out and
    counted, as is everybody else who cannot be used. Small groups are suppressed. By `Accept`
    the curves come as JSON, CSV, SVG or PNG. Nothing is stored.
    """
    media_type = choose_media_type(request.headers.get("accept", ""), OFFERED)
    cohorts: Cohorts = request.state.cohorts
    asked = question_of(body)
    beyond = beyond_of(body)
    question = sha256(repr((asked, beyond)).encode()).hexdigest()
    held = await cohorts.unchanged(caller.clinic_id)
    answer: bytes | None = held.answer_to(question) if held else None
    if answer is None:
        document, gathered, described = await describe_survival(
            asked, caller.clinic_id, cohorts=cohorts
        )
        if beyond is not None:
            carried = await extrapolate_survival(
                described, beyond, asked.wishes.level, worker=request.state.worker
            )
            for group, families in zip(document["groups"], carried, strict=True):
                group["extrapolated"] = families
        answer = await cohorts.compute(write_numbers, document)
        if len(answer) <= MOST_ANSWER_BYTES:
            gathered.held.remember(question, answer)
    if media_type == JSON:
        return answer_numbers(answer)
    form = FORMS[media_type]
    if form == "csv":
        return answer_numbers(await cohorts.compute(render_survival, answer, form), media_type)
    worker: WorkerProcess = request.state.worker
    drawn = await worker.run(render_survival, answer, form, timeout=DRAWING_SECONDS)
    return answer_numbers(drawn, media_type)


def question_of(body: CohortSurvivalRequest) -> SurvivalQuestion:
    """What a body asks."""
    return SurvivalQuestion(
        Filter.of(body.filter.stated()),
        tuple(body.group_by),
        tuple(body.stratify_by),
        body.endpoint,
        body.competing,
        Wishes(
            tuple(float(time) for time in body.times),
            float(body.level),
            None if body.tau is None else float(body.tau),
            None if body.landmark is None else float(body.landmark),
            None if body.alive_at is None else float(body.alive_at),
        ),
    )


def beyond_of(body: CohortSurvivalRequest) -> Beyond | None:
    """How far past follow-up a body asks."""
    wish = body.extrapolate
    if wish is None:
        return None
    return Beyond(float(wish.until), tuple(float(time) for time in wish.times))
