"""`/v1/cohort/models`: models of the clinic's own patients, fitted beside the requests."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Path, Request, Response

from app import errors
from app.api.cohort.cohort_route import JSON, write_numbers
from app.api.cohort.prepared_route import PreparedRoute
from app.api.json_route import judge_of
from app.api.problems import kind_of, problem_document, problem_responses
from app.api.records.first_answers import REPLAYED_HEADER
from app.api.records.record_route import RecordRoute
from app.api.records.reply import NO_STORE, READ, IfNoneMatch, answer_read, tag_of_bytes
from app.clinic.cohort_model import CohortModel
from app.db.cohort_models import CohortModelRepository
from app.dependencies import VIEWER, CallerDep, ConnectionDep, MomentDep
from app.schemas.cohort_models import CohortModelRequest, CohortModelResponse
from app.use_cases.cohort.fits import Fits
from app.use_cases.cohort.keep_model import keep_model, read_model
from app.use_cases.cohort.model_question import model_question

LONGEST_WAIT: Final = 300.0
_WAIT: Final = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?([0-9]{1,6})\"?(?:$|[,;\s])", re.IGNORECASE)
_ASYNC: Final = re.compile(r"(?:^|[,;\s])respond-async(?:$|[,;\s])", re.IGNORECASE)
_PLACE: Final = {"description": "Where it is.", "schema": {"type": "string"}}
FITTED: Final[dict[int | str, dict[str, Any]]] = {
    200: {"headers": {"Location": _PLACE}},
    202: {
        "model": CohortModelResponse,
        "description": "the fit goes on: read it at its Location",
        "headers": {
            "Location": _PLACE,
            "Retry-After": {"description": "seconds", "schema": {"type": "integer"}},
            "Idempotent-Replayed": REPLAYED_HEADER,
        },
    },
}
PREFER: Final[dict[str, Any]] = {
    "parameters": [
        {
            "name": "Prefer",
            "in": "header",
            "required": False,
            "description": "`wait=N`: seconds to wait for the fit before 202; `respond-async`: 0.",
            "schema": {"type": "string"},
            "example": "wait=20",
        }
    ]
}


class FitRoute(PreparedRoute):
    """Fits before its transaction opens, which then keeps the fit, or that it is running."""

    async def prepare(self, request: Request, sent: Any) -> None:
        """Begin the fit, and wait for it a while."""
        state = request.state
        fits: Fits = state.fits
        asked = model_question(judge_of(CohortModelRequest).validate_python(sent))
        state.task = await fits.begin(asked, state.caller.clinic_id)
        state.finished = await fits.wait(state.task, seconds_to_wait(request))

    async def perform(
        self, answer: Callable[[], Awaitable[Response]], request: Request
    ) -> Response:
        """Answer, and see to it that the end of a fit is kept which goes on."""
        state = request.state
        state.task = state.finished = state.model = None
        response = await super().perform(answer, request)
        if state.model is not None and state.model.status == "running":
            state.fits.follow(state.task, state.caller.clinic_id, state.model.id)
        return response


ModelId = Annotated[str, Path(description="the model's `id`")]

fitting = APIRouter(prefix="/v1/cohort/models", tags=["cohort"], route_class=FitRoute)
reading = APIRouter(prefix="/v1/cohort/models", tags=["cohort"], route_class=RecordRoute)


@fitting.post(
    "",
    dependencies=[VIEWER],
    summary="Fit a model to the clinic's own patients",
    response_description="the fit",
    response_model=CohortModelResponse,
    responses=FITTED | problem_responses(401, 403, 408, 413, 415, 422, 429, 503),
    openapi_extra=PREFER,
)
async def fit_cohort_model(
    body: CohortModelRequest,
    caller: CallerDep,
    connection: ConnectionDep,
    moment: MomentDep,
    request: Request,
) -> Response:
    """Cox's model with Efron's ties, equal to R's `coxph`, and kept under an id.

    Terms are structured: no formula is parsed. What the data do not determine is refused, and the
    term named; few events and near collinearity are warnings. A fit that is not done in time
    answers 202 and goes on.
    """
    del body  # it is kept as it was sent
    model = await keep_model(
        orjson.loads(orjson.dumps(await request.json(), _as_number)),
        request.state.finished,
        moment=moment,
        by=caller.principal,
        models=CohortModelRepository(connection, caller.clinic_id),
    )
    request.state.model = model
    headers = NO_STORE | {"location": f"/v1/cohort/models/{model.id}"}
    if model.status == "running":
        headers["retry-after"] = "2"
    status = 202 if model.status == "running" else 200
    return Response(write_numbers(show_model(model)), status, headers, JSON)


@reading.get(
    "/{model_id}",
    dependencies=[VIEWER],
    summary="Read a fitted model",
    response_description="the fit, or how far it is",
    response_model=CohortModelResponse,
    responses=READ | problem_responses(401, 403, 404, 422, 429, 503),
)
async def read_cohort_model(
    model_id: ModelId,
    caller: CallerDep,
    connection: ConnectionDep,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Give a model as it was fitted. While it is running, `status` says so."""
    models = CohortModelRepository(connection, caller.clinic_id)
    document = show_model(await read_model(model_id, models=models))
    return answer_read(document, tag_of_bytes(write_numbers(document)), if_none_match)


def show_model(model: CohortModel) -> dict[str, Any]:
    """Lay a model out as CohortModelResponse describes it."""
    head = {
        "id": model.id,
        "status": model.status,
        "created_at": model.created_at,
        "cohort_version": model.cohort_version,
        "question": model.question,
    }
    if model.status == "failed":
        return head | {"problem": show_problem(model.document or {}, model.id)}
    return head | dict(model.document or {})


def show_problem(kept: Mapping[str, Any], model_id: str) -> dict[str, Any]:
    """Lay out why a fit failed, as a problem document."""
    faults = [errors.Fault(**fault) for fault in kept.get("errors", ())]
    detail = str(kept.get("detail"))
    known: dict[str, errors.AppError] = {
        "FitFailed": errors.FitFailed(faults),
        "InvalidInput": errors.InvalidInput(faults),
        "Unavailable": errors.Unavailable(detail),
    }
    error = known.get(str(kept.get("situation")), errors.AppError(detail))
    place = f"/v1/cohort/models/{model_id}"
    document = problem_document(kind_of(error), detail, place, "", faults)
    return {name: value for name, value in document.items() if name != "request_id"}


def seconds_to_wait(request: Request) -> float:
    """How long the caller wants to wait, by `Prefer` (RFC 7240)."""
    preferred = ",".join(request.headers.getlist("prefer"))
    found = _WAIT.search(preferred)
    if found:
        return min(float(found[1]), LONGEST_WAIT)
    if _ASYNC.search(preferred):
        return 0.0
    wait: float = request.state.settings.fit_wait_seconds
    return wait


def _as_number(value: object) -> int | float:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(type(value).__name__)
