"""Estimates without a patient record: nothing of them is stored."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from app.answers.answer import Answer, Manner, Part
from app.api.estimates.pictures import PICTURES, draw_answer
from app.api.estimates.query_route import QueryRoute
from app.api.estimates.question import Asked, ask_by_body, ask_by_query, level_faults
from app.api.json_route import JsonRoute
from app.api.negotiation import choose_language, choose_media_type, header, holds
from app.api.openapi import operation_id
from app.api.own_evidence import PRIVATE, answer_with_own, answers_for
from app.api.problems import UNCHANGED, problem_responses
from app.errors import Fault, InvalidInput
from app.evidence.library import Library
from app.schemas.answers import (
    EstimateResponse,
    StratumResponse,
    SurvivalCurvesResponse,
    TreatmentEffectResponse,
)
from app.schemas.estimates import EstimateQuery, EstimateRequest
from app.use_cases.estimates.give_estimate import give_estimate

JSON = "application/json"
CACHING = {"cache-control": "no-cache", "vary": "accept, accept-language"}
FINISHED_HEADERS = [
    (name.encode(), value.encode()) for name, value in (CACHING | {"content-type": JSON}).items()
]


async def ask(request: Request, query: Annotated[EstimateQuery, Query()]) -> Asked:
    """The question in the query; the declared model is for the documentation."""
    del query
    return ask_by_query(request.scope["query_string"])


AskedDep = Annotated[Asked, Depends(ask)]
PROBLEMS = UNCHANGED | problem_responses(406, 422)

questions = APIRouter(
    tags=["estimates"], route_class=QueryRoute, generate_unique_id_function=operation_id
)


class EstimateRoute(JsonRoute):
    """A body with a level: the level's faults are told together with those of the shape."""

    def further_faults(self, body: Any) -> list[Fault]:
        """The faults of the level itself."""
        return level_faults(body)


bodies = APIRouter(
    tags=["estimates"], route_class=EstimateRoute, generate_unique_id_function=operation_id
)


@questions.get(
    "/v1/estimate",
    summary="Estimate survival for a level",
    response_description="the whole answer for the level",
    response_model=EstimateResponse,
    responses=PROBLEMS,
)
async def estimate(request: Request, asked: AskedDep) -> Response:
    """Stratum, treatment effect, survival curves, applicability and words for one level.

    The answer depends on the question alone; `ETag` with `If-None-Match` saves its transfer.
    """
    return await _answer(request, asked, "estimate")


@questions.get(
    "/v1/stratum",
    summary="Find the stratum of a level",
    response_description="the stratum and what stands beside it",
    response_model=StratumResponse,
    responses=PROBLEMS,
)
async def stratum(request: Request, asked: AskedDep) -> Response:
    """The stratum alone, how sure it is, and what must stand beside it."""
    return await _answer(request, asked, "stratum")


@questions.get(
    "/v1/treatment-effect",
    summary="Find the treatment effect at a level",
    response_description="the effect and what stands beside it",
    response_model=TreatmentEffectResponse,
    responses=PROBLEMS,
)
async def treatment_effect(request: Request, asked: AskedDep) -> Response:
    """The effect of interleukin-2 in the level's stratum, and what must stand beside it."""
    return await _answer(request, asked, "treatment_effect")


@questions.get(
    "/v1/survival-curves",
    summary="Draw the survival curves for a level",
    response_description="the curves, in the form asked for",
    response_model=SurvivalCurvesResponse,
    responses=PROBLEMS | {200: {"content": {kind: {} for kind in PICTURES}}},
)
async def survival_curves(request: Request, asked: AskedDep) -> Response:
    """Both arms' curves as JSON, CSV, SVG or PNG, by the `Accept` header."""
    kind = choose_media_type(header(request.scope["headers"], b"accept"), (JSON, *PICTURES))
    if kind == JSON:
        return await _answer(request, asked, "survival_curves")

    async def draw(library: Library) -> Response:
        asked.check(library)
        _refuse_group(asked)
        return await draw_answer(request, asked, kind, library)

    return await answer_with_own(request, asked.evidence, draw)


@bodies.post(
    "/v1/estimates",
    summary="Estimate survival for a level and a patient's facts",
    response_description="the whole answer for the level and the facts",
    response_model=EstimateResponse,
    responses=problem_responses(406, 408, 413, 415, 422),
)
async def create_estimate(request: Request, body: EstimateRequest) -> Response:
    """The same answer from a body, with the trial's entry criteria judged. Nothing is stored."""
    asked = ask_by_body(body)

    async def give(library: Library) -> Response:
        answer, manner = _give(request, asked, "estimate", library)
        headers = {
            "cache-control": "no-store",
            "etag": answer.etag,
            "content-language": manner.language,
        }
        return Response(answer.body, 200, headers, JSON)

    return await answer_with_own(request, asked.evidence, give)


def _refuse_group(asked: Asked) -> None:
    if asked.detail == "group":
        detail = "detail=group has no sizes of effect: ask /v1/estimate for it."
        raise InvalidInput([Fault("/detail", "not_for_a_part", detail)])


async def _answer(request: Request, asked: Asked, part: Part) -> Response:
    library = request.state.library
    if asked.evidence in library.entries:  # nobody is asked who they are, and no time is lost
        answer, manner = _give(request, asked, part, library)
        return send_answer(answer, manner, header(request.scope["headers"], b"if-none-match"))

    async def give(library: Library) -> Response:
        answer, manner = _give(request, asked, part, library)
        return _send_own(answer, manner, header(request.scope["headers"], b"if-none-match"))

    return await answer_with_own(request, asked.evidence, give)


def _send_own(answer: Answer, manner: Manner, if_none_match: str) -> Response:
    """An answer that no cache may keep, or 304 for a caller that holds it."""
    headers = PRIVATE | {"etag": answer.etag, "content-language": manner.language}
    if if_none_match and holds(if_none_match, answer.etag):
        return Response(status_code=304, headers=headers)
    return Response(answer.body, 200, headers, JSON)


def _give(request: Request, asked: Asked, part: Part, library: Library) -> tuple[Answer, Manner]:
    headers = request.scope["headers"]
    choose_media_type(header(headers, b"accept"), (JSON,))
    asked.check(library)
    if part != "estimate":
        _refuse_group(asked)
    manner = Manner(part, asked.detail, choose_language(header(headers, b"accept-language")))
    answers = answers_for(request, asked.evidence)
    answer = give_estimate(asked.question, asked.evidence, manner, library=library, answers=answers)
    return answer, manner


def send_answer(answer: Answer, manner: Manner, if_none_match: str) -> Response:
    """The answer, or 304 for a caller that holds it."""
    if if_none_match and holds(if_none_match, answer.etag):
        headers = CACHING | {"etag": answer.etag, "content-language": manner.language}
        return Response(status_code=304, headers=headers)
    return FinishedJson(answer, manner)


class FinishedJson(Response):
    """An answer whose headers are few and known: building them anew costs as much as the rest."""

    def __init__(self, answer: Answer, manner: Manner) -> None:
        self.status_code = 200
        self.background = None
        self.body = answer.body
        self.raw_headers = [
            *FINISHED_HEADERS,
            (b"etag", answer.etag.encode()),
            (b"content-language", manner.language.encode()),
            (b"content-length", b"%d" % len(answer.body)),
        ]
